import t from 'tap'
import {
  MAX_COMPILED,
  MAX_EXPRESSION_LENGTH,
  RegularExpressions,
} from '../../../src/coordinator/group/consumer/regular-expressions.js'
import { systemClock } from '../../../src/env/clock.js'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'

const anybody = () => true
const sorted = (topics: ReadonlySet<string> | undefined) => [...(topics ?? [])].sort()

t.test('topics match as a whole', async (t) => {
  const topics = ['orders', 'orders-eu', 'old-orders', 'payments', '注文']
  const regexes = ['orders', 'orders.*', '(?i)PAY\\w+', '\\p{Han}+', '']
  const resolved = await new RegularExpressions(systemClock).resolve(regexes, topics, anybody)
  t.strictSame(sorted(resolved.get('orders')), ['orders'])
  t.strictSame(sorted(resolved.get('orders.*')), ['orders', 'orders-eu'])
  t.strictSame(sorted(resolved.get('(?i)PAY\\w+')), ['payments'])
  t.strictSame(sorted(resolved.get('\\p{Han}+')), ['注文'])
  t.strictSame(sorted(resolved.get('')), [])
})

t.test('topics that the member may not describe are left out, each asked for once', async (t) => {
  const asked: string[] = []
  const mayDescribe = (topic: string) => {
    asked.push(topic)
    return topic !== 'secret'
  }
  const resolved = await new RegularExpressions(systemClock).resolve(
    ['.*', 's.*'],
    ['open', 'secret', 'shared'],
    mayDescribe,
  )
  t.strictSame(sorted(resolved.get('.*')), ['open', 'shared'])
  t.strictSame(sorted(resolved.get('s.*')), ['shared'])
  t.strictSame(asked, ['open', 'secret', 'shared'])
})

t.test(
  'one that is not valid is refused as Apache Kafka does it, and matches nothing',
  async (t) => {
    const expressions = new RegularExpressions(systemClock)
    // What re2j 1.8 says of them.
    const descriptions = {
      '(': 'missing closing )',
      ')': 'regexp/syntax: internal error',
      '*a': 'missing argument to repetition operator',
      'a**': 'invalid nested repetition operator',
      '[b-a]': 'invalid character class range',
      '\\': 'trailing backslash at end of expression',
      'a{1001}': 'invalid repeat count',
      '(?=a)': 'invalid or unsupported Perl syntax',
      '(?<n>a)(?<n>b)': 'duplicate capture group name',
      '\\8': 'invalid escape sequence',
    }
    for (const [regex, description] of Object.entries(descriptions)) {
      try {
        expressions.require(regex)
        t.fail(regex)
      } catch (error) {
        t.ok(error instanceof KafkaError)
        const { code, message } = error as KafkaError
        t.equal(code, ErrorCode.INVALID_REGULAR_EXPRESSION)
        t.equal(
          message,
          `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${description}.`,
        )
      }
    }
    const resolved = await expressions.resolve(['(', 'a'], ['a'], anybody)
    t.strictSame(sorted(resolved.get('(')), [])
    t.strictSame(sorted(resolved.get('a')), ['a'])
  },
)

t.test('others get their turn while many topics are looked through', async (t) => {
  const topics = Array.from({ length: 20_000 }, (_, i) => `topic-with-some-name-${i}`)
  let turns = 0
  let done = false
  const count = () => {
    turns++
    if (!done) setImmediate(count)
  }
  setImmediate(count)
  const resolved = await new RegularExpressions(systemClock).resolve(
    ['(.*-){4}.*9'],
    topics,
    anybody,
  )
  done = true
  t.equal(resolved.get('(.*-){4}.*9')?.size, 2000)
  t.ok(turns > 10, `${turns} turns`)
})

t.test('more than are kept compiled go on working', async (t) => {
  const expressions = new RegularExpressions(systemClock)
  const regexes = Array.from({ length: MAX_COMPILED + 5 }, (_, i) => `topic-${i}`)
  for (const regex of regexes) expressions.require(regex)
  const resolved = await expressions.resolve(regexes, ['topic-0', 'topic-104'], anybody)
  t.strictSame(sorted(resolved.get('topic-0')), ['topic-0'])
  t.strictSame(sorted(resolved.get('topic-104')), ['topic-104'])
})

t.test('one that would take long to compile is refused', async (t) => {
  const expressions = new RegularExpressions(systemClock)
  expressions.require('a'.repeat(MAX_EXPRESSION_LENGTH))
  t.throws(() => expressions.require('a'.repeat(MAX_EXPRESSION_LENGTH + 1)), {
    code: ErrorCode.INVALID_REGULAR_EXPRESSION,
    message:
      /^SubscribedTopicRegex `a{50}…` is not a valid .* 10001 characters, more than 10000\.$/,
  })
})
