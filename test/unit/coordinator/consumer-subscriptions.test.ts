import t from 'tap'
import { ErrorCode } from '../../../src/protocol/errors.js'
import type {
  ConsumerGroupMetadataValue,
  ConsumerGroupRegularExpressionValue,
} from '../../../src/protocol/schema/consumer-group-records.js'
import { idOf, nameOf, SESSION_TIMEOUT_MS, TestConsumerGroups } from './consumer-fixture.js'

const { FENCED_INSTANCE_ID, NONE, UNKNOWN_MEMBER_ID, UNRELEASED_INSTANCE_ID } = ErrorCode
const REFRESH_INTERVAL_MS = 600_000
const ALL = [0, 1, 2, 3, 4, 5]

/** Lets regular expressions be looked up, which takes turns of the event loop. */
async function resolveRegexes(groups: TestConsumerGroups): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await groups.wait(1)
}

function epochRecord(groups: TestConsumerGroups): ConsumerGroupMetadataValue {
  const last = groups.log.records.filter((each) => nameOf(each) === 'Metadata').at(-1)!
  return last.value as ConsumerGroupMetadataValue
}

t.test('a topic that grows is assigned anew at the next heartbeat', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join()
  const { epoch, metadataHash } = epochRecord(groups)
  groups.createTopic('topic', 8)
  await a.acknowledge()
  t.strictSame(a.assigned, { topic: [...ALL, 6, 7] })
  t.equal(a.epoch, epoch + 1)
  t.not(epochRecord(groups).metadataHash, metadataHash)
})

t.test('a topic may come after those who subscribe to it', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  t.match(await a.join({ subscribedTopicNames: ['later'] }), {
    errorCode: NONE,
    assignment: { topicPartitions: [] },
  })
  t.equal(epochRecord(groups).metadataHash, 0n)
  groups.createTopic('later', 2)
  await a.heartbeat()
  t.strictSame(a.assigned, { later: [0, 1] })
})

t.test('a topic that is gone is taken away', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  groups.createTopic('other', 1)
  await a.join({ subscribedTopicNames: ['topic', 'other'] })
  await a.acknowledge()
  groups.deleteTopic('topic')
  await a.heartbeat()
  t.strictSame(a.assigned, { other: [0] })
  t.equal(a.epoch, 2, 'until it has given up what is gone')
  await a.acknowledge()
  t.equal(a.epoch, 3)
})

t.test('a topic that was created anew is another one', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join()
  await a.acknowledge()
  groups.deleteTopic('topic')
  groups.createTopic('topic', 1, idOf('topic anew'))
  const topicPartitions: never[] = []
  t.match(await a.heartbeat({ topicPartitions }), {
    assignment: { topicPartitions: [{ topicId: idOf('topic anew'), partitions: [0] }] },
  })
})

t.test('a topic that nobody subscribes to changes nothing', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join()
  groups.createTopic('other', 8)
  t.strictSame(await groups.recordsOf(() => a.acknowledge()), [])
})

t.test('a member that subscribes to something else is assigned that', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  groups.createTopic('other', 2)
  await a.join()
  await a.acknowledge()
  const records = await groups.recordsOf(() => a.heartbeat({ subscribedTopicNames: ['other'] }))
  t.strictSame(records, [
    'MemberMetadata',
    'Metadata',
    'TargetAssignmentMember',
    'TargetAssignmentMetadata',
    'CurrentMemberAssignment',
  ])
  t.strictSame(a.assigned, {}, 'once it has given up what it had')
  t.equal(a.epoch, 2)
  await a.acknowledge()
  t.strictSame(a.assigned, { other: [0, 1] })
  t.equal(a.epoch, 3)
})

t.test('what a member has unsubscribed from goes, even if no assignment is due', async (t) => {
  const groups = new TestConsumerGroups({ consumerGroupAssignmentIntervalMs: 1000 })
  const a = groups.member('a')
  groups.createTopic('other', 1)
  await a.join({ subscribedTopicNames: ['topic', 'other'] })
  await a.acknowledge()
  await a.heartbeat({ subscribedTopicNames: ['other'] })
  t.strictSame(a.assigned, { other: [0] })
  t.match(await groups.describe(), { groupEpoch: 3, assignmentEpoch: 2 })
  await groups.pass(1000)
  await a.acknowledge()
  t.equal(a.epoch, 3)
})

