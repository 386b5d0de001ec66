import { defineConfig, devices } from '@playwright/test'

const port = process.env.PORT ?? '8080'

export default defineConfig({
  reporter: 'line',
  projects: [{ name: 'chromium', use: devices['Desktop Chrome'] }],
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    // A Chromium of the system's, where playwright's own is not installed.
    launchOptions: process.env.CHROMIUM ? { executablePath: process.env.CHROMIUM } : {},
  },
  webServer: { command: `node serve.mjs ${port}`, port: Number(port) },
})
