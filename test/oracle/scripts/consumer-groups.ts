import { ApiKey } from '../../../src/protocol/api-keys.js'
import {
  ASSIGNED_AT_ONCE,
  describeConsumers,
  heartbeatBody,
  JOIN,
  LEAVE,
  LEAVE_FOR_A_WHILE,
  Member,
} from '../consumer-requests.js'
import type { Body, Conversation } from '../conversation.js'
import { NO_TOPIC_ID, prepareEveryGroup } from '../fixtures.js'
import { type Script, topicName, versionsOf } from '../script.js'
import { createConsumed } from '../topic-order.js'

/** Consumer groups (KIP-848): each refusal, epochs, and how one member comes and goes. */
export const consumerGroups: Script = {
  name: 'consumer-groups',
  config: { ...ASSIGNED_AT_ONCE, 'group.consumer.max.size': '3' },
  async run(t) {
    await prepareEveryGroup(t)
    const topicId = await createConsumed(t, 'heard', 3)
    for (const version of versionsOf(ApiKey.ConsumerGroupHeartbeat)) {
      await refused(t, version)
      await refusedLater(t, version, topicId)
      await oneMember(t, version, topicId)
      await tooMany(t, version)
    }
    for (const version of versionsOf(ApiKey.ConsumerGroupDescribe)) await describe(t, version)
  },
}

/** What is refused of whoever asks, and of who joins. */
async function refused(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('refused', version)
  const ask = (label: string, more: object) => {
    const body = heartbeatBody(groupId, 'm', { subscribedTopicNames: ['heard'], ...more })
    return t.ask(label, ApiKey.ConsumerGroupHeartbeat, version, body, { unordered: true })
  }
  await ask('an empty group', { groupId: '' })
  await ask('a blank group', { groupId: '  ' })
  await ask('an empty instance', { instanceId: '' })
  await ask('a blank instance', { instanceId: ' ' })
  await ask('an empty rack', { rackId: '' })
  await ask('a negative epoch', { memberEpoch: -3 })
  await ask('leaving for a while without an instance', { memberEpoch: LEAVE_FOR_A_WHILE })
  await ask('no timeout', { rebalanceTimeoutMs: -1 })
  await ask('a timeout of 0', { rebalanceTimeoutMs: 0, groupId: `${groupId}-timeout` })
  await ask('a negative timeout', { rebalanceTimeoutMs: -5 })
  await ask('no partitions', { topicPartitions: null })
  await ask('partitions', { topicPartitions: [{ topicId: NO_TOPIC_ID, partitions: [0] }] })
  await ask('no topics', { subscribedTopicNames: null })
  await ask('an unknown assignor', { serverAssignor: 'sticky' })
  await ask('an empty assignor', { serverAssignor: '' })
  await ask('an unknown member', { memberEpoch: 3 })
  await ask('an unknown member leaves', { memberEpoch: LEAVE })
  const instance = { instanceId: 'i', memberEpoch: LEAVE_FOR_A_WHILE }
  await ask('an unknown instance leaves for a while', instance)
  await ask('an unknown instance leaves', { instanceId: 'i', memberEpoch: LEAVE })
  await ask('an unknown instance', { instanceId: 'i', memberEpoch: 1 })
  await ask('an empty member with an epoch', { memberId: '', memberEpoch: 1 })
  await ask('an empty member leaves', { memberId: '', memberEpoch: LEAVE })
  if (version < 1) return
  await ask('an empty member', { memberId: '' })
  await ask('a blank member', { memberId: '  ' })
  await ask('no topics and no expression', {
    subscribedTopicNames: null,
    subscribedTopicRegex: null,
  })
  await ask('a bad expression', { subscribedTopicRegex: '(' })
}

/** What is refused of a member that is there, and of those beside it. */
async function refusedLater(t: Conversation, version: number, topicId: string): Promise<void> {
  const groupId = topicName('later', version)
  const self = { subscribedTopicNames: ['heard'] }
  const member = new Member(t, groupId, version === 0 ? '' : 'a', self, version)
  await member.join('joins')
  await member.beat('has nothing to say')
  await member.beat('is at an epoch to come', { memberEpoch: 9 })
  await member.beat('names an assignor', { serverAssignor: 'nonsense' })
  await member.beat('names partitions of an unknown topic', {
    topicPartitions: [{ topicId: NO_TOPIC_ID, partitions: [0] }],
  })
  await member.beat('names unknown partitions', {
    topicPartitions: [{ topicId, partitions: [0, 77] }],
  })
  await member.beat('is an instance all at once', { instanceId: 'i' })
  await member.beat('leaves for a while', { memberEpoch: LEAVE_FOR_A_WHILE })
  await describeConsumers(t, 'after that', groupId)
  const { memberId } = member
  const ask = (label: string, more: object) => {
    const body = heartbeatBody(groupId, memberId, { ...self, ...more })
    return t.ask(label, ApiKey.ConsumerGroupHeartbeat, version, body, { unordered: true })
  }
  await ask('joins again', {})
  await ask('joins again otherwise', { subscribedTopicNames: ['heard', 'unheard'] })
  await member.beat('goes on with the old epoch')
  const owned = [{ topicId, partitions: [0, 1, 2] }]
  await member.beat('goes on with the old epoch and what it has', { topicPartitions: owned })
  await ask('a stranger', { memberId: 'nobody', memberEpoch: 1 })
  await ask('a stranger leaves', { memberId: 'nobody', memberEpoch: LEAVE })
  await ask('a stranger with an instance', {
    memberId: 'nobody',
    memberEpoch: 1,
    instanceId: 'j',
  })
  await describeConsumers(t, 'after all that', groupId)
}

