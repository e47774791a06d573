import t from 'tap'
import { deleteRecords } from '../../../src/broker/api/delete-records.js'
import { describeLogDirs } from '../../../src/broker/api/describe-log-dirs.js'
import { fetch } from '../../../src/broker/api/fetch.js'
import { listOffsets } from '../../../src/broker/api/list-offsets.js'
import { offsetForLeaderEpoch } from '../../../src/broker/api/offset-for-leader-epoch.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { endTxn } from '../storage/cleaner-fixture.js'
import { batchOf, MEGABYTE, START_MS } from '../storage/storage-fixture.js'
import { type Body, DataPlane } from './data-plane-fixture.js'

const LATEST = -1n
const EARLIEST = -2n
const MAX_TIMESTAMP = -3n
const EARLIEST_LOCAL = -4n

async function offsetsOf(plane: DataPlane, version = 11) {
  const handler = listOffsets(plane)
  return async (timestamp: bigint, more: object = {}, request: object = {}): Promise<unknown> => {
    const partitions = [{ partitionIndex: 0, timestamp, ...more }]
    const topics = [{ name: 'pets', partitions }]
    const answer = (await plane.ask(handler, version, {
      replicaId: -1,
      topics,
      ...request,
    })) as Body
    const [found] = answer.topics[0].partitions
    if (found.errorCode !== 0) return found.errorCode
    return [found.timestamp, found.offset, found.leaderEpoch]
  }
}

t.test('offsets are found by their kind or their time', async (t) => {
  const plane = await DataPlane.start(t)
  const topicId = plane.createTopic('pets')
  const find = await offsetsOf(plane)
  t.strictSame(await find(LATEST), [-1n, 0, 0])
  t.strictSame(await find(MAX_TIMESTAMP), [-1n, -1, -1])
  await plane.append('pets', batchOf(['a', 'b'], { timestamp: START_MS + 5 }))
  plane.electLeader(topicId, 0, plane.nodeId)
  await plane.append('pets', batchOf(['c'], { timestamp: START_MS + 3 }))
  t.strictSame(await find(LATEST), [-1n, 3, 1])
  t.strictSame(await find(EARLIEST), [-1n, 0, 0])
  t.strictSame(await find(EARLIEST_LOCAL), [-1n, 0, 0])
  t.strictSame(await find(MAX_TIMESTAMP), [BigInt(START_MS + 5), 0, 0])
  t.strictSame(await find(BigInt(START_MS)), [BigInt(START_MS + 5), 0, 0])
  t.strictSame(await find(BigInt(START_MS + 6)), [-1n, -1, -1])
  t.equal(await find(-7n), ErrorCode.UNSUPPORTED_VERSION)
  t.equal(await find(LATEST, { currentLeaderEpoch: 0 }), ErrorCode.FENCED_LEADER_EPOCH)
  t.equal(await find(LATEST, { currentLeaderEpoch: 2 }), ErrorCode.UNKNOWN_LEADER_EPOCH)
  t.equal(await find(LATEST, { partitionIndex: 4 }), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const older = await offsetsOf(plane, 6)
  t.equal(await older(MAX_TIMESTAMP), ErrorCode.UNSUPPORTED_VERSION)
})

t.test('a transaction that is open hides what follows it from read_committed', async (t) => {
  const plane = await DataPlane.start(t)
  plane.createTopic('pets')
  const find = await offsetsOf(plane)
  await plane.append('pets', batchOf(['a']))
  const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0, transactional: true }
  await plane.append('pets', batchOf(['b'], producer))
  await plane.append('pets', batchOf(['c']))
  t.strictSame(await find(LATEST), [-1n, 3, 0])
  t.strictSame(await find(LATEST, {}, { isolationLevel: 1 }), [-1n, 1, 0])
  const read = (isolationLevel: number) =>
    plane.ask(fetch(plane), 12, {
      maxWaitMs: 0,
      minBytes: 1,
      isolationLevel,
      topics: [
        { topic: 'pets', partitions: [{ partition: 0, fetchOffset: 1, partitionMaxBytes: 9999 }] },
      ],
      forgottenTopicsData: [],
    }) as Promise<Body>
  const [seen] = (await read(0)).responses[0].partitions
  t.ok(seen.records.length > 0)
  const [hidden] = (await read(1)).responses[0].partitions
  t.strictSame([hidden.highWatermark, hidden.lastStableOffset], [3, 1])
  t.equal(hidden.records.length, 0)
  t.strictSame(hidden.abortedTransactions, [])
  const log = plane.replicas.partition('pets', 0).leaderLog(-1)
  await endTxn(log, 'ABORT', 7)
  log.updateHighWatermark(log.logEndOffset)
  t.strictSame(await find(LATEST, {}, { isolationLevel: 1 }), [-1n, 4, 0])
  const [aborted] = (await read(1)).responses[0].partitions
  t.equal(aborted.lastStableOffset, 4)
  t.ok(aborted.records.length > 0)
  t.match(aborted.abortedTransactions, [{ producerId: 7, firstOffset: 1 }])
  const [uncommitted] = (await read(0)).responses[0].partitions
  t.equal(uncommitted.abortedTransactions, null)
})

