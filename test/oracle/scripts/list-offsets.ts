import { ApiKey } from '../../../src/protocol/api-keys.js'
import { CompressionType } from '../../../src/protocol/records/index.js'
import type { Conversation } from '../conversation.js'
import { batchOf, createTopic, produceTo, THEN_MS, WITHOUT_RETENTION } from '../fixtures.js'
import { type Script, topicName, versionsOf } from '../script.js'
import { fetchBody } from './fetch.js'

/** Where to fetch from, what epochs ended where, what is deleted, and what takes up space. */
export const listOffsets: Script = {
  name: 'list-offsets',
  config: WITHOUT_RETENTION,
  async run(t) {
    for (const version of versionsOf(ApiKey.ListOffsets)) await listOffsetsOf(t, version)
    for (const version of versionsOf(ApiKey.OffsetForLeaderEpoch)) await epochs(t, version)
    for (const version of versionsOf(ApiKey.DeleteRecords)) await deleteRecords(t, version)
    for (const version of versionsOf(ApiKey.DescribeLogDirs)) await logDirs(t, version)
    await times(t)
  },
}

async function listOffsetsOf(t: Conversation, version: number): Promise<void> {
  const name = topicName('list', version)
  await createTopic(t, name, 2)
  for (let i = 0; i < 3; i++) {
    await produceTo(
      t,
      name,
      batchOf([], { records: [0, 1].map((j) => ({ timestamp: THEN_MS + 10 * i + j })) }),
    )
  }
  const ask = (
    label: string,
    timestamp: bigint,
    partitionIndex = 0,
    topic = name,
    more: object = {},
  ) =>
    t.ask(label, ApiKey.ListOffsets, version, {
      replicaId: -1,
      topics: [{ name: topic, partitions: [{ partitionIndex, timestamp, ...more }] }],
    })
  for (let special = -1n; special >= -7n; special--) {
    await ask(`timestamp ${special}`, special)
    await ask(`timestamp ${special} of an empty log`, special, 1)
  }
  for (const delta of [-1, 0, 1, 2, 10, 11, 20, 21, 22]) {
    await ask(`timestamp + ${delta}`, BigInt(THEN_MS + delta))
  }
  await ask('the end of time', 2n ** 63n - 1n)
  await ask('the beginning of time', -(2n ** 63n))
  for (const replicaId of [-2, 0, 5]) {
    for (const timestamp of [-1n, -2n, BigInt(THEN_MS)]) {
      await t.ask(`replica ${replicaId} at ${timestamp}`, ApiKey.ListOffsets, version, {
        replicaId,
        topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }],
      })
    }
  }
  await ask('an unknown partition', -1n, 9)
  await ask('an unknown topic', -1n, 0, `${name}-no`)
  if (version >= 2) {
    await t.ask('read committed', ApiKey.ListOffsets, version, {
      replicaId: -1,
      isolationLevel: 1,
      topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
    })
    await t.ask('an isolation level that there is not', ApiKey.ListOffsets, version, {
      replicaId: -1,
      isolationLevel: 2,
      topics: [
        { name, partitions: [{ partitionIndex: 0, timestamp: -1n }] },
        { name: `${name}-no`, partitions: [{ partitionIndex: 1, timestamp: -1n }] },
      ],
    })
  }
  if (version >= 4) {
    await ask('the right epoch', -1n, 0, name, { currentLeaderEpoch: 0 })
    await ask('an epoch to come', -1n, 0, name, { currentLeaderEpoch: 3 })
    await ask('a negative epoch', -1n, 0, name, { currentLeaderEpoch: -7 })
  }
  await t.ask('twice the same', ApiKey.ListOffsets, version, {
    replicaId: -1,
    topics: [
      {
        name,
        partitions: [
          { partitionIndex: 0, timestamp: -1n },
          { partitionIndex: 0, timestamp: -2n },
        ],
      },
    ],
  })
}

async function epochs(t: Conversation, version: number): Promise<void> {
  const name = topicName('epochs', version)
  await createTopic(t, name, 2)
  await produceTo(t, name, batchOf(['one', 'two']))
  const ask = (label: string, leaderEpoch: number, more: object = {}, topic = name) =>
    t.ask(label, ApiKey.OffsetForLeaderEpoch, version, {
      ...(version >= 3 && { replicaId: -1 }),
      topics: [
        { topic, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch, ...more }] },
      ],
    })
  for (const epoch of [0, 1, 5, -1]) await ask(`epoch ${epoch}`, epoch)
  await ask('of an empty log', 0, { partition: 1 })
  await ask('an unknown partition', 0, { partition: 9 })
  await ask('an unknown topic', 0, {}, `${name}-no`)
  await ask('the right current epoch', 0, { currentLeaderEpoch: 0 })
  await ask('a current epoch to come', 0, { currentLeaderEpoch: 4 })
  await ask('a negative current epoch', 0, { currentLeaderEpoch: -7 })
  await ask('a negative epoch', -7)
}

