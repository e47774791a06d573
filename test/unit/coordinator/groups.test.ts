import t from 'tap'
import { NEW_MEMBER_JOIN_TIMEOUT_MS } from '../../../src/coordinator/group/classic/sessions.js'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import type { GroupMetadataValue } from '../../../src/protocol/schema/group-records.js'
import { settle } from './asked.js'
import {
  INITIAL_DELAY_MS,
  memberOf,
  REBALANCE_MS,
  SESSION_MS,
  subscription,
  TestGroups,
} from './group-fixture.js'

const {
  GROUP_MAX_SIZE_REACHED,
  ILLEGAL_GENERATION,
  INCONSISTENT_GROUP_PROTOCOL,
  INVALID_GROUP_ID,
  INVALID_SESSION_TIMEOUT,
  MEMBER_ID_REQUIRED,
  NONE,
  REBALANCE_IN_PROGRESS,
  UNKNOWN_MEMBER_ID,
} = ErrorCode

/** What the log's last record says of the group. */
function stored(groups: TestGroups): GroupMetadataValue {
  return groups.log.records.at(-1)!.value as GroupMetadataValue
}

t.test('the first member founds a group and leads it', async (t) => {
  const groups = new TestGroups()
  const first = groups.join()
  await settle()
  t.match(first.answer, { errorCode: MEMBER_ID_REQUIRED, generationId: -1, members: [] })
  const { memberId } = first.answer!
  t.match(memberId, /^client-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  t.match(stored(groups), { generation: 0, protocolType: '', members: [] })

  const joined = groups.join({ memberId })
  groups.pacing.advance(INITIAL_DELAY_MS - 1)
  await settle()
  t.equal(joined.isSettled, false, 'others may come in the initial delay')
  t.equal(await groups.state(), 'PreparingRebalance')
  groups.pacing.advance(1)
  await settle()
  t.strictSame(joined.answer, {
    throttleTimeMs: 0,
    errorCode: NONE,
    generationId: 1,
    protocolType: 'consumer',
    protocolName: 'range',
    leader: memberId,
    skipAssignment: false,
    memberId,
    members: [{ memberId, groupInstanceId: null, metadata: subscription('topic') }],
  })
  t.equal(await groups.state(), 'CompletingRebalance')

  groups.log.holdsCommits = true
  const synced = groups.sync(memberOf(joined.answer!), { [memberId]: 'all of it' })
  await settle()
  t.equal(synced.isSettled, false, 'the assignment has to be committed')
  groups.log.commit()
  await settle()
  t.match(synced.answer, { errorCode: NONE, assignment: Buffer.from('all of it') })
  t.match(stored(groups), {
    protocolType: 'consumer',
    generation: 1,
    protocol: 'range',
    leader: memberId,
    currentStateTimestamp: groups.logical.now(),
    members: [
      {
        memberId,
        groupInstanceId: null,
        clientId: 'client',
        clientHost: '/127.0.0.1',
        rebalanceTimeout: REBALANCE_MS,
        sessionTimeout: SESSION_MS,
        subscription: subscription('topic'),
        assignment: Buffer.from('all of it'),
      },
    ],
  })
  groups.log.holdsCommits = false
  t.match(await groups.describe(), {
    groupState: 'Stable',
    protocolType: 'consumer',
    protocolData: 'range',
    members: [{ memberId, memberMetadata: subscription('topic') }],
  })
})

t.test('each newcomer extends the initial delay, up to the rebalance timeout', async (t) => {
  const groups = new TestGroups()
  const first = await groups.joinTwice({ rebalanceTimeoutMs: 7000 })
  for (const delayMs of [INITIAL_DELAY_MS, INITIAL_DELAY_MS]) {
    await groups.joinTwice({ rebalanceTimeoutMs: 7000 })
    groups.pacing.advance(delayMs)
    await settle()
    t.equal(first.isSettled, false)
  }
  const last = await groups.joinTwice({ rebalanceTimeoutMs: 7000 })
  groups.pacing.advance(1000)
  await settle()
  t.equal(first.answer!.members.length, 4)
  t.strictSame(last.answer!.members, [], 'only the leader learns of the others')
})

t.test('a member that joins makes the others join again', async (t) => {
  const groups = new TestGroups()
  const [first] = await groups.stable(null)
  const second = await groups.joinTwice()
  t.equal(await groups.heartbeat(first!), REBALANCE_IN_PROGRESS)
  t.equal(second.isSettled, false)
  const again = groups.join({ memberId: first!.memberId })
  await settle()
  t.match(again.answer, { generationId: 2, leader: first!.memberId })
  t.equal(again.answer!.members.length, 2)
  t.equal(await groups.heartbeat(first!), ILLEGAL_GENERATION)

  const follower = memberOf(second.answer!)
  const followerSync = groups.sync(follower)
  await settle()
  t.equal(followerSync.isSettled, false, 'it waits for the leader')
  const leader = memberOf(again.answer!)
  groups.sync(leader, { [leader.memberId]: 'a', [follower.memberId]: 'b' })
  await settle()
  t.match(followerSync.answer, { errorCode: NONE, assignment: Buffer.from('b') })
  t.equal(await groups.heartbeat(follower), NONE)
})

t.test('who does not join again in time is left behind', async (t) => {
  const groups = new TestGroups()
  const [first, second] = await groups.stable(null, null)
  const third = await groups.joinTwice()
  const again = groups.join({ memberId: second!.memberId })
  groups.pacing.advance(REBALANCE_MS)
  await settle()
  t.match(again.answer, { generationId: 2, leader: second!.memberId }, 'so another one leads')
  t.equal(third.answer!.generationId, 2)
  t.equal(await groups.heartbeat(first!), UNKNOWN_MEMBER_ID)
})

t.test('a group that nobody joins again waits for the sessions to end', async (t) => {
  const groups = new TestGroups()
  const [first] = await groups.stable('static')
  const newcomer = await groups.joinTwice()
  groups.pacing.advance(REBALANCE_MS)
  await settle()
  t.equal(newcomer.answer!.generationId, 2, 'a static member has its place without joining')
  const [gone] = await groups.leave({ memberId: newcomer.answer!.memberId })
  t.equal(gone, NONE)
  groups.pacing.advance(REBALANCE_MS)
  t.equal(await groups.state(), 'PreparingRebalance')
  t.equal(await groups.heartbeat({ ...first!, generationId: 2 }), REBALANCE_IN_PROGRESS)
  groups.logical.advance(SESSION_MS)
  t.equal(await groups.state(), 'Empty')
})

t.test('a member whose session ends loses its place', async (t) => {
  const groups = new TestGroups()
  const [first, second] = await groups.stable(null, null)
  groups.logical.advance(SESSION_MS - 1)
  t.equal(await groups.heartbeat(first!), NONE)
  groups.logical.advance(1)
  t.equal(await groups.heartbeat(first!), REBALANCE_IN_PROGRESS)
  t.equal(await groups.heartbeat(second!), UNKNOWN_MEMBER_ID)
  groups.logical.advance(SESSION_MS)
  await settle()
  t.equal(await groups.state(), 'Empty')
  t.match(stored(groups), { generation: 2, protocolType: 'consumer', protocol: null, members: [] })
})

t.test('a commit of offsets is as good as a heartbeat', async (t) => {
  const groups = new TestGroups()
  const [member] = await groups.stable(null)
  groups.logical.advance(SESSION_MS - 1)
  t.strictSame(await groups.commit({ topic: 1n }, member), [NONE])
  groups.logical.advance(SESSION_MS - 1)
  t.equal(await groups.heartbeat(member!), NONE)
})

t.test('who waits to join needs no heartbeats; a new member not for ever', async (t) => {
  const groups = new TestGroups({ groupInitialRebalanceDelayMs: 10_000_000 })
  const joining = await groups.joinTwice({ rebalanceTimeoutMs: 100_000_000 })
  groups.logical.advance(SESSION_MS * 10)
  await settle()
  t.equal(joining.isSettled, false)
  groups.pacing.advance(NEW_MEMBER_JOIN_TIMEOUT_MS)
  await settle()
  t.match(joining.answer, { errorCode: UNKNOWN_MEMBER_ID, memberId: '' })
})

t.test('who was given an id has a session to join with it', async (t) => {
  const groups = new TestGroups()
  const [member] = await groups.stable(null)
  groups.join()
  await settle()
  const again = groups.join({ memberId: member!.memberId })
  await settle()
  t.equal(again.isSettled, false, 'the others wait for it')
  groups.logical.advance(SESSION_MS)
  await settle()
  t.equal(again.answer!.generationId, 2)
  t.equal(again.answer!.members.length, 1)
})

t.test('a request to join that is sent again takes the place of the one before', async (t) => {
  const groups = new TestGroups()
  const [first] = await groups.stable(null, null)
  const early = groups.join({ memberId: first!.memberId })
  const late = groups.join({ memberId: first!.memberId })
  await settle()
  t.equal(early.answer!.errorCode, REBALANCE_IN_PROGRESS)
  t.equal(late.isSettled, false)
})

t.test('a member that says the same again learns what it missed', async (t) => {
  const groups = new TestGroups()
  const joined = await groups.joinTwice()
  groups.pacing.advance(INITIAL_DELAY_MS)
  await settle()
  const { memberId } = joined.answer!
  const again = groups.join({ memberId })
  await settle()
  t.strictSame(again.answer, joined.answer, 'the answer may have been lost')
  const changed = groups.join({
    memberId,
    protocols: [{ name: 'range', metadata: subscription('other') }],
  })
  await settle()
  t.equal(changed.answer!.generationId, 2)
})

t.test('of a stable group, only the leader can ask for a rebalance without a change', async (t) => {
  const groups = new TestGroups()
  const [leader, follower] = await groups.stable(null, null)
  const same = groups.join({ memberId: follower!.memberId })
  await settle()
  t.match(same.answer, { errorCode: NONE, generationId: 1, members: [] })
  groups.join({ memberId: leader!.memberId })
  await settle()
  t.equal(await groups.state(), 'PreparingRebalance')
})

t.test('the protocol is what most members like best, of those that all support', async (t) => {
  const groups = new TestGroups()
  const protocols = (...names: string[]) =>
    names.map((name) => ({ name, metadata: subscription('topic') }))
  const first = await groups.joinTwice({ protocols: protocols('sticky', 'range', 'roundrobin') })
  await groups.joinTwice({ protocols: protocols('roundrobin', 'range') })
  await groups.joinTwice({ protocols: protocols('range', 'roundrobin') })
  const refused = await groups.joinTwice({ protocols: protocols('sticky') })
  const otherType = groups.join({ protocolType: 'connect' })
  groups.pacing.advance(REBALANCE_MS)
  await settle()
  t.equal(first.answer!.protocolName, 'range')
  t.equal(refused.answer!.errorCode, INCONSISTENT_GROUP_PROTOCOL)
  t.equal(otherType.answer!.errorCode, INCONSISTENT_GROUP_PROTOCOL)
})

t.test('early versions join without an id, and clients without a name', async (t) => {
  const groups = new TestGroups()
  groups.apiVersion = 0
  groups.clientId = null
  const joined = groups.join({ sessionTimeoutMs: 6000, rebalanceTimeoutMs: -1 })
  groups.pacing.advance(INITIAL_DELAY_MS)
  await settle()
  t.match(joined.answer, { errorCode: NONE, generationId: 1, memberId: /^-[0-9a-f]/ })
  const member = memberOf(joined.answer!)
  groups.sync(member, {})
  await settle()
  t.match(stored(groups), { members: [{ clientId: '', rebalanceTimeout: 6000 }] })
})

t.test('what cannot be a member', async (t) => {
  const groups = new TestGroups()
  const asked = [
    groups.join({ groupId: '' }),
    groups.join({ sessionTimeoutMs: 5999 }),
    groups.join({ sessionTimeoutMs: 1_800_001 }),
    groups.join({ memberId: 'nobody' }),
    groups.join({ protocols: [] }),
    groups.join({ protocolType: '' }),
  ]
  await settle()
  t.strictSame(
    asked.map(({ answer }) => answer!.errorCode),
    [
      INVALID_GROUP_ID,
      INVALID_SESSION_TIMEOUT,
      INVALID_SESSION_TIMEOUT,
      UNKNOWN_MEMBER_ID,
      INCONSISTENT_GROUP_PROTOCOL,
      INCONSISTENT_GROUP_PROTOCOL,
    ],
  )
})

t.test('a group has no more members than group.max.size allows', async (t) => {
  const groups = new TestGroups({ groupMaxSize: 2 })
  await groups.joinTwice()
  await groups.joinTwice()
  const third = await groups.joinTwice()
  await settle()
  t.match(third.answer, { errorCode: GROUP_MAX_SIZE_REACHED, memberId: '' })
  groups.pacing.advance(INITIAL_DELAY_MS * 2)
  await settle()
  const fourth = groups.join()
  await settle()
  t.equal(fourth.answer!.errorCode, GROUP_MAX_SIZE_REACHED)
})

t.test('a group that is larger than it may be by now shrinks in a rebalance', async (t) => {
  const before = new TestGroups()
  const members = await before.stable(null, null, null)
  const groups = before.restart({ groupMaxSize: 2 })
  await settle()
  t.equal(await groups.state(), 'PreparingRebalance')
  const joins = members.map(({ memberId }) => groups.join({ memberId }))
  await settle()
  t.equal(joins[2]!.answer!.errorCode, GROUP_MAX_SIZE_REACHED)
  t.equal(joins[0]!.answer!.members.length, 2)
})

t.test('who does not ask for its assignment in time is removed', async (t) => {
  const groups = new TestGroups()
  const first = await groups.joinTwice()
  const second = await groups.joinTwice()
  groups.pacing.advance(INITIAL_DELAY_MS * 2)
  await settle()
  const leader = memberOf(first.answer!)
  groups.sync(leader, {})
  await settle()
  t.equal(await groups.state(), 'Stable')
  groups.pacing.advance(REBALANCE_MS)
  await settle()
  t.equal(await groups.heartbeat(leader), REBALANCE_IN_PROGRESS)
  t.equal(await groups.heartbeat(memberOf(second.answer!)), UNKNOWN_MEMBER_ID)
})

t.test('an assignment that cannot be written makes the group rebalance', async (t) => {
  const groups = new TestGroups()
  const first = await groups.joinTwice()
  const second = await groups.joinTwice()
  groups.pacing.advance(INITIAL_DELAY_MS * 2)
  await settle()
  groups.log.refusal = new KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS)
  const followerSync = groups.sync(memberOf(second.answer!))
  const leaderSync = groups.sync(memberOf(first.answer!), {})
  await settle()
  t.equal(leaderSync.answer!.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  t.equal(followerSync.answer!.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  t.equal(await groups.state(), 'PreparingRebalance')
})

t.test('a member that joins while the assignment is written sends all back to join', async (t) => {
  const groups = new TestGroups()
  const first = await groups.joinTwice()
  groups.pacing.advance(INITIAL_DELAY_MS)
  await settle()
  const leader = memberOf(first.answer!)
  const newcomer = groups.join()
  await settle()
  groups.log.holdsCommits = true
  const sync = groups.sync(leader, { [leader.memberId]: 'all' })
  groups.join({ memberId: newcomer.answer!.memberId })
  await settle()
  t.equal(sync.isSettled, false)
  groups.log.commit()
  await settle()
  t.equal(sync.answer!.errorCode, REBALANCE_IN_PROGRESS)
})

t.test('a group whose first record cannot be written never was', async (t) => {
  const groups = new TestGroups()
  groups.log.refusal = new KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS)
  const refused = groups.join()
  await settle()
  t.equal(refused.answer!.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  groups.log.refusal = undefined
  t.equal(await groups.state(), 'Dead')
  t.equal(groups.logical.pendingTimers, 1, 'no session is left, only the expiration of offsets')
})
