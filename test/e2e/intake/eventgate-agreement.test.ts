import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startEventGate } from '../../support/eventgate.ts'
import { AGREEMENT, answerOf } from '../../support/eventgate-agreement.ts'
import { shopFolder, startShopIntake } from './temp-intake.ts'

const README = join(import.meta.dirname, '../../../README.md')

test.each([
  ['the intake', 'ours', startOurs],
  ['EventGate, as it is scripted for tests,', 'eventgate', startScripted],
] as const)('%s answers as the table says', async (_, who, start) => {
  const usual = await start()

  const answers: { [what: string]: string[] } = {}
  for (const { what, sent, header, maxBodyBytes } of AGREEMENT) {
    const url = maxBodyBytes ? await start({ maxBodyBytes }) : usual
    answers[what] = []
    for (const one of sent) answers[what].push(await answerOf(url, one, header))
  }

  expect(answers).toEqual(
    Object.fromEntries(
      AGREEMENT.map(({ what, sent, ...said }) => [what, sent.map(() => said[who] ?? said.eventgate)]),
    ),
  )
})

async function startOurs(options: { maxBodyBytes?: number } = {}): Promise<string> {
  return (await startShopIntake(await shopFolder(), options)).url
}

async function startScripted(options: { maxBodyBytes?: number } = {}): Promise<string> {
  const { schemas } = await shopFolder()
  return (await startEventGate(schemas[0]!, options)).url
}

test("the README's table is the one that is tested", async () => {
  const [, section = ''] = (await readFile(README, 'utf8')).split('\n## Agreement with EventGate\n')
  const [rows = ''] = section.split('\n## ')
  const cells = rows
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split(' |')
        .map((cell) => cell.trim()),
    )

  expect(cells.slice(2)).toEqual(
    AGREEMENT.map(({ what, eventgate, ours, because = '' }) => [
      what,
      inCode(eventgate),
      ours ? inCode(ours) : 'the same',
      because,
    ]),
  )
})

const inCode = (answer: string) => `\`${answer}\``