async function deleteRecords(t: Conversation, version: number): Promise<void> {
  const name = topicName('truncated', version)
  await createTopic(t, name, 1)
  await produceTo(t, name, batchOf(['one', 'two', 'three']))
  await produceTo(t, name, batchOf(['four']))
  const ask = (label: string, offset: number, topic = name, partitionIndex = 0) =>
    t.ask(label, ApiKey.DeleteRecords, version, {
      topics: [{ name: topic, partitions: [{ partitionIndex, offset }] }],
      timeoutMs: 10_000,
    })
  await ask('up to 2', 2)
  await ask('again', 2)
  await ask('back', 1)
  await ask('past the end', 9)
  await ask('negative', -5)
  await ask('giant', Number.MAX_SAFE_INTEGER)
  await ask('an unknown partition', 1, name, 7)
  await ask('an unknown topic', 1, `${name}-no`)
  const fetched = (label: string, fetchOffset: number) =>
    t.ask(label, ApiKey.Fetch, 12, fetchBody(12, { topic: name }, [{ fetchOffset }]))
  await fetched('what is gone', 0)
  await fetched('what is left', 2)
  await t.ask('the earliest', ApiKey.ListOffsets, 7, {
    replicaId: -1,
    topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -2n }] }],
  })
  await ask('all', -1)
  await ask('all that is left', -1)
  await fetched('at the end', 4)
  const list = (label: string, timestamp: bigint) =>
    t.ask(label, ApiKey.ListOffsets, 7, {
      replicaId: -1,
      topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }],
    })
  await list('the youngest of what is gone', -3n)
  await list('a time of what is gone', BigInt(THEN_MS))
  for (const policy of ['compact', 'compact,delete']) {
    const other = `${name}-${policy.replace(',', '-')}`
    await createTopic(t, other, 1, { 'cleanup.policy': policy })
    await ask(`of a topic with policy ${policy}`, 0, other)
  }
  await t.ask('of no topic', ApiKey.DeleteRecords, version, { topics: [], timeoutMs: 10_000 })
}

async function logDirs(t: Conversation, version: number): Promise<void> {
  const name = topicName('dirs', version)
  await createTopic(t, name, 2)
  await produceTo(t, name, batchOf(['one', 'two', 'three']))
  const ask = (label: string, topics: object[]) =>
    t.ask(label, ApiKey.DescribeLogDirs, version, { topics }, { unordered: true })
  await ask('one topic', [{ topic: name, partitions: [0] }])
  await ask('an unknown topic', [{ topic: `${name}-no`, partitions: [0] }])
  await ask('nothing', [])
  await ask('no partitions', [{ topic: name, partitions: [] }])
  await ask('an unknown partition', [{ topic: name, partitions: [1, 7] }])
  await ask('a topic twice', [
    { topic: name, partitions: [0] },
    { topic: name, partitions: [1] },
  ])
  await t.ask('all', ApiKey.DescribeLogDirs, version, { topics: null }, { unordered: true })
}

/** Which record a time stands for where records aren't in the order of their times. */
async function times(t: Conversation): Promise<void> {
  const ask = async (name: string, label: string, timestamp: bigint) =>
    t.ask(`${label} of ${name}`, ApiKey.ListOffsets, 11, {
      replicaId: -1,
      topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }],
    })
  const batches = (compression: CompressionType) =>
    [
      [5, 9, 2],
      [9, 1],
      [7, 3],
      [-1, -1],
    ].map((offsets) =>
      batchOf([], {
        compression,
        records: offsets.map((offset) => ({
          value: Buffer.from('x'),
          timestamp: offset < 0 ? -1 : THEN_MS + offset,
        })),
      }),
    )
  const topics: [string, CompressionType, Record<string, string>][] = [
    ['unsorted', CompressionType.NONE, {}],
    ['compressed', CompressionType.GZIP, {}],
    ['recompressed', CompressionType.NONE, { 'compression.type': 'gzip' }],
  ]
  for (const [name, compression, configs] of topics) {
    await createTopic(t, name, 1, configs)
    for (const batch of batches(compression)) await produceTo(t, name, batch)
    await ask(name, 'the youngest', -3n)
    for (let delta = 0; delta <= 10; delta++) await ask(name, `+ ${delta}`, BigInt(THEN_MS + delta))
    await ask(name, 'the beginning', 0n)
  }
  await createTopic(t, 'timeless')
  await produceTo(t, 'timeless', batches(CompressionType.NONE)[3]!)
  await ask('timeless', 'the youngest', -3n)
  await ask('timeless', 'the beginning', 0n)
}
