import { chromium } from './engines/chromium.ts'
import type { Engine } from './engines/engine.ts'
import { enginesAsked } from './engines/find.mjs'
import { firefox } from './engines/firefox.ts'
import { webkit } from './engines/webkit.ts'

export type { Engine, EngineBrowser, Renderer, Tab } from './engines/engine.ts'
export { undrivenChromium } from './engines/chromium.ts'
export { PLAIN_HOST } from './engines/engine.ts'

/** The engines that this run asks for. */
export const engines: readonly Engine[] = [chromium, firefox, webkit].filter(({ name }) =>
  enginesAsked().includes(name),
)