t.test('a member that subscribes to nothing has nothing', async (t) => {
  for (const serverAssignor of ['uniform', 'range']) {
    const groups = new TestConsumerGroups()
    const [a, b, c] = [groups.member('a'), groups.member('b'), groups.member('c')]
    await a.join({ serverAssignor })
    await a.acknowledge()
    await b.join({ serverAssignor })
    await b.leave()
    t.match(await c.join({ subscribedTopicNames: [] }), { errorCode: NONE, memberEpoch: 4 })
    await a.heartbeat()
    t.strictSame(a.assigned, { topic: ALL })
    t.equal(a.epoch, 4)
  }
})

t.test('topics that match a regular expression are found beside the heartbeats', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a', { subscribedTopicNames: null, subscribedTopicRegex: 'to.*' })
  groups.createTopic('to', 1)
  groups.createTopic('other', 1)
  t.match(await a.join(), { errorCode: NONE, assignment: { topicPartitions: [] } })
  await resolveRegexes(groups)
  const { value } = groups.log.records.find((each) => nameOf(each) === 'RegularExpression')!
  t.match(value as ConsumerGroupRegularExpressionValue, {
    topics: ['to', 'topic'],
    version: groups.topics.version,
    timestamp: groups.groups.logical.now(),
  })
  await a.heartbeat()
  t.strictSame(a.assigned, { to: [0], topic: ALL })
  t.match((await groups.describe()).members, [{ subscribedTopicRegex: 'to.*' }])
})

t.test('a new topic that matches is found when the last look was some time ago', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a', { subscribedTopicNames: null, subscribedTopicRegex: 'to.*' })
  await a.join()
  await resolveRegexes(groups)
  await a.heartbeat()
  await a.acknowledge()
  groups.createTopic('to', 1)
  await a.heartbeat()
  await resolveRegexes(groups)
  await a.heartbeat()
  t.strictSame(a.assigned, { topic: ALL })
  await groups.pass(10_001)
  await a.heartbeat()
  await resolveRegexes(groups)
  await a.heartbeat()
  t.strictSame(a.assigned, { topic: ALL, to: [0] })
})

t.test('topics that match are looked up again from time to time', async (t) => {
  const groups = new TestConsumerGroups({ consumerGroupSessionTimeoutMs: 2 * REFRESH_INTERVAL_MS })
  const a = groups.member('a', { subscribedTopicNames: null, subscribedTopicRegex: 'to.*' })
  await a.join()
  await resolveRegexes(groups)
  await groups.pass(REFRESH_INTERVAL_MS)
  await a.heartbeat()
  t.strictSame(await groups.recordsOf(() => resolveRegexes(groups)), [])
  await groups.pass(1)
  await a.heartbeat()
  t.strictSame(await groups.recordsOf(() => resolveRegexes(groups)), ['RegularExpression'])
})

t.test('a regular expression that nobody has any more is forgotten', async (t) => {
  const groups = new TestConsumerGroups()
  const regex = { subscribedTopicNames: null, subscribedTopicRegex: 'to.*' }
  const [a, b] = [groups.member('a', regex), groups.member('b', regex)]
  await a.join()
  await b.join()
  await resolveRegexes(groups)
  t.notMatch(await groups.recordsOf(() => b.leave()), ['-RegularExpression'])
  const records = await groups.recordsOf(() => a.heartbeat({ subscribedTopicRegex: '' }))
  t.ok(records.includes('-RegularExpression'))
  t.strictSame(a.assigned, {})
  t.equal(epochRecord(groups).metadataHash, 0n)
  await a.heartbeat({ subscribedTopicRegex: 'topic' })
  await resolveRegexes(groups)
  t.ok((await groups.recordsOf(() => a.leave())).includes('-RegularExpression'))
})

t.test('a regular expression that is known already is resolved at once', async (t) => {
  const groups = new TestConsumerGroups()
  const regex = { subscribedTopicNames: null, subscribedTopicRegex: 'to.*' }
  const a = groups.member('a', regex)
  await a.join()
  await resolveRegexes(groups)
  await a.heartbeat()
  await a.acknowledge()
  const b = groups.member('b', regex)
  await b.join()
  await a.heartbeat()
  await a.acknowledge()
  await b.heartbeat()
  t.strictSame(b.assigned, { topic: [3, 4, 5] })
})

