import t from 'tap'
import { encodeToBuffer } from '../../../src/protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import { ConsumerProtocolAssignment } from '../../../src/protocol/schema/consumer-protocol.js'
import type { GroupMetadataValue } from '../../../src/protocol/schema/group-records.js'
import type { JoinGroupRequest } from '../../../src/protocol/schema/join-group.js'
import { settle } from './asked.js'
import {
  GROUP,
  type JoinAnswer,
  memberOf,
  REBALANCE_MS,
  SESSION_MS,
  subscription,
} from './group-fixture.js'
import { Migration, newMember, partitionsOf, shareOf, TOPIC } from './migration-fixture.js'

const {
  COORDINATOR_LOAD_IN_PROGRESS,
  FENCED_INSTANCE_ID,
  GROUP_ID_NOT_FOUND,
  GROUP_MAX_SIZE_REACHED,
  ILLEGAL_GENERATION,
  INCONSISTENT_GROUP_PROTOCOL,
  MEMBER_ID_REQUIRED,
  NONE,
  NOT_ENOUGH_REPLICAS,
  REBALANCE_IN_PROGRESS,
  UNKNOWN_MEMBER_ID,
  UNKNOWN_SERVER_ERROR,
} = ErrorCode

const ofMember = (answer: JoinAnswer | undefined) => answer?.errorCode

t.test('a classic group takes in a member of the consumer protocol, live', async (t) => {
  const groups = new Migration()
  const classic = await groups.alone()
  await groups.commit({ [TOPIC.name]: 7n }, classic)
  const modern = newMember('modern')
  t.match(await groups.beat(modern), { errorCode: NONE, memberEpoch: 2, assignment: {} })
  t.strictSame(modern.partitions, [], 'all of them are still another one’s')
  t.match(await groups.describeConsumers(), { groupState: 'Reconciling', groupEpoch: 2 })
  t.match(await groups.describe(), { errorCode: GROUP_ID_NOT_FOUND })

  t.equal(await groups.heartbeat(classic), REBALANCE_IN_PROGRESS)
  t.strictSame(await groups.rejoin(classic, [0, 1, 2, 3]), [0, 1], 'it is to give up the others')
  t.equal(classic.generationId, 1, 'until it has, its epoch stays')
  t.equal(await groups.heartbeat(classic), REBALANCE_IN_PROGRESS)
  t.strictSame(await groups.rejoin(classic, [0, 1]), [0, 1])
  t.equal(classic.generationId, 2)
  t.equal(await groups.heartbeat(classic), NONE)
  await groups.beat(modern)
  t.strictSame(modern.partitions, [2, 3])
  await groups.beat(modern)
  t.match(await groups.describeConsumers(), { groupState: 'Stable', groupEpoch: 2 })
  t.strictSame(await groups.committed(), { [TOPIC.name]: 7n }, 'offsets stay')
  t.strictSame(await groups.commit({ [TOPIC.name]: 8n }, classic), [NONE])
})

t.test('the last member of the consumer protocol leaves: the group is classic again', async (t) => {
  const groups = new Migration()
  const classic = await groups.alone()
  const modern = newMember('modern')
  await groups.beat(modern)
  await groups.rejoin(classic, [0, 1, 2, 3])
  await groups.rejoin(classic, [0, 1])
  await groups.beat(modern)
  t.match(await groups.beat({ ...modern, epoch: -1 }, null), { errorCode: NONE, memberEpoch: -1 })
  t.match(await groups.describe(), { errorCode: NONE, groupState: 'PreparingRebalance' })
  t.match(await groups.describeConsumers(), { errorCode: GROUP_ID_NOT_FOUND })
  t.equal(await groups.heartbeat(classic), REBALANCE_IN_PROGRESS)
  const joining = groups.join({ memberId: classic.memberId })
  await settle()
  t.match(joining.answer, { errorCode: NONE, generationId: 3, leader: classic.memberId })
  t.equal(joining.answer!.members.length, 1)
})

