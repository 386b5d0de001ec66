import { expect } from 'vitest'
import { type Tab, undrivenChromium } from '../../support/engines.ts'
import {
  actions,
  arrived,
  expectAll,
  expectWritten,
  MANY,
  PATIENCE,
  startScene,
  story,
  submit,
} from './story.ts'

declare global {
  interface Document {
    readonly prerendering?: boolean
  }
}

story('a prerendered page sends and writes nothing until it is shown; then all arrive', async () => {
  const { site, intake, open } = await startScene(undrivenChromium, { before: submitWherePrerendered })
  const tab = await open('/first')

  await prerender(tab, `${site}/second`)
  await expect.poll(() => idsIn(tab, 'prerendered'), PATIENCE).toHaveLength(MANY / 2)
  const ids = await idsIn(tab, 'prerendered')
  // By then what was submitted before it has lingered, and has been sent.
  const own = await submit(tab, actions(MANY / 2, 'own'))
  await expectAll(intake, own)
  const [first = ''] = ids
  await expect(expectWritten(tab, [first], { timeout: 500 })).rejects.toThrow()

  await tab.run((url) => {
    location.href = url
  }, `${site}/second`)
  await arrived(tab, '/second')

  await expectAll(intake, [...own, ...ids])
})

/** Before any script of the page. */
function submitWherePrerendered(): void {
  if (!document.prerendering) return
  addEventListener('DOMContentLoaded', () => {
    const ids = Array.from({ length: 100 }, (_, i) =>
      window.client.submit('web.click', { action: `prerendered-${i}` }),
    )
    localStorage.setItem('prerendered', JSON.stringify(ids))
  })
}

function prerender(tab: Tab, url: string): Promise<void> {
  return tab.run((url) => {
    const rules = document.createElement('script')
    rules.type = 'speculationrules'
    rules.textContent = JSON.stringify({
      prerender: [{ source: 'list', urls: [url], eagerness: 'immediate' }],
    })
    document.head.append(rules)
  }, url)
}

function idsIn(tab: Tab, key: string): Promise<string[]> {
  return tab.run((key) => JSON.parse(localStorage.getItem(key) ?? '[]'), key)
}