t.test('the ends of epochs are told', async (t) => {
  const plane = await DataPlane.start(t)
  const topicId = plane.createTopic('pets')
  await plane.append('pets', batchOf(['a', 'b']))
  plane.electLeader(topicId, 0, plane.nodeId)
  await plane.append('pets', batchOf(['c']))
  const handler = offsetForLeaderEpoch(plane)
  const endOf = async (leaderEpoch: number, more: object = {}) => {
    const partitions = [{ partition: 0, leaderEpoch, ...more }]
    const topics = [{ topic: 'pets', partitions }]
    const answer = (await plane.ask(handler, 4, { replicaId: -1, topics })) as Body
    const [end] = answer.topics[0].partitions
    return end.errorCode === 0 ? [end.leaderEpoch, end.endOffset] : end.errorCode
  }
  t.strictSame(await endOf(0), [0, 2])
  t.strictSame(await endOf(1), [1, 3])
  t.strictSame(await endOf(2), [-1, -1])
  t.equal(await endOf(1, { currentLeaderEpoch: 0 }), ErrorCode.FENCED_LEADER_EPOCH)
  t.equal(await endOf(0, { partition: 3 }), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

t.test('records before an offset are deleted', async (t) => {
  const plane = await DataPlane.start(t)
  plane.createTopic('pets')
  plane.createTopic('kept', 1, { 'cleanup.policy': 'compact' })
  plane.createTopic('__consumer_offsets')
  await plane.append('pets', batchOf(['a', 'b', 'c']))
  const handler = deleteRecords(plane)
  const deleteUpTo = async (offset: number, name = 'pets') => {
    const topics = [{ name, partitions: [{ partitionIndex: 0, offset }] }]
    const answer = (await plane.ask(handler, 2, { topics, timeoutMs: 1000 })) as Body
    const [{ lowWatermark, errorCode }] = answer.topics[0].partitions
    return errorCode === 0 ? lowWatermark : [errorCode]
  }
  t.equal(await deleteUpTo(2), 2)
  t.equal(await deleteUpTo(1), 2, 'there is no way back')
  t.strictSame(await deleteUpTo(4), [ErrorCode.OFFSET_OUT_OF_RANGE])
  t.strictSame(await deleteUpTo(-2), [ErrorCode.OFFSET_OUT_OF_RANGE])
  t.strictSame(await deleteUpTo(0, 'kept'), [ErrorCode.POLICY_VIOLATION])
  t.strictSame(await deleteUpTo(0, '__consumer_offsets'), [ErrorCode.INVALID_TOPIC_EXCEPTION])
  t.strictSame(await deleteUpTo(0, 'none'), [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION])
  t.equal(await deleteUpTo(-1), 3)
  const find = await offsetsOf(plane)
  t.strictSame(await find(EARLIEST), [-1n, 3, 0])
})

t.test('log directories are described, with partitions that have no files yet', async (t) => {
  const plane = await DataPlane.start(t)
  plane.createTopic('pets', 2)
  plane.createTopic('elsewhere', 1, {}, 2)
  const batch = batchOf(['a'])
  await plane.append('pets', batch, 1)
  const handler = describeLogDirs(plane)
  const describe = async (topics: object[] | null) => {
    const answer = (await plane.ask(handler, 5, { topics })) as Body
    t.equal(answer.results.length, 1)
    return answer.results[0]
  }
  const all = await describe(null)
  t.equal(all.logDir, '/data')
  t.equal(all.errorCode, 0)
  t.equal(all.totalBytes, 64 * MEGABYTE)
  t.ok(all.usableBytes > 0 && all.usableBytes < all.totalBytes)
  const size = (partitionIndex: number, partitionSize: number) => {
    return { partitionIndex, partitionSize, offsetLag: 0, isFutureKey: false }
  }
  t.match(all.topics, [{ name: 'pets', partitions: [size(0, 0), size(1, batch.length)] }])
  t.equal(all.topics.length, 1)
  t.strictSame((await describe([{ topic: 'none', partitions: [0] }])).topics, [])
  const one = await describe([{ topic: 'pets', partitions: [1, 9] }])
  t.match(one.topics, [{ name: 'pets', partitions: [size(1, batch.length)] }])
})
