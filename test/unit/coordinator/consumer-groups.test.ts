import t from 'tap'
import { ErrorCode } from '../../../src/protocol/errors.js'
import type { ConsumerGroupTargetAssignmentMetadataValue } from '../../../src/protocol/schema/consumer-group-records.js'
import {
  idOf,
  nameOf,
  REBALANCE_TIMEOUT_MS,
  SESSION_TIMEOUT_MS,
  TestConsumerGroups,
} from './consumer-fixture.js'
import { GROUP } from './group-fixture.js'

const {
  FENCED_MEMBER_EPOCH,
  GROUP_ID_NOT_FOUND,
  GROUP_MAX_SIZE_REACHED,
  INVALID_REQUEST,
  NONE,
  UNKNOWN_MEMBER_ID,
  UNSUPPORTED_ASSIGNOR,
} = ErrorCode

t.test('a member joins, and has all partitions', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  const answer = await a.join()
  t.strictSame(answer, {
    throttleTimeMs: 0,
    errorCode: NONE,
    memberId: 'a',
    memberEpoch: 2,
    heartbeatIntervalMs: 5000,
    assignment: { topicPartitions: [{ topicId: idOf('topic'), partitions: [0, 1, 2, 3, 4, 5] }] },
  })
  t.strictSame(groups.log.records.map(nameOf), [
    'MemberMetadata',
    'Metadata',
    'TargetAssignmentMember',
    'TargetAssignmentMetadata',
    'CurrentMemberAssignment',
  ])
  t.equal(await groups.state(), 'Stable')
})

t.test('a heartbeat of a member that is where it should be writes nothing', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join()
  t.strictSame(await groups.recordsOf(() => a.acknowledge()), [])
  t.match(await a.heartbeat(), { errorCode: NONE, memberEpoch: 2, assignment: null })
})

t.test('what a member says in full is answered in full', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join()
  a.owned = a.assigned
  const full = { rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS, subscribedTopicNames: ['topic'] }
  t.not((await a.heartbeat(full)).assignment, null)
  t.equal((await a.heartbeat({ ...full, topicPartitions: null })).assignment, null)
})

t.test('who has no id is given one, where clients leave that to the broker', async (t) => {
  const groups = new TestConsumerGroups()
  groups.apiVersion = 0
  const { memberId } = await groups.member('').join()
  t.match(memberId, /^[\w-]{22}$/)
  t.match((await groups.describe()).members, [{ memberId }])
})

t.test('a second member gets its share as soon as the first has given it up', async (t) => {
  const groups = new TestConsumerGroups()
  const [a, b] = [groups.member('a'), groups.member('b')]
  await a.join()
  await a.acknowledge()
  t.match(await b.join(), { memberEpoch: 3, assignment: { topicPartitions: [] } })
  t.equal(await groups.state(), 'Reconciling')
  t.match(await a.heartbeat(), { memberEpoch: 2 }, 'it stays where it is')
  t.strictSame(a.assigned, { topic: [0, 1, 2] })
  t.strictSame((await b.heartbeat()).assignment, null, 'nothing is free yet')
  const { members } = await groups.describe()
  const described = members.find(({ memberId }) => memberId === 'a')!
  t.strictSame(described.assignment.topicPartitions[0]!.partitions, [0, 1, 2, 3, 4, 5])
  t.strictSame(described.targetAssignment.topicPartitions[0]!.partitions, [0, 1, 2])
  t.match(await a.acknowledge(), { memberEpoch: 3, assignment: null })
  await b.heartbeat()
  t.strictSame(b.assigned, { topic: [3, 4, 5] })
  await b.acknowledge()
  t.equal(await groups.state(), 'Stable')
})

t.test('a member that leaves makes room for the others', async (t) => {
  const groups = new TestConsumerGroups()
  const [a, b] = [groups.member('a'), groups.member('b')]
  await a.join()
  await b.join()
  await a.heartbeat()
  await a.acknowledge()
  await b.heartbeat()
  const records = await groups.recordsOf(async () => {
    t.match(await a.leave(), { errorCode: NONE, memberId: 'a', memberEpoch: -1 })
  })
  t.strictSame(records, [
    '-CurrentMemberAssignment',
    '-TargetAssignmentMember',
    '-MemberMetadata',
    'Metadata',
  ])
  t.equal(await groups.state(), 'Assigning')
  t.match(await b.acknowledge(), { memberEpoch: 4 })
  t.strictSame(b.assigned, { topic: [0, 1, 2, 3, 4, 5] })
  await b.leave()
  t.equal(await groups.state(), 'Empty')
})

