import { readdir, readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ask, fromPage } from './ask.ts'
import { rivulet } from './child.ts'
import { click, postEvents, shopFolder, startShopIntake, until } from './temp-intake.ts'

const TOKEN = 'correct-horse-battery-staple'
const READS = [
  '/api/streams',
  '/api/history',
  '/api/quality',
  '/api/vitals',
  '/api/views',
  '/api/queries',
  '/v1/counts',
  '/metrics',
]
const WRITES = [
  ['PUT', '/api/config'],
  ['POST', '/api/revert'],
  ['POST', '/api/simulate'],
  ['POST', '/api/query'],
  ['POST', '/api/query/csv'],
  ['POST', '/api/query/parquet'],
  ['PUT', '/api/queries/mine'],
  ['DELETE', '/api/queries/mine'],
] as const
const PAGE = ['/', '/console/console.css']

/** The address by which this machine is reached from beyond it, if it has one. */
const OUTER = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address

const statusOf = async (...asked: Parameters<typeof ask>) => (await ask(...asked)).status

/** Asks for all that the console has. */
async function statuses(url: string, headers: { [name: string]: string } = {}) {
  const reads = await Promise.all(READS.map((path) => statusOf(url + path, { headers })))
  const live = await statusOf(`${url}/live`, { method: 'HEAD', headers })
  const writes = await Promise.all(
    WRITES.map(([method, path]) =>
      statusOf(url + path, { method, headers: { ...fromPage(url), ...headers }, body: {} }),
    ),
  )
  return { reads: new Set([...reads, live]), writes: new Set(writes) }
}

async function signIn(url: string, token: unknown = TOKEN) {
  const answer = await ask(`${url}/api/session`, { method: 'POST', headers: fromPage(url), body: { token } })
  const [setCookie] = answer.headers['set-cookie'] ?? []
  return { ...answer, setCookie, cookie: setCookie?.split(';')[0] }
}