t.test('a downgraded group keeps what its members had, also where it is loaded', async (t) => {
  const groups = new Migration()
  const classic = await groups.alone({
    protocols: [
      { name: 'range', metadata: subscription(TOPIC.name) },
      { name: 'sticky', metadata: subscription(TOPIC.name) },
    ],
  })
  await groups.beat(newMember('modern'))
  await groups.beat({ ...newMember('modern'), epoch: -1 }, null)
  const { value } = groups.log.records.at(-1)!
  t.match(value, { protocolType: 'consumer', protocol: 'range', generation: 2 })
  const [stored] = (value as GroupMetadataValue).members
  t.match(stored, { memberId: classic.memberId, sessionTimeout: SESSION_MS })
  t.strictSame(partitionsOf(stored!.assignment), [0, 1], 'the target of before it left')
  const other = groups.join({
    protocols: [{ name: 'sticky', metadata: subscription(TOPIC.name) }],
  })
  await settle()
  t.equal(ofMember(other.answer), MEMBER_ID_REQUIRED, 'all that a member supports is still known')
  const restarted = groups.restart()
  await settle()
  t.match(await restarted.describe(), { groupState: 'Stable', protocolData: 'range' })
})

t.test('whoever waits in the classic group comes back to the consumer group', async (t) => {
  const groups = new Migration()
  await groups.alone()
  const waiting = await groups.joinTwice()
  await settle()
  t.notOk(waiting.isSettled)
  t.match(await groups.beat(newMember('modern')), { errorCode: NONE })
  await settle()
  t.match(waiting.answer, { errorCode: REBALANCE_IN_PROGRESS })
  t.equal((await groups.describeConsumers()).members.length, 3)
})

t.test('an assignment on its way to the log is waited for', async (t) => {
  const groups = new Migration()
  const waiting = await groups.joinTwice()
  await settle()
  groups.pacing.advance(10_000)
  await settle()
  groups.log.holdsCommits = true
  const member = memberOf(waiting.answer!)
  const assigning = groups.assign(member, shareOf(0, 1, 2, 3))
  await settle()
  const tooEarly = groups.beat(newMember('modern'))
  await settle()
  groups.log.commit()
  t.match(await tooEarly, { errorCode: COORDINATOR_LOAD_IN_PROGRESS })
  t.match(await assigning, { errorCode: NONE })
  groups.log.holdsCommits = false
  t.match(await groups.beat(newMember('modern')), { errorCode: NONE })
  t.match(await groups.describeConsumers(), {
    members: [{ assignment: { topicPartitions: [{ partitions: [0, 1, 2, 3] }] } }, {}],
  })
})

t.test('a group of both kinds of members is the same where it is loaded', async (t) => {
  const before = new Migration()
  const classic = await before.alone()
  const modern = newMember('modern')
  await before.beat(modern)
  const described = await before.describeConsumers()
  before.coordinator.close()
  const groups = new Migration({}, before.log)
  await settle()
  t.strictSame(await groups.describeConsumers(), described)
  t.equal(await groups.heartbeat(classic), REBALANCE_IN_PROGRESS)
  await groups.rejoin(classic, [0, 1, 2, 3])
  t.strictSame(await groups.rejoin(classic, [0, 1]), [0, 1])
  await groups.beat(modern)
  t.strictSame(modern.partitions, [2, 3])
})

t.test('an upgrade that cannot be written changes nothing', async (t) => {
  const groups = new Migration()
  const classic = await groups.alone()
  groups.log.refusal = new KafkaError(NOT_ENOUGH_REPLICAS)
  t.match(await groups.beat(newMember('modern')), {
    errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE,
  })
  groups.log.refusal = undefined
  t.equal(await groups.state(), 'Stable')
  t.equal(await groups.heartbeat(classic), NONE)
})

t.test('what cannot be upgraded', async (t) => {
  const refusal = async (groups: Migration) => {
    const { errorCode, errorMessage } = await groups.beat(newMember('modern'))
    t.equal(errorCode, GROUP_ID_NOT_FOUND)
    return errorMessage
  }
  for (const policy of ['disabled', 'DOWNGRADE', 'nonsense']) {
    const groups = new Migration({ consumerGroupMigrationPolicy: policy })
    const classic = await groups.alone()
    t.match(await refusal(groups), /because online upgrade is disabled\.$/, policy)
    t.equal(await groups.heartbeat(classic), NONE)
  }
  const connect = new Migration()
  await connect.alone({ protocolType: 'connect' })
  t.match(
    await refusal(connect),
    /because the group does not use the consumer embedded protocol\.$/,
  )
  const malformed = new Migration()
  await malformed.alone({}, Buffer.from('share'))
  t.match(await refusal(malformed), /because the embedded consumer protocol is malformed\.$/)
  const custom = new Migration()
  const userData = encodeToBuffer(ConsumerProtocolAssignment, 1, {
    assignedPartitions: [],
    userData: Buffer.from('mine'),
  })
  await custom.alone({}, Buffer.concat([Buffer.from([0, 1]), userData]))
  t.match(await refusal(custom), /because an unsupported custom assignor is in use\./)
  const large = new Migration({ consumerGroupMaxSize: 1 })
  await large.alone()
  await large.joinTwice()
  t.match(await refusal(large), /because the group size exceeds the consumer group maximum size\.$/)
})

