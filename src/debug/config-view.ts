import type { Explanation } from '../core/client.ts'
import type { Inside } from '../core/debug.ts'
import { element, facts } from './elements.ts'
import { drawInWords, percentInWords, timeInWords } from './words.ts'

/** In ms: what is queued for as long expires, unless a stream's settings say otherwise. */
const WEEK = 7 * 24 * 3_600_000

/** The config in force for a client, and what it says of the streams that were submitted to it. */
export function configView(inside: Inside, name: string, now: number): Node[] {
  const { config, consent, trouble } = inside.explain('')
  const streams = Object.keys(inside.ledger()).sort()
  return [
    element(
      'div',
      { class: 'block' },
      element('h3', {}, element('span', {}, name ? `Stream config of ${name}` : 'Stream config')),
      facts([
        ['Revision', config ? (config.revision ?? 'none') : 'no config is known yet'],
        ['From', config && sourceOf(inside)],
        ['Taken', config && ageOf(inside, now)],
        ['Trouble', trouble && element('span', { class: 'bad' }, trouble)],
        ['Consent', consent],
        ['Events go to', inside.options.intakeUrl],
      ]),
    ),
    ...streams.map((stream) => streamBlock(inside.explain(stream))),
    ...(streams.length
      ? []
      : [
          element('p', { class: 'hint' }, 'Of each stream that the page submits to, its settings show here.'),
        ]),
  ]
}

function sourceOf({ options, configSince }: Inside): string {
  return configSince() ? String(options.streamConfigUrl) : 'given at the start (streamConfigs)'
}

function ageOf({ configSince }: Inside, now: number): string | undefined {
  const since = configSince()
  if (!since) return undefined
  const kept = since < performance.timeOrigin ? ', on an earlier page' : ''
  return `${timeInWords(now - since)} ago${kept}`
}

function streamBlock(explanation: Explanation): HTMLElement {
  const { stream, goes, reason, config, debug } = explanation
  const tone = goes ? 'good' : goes === undefined ? 'wait' : 'quiet'
  const word = goes ? 'goes' : (reason?.replace(/-/g, ' ') ?? 'undecided')
  const { sample, why, url, target, held, provideValues, curation, maxPerMinute, longestWait, priority } =
    config ?? {}
  return element(
    'div',
    { class: 'block' },
    element(
      'h3',
      {},
      element('span', {}, stream || '(no name)'),
      element('span', { class: 'chip', 'data-tone': tone }, word),
    ),
    facts([
      ['Why not', why],
      ['Sample', sample && `${percentInWords(sample.rate)} by ${sample.unit}`],
      ['Draw', drawInWords(explanation)],
      ['Debug switch', debug && 'sends all of it, marked'],
      ['State', held && 'hold: queued, not sent'],
      ['Goes to', url],
      ['As stream', target],
      ['Context', provideValues?.join(', ')],
      ['Curation', curation && JSON.stringify(curation)],
      ['Limit', maxPerMinute !== undefined && Number.isFinite(maxPerMinute) && `${maxPerMinute} a minute`],
      [
        'Expires',
        longestWait !== undefined && longestWait !== WEEK && `after ${timeInWords(longestWait)} in the queue`,
      ],
      ['Priority', priority ? (priority > 0 ? 'high' : 'low') : undefined],
      ['Storage', config?.volatile && 'memory only'],
      ['Consent', config?.exempt && 'exempt: goes without'],
      ['GPC', config?.ignoresGpc && 'ignored'],
    ]),
  )
}