describe('with a token', () => {
  test('the page is served, and nothing else of the console without it', async () => {
    const { url } = await startShopIntake(undefined, { token: TOKEN })

    for (const path of PAGE) expect(await statusOf(url + path)).toBe(200)
    expect((await ask(`${url}/api/session`)).body.needsToken).toBe(true)
    expect(await statuses(url)).toEqual({ reads: new Set([401]), writes: new Set([401]) })
  })

  test('producers need none', async () => {
    const { url, post } = await startShopIntake(undefined, { token: TOKEN })

    expect((await post(click('a'))).status).toBe(201)
    expect(await statusOf(`${url}/v1/stream-configs`)).toBe(200)
    expect(await statusOf(`${url}/v1/stream-configs/live`, { method: 'HEAD' })).toBe(200)
    expect(await statusOf(`${url}/schemas/shop/click/1.0.0`)).toBe(200)
  })

  test('who signs in has it in a cookie that no script reads, no other site sends, and that tells nothing of it', async () => {
    const shop = await shopFolder()
    const first = await startShopIntake(shop, { token: TOKEN })

    const { status, setCookie, cookie } = await signIn(first.url)

    expect(status).toBe(204)
    expect(setCookie).toMatch(/; HttpOnly; SameSite=Strict$/)
    expect(setCookie).toContain('; Path=/;')
    expect(setCookie).not.toContain(TOKEN)
    const { reads, writes } = await statuses(first.url, { cookie: `other=1; ${cookie}` })
    expect(reads).toEqual(new Set([200]))
    for (const refused of [401, 403]) expect(writes).not.toContain(refused)
    expect((await ask(`${first.url}/api/session`, { headers: { cookie: cookie! } })).body.needsToken).toBe(
      false,
    )

    await first.close()
    const again = await startShopIntake(shop, { token: TOKEN })
    expect(await statusOf(`${again.url}/api/streams`, { headers: { cookie: cookie! } })).toBe(200)
    await again.close()
    const other = await startShopIntake(shop, { token: `${TOKEN}!` })
    expect(await statusOf(`${other.url}/api/streams`, { headers: { cookie: cookie! } })).toBe(401)
  })

  test('behind TLS the cookie goes by TLS only', async () => {
    const { url } = await startShopIntake(undefined, { token: TOKEN })
    const { host } = new URL(url)

    const { headers } = await ask(`${url}/api/session`, {
      method: 'POST',
      headers: { ...fromPage(url), origin: `https://${host}` },
      body: { token: TOKEN },
    })

    expect(String(headers['set-cookie'])).toContain('; Secure')
  })

  test('a program sends it as a bearer, for reads and writes', async () => {
    const { url } = await startShopIntake(undefined, { token: TOKEN })
    const authorization = `Bearer ${TOKEN}`

    expect((await statuses(url, { authorization })).reads).toEqual(new Set([200]))
    const headers = { authorization, 'content-type': 'application/json' }
    const answer = await ask(`${url}/api/simulate`, { method: 'POST', headers, body: { changes: [] } })
    expect(answer.status).toBe(400)
    expect(await statusOf(`${url}/api/streams`, { headers: { authorization: `Bearer ${TOKEN}x` } })).toBe(401)
  })

  test.each(['', 'x', `${TOKEN} `, `${TOKEN}x`, null, 5, { token: TOKEN }, [TOKEN]])(
    'the token %j is wrong',
    async (token) => {
      const { url } = await startShopIntake(undefined, { token: TOKEN })

      const { status, setCookie, text } = await signIn(url, token)

      expect(status).toBe(401)
      expect(setCookie).toBeUndefined()
      expect(text).not.toContain(TOKEN)
    },
  )

  test('wrong tokens are slowed down, whatever way they come, and the right one waits too; cookies go on', async () => {
    const { url } = await startShopIntake(undefined, { token: TOKEN })
    const { cookie } = await signIn(url)

    for (let number = 0; number < 5; number++) {
      expect((await signIn(url, `wrong-${number}`)).status).toBe(401)
      const headers = { authorization: `Bearer wrong-${number}` }
      expect(await statusOf(`${url}/api/streams`, { headers })).toBe(401)
    }
    const late = await signIn(url, 'wrong-5')

    expect(late.status).toBe(429)
    expect(Number(late.headers['retry-after'])).toBeGreaterThan(0)
    expect((await signIn(url)).status).toBe(429)
    const bearer = { authorization: `Bearer ${TOKEN}` }
    expect((await ask(`${url}/api/session`, { headers: bearer })).body.needsToken).toBe(true)
    expect(await statusOf(`${url}/api/streams`, { headers: { cookie: cookie! } })).toBe(200)
  })

  test('a token that can be guessed is refused at the start, unprinted', async () => {
    const { folder } = await shopFolder()

    const { code, stderr, stdout } = await rivulet(['intake', '--port', '0'], {
      cwd: folder,
      env: { RIVULET_TOKEN: 'hunter2' },
    }).ended

    expect(code).toBe(2)
    expect(stderr).toMatch(/shorter than 16 characters.*openssl rand -hex 16/)
    expect(stderr + stdout).not.toContain('hunter2')
  })

  test.each([
    ['words', []],
    ['JSON', ['--json']],
  ])('in %s it is never printed: not at the start, nor by errors, nor in files', async (_, flags) => {
    const { folder, data } = await shopFolder()
    const { child, listening, output, ended } = rivulet(
      ['intake', '--port', '0', '--data', data, '--host', '0.0.0.0', ...flags],
      { cwd: folder, env: { RIVULET_TOKEN: TOKEN } },
    )
    const url = (await listening()).replace('0.0.0.0', '127.0.0.1')

    const bodies = [
      await signIn(url),
      await signIn(url, `${TOKEN}x`),
      await ask(`${url}/api/session`),
      await ask(`${url}/api/streams`, { headers: { authorization: `Bearer ${TOKEN}` } }),
      await ask(`${url}/api/none`, { headers: { authorization: `Bearer ${TOKEN}` } }),
    ]
    child.kill('SIGTERM')
    await ended

    expect(output.stdout + output.stderr).not.toContain(TOKEN)
    for (const { text, headers } of bodies) expect(text + JSON.stringify(headers)).not.toContain(TOKEN)
    expect(await textsIn(data)).not.toContain(TOKEN)
  })
})