t.test('a regular expression that is none is refused', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a', { subscribedTopicNames: null, subscribedTopicRegex: '[' })
  t.match(await a.join(), {
    errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION,
    errorMessage: /^SubscribedTopicRegex `\[` is not a valid regular expression: /,
  })
  t.strictSame(groups.log.records, [])
})

t.test('the next coordinator knows what regular expressions match', async (t) => {
  let groups = new TestConsumerGroups()
  const a = groups.member('a', { subscribedTopicNames: null, subscribedTopicRegex: 'to.*' })
  await a.join()
  await resolveRegexes(groups)
  groups = await groups.restart()
  const again = groups.member('a')
  again.epoch = a.epoch
  await again.heartbeat()
  t.strictSame(again.assigned, { topic: ALL })
})

t.test('a static member that comes back has what it had, under another id', async (t) => {
  const groups = new TestConsumerGroups()
  const about = { instanceId: 'i' }
  const [a, b] = [groups.member('a', about), groups.member('b', about)]
  await a.join()
  await a.acknowledge()
  t.strictSame(await groups.recordsOf(() => a.leave(-2)), ['CurrentMemberAssignment'])
  t.match((await groups.describe()).members, [{ memberId: 'a', memberEpoch: -2 }])
  const records = await groups.recordsOf(() => b.join())
  t.strictSame(records, [
    '-CurrentMemberAssignment',
    '-TargetAssignmentMember',
    '-MemberMetadata',
    'MemberMetadata',
    'TargetAssignmentMember',
    'CurrentMemberAssignment',
    'CurrentMemberAssignment',
  ])
  t.equal(b.epoch, 2, 'nothing has changed for the others')
  t.strictSame(b.assigned, { topic: ALL })
  t.match((await groups.describe()).members, [{ memberId: 'b', instanceId: 'i', memberEpoch: 2 }])
  t.match(await a.heartbeat(), {
    errorCode: FENCED_INSTANCE_ID,
    errorMessage: 'Static member a with instance id i was fenced by member b.',
  })
  t.match(await a.leave(), { errorCode: FENCED_INSTANCE_ID })
})

t.test('a static member cannot be replaced as long as it is there', async (t) => {
  const groups = new TestConsumerGroups()
  await groups.member('a', { instanceId: 'i' }).join()
  t.match(await groups.member('b', { instanceId: 'i' }).join(), {
    errorCode: UNRELEASED_INSTANCE_ID,
    errorMessage:
      'Static member b with instance id i cannot join the group because ' +
      'the instance id is owned by a member.',
  })
})

t.test('a static member that does not come back is thought to be gone', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a', { instanceId: 'i' })
  const b = groups.member('b')
  await a.join()
  await a.leave(-2)
  await b.join()
  t.strictSame(b.assigned, {}, 'the share is kept for it')
  await groups.pass(SESSION_TIMEOUT_MS - 1)
  await b.heartbeat()
  t.strictSame(b.assigned, {})
  await groups.pass(1)
  await b.heartbeat()
  t.strictSame(b.assigned, { topic: ALL })
})

t.test('a static member that comes back under the same id has a session as all have', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a', { instanceId: 'i' })
  await a.join()
  await a.leave(-2)
  await a.join()
  t.strictSame(a.assigned, { topic: ALL })
  await groups.pass(SESSION_TIMEOUT_MS - 1)
  t.equal(await groups.state(), 'Stable')
  await groups.pass(1)
  t.equal(await groups.state(), 'Empty')
})

t.test('of many topics that change, one subscribed to is enough', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join()
  const changed = ['a topic', 'topic', 'another']
  groups.topics.put('topic', 7)
  const update = { changedTopics: new Set(changed), hasNewTopics: false }
  groups.groups.coordinator.onMetadataUpdate(update)
  await a.acknowledge()
  t.strictSame(a.assigned, { topic: [...ALL, 6] })
})

t.test('a static member leaves for good', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a', { instanceId: 'i' })
  await a.join()
  t.match(await a.leave(-1), { errorCode: NONE, memberEpoch: -1 })
  t.equal(await groups.state(), 'Empty')
  t.match(await groups.heartbeat({ memberId: 'a', memberEpoch: 2, instanceId: 'i' }), {
    errorCode: UNKNOWN_MEMBER_ID,
    errorMessage: 'Instance id i is unknown.',
  })
})
