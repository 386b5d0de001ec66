import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { expectSubmitted, startCollecting, submittedIn } from '../../support/collecting.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

const CLICK = '/rivulet/click/1.1.0'

test('a click on what is named is an event: name, kind, place and page, and nothing of what it says', async () => {
  const page = await openWith('<button data-rivulet-click="buy" value="v3cret">Buy for Ada Miller</button>')
  const box = (await page.locator('button').boundingBox())!

  await page.mouse.click(box.x + 5, box.y + 6)

  expect(await elementsIn(page, 1)).toEqual([{ kind: 'button', name: 'buy' }])
  const [{ stream, data } = { stream: '', data: {} }] = await submittedIn(page)
  expect(stream).toBe('rivulet.click')
  expect(data).toEqual({
    $schema: CLICK,
    element: { kind: 'button', name: 'buy' },
    page: { path: '/shop' },
    position: { x: Math.round(box.x + 5), y: Math.round(box.y + 6) },
  })
})

test('what has no name is no event, nor what a script clicks', async () => {
  const page = await openWith(
    '<button id="plain">Buy</button><button id="named" data-rivulet-click="buy">Buy</button><b data-rivulet-click="">b</b>',
  )

  await page.click('#plain')
  await page.click('b')
  await page.evaluate(() => document.querySelector<HTMLElement>('#named')?.click())

  await elementsIn(page, 0)
})

test.each([
  ['<a href="#x" data-rivulet-click="n"><i>t</i></a>', 'i', 'link'],
  ['<div data-rivulet-click="n"><a href="#x"><i>t</i></a></div>', 'i', 'link'],
  ['<button><i data-rivulet-click="n">t</i></button>', 'i', 'button'],
  ['<details><summary data-rivulet-click="n">t</summary></details>', 'summary', 'button'],
  ['<div role="button" data-rivulet-click="n">t</div>', 'div', 'button'],
  ['<input data-rivulet-click="n" type="checkbox">', 'input', 'field'],
  ['<input data-rivulet-click="n" type="submit">', 'input', 'button'],
  ['<p data-rivulet-click="n">t</p>', 'p', 'other'],
])('%s is of its kind to the visitor', async (html, selector, kind) => {
  const page = await openWith(html)

  await page.click(selector)

  expect(await elementsIn(page, 1)).toEqual([{ kind, name: 'n' }])
})

test('of elements within each other the innermost that has a name counts', async () => {
  const page = await openWith(
    '<section data-rivulet-click="card"><h2>t</h2><button data-rivulet-click="buy"><i>t</i></button></section>',
  )

  await page.click('i')
  await page.click('h2')

  expect((await elementsIn(page, 2)).map(({ name }) => name)).toEqual(['buy', 'card'])
})

test('clicks are seen into open shadow roots, and on the host of a closed one', async () => {
  const page = await openWith('<x-open></x-open><x-closed data-rivulet-click="widget"></x-closed>')
  await page.evaluate(() => {
    for (const mode of ['open', 'closed'] as const) {
      const root = document.querySelector(`x-${mode}`)!.attachShadow({ mode })
      root.innerHTML = `<button data-rivulet-click="inside">${mode}</button>`
    }
  })

  await page.click('x-open button')
  const box = (await page.locator('x-closed').boundingBox())!
  await page.mouse.click(box.x + 5, box.y + 5)

  expect((await elementsIn(page, 2)).map(({ name }) => name)).toEqual(['inside', 'widget'])
})

test('a page that stops clicks from going on hides none', async () => {
  const page = await openWith('<button data-rivulet-click="buy">t</button>')
  await page.evaluate(() => {
    document.addEventListener('click', (event) => event.stopImmediatePropagation(), true)
    document.querySelector('button')?.addEventListener('click', (event) => event.preventDefault())
  })

  await page.click('button')

  await elementsIn(page, 1)
})

test('keys click without a place', async () => {
  const page = await openWith('<button data-rivulet-click="buy">t</button>')

  await page.focus('button')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Space')

  const clicks = await expectSubmitted(page, 2)
  expect(clicks.map(({ data }) => 'position' in data)).toEqual([false, false])
})

test('the middle button counts on links, and nowhere else; the right one never', async () => {
  const page = await openWith(
    '<a href="#x" data-rivulet-click="more">t</a> <button data-rivulet-click="buy">t</button>',
  )

  await page.click('a', { button: 'middle' })
  await page.click('button', { button: 'middle' })
  await page.click('a', { button: 'right' })
  await page.click('button', { button: 'right' })

  expect(await elementsIn(page, 1)).toEqual([{ kind: 'link', name: 'more' }])
  const box = (await page.locator('a').boundingBox())!
  const [click] = await submittedIn(page)
  const { x, y } = click!.data.position as { x: number; y: number }
  // In whole pixels, of the link's middle.
  expect(Math.abs(x - box.x - box.width / 2)).toBeLessThanOrEqual(1)
  expect(Math.abs(y - box.y - box.height / 2)).toBeLessThanOrEqual(1)
})

