import t from 'tap'
import { fetch } from '../../../src/broker/api/fetch.js'
import { partitionKey, SessionPartition } from '../../../src/broker/fetch-session.js'
import { FetchSessionCache } from '../../../src/broker/fetch-session-cache.js'
import { seededRandom } from '../../../src/env/random.js'
import { ZERO_UUID } from '../../../src/protocol/codec/index.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { ManualClock } from '../storage/storage-fixture.js'
import type { Body } from './data-plane-fixture.js'
import { batchOf, bodyOf, rigFor, summary, type Wanted } from './fetch-fixture.js'

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
    topicId: ZERO_UUID,
    partition: index,
    fetchOffset: 0,
    maxBytes: 1,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
  })
}
