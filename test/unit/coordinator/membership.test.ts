import t from 'tap'
import { MAX_PENDING_MEMBERS } from '../../../src/coordinator/group/classic/join.js'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import type { GroupMetadataValue } from '../../../src/protocol/schema/group-records.js'
import { settle } from './asked.js'
import {
  GROUP,
  INITIAL_DELAY_MS,
  memberOf,
  SESSION_MS,
  subscription,
  TestGroups,
} from './group-fixture.js'

const { FENCED_INSTANCE_ID, NONE, NOT_COORDINATOR, REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID } =
  ErrorCode

/** What the log's last record says of the group. */
function stored(groups: TestGroups): GroupMetadataValue {
  return groups.log.records.at(-1)!.value as GroupMetadataValue
}

t.test('members leave together', async (t) => {
  const groups = new TestGroups()
  const [first, second, third] = await groups.stable(null, null, 'static')
  const left = await groups.leave(
    first!,
    { memberId: 'nobody' },
    { memberId: '', groupInstanceId: 'static' },
    { memberId: '', groupInstanceId: 'other' },
    { memberId: second!.memberId, groupInstanceId: 'static' },
  )
  t.strictSame(left, [NONE, UNKNOWN_MEMBER_ID, NONE, UNKNOWN_MEMBER_ID, UNKNOWN_MEMBER_ID])
  t.equal(await groups.heartbeat(second!), REBALANCE_IN_PROGRESS)
  t.equal(await groups.heartbeat(third!), UNKNOWN_MEMBER_ID)
  await groups.leave(second!)
  t.equal(await groups.state(), 'Empty')
})

t.test('a static member that restarts takes its place again, without a rebalance', async (t) => {
  const groups = new TestGroups()
  const [leader, follower] = await groups.stable('a', 'b')
  const back = groups.join({ groupInstanceId: 'b' })
  await settle()
  t.match(back.answer, { errorCode: NONE, generationId: 1, skipAssignment: false, members: [] })
  const restarted = memberOf(back.answer!, 'b')
  t.not(restarted.memberId, follower!.memberId)
  t.match(stored(groups).members[1], { memberId: restarted.memberId, groupInstanceId: 'b' })
  const sync = groups.sync(restarted)
  await settle()
  t.match(sync.answer, { errorCode: NONE, assignment: Buffer.from('share 1') })
  t.equal(await groups.heartbeat(leader!), NONE)
  t.equal(await groups.heartbeat(follower!), FENCED_INSTANCE_ID)
  t.strictSame(await groups.commit({ topic: 1n }, follower), [FENCED_INSTANCE_ID])
  const fenced = groups.join({ groupInstanceId: 'b', memberId: follower!.memberId })
  await settle()
  t.match(fenced.answer, { errorCode: FENCED_INSTANCE_ID, memberId: follower!.memberId })
})

t.test('a static leader that restarts is told whether to assign', async (t) => {
  const groups = new TestGroups()
  const [leader] = await groups.stable('a', 'b')
  const back = groups.join({ groupInstanceId: 'a' })
  await settle()
  const { memberId } = back.answer!
  t.match(back.answer, { leader: memberId, skipAssignment: true })
  t.equal(back.answer!.members.length, 2, 'so that it can watch their topics')
  groups.apiVersion = 8
  const older = groups.join({ groupInstanceId: 'a' })
  await settle()
  t.match(older.answer, { leader: memberId, skipAssignment: false, members: [] })
  t.not(leader!.memberId, memberId)
})

t.test('a static member that wants another protocol makes the group rebalance', async (t) => {
  const groups = new TestGroups()
  await groups.stable('a')
  const back = groups.join({
    groupInstanceId: 'a',
    protocols: ['sticky', 'range'].map((name) => ({ name, metadata: subscription('topic') })),
  })
  await settle()
  t.match(back.answer, { generationId: 2, protocolName: 'sticky' })
})

t.test('a static member stays as it was when its new id cannot be written', async (t) => {
  const groups = new TestGroups()
  const [member] = await groups.stable('a')
  groups.log.refusal = new KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS)
  const back = groups.join({ groupInstanceId: 'a' })
  await settle()
  t.equal(back.answer!.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  t.equal(await groups.heartbeat(member!), NONE)
  groups.logical.advance(SESSION_MS)
  await settle()
  t.equal(await groups.state(), 'Empty', 'its session goes on, too')
})