async function oneMember(t: Conversation, version: number, topicId: string): Promise<void> {
  const groupId = topicName('one', version)
  const self = { subscribedTopicNames: ['heard'], rackId: 'r', rebalanceTimeoutMs: 20_000 }
  const member = new Member(t, groupId, version === 0 ? '' : 'one', self, version)
  await member.join('joins')
  await describeConsumers(t, 'joined', groupId)
  await member.beat('beats')
  await member.own('owns what it got')
  await describeConsumers(t, 'stable', groupId)
  await member.beat('names what it owns again', {
    topicPartitions: [{ topicId, partitions: [0, 1, 2] }],
  })
  await member.beat('owns less', { topicPartitions: [{ topicId, partitions: [1] }] })
  await member.beat('owns nothing', { topicPartitions: [] })
  await member.own('owns it all again')
  await member.beat('says the same', { subscribedTopicNames: ['heard'] })
  await member.beat('changes its rack', { rackId: 's' })
  await member.beat('changes its timeout', { rebalanceTimeoutMs: 10_000 })
  await member.beat('takes the other assignor', { serverAssignor: 'range' })
  await member.own('goes on')
  await describeConsumers(t, 'changed', groupId)
  await member.beat('subscribes to nothing', { subscribedTopicNames: [] })
  await member.own('owns nothing then')
  await describeConsumers(t, 'without topics', groupId)
  await member.beat('subscribes to an unknown topic', { subscribedTopicNames: ['unheard'] })
  await member.beat('subscribes again', { subscribedTopicNames: ['unheard', 'heard', 'heard'] })
  await member.own('owns it again')
  await describeConsumers(t, 'with topics', groupId)
  await member.leave('leaves')
  await member.leave('leaves again')
  await describeConsumers(t, 'left', groupId)
  await member.beat('is no member', { memberEpoch: 1 })
  await member.join('comes back')
  await describeConsumers(t, 'back', groupId)
  await member.leave('leaves at last')
}

/** No more members than `group.consumer.max.size`. */
async function tooMany(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('many', version)
  const self = { subscribedTopicNames: ['heard'] }
  const members: Member[] = []
  for (const each of ['1', '2', '3', '4']) {
    const member = new Member(t, groupId, `many-${each}`, self, version)
    members.push(member)
    await member.join('joins')
  }
  await members[0]!.join('joins again')
  await members[0]!.leave('leaves')
  await members[3]!.join('joins then')
}

async function describe(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('described', version)
  const member = new Member(t, groupId, 'd', {
    subscribedTopicNames: ['heard', 'unheard'],
    instanceId: 'static d',
    rackId: 'rack d',
  })
  await member.join('joins')
  const ask = (label: string, groupIds: string[], includeAuthorizedOperations = false) =>
    t.ask(
      label,
      ApiKey.ConsumerGroupDescribe,
      version,
      { groupIds, includeAuthorizedOperations },
      { unordered: true },
    )
  await ask('one', [groupId])
  await ask('unknown', ['nobody'])
  await ask('empty', [''])
  await ask('known and unknown', ['nobody', groupId, ''])
  await ask('twice', [groupId, groupId])
  await ask('none', [])
  await ask('with what is allowed', [groupId, 'nobody'], true)
  const expression = new Member(t, `${groupId}-regex`, 'e', {
    subscribedTopicNames: null,
    subscribedTopicRegex: 'hea.d',
  })
  await expression.join('joins')
  const resolved = ({ assignment }: Body) => (assignment?.topicPartitions.length ?? 0) > 0
  await expression.beat(
    'is assigned',
    {
      memberEpoch: JOIN,
      rebalanceTimeoutMs: 1000,
      topicPartitions: [],
      subscribedTopicRegex: 'hea.d',
    },
    { until: resolved },
  )
  await ask('with an expression', [`${groupId}-regex`])
}
