import t from 'tap'
import { fetch } from '../../../src/broker/api/fetch.js'
import { FetchMemory } from '../../../src/broker/fetch-memory.js'
import { FetchReader } from '../../../src/broker/fetch-reader.js'
import { partitionKey, SessionPartition } from '../../../src/broker/fetch-session.js'
import { FetchSessionCache } from '../../../src/broker/fetch-session-cache.js'
import { type Handler, NO_ANSWER } from '../../../src/broker/handler.js'
import { DiskError } from '../../../src/env/disk.js'
import { seededRandom } from '../../../src/env/random.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { batchSize } from '../../../src/protocol/records/batch.js'
import { buildBatch } from '../../../src/protocol/records/builder.js'
import { recordsOf } from '../../../src/protocol/records/record.js'
import { ManualClock, MEGABYTE } from '../storage/storage-fixture.js'
import { type Body, ColdDisk, DataPlane, type Heard, newPeer } from './data-plane-fixture.js'

const VERSION = 17
const ZERO_ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const UNKNOWN_ID = 'ESIzRFVmd4iZqrvM3e7_EA'

function batchOf(...values: string[]): Buffer {
  return buildBatch({ records: values.map((value) => ({ value: Buffer.from(value) })) })
}

function valuesIn(records: Buffer): string[] {
  const values: string[] = []
  for (let at = 0; records.length - at >= 61; at += batchSize(records, at)) {
    if (records.length - at < batchSize(records, at)) break
    for (const { value } of recordsOf(records, at)) values.push(String(value))
  }
  return values
}

interface Wanted {
  readonly topicId: string
  readonly partition?: number
  readonly fetchOffset?: number
  readonly [field: string]: unknown
}

function bodyOf(wanted: readonly Wanted[], more: object = {}): object {
  return {
    maxWaitMs: 0,
    minBytes: 1,
    sessionId: 0,
    sessionEpoch: -1,
    topics: wanted.map(({ topicId, ...each }) => ({
      topicId,
      partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000, ...each }],
    })),
    forgottenTopicsData: [],
    ...more,
  }
}

interface Rig {
  readonly plane: DataPlane
  readonly handler: Handler
  ask(wanted: readonly Wanted[], more?: object, version?: number): Promise<Body>
}

async function rigFor(
  t: { teardown(handler: () => unknown): void },
  properties: Readonly<Record<string, string>> = {},
): Promise<Rig> {
  const plane = await DataPlane.start(t, properties)
  const handler = fetch(plane)
  return {
    plane,
    handler,
    ask: async (wanted, more, version = VERSION) =>
      (await plane.ask(handler, version, bodyOf(wanted, more))) as Body,
  }
}

/** Answers by topic and partition: `[[index, error, values], …]`. */
function summary(answer: Body): unknown[] {
  return answer.responses.flatMap((topic: Body) =>
    topic.partitions.map((each: Body) => [
      each.partitionIndex,
      each.errorCode,
      valuesIn(each.records),
    ]),
  )
}

t.test('records are handed out from the batch that holds the offset on', async (t) => {
  const { plane, ask } = await rigFor(t)
  const topicId = plane.createTopic('pets', 2)
  await plane.append('pets', batchOf('cat', 'dog'))
  await plane.append('pets', batchOf('cow'))
  const whole = await ask([{ topicId, fetchOffset: 1 }])
  t.strictSame(summary(whole), [[0, 0, ['cat', 'dog', 'cow']]])
  const { highWatermark, lastStableOffset, logStartOffset } = whole.responses[0].partitions[0]
  t.strictSame([highWatermark, lastStableOffset, logStartOffset], [3, 3, 0])
  t.strictSame(summary(await ask([{ topicId, fetchOffset: 2 }])), [[0, 0, ['cow']]])
  t.strictSame(summary(await ask([{ topicId, fetchOffset: 3 }])), [[0, 0, []]])
  const outside = await ask([{ topicId, fetchOffset: 4 }])
  t.strictSame(summary(outside), [[0, ErrorCode.OFFSET_OUT_OF_RANGE, []]])
  t.equal(outside.responses[0].partitions[0].highWatermark, -1)
})

