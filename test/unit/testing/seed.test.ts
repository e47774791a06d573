import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startBroker } from '../../../src/index.js'
import { partitionForKey } from '../../../src/testing/seed/partitioner.js'
import { checkSeed } from '../../../src/testing/seed/seed.js'
import {
  parseSeed,
  type SeedFormat,
  seedFormatOf,
  seedOfTopicList,
} from '../../../src/testing/seed/seed-file.js'

t.test('keys go to the partitions that the Java client would choose', (t) => {
  // KafkaProducer's own partitioner, asked for these.
  const chosen: [key: string, partition: number][] = [
    ['', 681],
    ['a', 524],
    ['ab', 434],
    ['abc', 107],
    ['abcd', 100],
    ['order-1', 326],
    ['ключ', 24],
  ]
  for (const [key, partition] of chosen) {
    t.equal(partitionForKey(Buffer.from(key), 1000), partition, key)
  }
  t.end()
})

t.test('YAML and JSON have the form of a seed', async (t) => {
  const yaml = `
topics:
  orders:
    partitions: 3
    configs: { retention.ms: 60000 }
    records:
      - { key: a, value: { total: 12.5 }, headers: { trace: x } }
      - { key: b, value: null, timestamp: 2026-01-01T00:00:00Z }
  empty:
groups:
  billing: { offsets: { orders: { 0: 1 } } }
`
  const seed = await parseSeed(yaml, 'yaml', 'seed.yaml')
  t.strictSame(Object.keys(seed.topics!), ['orders', 'empty'])
  t.strictSame(seed.topics!.orders!.records![0], {
    key: 'a',
    value: { total: 12.5 },
    headers: { trace: 'x' },
  })
  t.strictSame(await parseSeed(JSON.stringify(seed), 'json', 'seed.json'), seed)
})

t.test('JSONL and CSV hold records, of the topic that the file is named after', async (t) => {
  const lines = '{"key":"a","value":1}\n\n{"topic":"other","value":"x","partition":2}\n'
  t.strictSame(await parseSeed(lines, 'jsonl', 'data/orders.jsonl'), {
    topics: {
      orders: { records: [{ key: 'a', value: 1 }] },
      other: { records: [{ value: 'x', partition: 2 }] },
    },
  })
  const rows = 'key,value,partition,timestamp,header.trace\na,"1,5",1,1700000000000,x\nb,,,,\n'
  t.strictSame(await parseSeed(rows, 'csv', 'orders.csv'), {
    topics: {
      orders: {
        records: [
          {
            key: 'a',
            value: '1,5',
            partition: 1,
            timestamp: 1_700_000_000_000,
            headers: { trace: 'x' },
          },
          { key: 'b', value: '' },
        ],
      },
    },
  })
})

t.test('what is wrong with a seed is said with its place', async (t) => {
  const wrong: [value: unknown, message: RegExp][] = [
    [[], /the seed has to be an object/],
    [{ topic: {} }, /the seed has a field topic; there are topics, groups/],
    [{ topics: { a: { partitions: 0 } } }, /topics.a.partitions has to be a whole number from 1/],
    [{ topics: { a: { records: {} } } }, /topics.a.records has to be a list/],
    [{ topics: { a: { records: [{ keys: 1 }] } } }, /topics.a.records\[0\] has a field keys/],
    [{ topics: { a: { records: [{ timestamp: 'soon' }] } } }, /timestamp has to be milliseconds/],
    [{ topics: { a: { configs: { x: null } } } }, /topics.a.configs.x has to be text/],
    [{ groups: { g: { offsets: { a: -1 } } } }, /groups.g.offsets.a has to be a whole number/],
    [{ groups: { g: { offsets: { a: { x: 1 } } } } }, /a partition of groups.g.offsets.a/],
  ]
  for (const [value, message] of wrong) t.throws(() => checkSeed(value), { message })
  await t.rejects(parseSeed('{', 'json', 'seed.json'), { message: /^seed.json: / })
  await t.rejects(parseSeed('a: [', 'yaml', 'seed.yaml'), { message: /^seed.yaml: / })
  await t.rejects(parseSeed('a,b\n1', 'csv', 'seed.csv'), { message: /^seed.csv: / })
  const lines: [text: string, format: SeedFormat, at: string][] = [
    ['{"value": 1}\n\n{"value": }', 'jsonl', 'x: line 3: '],
    ['{"value": 1}\n\n{"vlaue": 2}', 'jsonl', 'x: line 3: the record has a field vlaue'],
    ['value,timestamp\n"a\nb",1\nc,never', 'csv', 'x: line 4: the record.timestamp'],
    ['{"topics": {"a": {"records": [{}, {"vlaue": 2}]}}}', 'json', 'x: topics.a.records[1]'],
    ['topics: { a: 1 }', 'yaml', 'x: topics.a '],
  ]
  for (const [text, format, at] of lines) {
    const error = await parseSeed(text, format, 'x').catch((thrown: Error) => thrown)
    t.ok(error instanceof TypeError && error.message.startsWith(at), `${at}: ${String(error)}`)
  }
  for (const [text, format] of [
    ['{"topics":{"a":{}}}', 'json'],
    ['topics: { a: {} }', 'yaml'],
  ] as const) {
    t.strictSame(await parseSeed(`\ufeff${text}`, format, 'x'), { topics: { a: {} } })
  }
  t.throws(() => seedFormatOf('seed.txt'), { message: /seed.txt: a seed is a file that ends in/ })
})

