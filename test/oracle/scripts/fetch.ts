import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { AskOptions, Body, Conversation } from '../conversation.js'
import { batchOf, createTopic, NO_TOPIC_ID, produceTo, WITHOUT_RETENTION } from '../fixtures.js'
import { type Script, topicName, versionsOf } from '../script.js'

/** Fetch in every version, its sizes, its waits and its sessions. */
export const fetch: Script = {
  name: 'fetch',
  config: WITHOUT_RETENTION,
  async run(t) {
    for (const version of versionsOf(ApiKey.Fetch)) await eachVersion(t, version)
    await sizes(t)
    await sessions(t)
    await segments(t)
    await waits(t)
    for (const version of [7, 12, 13, 18]) await changingTopics(t, version)
  },
}

export interface Wanted {
  readonly partition?: number
  readonly fetchOffset?: number
  readonly [field: string]: unknown
}

export function fetchBody(
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
  await ask('an error with read committed', [{ fetchOffset: 9 }], { isolationLevel: 1 })
  await ask('an isolation level that is none', [{}], { isolationLevel: 2 })
  await ask('no topics', [], { topics: [] })
  await ask('an error between others', [{ partition: 9 }, {}, { partition: 8 }, { partition: 1 }])
  await ask('a partition twice', [{}, { partition: 1 }, { fetchOffset: 3 }])
  await ask('a negative size', [{ partitionMaxBytes: -1 }])
  await ask('a negative size at the end', [{ partitionMaxBytes: -1, fetchOffset: 5 }])
  await ask('a negative size of all', [{}, { partition: 1 }], { maxBytes: -1 })
  await ask('nothing wanted', [{}], { minBytes: -1, maxWaitMs: 10_000 })
  await ask('a giant offset', [{ fetchOffset: Number.MAX_SAFE_INTEGER }])
  for (const replicaId of [-3, -2, 0, 5]) {
    const who = version < 15 ? { replicaId } : { replicaState: { replicaId, replicaEpoch: -1 } }
    await ask(`replica ${replicaId}`, [{}], who)
    await ask(`replica ${replicaId} of an unknown partition`, [{ partition: 9 }], who)
    if (version >= 9)
      await ask(`replica ${replicaId} with an epoch`, [{ currentLeaderEpoch: 0 }], who)
  }
  if (version >= 9) {
    await ask('the right epoch', [{ currentLeaderEpoch: 0 }])
    await ask('an epoch to come', [{ currentLeaderEpoch: 5 }])
    await ask('a negative epoch', [{ currentLeaderEpoch: -7 }])
  }
  if (version >= 12) {
    await ask('a last epoch that is known', [{ fetchOffset: 3, lastFetchedEpoch: 0 }])
    await ask('a last epoch to come', [{ fetchOffset: 3, lastFetchedEpoch: 4 }])
    await ask('a last epoch that ended before', [{ fetchOffset: 9, lastFetchedEpoch: 0 }])
    const parted = [{ fetchOffset: 9, lastFetchedEpoch: 0 }]
    await ask('a last epoch that ended before, read committed', parted, { isolationLevel: 1 })
    await ask('a negative last epoch', [{ fetchOffset: 3, lastFetchedEpoch: -7 }])
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
    const committed = { maxBytes: bytes, isolationLevel: 1 }
    await ask(`at most ${bytes} committed bytes`, [{}, { partition: 1 }], committed)
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
  await sessionRules(t, topicId)
}

async function sessionRules(t: Conversation, topicId: string): Promise<void> {
  const all = [{}, { partition: 1 }, { partition: 2 }]
  const send = (version: number, label: string, wanted: readonly Wanted[], more: object) => {
    const topic = version >= 13 ? { topicId } : { topic: 'sessions' }
    return t.ask(label, ApiKey.Fetch, version, fetchBody(version, topic, wanted, more))
  }
  const ask = (label: string, wanted: readonly Wanted[], more: object) =>
    send(17, label, wanted, more)
  const none = { topics: [] }
  await produceTo(t, 'sessions', batchOf(['three']), 2)
  await ask('without partitions', [], { ...none, sessionEpoch: 0 })
  const first = await ask('a session with an error', [{ partition: 9 }, ...all], {
    sessionEpoch: 0,
  })
  let sessionId: number = first.sessionId
  await ask('limited', [], { ...none, sessionId, sessionEpoch: 1, maxBytes: 1 })
  await ask('limited again', [], { ...none, sessionId, sessionEpoch: 2, maxBytes: 1 })
  await ask('limited once more', [], { ...none, sessionId, sessionEpoch: 3, maxBytes: 1 })
  await send(12, 'by name', [], { ...none, sessionId, sessionEpoch: 4 })
  await ask('a giant epoch', [], { ...none, sessionId, sessionEpoch: 0x7fffffff })
  await ask('a negative epoch', [], { ...none, sessionId, sessionEpoch: -2 })
  const second = await ask('instead of another', all, { sessionId, sessionEpoch: 0 })
  await ask('the one before', [], { ...none, sessionId, sessionEpoch: 4 })
  sessionId = second.sessionId
  await ask('all forgotten', [{ partition: 1, fetchOffset: 1 }], {
    sessionId,
    sessionEpoch: 1,
    forgottenTopicsData: [{ topicId, partitions: [0, 1, 2] }],
  })
  await ask('after all was forgotten', [], { ...none, sessionId, sessionEpoch: 2 })
  const named = await send(12, 'named', all, { sessionEpoch: 0 })
  sessionId = named.sessionId
  await ask('by id', [], { ...none, sessionId, sessionEpoch: 1 })
  await send(7, 'by name again', [], { ...none, sessionId, sessionEpoch: 1 })
  await send(11, 'forgotten by name', [], {
    ...none,
    sessionId,
    sessionEpoch: 2,
    forgottenTopicsData: [{ topic: 'sessions', partitions: [0, 2] }],
  })
}

/** A log of many small segments: where a fetch begins, and where it ends. */
async function segments(t: Conversation): Promise<void> {
  const topicId = await createTopic(t, 'segments', 1, { 'internal.segment.bytes': '500' })
  for (let i = 0; i < 12; i++) {
    await produceTo(t, 'segments', batchOf(['x'.repeat(20 * (i % 5)), 'y', 'z']))
  }
  const ask = (label: string, wanted: Wanted) =>
    t.ask(label, ApiKey.Fetch, 17, fetchBody(17, { topicId }, [wanted]))
  for (const fetchOffset of [0, 4, 7, 13, 23, 24, 35]) {
    for (const partitionMaxBytes of [1, 130, 600]) {
      const label = `from ${fetchOffset} at most ${partitionMaxBytes} bytes`
      await ask(label, { fetchOffset, partitionMaxBytes })
    }
  }
  await t.quietly(ApiKey.DeleteRecords, 2, {
    topics: [{ name: 'segments', partitions: [{ partitionIndex: 0, offset: 10 }] }],
    timeoutMs: 10_000,
  })
  for (const fetchOffset of [9, 10, 11, 12]) await ask(`left from ${fetchOffset}`, { fetchOffset })
}

async function waits(t: Conversation): Promise<void> {
  const topicId = await createTopic(t, 'waits', 2)
  const ask = (label: string, wanted: readonly Wanted[], more: object, options: AskOptions = {}) =>
    t.ask(label, ApiKey.Fetch, 17, fetchBody(17, { topicId }, wanted, more), options)
  const patient = { maxWaitMs: 30_000, minBytes: 1 }
  const both = [{}, { partition: 1 }]
  const waiting = ask('a wait that a batch ends', both, patient, { on: 'patient' })
  await produceTo(t, 'waits', batchOf(['one']), 1)
  await waiting
  const { sessionId } = await ask('a session', both, { sessionEpoch: 0 })
  const end = [{ partition: 1, fetchOffset: 1 }]
  const session = { ...patient, sessionId, sessionEpoch: 1 }
  const overtaken = ask('a wait whose session goes on without it', end, session, { on: 'patient' })
  await ask('meanwhile', [], { topics: [], sessionId, sessionEpoch: 2 }, { until: hasNoError })
  await produceTo(t, 'waits', batchOf(['two']), 1)
  await overtaken
}

/** A request on another connection comes first sometimes. */
const hasNoError = (body: Body): boolean => body.errorCode === 0

/** What a session says of a topic that is deleted, and created anew. */
async function changingTopics(t: Conversation, version: number): Promise<void> {
  const name = topicName('changing', version)
  const topicId = await createTopic(t, name)
  await produceTo(t, name, batchOf(['one']))
  const topic = version >= 13 ? { topicId } : { topic: name }
  const ask = (label: string, wanted: readonly Wanted[], more: object) =>
    t.ask(label, ApiKey.Fetch, version, fetchBody(version, topic, wanted, more))
  const { sessionId } = await ask('a topic', [{}], { sessionId: 0, sessionEpoch: 0 })
  await t.quietly(ApiKey.DeleteTopics, 5, { topicNames: [name], timeoutMs: 10_000 })
  const list = {
    replicaId: -1,
    topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
  }
  await t.quietly(ApiKey.ListOffsets, 1, list, {
    until: ({ topics }) => topics[0].partitions[0].errorCode === 3,
  })
  await ask('a deleted topic', [], { topics: [], sessionId, sessionEpoch: 1 })
  await createTopic(t, name)
  await ask('another topic of that name', [], { topics: [], sessionId, sessionEpoch: 2 })
  await ask('it again', [{}], { sessionId, sessionEpoch: 3 })
}
