// A Kafka broker for tests: the files that it consists of, as Maven brings them, and a Java to run them.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { canInstall, executables, installPackage } from '../../support/install.mjs'

const run = promisify(execFile)
const OLDEST_JAVA = 17
/** Maven itself would wait for half an hour where a repository takes a connection and says nothing. */
const LOADED_WITHIN = 10 * 60_000
const POM = fileURLToPath(new URL('pom.xml', import.meta.url))

/**
 * The class path of a broker, or one line that says why there is none. Maven keeps the files in its own folder, so that
 * they are loaded once.
 *
 * @param {{ mayInstall?: boolean }} [options] Whether Java and Maven are installed where they are missing and we may.
 * @returns {Promise<{ classPath: string } | { reason: string }>}
 */
export async function findKafka({ mayInstall = false } = {}) {
  if (!(await isThere()) && mayInstall && (await canInstall())) {
    console.log('No JDK and Maven found: installing the packages with apt-get.')
    await installPackage('default-jdk-headless', 'maven')
  }
  if (!(await isThere()))
    return {
      reason: `there is no JDK ${OLDEST_JAVA} with Maven here, and $KAFKA_BROKERS names no broker`,
    }

  const folder = await mkdtemp(join(tmpdir(), 'rivulet-kafka-'))
  const file = join(folder, 'class-path')
  try {
    const args = ['-q', '-B', '-f', POM, 'dependency:build-classpath', `-Dmdep.outputFile=${file}`]
    await run('mvn', args, { timeout: LOADED_WITHIN })
    return { classPath: (await readFile(file, 'utf8')).trim() }
  } catch (error) {
    const { stdout = '', message } = /** @type {Error & { stdout?: string }} */ (error)
    const [line = message] = stdout.split('\n').filter((one) => one.includes('ERROR'))
    return { reason: `Maven cannot bring Kafka here: ${line}` }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function isThere() {
  const [maven] = await executables(['mvn'], process.env.PATH)
  return maven !== undefined && (await javaVersion()) >= OLDEST_JAVA
}

/** The first number of the version; 0 where there is no Java. */
async function javaVersion() {
  // It tells of itself on stderr.
  const { stderr } = await run('java', ['-version']).catch(() => ({ stderr: '' }))
  return Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0)
}
