import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SchemaError } from '../schema-error.ts'
import { writeFiles } from '../write-files.ts'

const TITLE = /^[a-z][a-z0-9_]*(\/[a-z][a-z0-9_]*)+$/

/**
 * Begins a schema: writes a `current.yaml` that materializes as it stands, and returns its path. Throws a SchemaError
 * where the title is no `area/name` in snake_case, or is taken.
 */
export function beginSchema(folder: string, title: string): string {
  if (!TITLE.test(title))
    throw new SchemaError(
      `"${title}" is no title of a schema; write <area>/<name> in lower snake_case, such as ${suggestionFor(title)}`,
    )
  const place = join(folder, title)
  const taken = ['current.yaml', 'current.yml', 'current.json'].find((name) => existsSync(join(place, name)))
  if (taken)
    throw new SchemaError('is there already; edit it, or choose another title', {
      place: { file: join(place, taken) },
    })

  const path = join(place, 'current.yaml')
  writeFiles([{ path, text: firstText(title) }])
  return path
}

function suggestionFor(title: string): string {
  // A stream's name has dots where the title has slashes.
  const parts = title.split(/[/.]/).map((part) =>
    part
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .toLowerCase()
      .replace(/[^a-z0-9_]+/g, '_')
      .replace(/^[^a-z]+|_+$/g, ''),
  )
  const named = parts.filter((part) => part !== '')
  const suggestion = named.length === 1 ? `web/${named[0]}` : named.join('/')
  return TITLE.test(suggestion) ? suggestion : 'shop/click'
}

/** The name that a stream of a title has by custom: `shop.click`. */
export function streamOf(title: string): string {
  return title.replace(/\//g, '.')
}

function firstText(title: string): string {
  return `# Edit this file, and never those beside it: \`rivulet schemas materialize\` makes them from it. Once a version is
# committed it stays as it is: raise the version in $id with the next change (patch: words only, minor: new optional
# fields, major: all else).
title: ${title}
description: Say here in one sentence what has happened when such an event is submitted.
$id: /${title}/1.0.0
$schema: https://json-schema.org/draft-07/schema#
type: object
# What every event has: $schema, dt and meta. It closes the schema, too (additionalProperties: false): an event with a
# field that is named neither there nor below is refused. To have page, agent and performer filled in by stream config, add
# - $ref: /rivulet/fragment/web/1.0.0#
allOf:
  - $ref: /rivulet/fragment/common/1.0.0#
# The event's own fields. Names are in snake_case; each value has one type, a description, and bounds. What is not
# known is left out, never null.
properties:
  action:
    description: What the visitor did.
    type: string
    minLength: 1
    maxLength: 64
# The fields without which an event is refused. Later versions cannot require more.
required:
  - action
# An event as it is submitted. Tools check that it is valid. Its $schema is the $id above, whatever the version.
examples:
  - $schema:
      $ref: "#/$id"
    dt: "2026-11-22T10:00:00.000Z"
    meta:
      stream: ${streamOf(title)}
    action: open
`
}