t.test('a list of topics as images of Kafka have it', (t) => {
  t.strictSame(seedOfTopicList('a:3:1, b:1:1:compact\nc'), {
    topics: {
      a: { partitions: 3 },
      b: { partitions: 1, configs: { 'cleanup.policy': 'compact' } },
      c: { partitions: 1 },
    },
  })
  for (const wrong of ['a:0:1', 'a:1:3', 'a:x', 'a:1:1:compact:more']) {
    t.throws(() => seedOfTopicList(wrong), { name: 'TypeError' }, wrong)
  }
  t.end()
})

t.test('a broker begins with its seed, and takes another one later', async (t) => {
  await using broker = await startBroker({
    seed: {
      topics: {
        orders: {
          partitions: 2,
          configs: { 'cleanup.policy': 'compact' },
          records: [
            { key: 'a', value: { total: 1 }, partition: 1, timestamp: 1_700_000_000_000 },
            { key: { base64: 'AAE=' }, value: 'x', partition: 1, headers: { trace: 'y' } },
          ],
        },
      },
      groups: { billing: { offsets: { orders: { 1: 1 } } } },
    },
  })
  const records = await broker.topic('orders').records()
  t.match(records, [
    { partition: 1, offset: 0, key: 'a', value: '{"total":1}', timestampMs: 1_700_000_000_000 },
    { partition: 1, offset: 1, keyBytes: Buffer.from([0, 1]), headers: [{ name: 'trace' }] },
  ])
  t.match(await broker.group('billing').offsets(), [
    { topic: 'orders', partition: 1, offset: 1, lag: 1 },
  ])
  await broker.seed({
    topics: { orders: { records: [{ key: 'z', value: 'z', partition: 0 }] }, more: null },
  })
  t.strictSame(broker.topics(), ['more', 'orders'])
  t.equal(await broker.topic('orders').count(), 3)
  await t.rejects(broker.seed({ topics: { orders: { partitions: 5 } } }), {
    message: /orders has 2 partitions already/,
  })
  await t.rejects(startBroker({ seed: { topics: { 'no good': {} } } }), { name: 'KafkaError' })
  await t.rejects(broker.seed({ topics: { orders: { records: [{ partition: 9 }] } } }), {
    message: 'orders-9: UNKNOWN_TOPIC_OR_PARTITION',
  })
  await t.rejects(broker.seed({ groups: { billing: { offsets: { none: 1 } } } }), {
    message: 'offset of group billing for none-0: UNKNOWN_TOPIC_OR_PARTITION',
  })
})

t.test('a directory that has been seeded is not seeded again', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-seeded-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const orders = { partitions: 2, records: [{ value: 'seeded' }] }
  const seed = [
    { topics: { orders }, groups: { billing: { offsets: { orders: 0 } } } },
    { topics: { orders: { records: [{ value: 'of another file' }] } } },
  ]
  {
    await using broker = await startBroker({ directory, seed })
    t.equal(await broker.topic('orders').count(), 2)
    await broker.seed({
      topics: { orders: { records: [{ value: 'later' }] }, empty: null },
      groups: { billing: { offsets: { orders: 1 } } },
    })
  }
  const more = {
    topics: { empty: { records: [{ value: 'first' }] }, fresh: { records: [{ value: 'new' }] } },
    groups: { shipping: { offsets: { orders: 0 } } },
  }
  await using broker = await startBroker({ directory, seed: [...seed, more] })
  t.equal(await broker.topic('orders').count(), 3)
  t.equal(await broker.topic('empty').count(), 1)
  t.equal(await broker.topic('fresh').count(), 1)
  const committed = async (groupId: string) =>
    (await broker.group(groupId).offsets()).map(({ offset }) => offset)
  t.strictSame(await committed('billing'), [1, 1])
  t.strictSame(await committed('shipping'), [0, 0])
  await broker.seed({ topics: { orders: { records: [{ value: 'of a test' }] } } })
  await broker.reset()
  t.equal(await broker.topic('orders').count(), 4, 'what was seeded while it ran counts')
})