t.test('a static member that restarts while the leader assigns sends all back', async (t) => {
  const groups = new TestGroups()
  const joins = [groups.join({ groupInstanceId: 'a' }), groups.join({ groupInstanceId: 'b' })]
  await settle()
  groups.pacing.advance(INITIAL_DELAY_MS * 2)
  await settle()
  const waiting = groups.sync(memberOf(joins[1]!.answer!, 'b'))
  const back = groups.join({ groupInstanceId: 'b' })
  await settle()
  t.equal(waiting.answer!.errorCode, FENCED_INSTANCE_ID)
  t.equal(back.isSettled, false)
  const again = groups.join({ groupInstanceId: 'a', memberId: joins[0]!.answer!.memberId })
  await settle()
  t.equal(again.answer!.generationId, 2)
  t.equal(back.answer!.generationId, 2)
})

t.test('when the leadership is lost, who waits is told to look again', async (t) => {
  const groups = new TestGroups()
  const joining = await groups.joinTwice()
  await settle()
  groups.coordinator.onResignation(0)
  await settle()
  t.equal(joining.answer!.errorCode, NOT_COORDINATOR)

  const others = new TestGroups()
  await others.joinTwice()
  const follower = await others.joinTwice()
  others.pacing.advance(INITIAL_DELAY_MS * 2)
  await settle()
  const sync = others.sync(memberOf(follower.answer!))
  others.coordinator.close()
  await settle()
  t.equal(sync.answer!.errorCode, NOT_COORDINATOR)
  for (const { logical, pacing } of [groups, others]) {
    t.equal(logical.pendingTimers + pacing.pendingTimers, 0)
  }
})

t.test('a group lives on after a restart', async (t) => {
  const before = new TestGroups()
  const [first, second] = await before.stable(null, 'static')
  const groups = before.restart()
  t.match(await groups.describe(), {
    groupState: 'Stable',
    protocolData: 'range',
    members: [
      { memberId: first!.memberId, memberAssignment: Buffer.from('share 0') },
      { memberId: second!.memberId, groupInstanceId: 'static' },
    ],
  })
  t.equal(await groups.heartbeat(first!), NONE)
  const sync = groups.sync(second!)
  await settle()
  t.match(sync.answer, { assignment: Buffer.from('share 1') })
  groups.logical.advance(SESSION_MS - 1)
  t.equal(await groups.heartbeat(first!), NONE)
  groups.logical.advance(1)
  t.equal(await groups.heartbeat(second!), UNKNOWN_MEMBER_ID)
})

t.test('groups are listed by state and type', async (t) => {
  const groups = new TestGroups()
  await groups.stable(null)
  groups.join({ groupId: 'empty' })
  await settle()
  const list = async (statesFilter: string[], typesFilter: string[] = []) => {
    const answer = await groups.coordinator.listGroups(groups.context, {
      statesFilter,
      typesFilter,
    })
    return answer.groups.map(({ groupId }) => groupId)
  }
  t.strictSame(await list([]), ['empty', GROUP])
  t.strictSame(await list(['STABLE']), [GROUP])
  t.strictSame(await list(['Empty', 'Dead']), ['empty'])
  t.strictSame(await list([], ['Classic']), ['empty', GROUP])
  t.strictSame(await list([], ['consumer']), [])
})

t.test('a group can be deleted when nobody is in it', async (t) => {
  const groups = new TestGroups()
  const [member] = await groups.stable(null)
  await groups.commit({ topic: 5n }, member)
  const remove = async () => {
    const results = await groups.coordinator.deleteGroups(groups.context, [GROUP, 'unknown'])
    return results.map(({ errorCode }) => errorCode)
  }
  t.strictSame(await remove(), [ErrorCode.NON_EMPTY_GROUP, ErrorCode.GROUP_ID_NOT_FOUND])
  await groups.leave(member!)
  t.strictSame(await remove(), [NONE, ErrorCode.GROUP_ID_NOT_FOUND])
  t.equal(await groups.state(), 'Dead')
  t.strictSame(await groups.committed(), {})
  const after = groups.restart()
  t.equal(await after.state(), 'Dead')
  t.strictSame(await after.committed(), {})
})

t.test('member ids that nobody uses are not given out without end', async (t) => {
  const groups = new TestGroups()
  const joins = Array.from({ length: MAX_PENDING_MEMBERS + 1 }, () => groups.join())
  await settle()
  t.equal(joins.at(-2)!.answer!.errorCode, ErrorCode.MEMBER_ID_REQUIRED)
  t.equal(joins.at(-1)!.answer!.errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED)
  t.strictSame(await groups.leave({ memberId: joins[0]!.answer!.memberId }), [NONE])
  const late = groups.join()
  await settle()
  t.equal(late.answer!.errorCode, ErrorCode.MEMBER_ID_REQUIRED)
})