describe('without a token', () => {
  test('the console is open on this machine', async () => {
    const { url, lines } = await startShopIntake()

    expect((await ask(`${url}/api/session`)).body.needsToken).toBe(false)
    const { reads, writes } = await statuses(url)
    expect(reads).toEqual(new Set([200]))
    for (const refused of [401, 403]) expect(writes).not.toContain(refused)
    expect(lines).toEqual([])
  })

  test('beyond it the console is closed and says what to do, also at the start; producers get on', async () => {
    const { url: any, lines, post } = await startShopIntake(undefined, { host: '0.0.0.0' })
    const url = any.replace('0.0.0.0', '127.0.0.1')

    expect(lines).toEqual([
      { level: 'warn', message: expect.stringMatching(/console is closed.*RIVULET_TOKEN/) },
    ])
    for (const path of [...PAGE, '/api/session']) {
      const { status, text } = await ask(url + path)
      expect(status).toBe(403)
      expect(text).toContain('RIVULET_TOKEN')
    }
    expect(await statuses(url)).toEqual({ reads: new Set([403]), writes: new Set([403]) })
    expect((await post(click('a'))).status).toBe(201)
    expect(await statusOf(`${url}/v1/stream-configs`)).toBe(200)
  })

  test.each(['x-forwarded-for', 'forwarded', 'via', 'x-real-ip', 'x-forwarded-host'])(
    'on this machine too it is closed to what comes through a proxy, by its %s',
    async (header) => {
      const { url } = await startShopIntake()

      expect(await statusOf(`${url}/api/streams`, { headers: { [header]: '192.0.2.1' } })).toBe(403)
    },
  )

  test('a further name that is allowed does not open it', async () => {
    const { url } = await startShopIntake(undefined, { allowHosts: ['intake.example'] })

    expect(await statusOf(`${url}/api/streams`, { headers: { host: 'intake.example' } })).toBe(403)
    expect(await statusOf(`${url}/api/streams`)).toBe(200)
  })
})

describe('by the name it is asked for', () => {
  const named = [
    ['127.0.0.1', 'localhost', 200],
    ['127.0.0.1', 'LOCALHOST:1234', 200],
    ['127.0.0.1', '127.0.0.1', 200],
    ['127.0.0.1', '[::1]:80', 200],
    ['127.0.0.1', 'evil.example', 403],
    ['127.0.0.1', 'localhost.evil.example', 403],
    ['127.0.0.1', '127.0.0.1.evil.example', 403],
    ['127.0.0.1', 'evil.example:8192', 403],
    ['127.0.0.1', '192.0.2.1', 403],
    ['127.0.0.1', 'localhost@evil.example', 403],
    ['127.0.0.1', 'intake.example', 200],
    ['0.0.0.0', '192.0.2.1:8192', 200],
    ['0.0.0.0', 'localhost', 200],
    ['0.0.0.0', 'evil.example', 403],
    ['0.0.0.0', 'intake.example.', 200],
    ['0.0.0.0', 'intake.example:443', 200],
  ] as const

  test.each(named)('listening on %s, as "%s": %i (DNS rebinding)', async (host, name, status) => {
    const options = { host, token: TOKEN, allowHosts: ['Intake.example'] }
    const { url: any, post } = await startShopIntake(undefined, options)
    const url = any.replace('0.0.0.0', '127.0.0.1')
    const headers = { host: name, authorization: `Bearer ${TOKEN}` }

    for (const path of [...PAGE, '/api/session', '/api/streams', '/v1/counts'])
      expect(await statusOf(url + path, { headers })).toBe(status)
    expect(await statusOf(`${url}/live`, { method: 'HEAD', headers })).toBe(status)
    expect(await statusOf(`${url}/v1/stream-configs`, { headers: { host: name } })).toBe(200)
    expect((await post(click('a'))).status).toBe(201)
  })
})

