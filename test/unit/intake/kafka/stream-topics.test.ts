import { expect, test } from 'vitest'
import { problemOfTopic, topicFor, topicsOf } from '../../../../src/intake/kafka/stream-topics.ts'

test.each([
  ['its name, where nothing is said', {}, ['shop.click']],
  ['its name, with no prefixes', { topic_prefixes: null }, ['shop.click']],
  ['its name with each prefix', { topic_prefixes: ['a.', 'b.'] }, ['a.shop.click', 'b.shop.click']],
  ['its topics, as they are', { topics: ['x', 'y'], topic_prefixes: ['a.'] }, ['x', 'y']],
  ['no pattern', { topics: ['/^a\\.shop\\..+/'], topic_prefixes: ['a.'] }, ['a.shop.click']],
  ['nothing malformed', { topics: 'x', topic_prefixes: [1, 'a.'] }, ['a.shop.click']],
])('the topics of a stream are %s', (_, settings, topics) => {
  expect(topicsOf('shop.click', settings)).toEqual(topics)
})

test('the topic that is written is the first, or the one with the prefix where there is one', () => {
  const settings = { topic_prefixes: ['a.', 'b.'] }

  expect(topicFor('shop.click', settings)).toBe('a.shop.click')
  expect(topicFor('shop.click', settings, 'b.')).toBe('b.shop.click')
  expect(topicFor('shop.click', {}, 'b.')).toBe('shop.click')
})

test.each(['', '.', '..', 'a b', 'ä', 'a/b', 'x'.repeat(250)])('Kafka takes no topic named "%s"', (topic) => {
  expect(problemOfTopic(topic)).toContain('Kafka takes no topic')
})

test.each(['a', 'shop.click', 'A-b_1', 'x'.repeat(249)])('Kafka takes a topic named "%s"', (topic) => {
  expect(problemOfTopic(topic)).toBeUndefined()
})
