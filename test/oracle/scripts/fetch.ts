import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { Conversation } from '../conversation.js'
import { batchOf, createTopic, NO_TOPIC_ID, produceTo, THEN_MS } from '../fixtures.js'
import { type Script, topicName, versionsOf } from '../script.js'

/** Fetch in every version, sessions, and the offsets to fetch from. */
export const fetch: Script = {
  name: 'fetch',
  async run(t) {
    for (const version of versionsOf(ApiKey.Fetch)) await eachVersion(t, version)
    await sizes(t)
    await sessions(t)
    for (const version of versionsOf(ApiKey.ListOffsets)) await listOffsets(t, version)
    for (const version of versionsOf(ApiKey.OffsetForLeaderEpoch)) await epochs(t, version)
    for (const version of versionsOf(ApiKey.DeleteRecords)) await deleteRecords(t, version)
    for (const version of versionsOf(ApiKey.DescribeLogDirs)) await logDirs(t, version)
  },
}

interface Wanted {
  readonly partition?: number
  readonly fetchOffset?: number
  readonly [field: string]: unknown
}

function fetchBody(
  version: number,
  topic: object,
  wanted: readonly Wanted[],
  more: object = {},
): object {
  return {
    ...(version < 15 && { replicaId: -1 }),
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 0x7fffffff,
    topics: [
      {
        ...topic,
        partitions: wanted.map((each) => ({
          partition: 0,
          fetchOffset: 0,
          partitionMaxBytes: 1_000_000,
          ...each,
        })),
      },
    ],
    forgottenTopicsData: [],
    ...(version >= 7 && { sessionId: 0, sessionEpoch: -1 }),
    ...more,
  }
}

async function eachVersion(t: Conversation, version: number): Promise<void> {
  const name = topicName('fetch', version)
  const topicId = await createTopic(t, name, 2)
  await produceTo(t, name, batchOf(['one', 'two', 'three']))
  await produceTo(t, name, batchOf(['four', 'five']))
  const topic = version >= 13 ? { topicId } : { topic: name }
  const unknown = version >= 13 ? { topicId: NO_TOPIC_ID } : { topic: `${name}-no` }
  const ask = (label: string, wanted: readonly Wanted[], more: object = {}, of: object = topic) =>
    t.ask(label, ApiKey.Fetch, version, fetchBody(version, of, wanted, more))
  await ask('from the start', [{}])
  await ask('from within a batch', [{ fetchOffset: 1 }])
  await ask('the second batch', [{ fetchOffset: 3 }])
  await ask('at the end', [{ fetchOffset: 5 }])
  await ask('past the end', [{ fetchOffset: 6 }])
  await ask('before the start', [{ fetchOffset: -1 }])
  await ask('an empty partition', [{ partition: 1 }])
  await ask('an unknown partition', [{ partition: 9 }])
  await ask('an unknown topic', [{}], {}, unknown)
  await ask('both partitions', [{}, { partition: 1 }])
  await ask('read committed', [{}], { isolationLevel: 1 })
  await ask('no topics', [], { topics: [] })
  if (version >= 9) {
    await ask('the right epoch', [{ currentLeaderEpoch: 0 }])
    await ask('an epoch to come', [{ currentLeaderEpoch: 5 }])
  }
  if (version >= 12) {
    await ask('a last epoch that is known', [{ fetchOffset: 3, lastFetchedEpoch: 0 }])
    await ask('a last epoch to come', [{ fetchOffset: 3, lastFetchedEpoch: 4 }])
  }
}

async function sizes(t: Conversation): Promise<void> {
  const topicId = await createTopic(t, 'sizes', 2)
  for (const partition of [0, 1]) {
    for (let i = 0; i < 3; i++) await produceTo(t, 'sizes', batchOf(['x'.repeat(500)]), partition)
  }
  const ask = (label: string, wanted: readonly Wanted[], more: object = {}) =>
    t.ask(label, ApiKey.Fetch, 17, fetchBody(17, { topicId }, wanted, more))
  for (const bytes of [0, 1, 100, 580, 700, 1200, 1500]) {
    const limit = { partitionMaxBytes: bytes }
    await ask(`at most ${bytes} bytes a partition`, [limit, { partition: 1, ...limit }])
    await ask(`at most ${bytes} bytes`, [{}, { partition: 1 }], { maxBytes: bytes })
  }
  await ask('a long wait that is satisfied', [{}], { maxWaitMs: 10_000, minBytes: 1000 })
  await ask('a short wait for more than there is', [{}], { maxWaitMs: 100, minBytes: 100_000 })
  await ask('a wait at the end', [{ fetchOffset: 3 }], { maxWaitMs: 100 })
}

async function sessions(t: Conversation): Promise<void> {
  const topicId = await createTopic(t, 'sessions', 3)
  await produceTo(t, 'sessions', batchOf(['one']))
  const all = [{}, { partition: 1 }, { partition: 2 }]
  const ask = (label: string, wanted: readonly Wanted[], more: object) =>
    t.ask(label, ApiKey.Fetch, 17, fetchBody(17, { topicId }, wanted, more))
  const { sessionId } = await ask('a full fetch', all, { sessionId: 0, sessionEpoch: 0 })
  const none = { topics: [] }
  await ask('nothing new but what was not taken', [], { ...none, sessionId, sessionEpoch: 1 })
  await ask('moved on', [{ fetchOffset: 1 }], { sessionId, sessionEpoch: 2 })
  await ask('nothing', [], { ...none, sessionId, sessionEpoch: 3 })
  await produceTo(t, 'sessions', batchOf(['two']), 1)
  await ask('another partition', [], { ...none, sessionId, sessionEpoch: 4 })
  await ask('an epoch again', [], { ...none, sessionId, sessionEpoch: 4 })
  await ask('an epoch skipped', [], { ...none, sessionId, sessionEpoch: 9 })
  await ask('forgotten', [], {
    ...none,
    sessionId,
    sessionEpoch: 5,
    forgottenTopicsData: [{ topicId, partitions: [1] }],
  })
  await ask('an unknown session', [], { ...none, sessionId: 12345, sessionEpoch: 1 })
  await ask('an unknown topic in it', [], {
    topics: [
      {
        topicId: NO_TOPIC_ID,
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }],
      },
    ],
    sessionId,
    sessionEpoch: 6,
  })
  await ask('closed', [], { ...none, sessionId, sessionEpoch: -1 })
  await ask('after it was closed', [], { ...none, sessionId, sessionEpoch: 7 })
}

async function listOffsets(t: Conversation, version: number): Promise<void> {
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
  await ask('an unknown partition', -1n, 9)
  await ask('an unknown topic', -1n, 0, `${name}-no`)
  if (version >= 2) {
    await t.ask('read committed', ApiKey.ListOffsets, version, {
      replicaId: -1,
      isolationLevel: 1,
      topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
    })
  }
  if (version >= 4) {
    await ask('the right epoch', -1n, 0, name, { currentLeaderEpoch: 0 })
    await ask('an epoch to come', -1n, 0, name, { currentLeaderEpoch: 3 })
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
  await fetched('at the end', 4)
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
}