t.test('classic members join a consumer group', async (t) => {
  const groups = new Migration()
  const modern = newMember('modern')
  await groups.beat(modern)
  const refused = async (more: Partial<JoinGroupRequest>) => {
    const joining = groups.join(more)
    await settle()
    return ofMember(joining.answer)
  }
  t.equal(await refused({ protocolType: 'connect' }), INCONSISTENT_GROUP_PROTOCOL)
  t.equal(await refused({ protocols: [] }), INCONSISTENT_GROUP_PROTOCOL)
  t.equal(await refused({}), MEMBER_ID_REQUIRED)
  const odd = [{ name: 'range', metadata: Buffer.from('odd') }]
  t.equal(await refused({ memberId: 'x', protocols: odd }), UNKNOWN_SERVER_ERROR)
  const first = groups.join({ memberId: 'first' })
  await settle()
  t.match(first.answer, {
    errorCode: NONE,
    memberId: 'first',
    generationId: 3,
    protocolType: 'consumer',
    protocolName: 'range',
    leader: '',
    members: [],
  })
  const sticky = [{ name: 'sticky', metadata: subscription(TOPIC.name) }]
  t.equal(await refused({ memberId: 'other', protocols: sticky }), INCONSISTENT_GROUP_PROTOCOL)
  groups.apiVersion = 3
  t.equal(await refused({}), NONE, 'before KIP-394 at once')
})

t.test('with the migration disabled, or no room, classic members stay out', async (t) => {
  const disabled = new Migration({ consumerGroupMigrationPolicy: 'DISABLED' })
  await disabled.beat(newMember('modern'))
  const refused = disabled.join()
  await settle()
  t.equal(ofMember(refused.answer), INCONSISTENT_GROUP_PROTOCOL)
  const full = new Migration({ consumerGroupMaxSize: 1 })
  await full.beat(newMember('modern'))
  const outside = full.join()
  await settle()
  t.equal(ofMember(outside.answer), GROUP_MAX_SIZE_REACHED)
})

t.test('who does not use the classic protocol has no generation', async (t) => {
  const groups = new Migration()
  const modern = newMember('modern')
  await groups.beat(modern)
  const asClassic = { memberId: 'modern', groupInstanceId: null, generationId: modern.epoch }
  t.equal(await groups.heartbeat(asClassic), UNKNOWN_MEMBER_ID)
  t.equal(await groups.heartbeat({ ...asClassic, memberId: 'nobody' }), UNKNOWN_MEMBER_ID)
  const sync = groups.sync(asClassic)
  await settle()
  t.equal(sync.answer?.errorCode, UNKNOWN_MEMBER_ID)
  t.strictSame(await groups.leave({ memberId: 'nobody' }, { memberId: 'modern' }), [
    UNKNOWN_MEMBER_ID,
    NONE,
  ])
  t.match(await groups.describeConsumers(), { groupState: 'Empty' })
})

t.test('sync and heartbeat want the generation and the protocol of the answer', async (t) => {
  const groups = new Migration()
  await groups.beat(newMember('modern'))
  const joining = groups.join({ memberId: 'classic' })
  await settle()
  const member = memberOf(joining.answer!)
  const stale = { ...member, generationId: member.generationId - 1 }
  t.equal(await groups.heartbeat(stale), ILLEGAL_GENERATION)
  const ask = async (protocolType: string | null, protocolName: string | null, of = member) => {
    const { errorCode } = await groups.coordinator.syncGroup(groups.context, {
      groupId: GROUP,
      ...of,
      protocolType,
      protocolName,
      assignments: [],
    })
    return errorCode
  }
  t.equal(await ask('consumer', 'range', stale), ILLEGAL_GENERATION)
  t.equal(await ask('connect', 'range'), INCONSISTENT_GROUP_PROTOCOL)
  t.equal(await ask('consumer', 'sticky'), INCONSISTENT_GROUP_PROTOCOL)
  t.equal(await ask('consumer', 'range'), NONE)
  await groups.beat(newMember('another'))
  t.equal(await ask('consumer', 'range'), REBALANCE_IN_PROGRESS)
})

