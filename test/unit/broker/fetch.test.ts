import t from 'tap'
import { fetch } from '../../../src/broker/api/fetch.js'
import { FetchMemory } from '../../../src/broker/fetch-memory.js'
import { FetchReader } from '../../../src/broker/fetch-reader.js'
import { NO_ANSWER } from '../../../src/broker/handler.js'
import { DiskError } from '../../../src/env/disk.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { MEGABYTE } from '../storage/storage-fixture.js'
import { type Body, ColdDisk, DataPlane, type Heard, newPeer } from './data-plane-fixture.js'
import { batchOf, bodyOf, rigFor, summary, VERSION } from './fetch-fixture.js'

const UNKNOWN_ID = 'ESIzRFVmd4iZqrvM3e7_EA'

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