test('a link that leaves the page is an event before it leaves', async () => {
  const page = await openWith('<a href="/plain/next?secret=1" data-rivulet-click="next">t</a>')

  await page.click('a')
  await page.waitForURL('**/plain/next*')

  expect(await elementsIn(page, 1)).toEqual([{ kind: 'link', name: 'next' }])
  expect(JSON.stringify(await submittedIn(page))).not.toContain('next?')
})

test('what is disabled does nothing, and so is no click; a link in a disabled fieldset is one', async () => {
  const page = await openWith(
    '<button disabled data-rivulet-click="buy"><i>t</i></button><fieldset disabled><a href="#x" data-rivulet-click="help">t</a></fieldset>',
  )

  await page.click('i', { force: true })
  await page.click('a')

  expect((await elementsIn(page, 1)).map(({ name }) => name)).toEqual(['help'])
})

describe('a label', () => {
  test.each([
    ['around its field', '<label data-rivulet-click="news"><i>t</i><input type="checkbox"></label>', 'news'],
    [
      'of a field elsewhere',
      '<label for="f" data-rivulet-click="news"><i>t</i></label><input id="f" type="checkbox">',
      'news',
    ],
    [
      'of a field that is named',
      '<label for="f"><i>t</i></label><input id="f" type="checkbox" data-rivulet-click="news">',
      'news',
    ],
    [
      'and field, both named',
      '<form data-rivulet-click="form"><label for="f" data-rivulet-click="label"><i>t</i></label><input id="f" type="checkbox" data-rivulet-click="field"></form>',
      'field',
    ],
  ])('%s is one click, though the browser makes two of it', async (_, html, name) => {
    const page = await openWith(html)

    await page.click('i')

    expect(await elementsIn(page, 1)).toEqual([{ kind: 'field', name }])
    expect(await page.locator('input').isChecked()).toBe(true)
    await page.click('input')
    expect(await page.locator('input').isChecked()).toBe(false)
    // A field that has no name of its own, nor around it, is no event.
    await elementsIn(page, html.includes('</label><input id="f" type="checkbox">') ? 1 : 2)
  })
})

test('another attribute, a function and another page name can be chosen', async () => {
  const page = await openWith(
    '<button data-testid="buy">t</button><a href="#x" id="help">t</a><p>t</p>',
    "{ stream: 'shop.click', attribute: 'data-testid', name: (element) => element.id, page: () => 'shop' }",
  )

  await page.click('button')
  await page.click('a')
  await page.click('p')

  expect((await elementsIn(page, 2)).map(({ name }) => name)).toEqual(['buy', 'help'])
  const [first] = await submittedIn(page)
  expect(first).toMatchObject({ stream: 'shop.click', data: { page: { path: 'shop' } } })
})

test('a name function that throws is said on the console, and the page goes on', async () => {
  const page = await openWith('<button>t</button>', '{ name: () => { throw new Error("a mistake") } }')
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', ({ message }) => said.push(`uncaught: ${message}`))

  await page.click('button')
  await page.click('button')

  await elementsIn(page, 0)
  expect(said).toEqual([expect.stringMatching(/^rivulet: name threw Error: a mistake/)])
})

test('with `text`, links and buttons without a name have that of their text; fields and what is in them never', async () => {
  const page = await openWith(
    `<button id="a"> Add  to
       basket </button><button id="b" data-rivulet-click="buy">Buy</button><p id="c">text</p>
     <button id="d">x<select><option>private</option></select></button>
     <div contenteditable>private <button id="e">private</button></div>
     <button id="f">${'long '.repeat(40)}</button><input id="g" type="submit" value="private">`,
    '{ text: true }',
  )

  for (const id of 'abcdefg') await page.evaluate((id) => void document.getElementById(id)?.focus(), id)
  for (const id of 'abcdefg') await page.click(`#${id}`, { position: { x: 2, y: 2 } })

  const names = (await elementsIn(page, 3)).map(({ name }) => name)
  expect(names.slice(0, 2)).toEqual(['Add to basket', 'buy'])
  expect(names[2]).toHaveLength(128)
})

test('nothing that a person has typed is in a click', async () => {
  const page = await openWith(
    `<form data-rivulet-click="form"><input id="i"><textarea></textarea><div contenteditable></div>
     <button type="button" data-rivulet-click="send">Send</button></form>`,
    '{ text: true }',
  )

  for (const selector of ['input', 'textarea', '[contenteditable]']) {
    await page.click(selector)
    await page.keyboard.type('Zanzibarra')
  }
  await page.click('button')

  await elementsIn(page, 4)
  expect(JSON.stringify(await submittedIn(page))).not.toContain('Zanzibarra')
})

test('after the end there are no more', async () => {
  const page = await openWith('<button data-rivulet-click="buy">t</button>')

  await page.evaluate('end()')
  await page.click('button')

  await elementsIn(page, 0)
})

async function openWith(html: string, options = '{}'): Promise<Page> {
  const { open } = await startCollecting(
    browser,
    `document.body.innerHTML = ${JSON.stringify(html)}; window.end = collectClicks(events, ${options})`,
  )
  return open('/shop?secret=1')
}

async function elementsIn(page: Page, count: number): Promise<{ kind: string; name: string }[]> {
  return (await expectSubmitted(page, count)).map(
    ({ data }) => data.element as { kind: string; name: string },
  )
}
