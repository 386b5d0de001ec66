// The baseline: a plain server of Express and Ajv 6, as EventGate is built, which validates each event and appends it to
// a file without fsync. Prints its URL.
import { createWriteStream, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { folder, schema, file } = JSON.parse(process.argv[2] ?? '')
const installed = createRequire(`${folder}/package.json`)
const express = installed('express')
const Ajv = installed('ajv')

// As EventGate has it set up.
const ajv = new Ajv({ allErrors: true, useDefaults: true, schemaId: 'auto' })
const { $schema: _, ...content } = JSON.parse(readFileSync(schema, 'utf8'))
const validate = ajv.compile(content)
const log = createWriteStream(file, { flags: 'a' })
const app = express()
app.use(express.json({ type: () => true }))

app.post('/v1/events', (/** @type {any} */ request, /** @type {any} */ response) => {
  const dt = new Date().toISOString()
  const lines = []
  for (const event of request.body) {
    event.meta.dt ??= dt
    if (!validate(event)) return response.status(400).json(validate.errors)
    lines.push(JSON.stringify(event))
  }
  log.write(`${lines.join('\n')}\n`, () => response.status(201).end())
})

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