t.test(
  'sizes: the first batch comes whole, however large; the others fit or are cut',
  async (t) => {
    const { plane, ask } = await rigFor(t)
    const topicId = plane.createTopic('sizes', 2)
    const batch = batchOf('x'.repeat(500))
    for (const partition of [0, 1, 0, 1]) await plane.append('sizes', Buffer.from(batch), partition)
    const lengths = async (partitionMaxBytes: number, maxBytes: number) => {
      const wanted = [0, 1].map((partition) => ({ topicId, partition, partitionMaxBytes }))
      const answer = await ask(wanted, { maxBytes })
      return answer.responses[0].partitions.map((each: Body) => each.records.length)
    }
    const size = batch.length
    t.strictSame(await lengths(1, 1_000_000), [size, 0])
    t.strictSame(await lengths(1_000_000, 1), [size, 0])
    t.strictSame(await lengths(size + 10, 1_000_000), [size + 10, size + 10])
    t.strictSame(await lengths(1_000_000, 3 * size), [2 * size, size])
  },
)

t.test('errors are said of each partition', async (t) => {
  const { plane, ask } = await rigFor(t)
  const topicId = plane.createTopic('here')
  const elsewhere = plane.createTopic('elsewhere', 1, {}, 2)
  plane.registerOther(2, 9192)
  const answer = await ask([
    { topicId: UNKNOWN_ID },
    { topicId: elsewhere },
    { topicId, partition: 7 },
    { topicId },
    { topicId, currentLeaderEpoch: 3 },
  ])
  t.strictSame(
    answer.responses.map((topic: Body) => topic.partitions.map((each: Body) => each.errorCode)),
    [
      [ErrorCode.NOT_LEADER_OR_FOLLOWER],
      [ErrorCode.UNKNOWN_LEADER_EPOCH],
      [ErrorCode.UNKNOWN_TOPIC_ID],
      [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ],
  )
  t.strictSame(answer.responses[0].partitions[0].currentLeader, { leaderId: 2, leaderEpoch: 0 })
  t.match(answer.nodeEndpoints, [{ nodeId: 2, host: '127.0.0.1', port: 9192, rack: null }])
  t.equal(answer.nodeEndpoints.length, 1)
})

t.test('a follower that is no replica is refused', async (t) => {
  const { plane, ask } = await rigFor(t)
  const topicId = plane.createTopic('pets')
  const replicaState = { replicaId: 5, replicaEpoch: 1 }
  const codes = async (more: object) => {
    const answer = await ask([{ topicId, ...more }], { replicaState })
    return answer.responses[0].partitions[0].errorCode
  }
  t.equal(await codes({}), ErrorCode.NOT_LEADER_OR_FOLLOWER)
  t.equal(await codes({ currentLeaderEpoch: 0 }), ErrorCode.UNKNOWN_LEADER_EPOCH)
})

t.test('a client whose log has parted from this one is told where (KIP-595)', async (t) => {
  const { plane, ask } = await rigFor(t)
  const topicId = plane.createTopic('pets')
  await plane.append('pets', batchOf('a', 'b', 'c'))
  plane.electLeader(topicId, 0, plane.nodeId)
  await plane.append('pets', batchOf('d'))
  const diverging = await ask([{ topicId, fetchOffset: 4, lastFetchedEpoch: 0 }])
  const [partition] = diverging.responses[0].partitions
  t.strictSame(partition.divergingEpoch, { epoch: 0, endOffset: 3 })
  t.equal(partition.records.length, 0)
  const agreeing = await ask([{ topicId, fetchOffset: 3, lastFetchedEpoch: 0 }])
  t.strictSame(summary(agreeing), [[0, 0, ['d']]])
  const later = await ask([{ topicId, fetchOffset: 3, lastFetchedEpoch: 8 }])
  t.strictSame(summary(later), [[0, ErrorCode.OFFSET_OUT_OF_RANGE, []]])
})

t.test('a fetch waits for records, and holds none meanwhile', async (t) => {
  const { plane, handler } = await rigFor(t)
  const topicId = plane.createTopic('pets')
  await plane.append('pets', batchOf('cat'))
  const peer = newPeer()
  const begin = (more: object, wanted: object = {}) => {
    const heard: Heard[] = []
    const body = bodyOf([{ topicId, ...wanted }], { maxWaitMs: 10_000, ...more })
    void plane.ask(handler, VERSION, body, peer).then((answer) => heard.push(answer))
    return heard
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve))

  await t.test('until there are enough bytes', async (t) => {
    const heard = begin({ minBytes: 300 })
    await settle()
    t.equal(plane.replicas.fetchPurgatory.size, 1)
    await plane.append('pets', batchOf('dog'))
    await settle()
    t.equal(heard.length, 0)
    await plane.append('pets', batchOf('x'.repeat(200)))
    await settle()
    t.strictSame(summary(heard[0] as Body), [[0, 0, ['cat', 'dog', 'x'.repeat(200)]]])
    t.equal(plane.replicas.fetchPurgatory.size, 0)
  })

  await t.test('at the end until there is anything', async (t) => {
    const heard = begin({}, { fetchOffset: 3 })
    await settle()
    await plane.append('pets', batchOf('cow'))
    await settle()
    t.strictSame(summary(heard[0] as Body), [[0, 0, ['cow']]])
  })

  await t.test('until the time is up, and then takes what there is', async (t) => {
    const heard = begin({ minBytes: 100_000 })
    plane.clock.advance(9_999)
    await settle()
    t.equal(heard.length, 0)
    plane.clock.advance(1)
    await settle()
    t.equal((heard[0] as Body).responses[0].partitions[0].highWatermark, 4)
    t.equal(plane.replicas.fetchPurgatory.size, 0)
  })

  await t.test('until its connection is closed', async (t) => {
    const timers = plane.clock.pendingTimers
    const heard = begin({}, { fetchOffset: 4 })
    await settle()
    t.equal(peer.closeListeners.size, 1)
    for (const listener of peer.closeListeners) listener()
    await settle()
    t.strictSame(heard, [NO_ANSWER])
    t.equal(plane.replicas.fetchPurgatory.size, 0)
    t.equal(plane.clock.pendingTimers, timers)
    t.equal(peer.closeListeners.size, 0)
  })

  await t.test('until the leader changes', async (t) => {
    const heard = begin({}, { fetchOffset: 4, currentLeaderEpoch: 0 })
    await settle()
    plane.electLeader(topicId, 0, plane.nodeId)
    await settle()
    t.strictSame(summary(heard[0] as Body), [[0, ErrorCode.FENCED_LEADER_EPOCH, []]])
  })

  await t.test('until its topic is deleted', async (t) => {
    const heard = begin({}, { fetchOffset: 4 })
    await settle()
    plane.deleteTopic(topicId)
    await settle()
    t.strictSame(summary(heard[0] as Body), [[0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, []]])
  })
})