t.test('a static member changes its protocol, and back', async (t) => {
  const groups = new Migration()
  const classic = await groups.alone({ groupInstanceId: 'static' })
  const modern = newMember('modern', 'static')
  t.match(await groups.beat(modern), { errorCode: NONE, memberEpoch: 1 })
  t.strictSame(modern.partitions, [0, 1, 2, 3], 'it takes over what it had')
  t.equal(await groups.heartbeat(classic), FENCED_INSTANCE_ID)
  const { members } = await groups.describeConsumers()
  t.match(members, [{ memberId: 'modern', instanceId: 'static' }])

  const back = groups.join({ groupInstanceId: 'static' })
  await settle()
  t.match(back.answer, { errorCode: NONE, protocolName: 'range' })
  const again = memberOf(back.answer!, 'static')
  t.match(await groups.describe(), { errorCode: NONE, groupState: 'Stable' })
  t.equal(await groups.heartbeat(again), NONE)
  const sync = groups.sync(again)
  await settle()
  t.strictSame(partitionsOf(sync.answer?.assignment as Buffer), [0, 1, 2, 3])
})

t.test('without leave to downgrade, the group stays a consumer group', async (t) => {
  const groups = new Migration({ consumerGroupMigrationPolicy: 'upgrade' })
  const classic = await groups.alone()
  await groups.beat(newMember('modern'))
  await groups.beat({ ...newMember('modern'), epoch: -1 }, null)
  t.match(await groups.describeConsumers(), { groupState: 'Assigning', groupEpoch: 3 })
  t.equal(await groups.heartbeat(classic), REBALANCE_IN_PROGRESS)
})

t.test('a classic member that does not come back in time is fenced', async (t) => {
  const groups = new Migration()
  const classic = await groups.alone()
  const modern = newMember('modern')
  await groups.beat(modern)
  t.equal(await groups.heartbeat(classic), REBALANCE_IN_PROGRESS)
  groups.pacing.advance(REBALANCE_MS - 1)
  await settle()
  t.equal(await groups.heartbeat(classic), REBALANCE_IN_PROGRESS, 'its time has begun before')
  groups.pacing.advance(1)
  await settle()
  t.equal(await groups.heartbeat(classic), UNKNOWN_MEMBER_ID)
  t.equal((await groups.describeConsumers()).members.length, 1)
})

t.test('a classic member that does not sync in time is fenced', async (t) => {
  const groups = new Migration()
  await groups.beat(newMember('modern'))
  const joining = groups.join({ memberId: 'classic' })
  await settle()
  groups.pacing.advance(REBALANCE_MS)
  await settle()
  t.equal(await groups.heartbeat(memberOf(joining.answer!)), UNKNOWN_MEMBER_ID)
})

t.test('a classic member has the session that it asked for', async (t) => {
  const groups = new Migration()
  const classic = await groups.alone()
  await groups.beat(newMember('modern'))
  groups.logical.advance(SESSION_MS)
  await settle()
  t.equal(await groups.heartbeat(classic), UNKNOWN_MEMBER_ID)
  t.match(await groups.describeConsumers(), { members: [{ memberId: 'modern' }] })
})

t.test('the session of the last member of the consumer protocol ends', async (t) => {
  const groups = new Migration()
  const classic = await groups.alone({ sessionTimeoutMs: 600_000 })
  await groups.beat(newMember('modern'))
  groups.logical.advance(45_000)
  await settle()
  t.equal(await groups.state(), 'PreparingRebalance')
  t.equal(await groups.heartbeat(classic), ILLEGAL_GENERATION, 'the generation is the group epoch')
})

t.test('groups without members change their kind at once', async (t) => {
  const groups = new Migration()
  const classic = await groups.alone()
  await groups.commit({ [TOPIC.name]: 3n }, classic)
  await groups.leave(classic)
  const modern = newMember('modern')
  await groups.beat(modern)
  t.strictSame(modern.partitions, [0, 1, 2, 3])
  await groups.beat({ ...modern, epoch: -1 }, null)
  await groups.alone()
  t.equal(await groups.state(), 'Stable')
  t.strictSame(await groups.committed(), { [TOPIC.name]: 3n })
})