t.test('a member whose session is over is thought to be gone', async (t) => {
  const groups = new TestConsumerGroups()
  const [a, b] = [groups.member('a'), groups.member('b')]
  await a.join()
  await groups.pass(SESSION_TIMEOUT_MS - 1)
  await b.join()
  t.equal((await groups.describe()).members.length, 2)
  await groups.pass(1)
  t.match((await groups.describe()).members, [{ memberId: 'b' }])
  t.match(await a.heartbeat(), {
    errorCode: UNKNOWN_MEMBER_ID,
    errorMessage: `Member a is not a member of group ${GROUP}.`,
  })
  await groups.pass(SESSION_TIMEOUT_MS)
  t.equal(await groups.state(), 'Empty')
  t.equal(groups.groups.logical.pendingTimers, 1, 'the one for expired offsets')
})

t.test('a member that does not give up partitions in time is fenced', async (t) => {
  const groups = new TestConsumerGroups()
  const [a, b] = [groups.member('a'), groups.member('b')]
  await a.join({ rebalanceTimeoutMs: 1000 })
  await a.acknowledge()
  await b.join()
  await a.heartbeat()
  await groups.wait(999)
  t.equal((await groups.describe()).members.length, 2)
  await groups.wait(1)
  t.match((await groups.describe()).members, [{ memberId: 'b' }])
  await b.heartbeat()
  t.strictSame(b.assigned, { topic: [0, 1, 2, 3, 4, 5] })
  t.match(await a.heartbeat(), { errorCode: UNKNOWN_MEMBER_ID })
})

t.test('a member that has given up partitions has all the time it wants', async (t) => {
  const groups = new TestConsumerGroups()
  const [a, b] = [groups.member('a'), groups.member('b')]
  await a.join({ rebalanceTimeoutMs: 1000 })
  await a.acknowledge()
  await b.join()
  await a.heartbeat()
  await a.acknowledge()
  await groups.wait(1000)
  t.equal((await groups.describe()).members.length, 2)
  t.equal(groups.groups.pacing.pendingTimers, 0)
})

t.test('requests that make no sense are refused', async (t) => {
  const groups = new TestConsumerGroups()
  const joining = {
    memberId: 'a',
    rebalanceTimeoutMs: 1,
    subscribedTopicNames: ['topic'],
    topicPartitions: [],
  }
  const refused = async (more: object, errorMessage: string) =>
    t.match(await groups.heartbeat({ ...joining, ...more }), {
      errorCode: INVALID_REQUEST,
      errorMessage,
    })
  await refused({ memberId: ' ' }, "MemberId can't be empty.")
  await refused({ groupId: '' }, "GroupId can't be empty.")
  await refused({ instanceId: '' }, "InstanceId can't be empty.")
  await refused({ rackId: '\t' }, "RackId can't be empty.")
  await refused({ rebalanceTimeoutMs: -1 }, 'RebalanceTimeoutMs must be provided in first request.')
  const topicPartitions = [{ topicId: idOf('topic'), partitions: [0] }]
  await refused({ topicPartitions }, 'TopicPartitions must be empty when (re-)joining.')
  await refused({ topicPartitions: null }, 'TopicPartitions must be empty when (re-)joining.')
  await refused(
    { subscribedTopicNames: null },
    'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.',
  )
  await refused({ memberEpoch: -2 }, "InstanceId can't be null.")
  await refused({ memberEpoch: -3 }, 'MemberEpoch is invalid.')
  groups.apiVersion = 0
  await refused({ memberId: '', memberEpoch: 1 }, "MemberId can't be empty.")
  t.match(await groups.heartbeat({ ...joining, serverAssignor: 'sticky' }), {
    errorCode: UNSUPPORTED_ASSIGNOR,
    errorMessage: 'ServerAssignor sticky is not supported. Supported assignors: uniform, range.',
  })
  t.strictSame(groups.log.records, [])
})

t.test('members of groups that are not there are told so', async (t) => {
  const groups = new TestConsumerGroups()
  t.match(await groups.heartbeat({ memberId: 'a', memberEpoch: 1 }), {
    errorCode: GROUP_ID_NOT_FOUND,
    errorMessage: `Consumer group ${GROUP} not found.`,
  })
  t.match(await groups.member('a').leave(), {
    errorCode: GROUP_ID_NOT_FOUND,
    errorMessage: `Group ${GROUP} not found.`,
  })
  t.match(await groups.describe(), {
    errorCode: GROUP_ID_NOT_FOUND,
    errorMessage: `Group ${GROUP} not found.`,
  })
  t.match(await groups.describe(''), { errorCode: ErrorCode.INVALID_GROUP_ID })
  await groups.groups.stable(null)
  t.match(await groups.heartbeat({ memberId: 'a', memberEpoch: 1 }), {
    errorCode: GROUP_ID_NOT_FOUND,
    errorMessage: `Group ${GROUP} is not a consumer group.`,
  })
})

