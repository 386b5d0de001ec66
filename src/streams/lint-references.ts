import { fieldsOf } from '../core/fields.ts'
import { patternIn } from '../core/settings.ts'
import { pointerTo } from '../schema/json-pointer.ts'
import { nearest } from '../schema/nearest.ts'
import { shown } from '../schema/schema-error.ts'
import { has } from '../schema/subschemas.ts'
import { type LintedConfig, type LintedStream, type Problem, settingOf } from './linted-config.ts'

/** A `stream_name` that leads nowhere, to another redirect, or to a stream of another schema. */
export function redirectProblems(stream: LintedStream, { streams }: LintedConfig): Problem[] {
  const redirect = settingOf(stream, 'stream_name')
  if (!redirect?.value || typeof redirect.value !== 'string') return []
  const { value: name, pointer } = redirect
  const wrong = (message: string, level?: 'warning'): Problem[] => [
    { rule: 'stream-name', pointer, message: `"stream_name" ${message}`, ...(level ? { level } : {}) },
  ]
  if (name === stream.name) return wrong('names the stream itself, and does nothing; leave it out', 'warning')

  const target =
    streams.find((other) => other.name === name) ?? streams.find((other) => patternIn(other.name)?.test(name))
  if (!target) {
    const meant = nearest(
      name,
      streams.map((other) => other.name),
    )
    const fix = meant ? `did you mean ${meant}?` : 'configure it, or correct the name'
    return wrong(`leads to ${shown(name)}, which is no stream here, so that no event goes; ${fix}`)
  }
  const next = settingOf(target, 'stream_name')?.value
  if (next && next !== name)
    return wrong(
      `leads to ${name}, which leads on to ${shown(next)}; a redirect is one hop only, so that the events stay in ${name}: name the last stream`,
    )
  const [own, other] = [stream.settings.schema_title, target.settings.schema_title]
  if (typeof own === 'string' && typeof other === 'string' && own !== other)
    return wrong(
      `leads to ${name}, whose schema_title is ${other}, while the events have ${own}: the intake refuses them; give both the same`,
    )
  return []
}

/** Services that are no URLs, and destinations that no service is named for. */
export function serviceProblems({ content, isWrapped, streams }: LintedConfig): Problem[] {
  if (!isWrapped || content.services == null) return []
  const services = fieldsOf(content.services)
  const names = Object.keys(services)
  return [
    ...Object.entries(services).flatMap(([name, url]) =>
      isUrl(url)
        ? []
        : [
            {
              rule: 'service',
              pointer: pointerTo('/services', name),
              message: `the service ${name} is ${shown(url)}, which is no http URL, so that ${typeof url === 'string' ? 'its streams are off' : "their events go to the client's intakeUrl"}; write its /v1/events in full`,
            },
          ],
    ),
    ...streams.flatMap(({ settings: { destination_event_service: name }, pointer }) =>
      typeof name !== 'string' || has(services, name)
        ? []
        : [
            {
              rule: 'service',
              pointer: pointerTo(pointer, 'destination_event_service'),
              message: `"services" has no ${name}, so that the events go to the client's intakeUrl; ${serviceMeant(name, names)}`,
            },
          ],
    ),
  ]
}

function serviceMeant(name: string, names: readonly string[]): string {
  const meant = nearest(name, names)
  return meant ? `did you mean ${meant}?` : 'add its URL there'
}

/** A path is one of the page's own site. */
function isUrl(url: unknown): boolean {
  try {
    return typeof url === 'string' && /^https?:$/.test(new URL(url, 'https://page.invalid').protocol)
  } catch {
    return false
  }
}
