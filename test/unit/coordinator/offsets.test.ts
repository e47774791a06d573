import t from 'tap'
import { offsetCommitRecord } from '../../../src/coordinator/group/group-records.js'
import { encodeCoordinatorRecord } from '../../../src/coordinator/runtime/record.js'
import { ZERO_UUID } from '../../../src/protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import { groupRecords } from '../../../src/protocol/record-types.js'
import {
  buildBatch,
  buildEndTxnMarker,
  ControlRecordType,
} from '../../../src/protocol/records/index.js'
import { settle } from './asked.js'
import {
  CHECK_INTERVAL_MS,
  GROUP,
  INITIAL_DELAY_MS,
  memberOf,
  RETENTION_MS,
  TestGroups,
} from './group-fixture.js'
import { MemoryCoordinatorLog } from './memory-coordinator-log.js'

const {
  COORDINATOR_LOAD_IN_PROGRESS,
  COORDINATOR_NOT_AVAILABLE,
  GROUP_ID_NOT_FOUND,
  GROUP_SUBSCRIBED_TO_TOPIC,
  ILLEGAL_GENERATION,
  NON_EMPTY_GROUP,
  NONE,
  OFFSET_METADATA_TOO_LARGE,
  REBALANCE_IN_PROGRESS,
  UNKNOWN_MEMBER_ID,
  UNSTABLE_OFFSET_COMMIT,
} = ErrorCode

const TOPIC_ID = 'x4F7s0OMRcy58h37UYyRYA'

async function deleteOffsets(groups: TestGroups, topic: string) {
  const answer = await groups.coordinator.offsetDelete(groups.context, {
    groupId: GROUP,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }],
  })
  return answer.errorCode === NONE ? answer.topics[0]!.partitions[0]!.errorCode : answer.errorCode
}

/** Lets so much time pass that expired offsets are gone. */
async function expire(groups: TestGroups, ms: number): Promise<void> {
  groups.logical.advance(ms)
  await settle()
}

t.test('whoever is no member of anything can keep offsets', async (t) => {
  const groups = new TestGroups()
  t.strictSame(await groups.commit({ a: 42n, b: 2n ** 62n }, { topicId: TOPIC_ID }), [NONE, NONE])
  t.strictSame(await groups.committed(), { a: 42n, b: 2n ** 62n })
  t.strictSame(groups.log.records[0], {
    type: 1,
    key: { group: GROUP, topic: 'a', partition: 0 },
    version: 4,
    value: {
      offset: 42n,
      leaderEpoch: -1,
      metadata: '',
      commitTimestamp: groups.logical.now(),
      expireTimestamp: -1,
      topicId: TOPIC_ID,
    },
  })
  t.match(await groups.describe(), { groupState: 'Empty', protocolType: '' })
  t.strictSame(await groups.restart().committed(), { a: 42n, b: 2n ** 62n })
})

t.test('in a group, members of the generation may commit', async (t) => {
  const groups = new TestGroups()
  const [member] = await groups.stable(null)
  t.strictSame(await groups.commit({ a: 1n }, member), [NONE])
  t.strictSame(await groups.commit({ a: 2n }), [UNKNOWN_MEMBER_ID])
  t.strictSame(await groups.commit({ a: 2n }, { ...member, generationId: 7 }), [ILLEGAL_GENERATION])
  t.strictSame(await groups.commit({ a: 2n }, { ...member, memberId: 'nobody' }), [
    UNKNOWN_MEMBER_ID,
  ])
  groups.join({ memberId: member!.memberId })
  await settle()
  t.equal(await groups.state(), 'CompletingRebalance')
  const next = { ...member!, generationId: 2 }
  t.strictSame(await groups.commit({ a: 2n }, next), [REBALANCE_IN_PROGRESS])
  t.strictSame(await groups.committed(), { a: 1n })
})