describe('by where it comes from', () => {
  const json = { 'content-type': 'application/json' }
  const wanted = [
    ['the page', (url: string) => ({ ...json, origin: url, 'sec-fetch-site': 'same-origin' }), 400],
    ['the page, in a browser that knows no Sec-Fetch-Site', (url: string) => ({ ...json, origin: url }), 400],
    [
      'the page, by a proxy that names another host',
      () => ({ ...json, 'sec-fetch-site': 'same-origin', origin: 'https://x.example' }),
      400,
    ],
    [
      'another site',
      () => ({ ...json, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }),
      403,
    ],
    ['another site, old browser', () => ({ ...json, origin: 'https://evil.example' }), 403],
    [
      'another port of this host',
      () => ({ ...json, origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }),
      403,
    ],
    ['a sandboxed frame', () => ({ ...json, origin: 'null' }), 403],
    ['a form', (url: string) => ({ 'content-type': 'text/plain', origin: url }), 415],
    [
      'a form of this site',
      (url: string) => ({ 'content-type': 'application/x-www-form-urlencoded', origin: url }),
      415,
    ],
    ['a request without a type', (url: string) => ({ origin: url }), 415],
    ['nowhere', () => json, 403],
  ] as const

  test.each(wanted)('a write from %s (CSRF): %#', async (_, headersFor, status) => {
    const { url } = await startShopIntake()

    for (const path of ['/api/simulate', '/api/revert', '/api/query'])
      expect(await statusOf(url + path, { method: 'POST', headers: headersFor(url), body: {} })).toBe(status)
  })

  test('signing in is for the page only, too', async () => {
    const { url } = await startShopIntake(undefined, { token: TOKEN })
    const headers = { ...json, origin: 'https://evil.example' }

    const { status } = await ask(`${url}/api/session`, { method: 'POST', headers, body: { token: TOKEN } })

    expect(status).toBe(403)
  })

  test('a bearer does not let another site write', async () => {
    const { url } = await startShopIntake(undefined, { token: TOKEN })
    const headers = { ...json, authorization: `Bearer ${TOKEN}`, origin: 'https://evil.example' }

    expect(await statusOf(`${url}/api/simulate`, { method: 'POST', headers, body: {} })).toBe(403)
  })

  test('another site cannot read, nor so much as have the console work', async () => {
    const { url } = await startShopIntake()

    for (const path of [...READS, '/live']) {
      const { status, headers } = await ask(url + path, { headers: { 'sec-fetch-site': 'cross-site' } })
      expect(status).toBe(403)
      expect(headers['access-control-allow-origin']).toBeUndefined()
    }
    const preflight = await ask(`${url}/api/config`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example' },
    })
    expect(preflight.status).toBe(405)
    expect(preflight.headers['access-control-allow-origin']).toBeUndefined()
  })

  test('what the console answers is for it alone, and kept by nobody', async () => {
    const { url } = await startShopIntake()

    const api = await ask(`${url}/api/streams`)
    const page = await ask(url)

    expect(api.headers).toMatchObject({
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    })
    expect(page.headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    })
  })
})

describe.skipIf(OUTER === undefined)('at an address that others reach', () => {
  test('who posts too much is told how long to wait, in a header that pages can read; this machine is not limited', async () => {
    const { url } = await startShopIntake(undefined, { host: '0.0.0.0', rateLimit: 0.5 })
    const outer = url.replace('0.0.0.0', OUTER!)
    const post = (at: string) => postEvents(at, click('a'))

    const answers = []
    for (let number = 0; number < 6; number++) answers.push(await post(outer))

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 429])
    const { headers } = answers[5]!
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-expose-headers')).toContain('retry-after')
    for (let number = 0; number < 10; number++)
      expect((await post(url.replace('0.0.0.0', '127.0.0.1'))).status).toBe(201)
    await until(async () => (await post(outer)).status === 201)
  })

  test('by default an office of 2,000 that sends all at once gets on, and 0 is no limit', async () => {
    for (const options of [{}, { rateLimit: 0 }]) {
      const { url, close } = await startShopIntake(undefined, { host: '0.0.0.0', ...options })
      const outer = url.replace('0.0.0.0', OUTER!)
      const statuses = new Set<number>()
      for (let round = 0; round < 20; round++)
        for (const { status } of await Promise.all(
          Array.from({ length: 100 }, () => postEvents(outer, click('a'))),
        ))
          statuses.add(status)
      expect(statuses).toEqual(new Set([201]))
      await close()
    }
  })
})

/** What all files of a folder say. */
async function textsIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const texts = await Promise.all(
    files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')),
  )
  return texts.join('')
}