t.test('sessions: a client tells and is told only what changes (KIP-227)', async (t) => {
  const { plane, ask } = await rigFor(t)
  const topicId = plane.createTopic('pets', 3)
  await plane.append('pets', batchOf('cat'))
  const all = [0, 1, 2].map((partition) => ({ topicId, partition }))
  const { sessionId, responses } = await ask(all, { sessionEpoch: 0 })
  t.ok(sessionId > 0)
  t.equal(responses[0].partitions.length, 3)
  const go = async (sessionEpoch: number, wanted: readonly Wanted[] = [], more: object = {}) => {
    const answer = await ask(wanted, { sessionId, sessionEpoch, ...more })
    return answer.errorCode === 0 ? summary(answer) : answer.errorCode
  }
  t.strictSame(await go(1), [[0, 0, ['cat']]], 'what was not taken comes again')
  t.strictSame(await go(2, [{ topicId, fetchOffset: 1 }]), [])
  await plane.append('pets', batchOf('dog'), 1)
  t.strictSame(await go(3), [[1, 0, ['dog']]])
  t.equal(await go(3), ErrorCode.INVALID_FETCH_SESSION_EPOCH)
  t.equal(await go(9), ErrorCode.INVALID_FETCH_SESSION_EPOCH)
  await plane.append('pets', batchOf('cow'), 2)
  t.strictSame(
    await go(4),
    [
      [2, 0, ['cow']],
      [1, 0, ['dog']],
    ],
    'what was read last comes last',
  )
  const forgottenTopicsData = [{ topicId, partitions: [1, 2] }]
  t.strictSame(await go(5, [], { forgottenTopicsData }), [])
  t.equal((await ask([], { sessionId: 99, sessionEpoch: 1 })).errorCode, 70)
  const named = await plane.ask(fetch(plane), 12, { ...bodyOf([]), sessionId, sessionEpoch: 6 })
  t.equal((named as Body).errorCode, ErrorCode.FETCH_SESSION_ID_NOT_FOUND, 'of another cache')
  t.equal(
    (await ask([], { sessionId, sessionEpoch: 6 }, 12)).errorCode,
    ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
  )
  t.equal((await ask([], { sessionId, sessionEpoch: -1 })).errorCode, 0, 'closes it')
  t.equal(await go(6), ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
})

t.test('a session keeps telling of a topic until it is known again', async (t) => {
  const { plane, ask } = await rigFor(t)
  const topicId = plane.createTopic('pets')
  const { sessionId } = await ask([{ topicId }], { sessionEpoch: 0 })
  plane.deleteTopic(topicId)
  const gone = [[0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, []]]
  t.strictSame(summary(await ask([], { sessionId, sessionEpoch: 1 })), gone)
  plane.createTopic('pets')
  const other = [[0, ErrorCode.INCONSISTENT_TOPIC_ID, []]]
  t.strictSame(summary(await ask([], { sessionId, sessionEpoch: 2 })), other)
})

t.test('a partition asked for twice is read once, from where it was said last', async (t) => {
  const { plane, ask } = await rigFor(t)
  const topicId = plane.createTopic('pets')
  await plane.append('pets', batchOf('cat'))
  const answer = await ask([{ topicId }, { topicId, fetchOffset: 1 }])
  t.strictSame(summary(answer), [[0, 0, []]])
})

t.test('what is not cached is read off the event loop', async (t) => {
  const disk = new ColdDisk(16 * MEGABYTE)
  const plane = await DataPlane.start(t, {}, disk)
  const handler = fetch(plane)
  const topicId = plane.createTopic('pets', 3)
  for (const [partition, value] of ['cat', 'dog', 'cow'].entries()) {
    await plane.append('pets', batchOf(value), partition)
  }
  const wanted = [0, 1, 2].map((partition) => ({ topicId, partition }))
  const ask = (more: object = {}) => plane.ask(handler, VERSION, bodyOf(wanted, more))
  t.strictSame(summary((await ask()) as Body), [
    [0, 0, ['cat']],
    [1, 0, ['dog']],
    [2, 0, ['cow']],
  ])
  t.strictSame(summary((await ask({ maxBytes: 1 })) as Body), [
    [0, 0, ['cat']],
    [1, 0, []],
    [2, 0, []],
  ])
  disk.failing = {
    suffix: 'pets-1/00000000000000000000.log',
    error: new DiskError('EIO', 'the disk is broken'),
  }
  t.strictSame(summary((await ask()) as Body), [
    [0, 0, ['cat']],
    [1, ErrorCode.KAFKA_STORAGE_ERROR, []],
    [2, ErrorCode.KAFKA_STORAGE_ERROR, []],
  ])
})

t.test('records that nobody takes away are bounded', async (t) => {
  const { plane, ask } = await rigFor(t)
  const topicId = plane.createTopic('pets')
  for (let i = 0; i < 4; i++) await plane.append('pets', batchOf('x'.repeat(1000)))
  const answer = await ask([{ topicId }])
  const [{ records }] = answer.responses[0].partitions
  const memory = new FetchMemory(1500)
  const request = {
    topic: 'pets',
    topicId,
    partition: 0,
    fetchOffset: 0,
    maxBytes: 9000,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
  }
  const read = () => {
    const reservation = memory.reserve(9000)
    const { maxBytes } = reservation
    const limits = { maxBytes, reservation, readCommitted: false, followerId: undefined }
    return new FetchReader(plane, [request], limits).read()
  }
  const first = await read()
  t.equal(first.bytes, 1500)
  const second = await read()
  t.equal(second.bytes, records.length / 4, 'a batch, so that everybody gets on')
  t.equal(memory.bytes, first.bytes + second.bytes)
  for (const data of [first, second, first]) data.release()
  t.equal(memory.bytes, 0)
})

t.test('what is being read counts as if it had been', async (t) => {
  const memory = new FetchMemory(1000)
  const first = memory.reserve(700)
  const second = memory.reserve(700)
  t.strictSame([first.maxBytes, first.isShort], [700, false])
  t.strictSame([second.maxBytes, second.isShort], [300, true])
  first.settle(100)
  t.equal(memory.bytes, 400)
  second.release()
  second.settle(50)
  t.equal(memory.bytes, 100)
  t.equal(memory.reserve(-1).maxBytes, 0)
})

t.test('a large fetch gives others their turn', async (t) => {
  const { plane, handler } = await rigFor(t)
  const topicId = plane.createTopic('pets', 10)
  const value = 'x'.repeat(1_000_000)
  for (let i = 0; i < 10; i++) await plane.append('pets', batchOf(value), i)
  const wanted = Array.from({ length: 10 }, (_, partition) => ({ topicId, partition }))
  let othersHadTurn = false
  setImmediate(() => {
    othersHadTurn = true
  })
  const body = bodyOf(wanted.map((each) => ({ ...each, partitionMaxBytes: 2_000_000 })))
  const asked = plane.ask(handler, VERSION, body)
  t.notOk(othersHadTurn)
  const answer = (await asked) as Body
  t.ok(othersHadTurn)
  t.equal(summary(answer).length, 10)
  for (const [, , values] of summary(answer) as [number, number, string[]][]) {
    t.strictSame(values, [value])
  }
})

t.test('the cache of sessions is bounded', async (t) => {
  const clock = new ManualClock()
  const options = { maxSessions: 2, clock, random: seededRandom(3), maxPartitions: 10 }
  const partitions = (count: number) => Array.from({ length: count }, (_, i) => partition(i))

  t.test('a session that nobody uses makes room', async (t) => {
    const cache = new FetchSessionCache(options)
    const first = cache.create(true, partitions(1))!
    clock.advance(60_000)
    const second = cache.create(true, partitions(1))!
    t.equal(cache.create(true, partitions(3)), undefined)
    clock.advance(60_001)
    t.ok(cache.create(true, partitions(1)))
    t.equal(cache.get(first.id), undefined)
    t.equal(cache.get(second.id), second)
    t.equal(cache.partitionCount, 2)
  })

  t.test('an older one in use makes room for a larger one', async (t) => {
    const cache = new FetchSessionCache(options)
    const first = cache.create(true, partitions(2))!
    const second = cache.create(true, partitions(3))!
    clock.advance(120_001)
    for (const session of [first, second]) t.ok(cache.use(session, () => {}))
    t.equal(cache.create(true, partitions(2)), undefined)
    t.ok(cache.create(true, partitions(3)))
    t.equal(cache.get(first.id), undefined)
    t.equal(cache.get(second.id), second)
  })

  t.test('partitions are bounded too', async (t) => {
    const cache = new FetchSessionCache(options)
    t.equal(cache.create(true, partitions(11)), undefined)
    const session = cache.create(true, partitions(9))!
    const more = new Map(partitions(12).map((each) => [each.key, each]))
    t.notOk(cache.use(session, () => session.update(more, [])))
    t.equal(cache.size, 0)
    t.equal(cache.partitionCount, 0)
  })
})

function partition(index: number) {
  return new SessionPartition(partitionKey('pets', index), {
    topic: 'pets',
    topicId: ZERO_ID,
    partition: index,
    fetchOffset: 0,
    maxBytes: 1,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
  })
}