t.test('a member of a group that is not there', async (t) => {
  const groups = new TestGroups()
  const member = { memberId: 'm', generationId: 3 }
  t.strictSame(await groups.commit({ a: 1n }, member), [GROUP_ID_NOT_FOUND])
  groups.apiVersion = 8
  t.strictSame(await groups.commit({ a: 1n }, member), [ILLEGAL_GENERATION])
})

t.test('what is said along with an offset has a limit', async (t) => {
  const groups = new TestGroups()
  t.strictSame(await groups.commit({ a: 1n }, { metadata: 'x'.repeat(101) }), [
    OFFSET_METADATA_TOO_LARGE,
  ])
  t.strictSame(await groups.commit({ a: 1n }, { metadata: 'x'.repeat(100) }), [NONE])
})

t.test('a commit that cannot be written changes nothing', async (t) => {
  const groups = new TestGroups()
  await groups.commit({ a: 1n })
  groups.log.refusal = new KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS)
  t.strictSame(await groups.commit({ a: 2n }), [COORDINATOR_NOT_AVAILABLE])
  t.strictSame(await groups.committed(), { a: 1n })
})

t.test('offsets that the group is subscribed to cannot be deleted', async (t) => {
  const groups = new TestGroups()
  const [member] = await groups.stable(null)
  await groups.commit({ topic: 1n, other: 2n }, member)
  t.equal(await deleteOffsets(groups, 'topic'), GROUP_SUBSCRIBED_TO_TOPIC)
  t.equal(await deleteOffsets(groups, 'other'), NONE)
  t.strictSame(await groups.committed(), { topic: 1n })
  await groups.leave(member!)
  t.equal(await deleteOffsets(groups, 'topic'), NONE)
  t.strictSame(await groups.committed(), {})
})

t.test('which offsets members use that are no consumers is not known', async (t) => {
  const groups = new TestGroups()
  t.equal(await deleteOffsets(groups, 'topic'), GROUP_ID_NOT_FOUND)
  const joined = await groups.joinTwice({ protocolType: 'connect' })
  groups.pacing.advance(INITIAL_DELAY_MS)
  await settle()
  t.equal(memberOf(joined.answer!).generationId, 1)
  t.equal(await deleteOffsets(groups, 'topic'), NON_EMPTY_GROUP)
})

/** Topics without ids, which all offsets may be of. */
function gone(...names: string[]) {
  return names.map((name) => ({ name, id: ZERO_UUID }))
}

t.test('offsets of deleted topics go', async (t) => {
  const groups = new TestGroups()
  await groups.commit({ a: 1n, b: 2n, c: 3n })
  await groups.coordinator.onTopicsDeleted(gone('a', 'c', 'unknown'))
  t.strictSame(await groups.committed(), { b: 2n })
  t.strictSame(await groups.restart().committed(), { b: 2n })
})

t.test('offsets of topics that are deleted while the log is loaded go, too', async (t) => {
  const before = new TestGroups()
  const metadata = 'x'.repeat(100)
  for (let count = 0; count < 2000; count++) await before.commit({ a: 1n, b: 2n }, { metadata })
  const groups = before.restart()
  const deletion = groups.coordinator.onTopicsDeleted(gone('a'))
  const early = await groups.commit({ a: 2n })
  t.strictSame(early, [COORDINATOR_LOAD_IN_PROGRESS])
  for (let slices = 0; slices < 20; slices++) {
    await settle()
    groups.pacing.advance(1)
  }
  await deletion
  t.strictSame(await groups.committed(), { b: 2n })
})

t.test('a simple group goes a retention after its last commits', async (t) => {
  const groups = new TestGroups()
  await groups.commit({ a: 1n, b: 2n })
  await expire(groups, RETENTION_MS / 2)
  await groups.commit({ b: 3n })
  await expire(groups, RETENTION_MS / 2 + CHECK_INTERVAL_MS)
  t.strictSame(await groups.committed(), { b: 3n })
  t.equal(await groups.state(), 'Empty')
  await expire(groups, RETENTION_MS / 2)
  t.strictSame(await groups.committed(), {})
  t.equal(await groups.state(), 'Dead')
  t.equal(await groups.restart().state(), 'Dead')
})