t.test('a member with another epoch than its own is fenced', async (t) => {
  const groups = new TestConsumerGroups()
  const [a, b] = [groups.member('a'), groups.member('b')]
  await a.join()
  t.match(await a.heartbeat({ memberEpoch: 3 }), {
    errorCode: FENCED_MEMBER_EPOCH,
    errorMessage: /greater member epoch \(3\).*group coordinator \(2\)/,
  })
  t.match(await a.heartbeat({ memberEpoch: 1 }), {
    errorCode: FENCED_MEMBER_EPOCH,
    errorMessage: /smaller member epoch \(1\).*group coordinator \(2\)/,
  })
  await a.acknowledge()
  await b.join()
  await a.heartbeat()
  a.owned = a.assigned
  // The answer doesn't reach it: it says the same again, and that is as good.
  await a.heartbeat()
  t.equal(a.epoch, 3)
  t.match(await a.heartbeat({ memberEpoch: 2 }), { errorCode: NONE, memberEpoch: 3 })
  const topicPartitions = [{ topicId: idOf('topic'), partitions: [5] }]
  t.match(await a.heartbeat({ memberEpoch: 2, topicPartitions }), {
    errorCode: FENCED_MEMBER_EPOCH,
  })
  t.match(await a.heartbeat({ memberEpoch: 2, topicPartitions: null }), {
    errorCode: FENCED_MEMBER_EPOCH,
  })
})

t.test('a member that was fenced joins again, under the same id', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join()
  await a.acknowledge()
  t.match(await a.join(), { errorCode: NONE, memberEpoch: 2 })
  t.strictSame(a.assigned, { topic: [0, 1, 2, 3, 4, 5] })
  t.equal((await groups.describe()).members.length, 1)
})

t.test('a group has as many members as it may', async (t) => {
  const groups = new TestConsumerGroups({ consumerGroupMaxSize: 1 })
  const a = groups.member('a')
  await a.join()
  t.match(await groups.member('b').join(), {
    errorCode: GROUP_MAX_SIZE_REACHED,
    errorMessage: 'The consumer group has reached its maximum capacity of 1 members.',
  })
  t.match(await a.join(), { errorCode: NONE })
})

t.test('the assignor is the one that most members ask for', async (t) => {
  const groups = new TestConsumerGroups()
  t.equal((await groups.describe()).assignorName, '')
  await groups.member('a').join()
  t.equal((await groups.describe()).assignorName, 'uniform')
  await groups.member('b').join({ serverAssignor: 'range' })
  t.equal((await groups.describe()).assignorName, 'range')
  await groups.member('c').join({ serverAssignor: 'uniform' })
  await groups.member('d').join({ serverAssignor: 'uniform' })
  t.equal((await groups.describe()).assignorName, 'uniform')
})

t.test('a target assignment stands for a while', async (t) => {
  const groups = new TestConsumerGroups({ consumerGroupAssignmentIntervalMs: 1000 })
  const [a, b, c] = [groups.member('a'), groups.member('b'), groups.member('c')]
  await a.join()
  const { value } = groups.log.records.find((each) => nameOf(each) === 'TargetAssignmentMetadata')!
  const { assignmentTimestamp } = value as ConsumerGroupTargetAssignmentMetadataValue
  t.equal(assignmentTimestamp, groups.groups.logical.now())
  t.match(await b.join(), { memberEpoch: 2, assignment: { topicPartitions: [] } })
  t.match(await c.join(), { memberEpoch: 2 })
  t.match(await groups.describe(), { groupState: 'Assigning', groupEpoch: 4, assignmentEpoch: 2 })
  await groups.pass(999)
  t.match(await b.heartbeat(), { memberEpoch: 2 })
  await groups.pass(1)
  t.match(await b.heartbeat(), { memberEpoch: 4 }, 'the three are assigned together')
})

t.test("a group's own settings go before the broker's, within its limits", async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  groups.topics.configs.set(
    GROUP,
    new Map([
      ['consumer.heartbeat.interval.ms', '7000'],
      ['consumer.session.timeout.ms', '50000'],
    ]),
  )
  t.match(await a.join(), { heartbeatIntervalMs: 7000 })
  await groups.pass(SESSION_TIMEOUT_MS)
  t.match(await a.heartbeat(), { errorCode: NONE })
  groups.topics.configs.set(GROUP, new Map([['consumer.heartbeat.interval.ms', '99999999']]))
  t.match(await a.heartbeat(), { heartbeatIntervalMs: 15_000 })
})
