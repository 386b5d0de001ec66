// What the intake has stored, read from its folder: JSON lines, a folder a stream, a file a day.
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** @typedef {{ meta: { stream: string, [field: string]: unknown }, [field: string]: unknown }} StoredEvent */

/** The stream in which the intake keeps what it has rejected, with the reason. */
export const REJECTED = 'rivulet.rejected'

/**
 * @param {string} data the folder where the intake stores
 * @returns {Promise<StoredEvent[]>} the events of all streams, what was rejected among them
 */
export async function storedEvents(data) {
  const entries = await readdir(data, { recursive: true, withFileTypes: true })
  // What begins with a dot is the intake's own.
  const files = entries.filter(
    (entry) => entry.isFile() && entry.name.endsWith('.jsonl') && !relative(data, entry.path).startsWith('.'),
  )
  const texts = await Promise.all(files.map(({ path, name }) => readFile(join(path, name), 'utf8')))
  return texts.flatMap(wholeLines).map((line) => JSON.parse(line))
}

/**
 * The line that the intake is writing at this moment has no end yet, and is not looked at.
 *
 * @param {string} text
 */
function wholeLines(text) {
  return text.split('\n').slice(0, -1)
}