t.test('a group of members goes a retention after the last one left', async (t) => {
  const groups = new TestGroups()
  const [member] = await groups.stable('static')
  await groups.commit({ topic: 1n }, member)
  await expire(groups, RETENTION_MS - 1000)
  t.equal(await groups.state(), 'Empty', 'its session is long over')
  await expire(groups, CHECK_INTERVAL_MS * 2)
  t.strictSame(await groups.committed(), {})
  t.equal(await groups.state(), 'Dead')
})

t.test('of a living group, offsets go that it is not subscribed to any more', async (t) => {
  const groups = new TestGroups()
  const [member] = await groups.stable('static')
  await groups.commit({ topic: 1n, other: 2n }, member)
  const days = RETENTION_MS + CHECK_INTERVAL_MS
  for (let passed = 0; passed < days; passed += 5000) {
    groups.logical.advance(5000)
    if ((await groups.heartbeat(member!)) !== NONE) throw new Error('the session is over')
  }
  await settle()
  t.strictSame(await groups.committed(), { topic: 1n })
})

t.test('early clients say themselves how long an offset is to be kept', async (t) => {
  const groups = new TestGroups()
  await groups.commit({ short: 1n }, { retentionTimeMs: CHECK_INTERVAL_MS / 2 })
  await groups.commit({ long: 2n }, { retentionTimeMs: RETENTION_MS * 2 })
  t.match(groups.log.records[0], { version: 1 })
  await expire(groups, CHECK_INTERVAL_MS)
  t.strictSame(await groups.committed(), { long: 2n })
  await expire(groups, RETENTION_MS + CHECK_INTERVAL_MS)
  t.strictSame(await groups.committed(), { long: 2n })
})

t.test('an empty group without offsets goes with the next check', async (t) => {
  const groups = new TestGroups()
  const [member] = await groups.stable(null)
  await groups.leave(member!)
  t.equal(await groups.state(), 'Empty')
  await expire(groups, CHECK_INTERVAL_MS)
  t.equal(await groups.state(), 'Dead')
})

/** A log with one offset committed, another in a transaction that is still open. */
function logWithTransaction(): MemoryCoordinatorLog {
  const log = new MemoryCoordinatorLog()
  const value = {
    offset: 1n,
    leaderEpoch: 0,
    metadata: '',
    commitTimestamp: 0,
    expireTimestamp: -1,
    topicId: ZERO_UUID,
  }
  const bytesOf = (topic: string, offset: bigint) =>
    encodeCoordinatorRecord(groupRecords, offsetCommitRecord(GROUP, topic, 0, { ...value, offset }))
  log.add(buildBatch({ records: [bytesOf('a', 1n)] }))
  log.add(
    buildBatch({
      records: [bytesOf('a', 10n), bytesOf('b', 20n)],
      producerId: 7,
      producerEpoch: 0,
      baseSequence: 0,
      transactional: true,
    }),
  )
  return log
}

const marker = (type: 0 | 1) =>
  buildEndTxnMarker({ type, producerId: 7, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 0 })

t.test('offsets of an open transaction of the log', async (t) => {
  const log = logWithTransaction()
  const open = new TestGroups({}, log)
  t.strictSame(await open.committed(), { a: 1n })
  t.strictSame(await open.committed(true), { a: UNSTABLE_OFFSET_COMMIT })
  open.coordinator.close()

  log.add(marker(ControlRecordType.COMMIT))
  t.strictSame(await new TestGroups({}, log).committed(true), { a: 10n, b: 20n })

  const aborted = logWithTransaction()
  aborted.add(marker(ControlRecordType.ABORT))
  t.strictSame(await new TestGroups({}, aborted).committed(true), { a: 1n })
})
