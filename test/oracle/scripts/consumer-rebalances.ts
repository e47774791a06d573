import { ApiKey } from '../../../src/protocol/api-keys.js'
import { ASSIGNED_AT_ONCE, describeConsumers, Member, settle } from '../consumer-requests.js'
import type { AskOptions, Body, Conversation } from '../conversation.js'
import { createTopic, prepareEveryGroup } from '../fixtures.js'
import type { Script } from '../script.js'
import { createTopicsInOrder } from '../topic-order.js'

/** Consumer groups of several members: who gives what up, and who gets it when. */
export const consumerRebalances: Script = {
  name: 'consumer-rebalances',
  config: {
    ...ASSIGNED_AT_ONCE,
    'group.consumer.min.session.timeout.ms': '500',
    'group.consumer.min.heartbeat.interval.ms': '100',
  },
  async run(t) {
    await prepareEveryGroup(t)
    await createTopicsInOrder(t, { six: 6, three: 3, four: 4 })
    for (const assignor of ['uniform', 'range']) {
      await upToFour(t, assignor)
      await differentTopics(t, assignor)
      await changes(t, assignor)
    }
    await steps(t)
    await votes(t)
    await changingTopics(t)
    await slow(t)
    await silent(t)
    await subscribedToNothing(t)
  },
}

const subscribed = (serverAssignor: string, ...subscribedTopicNames: string[]): object => ({
  serverAssignor,
  subscribedTopicNames,
})

async function upToFour(t: Conversation, assignor: string): Promise<void> {
  const groupId = `four-${assignor}`
  const members: Member[] = []
  for (const each of ['1', '2', '3', '4']) {
    const member = new Member(t, groupId, `m${each}`, subscribed(assignor, 'six', 'three'))
    members.push(member)
    await member.join('joins')
    await describeConsumers(t, `m${each} joined`, groupId)
    await settle(`after m${each}`, ...members)
    await describeConsumers(t, `m${each} settled`, groupId)
  }
  for (const at of [1, 0, 1]) {
    const [gone] = members.splice(at, 1)
    await gone!.leave('leaves')
    await settle(`without ${gone!.memberId}`, ...members)
    await describeConsumers(t, `${gone!.memberId} left`, groupId)
  }
}

async function differentTopics(t: Conversation, assignor: string): Promise<void> {
  const groupId = `different-${assignor}`
  const a = new Member(t, groupId, 'a', subscribed(assignor, 'six'))
  const b = new Member(t, groupId, 'b', subscribed(assignor, 'six', 'three'))
  const c = new Member(t, groupId, 'c', subscribed(assignor, 'three', 'four'))
  const d = new Member(t, groupId, 'd', subscribed(assignor))
  await a.join('joins')
  await b.join('joins')
  await settle('two', a, b)
  await c.join('joins')
  await settle('three', a, b, c)
  await d.join('joins')
  await settle('four', a, b, c, d)
  await describeConsumers(t, 'four', groupId)
  await b.leave('leaves')
  await settle('without b', a, c, d)
  await describeConsumers(t, 'without b', groupId)
}

async function changes(t: Conversation, assignor: string): Promise<void> {
  const groupId = `changes-${assignor}`
  const a = new Member(t, groupId, 'a', subscribed(assignor, 'six'))
  const b = new Member(t, groupId, 'b', subscribed(assignor, 'six'))
  await a.join('joins')
  await b.join('joins')
  await settle('both', a, b)
  await a.beat('subscribes to another', { subscribedTopicNames: ['four'] })
  await describeConsumers(t, 'a subscribed', groupId)
  await settle('another', a, b)
  await describeConsumers(t, 'another', groupId)
  await b.beat('subscribes to both', { subscribedTopicNames: ['four', 'six'] })
  await settle('both topics', a, b)
  await a.beat('subscribes to both', { subscribedTopicNames: ['six', 'four'] })
  await settle('all the same', a, b)
  await describeConsumers(t, 'all the same', groupId)
}

/** Each heartbeat of a hand-over, with what members may say too early or too late. */
async function steps(t: Conversation): Promise<void> {
  const groupId = 'steps'
  const a = new Member(t, groupId, 'a', subscribed('uniform', 'six'))
  const b = new Member(t, groupId, 'b', subscribed('uniform', 'six'))
  const told = (label: string) => describeConsumers(t, label, groupId)
  const had = async () => (await told('now')) && a.assigned
  await a.join('joins')
  await a.own('owns all')
  const all = await had()
  const before = a.memberEpoch
  await b.join('joins')
  await told('b joined')
  await b.beat('waits')
  await b.own('waits, owning nothing')
  await a.beat('is told to give up')
  await told('a was told')
  await a.beat('still has all', { topicPartitions: all })
  await b.beat('still waits')
  await a.beat('has too little', { topicPartitions: [{ ...all[0], partitions: [5] }] })
  await told('a has too little')
  await b.beat('gets some')
  await told('b got some')
  await a.beat('is at the epoch of before', { memberEpoch: before })
  await a.beat('is at the epoch of before with what it has', {
    memberEpoch: before,
    topicPartitions: a.assigned,
  })
  await a.own('owns what is left')
  await b.beat('has not said that it owns')
  await b.own('owns it')
  await told('done')
  await b.leave('leaves')
  await told('b left')
  await a.beat('gets all again')
  await told('a got all')
  await b.join('joins again')
  await a.leave('leaves meanwhile')
  await told('a left')
  await b.beat('gets all')
  await b.own('owns all')
  await told('b alone')
  await b.leave('leaves too')
  await told('empty')
}

/** The assignor that most members want. */
async function votes(t: Conversation): Promise<void> {
  const groupId = 'votes'
  const wants = ['range', undefined, 'uniform', 'uniform']
  const members: Member[] = []
  for (const [at, serverAssignor] of wants.entries()) {
    const self = { subscribedTopicNames: ['three'], ...(serverAssignor && { serverAssignor }) }
    const member = new Member(t, groupId, `v${at}`, self)
    members.push(member)
    await member.join('joins')
    await describeConsumers(t, `${at + 1} votes`, groupId)
  }
  await members[1]!.beat('votes', { serverAssignor: 'range' })
  await describeConsumers(t, 'a tie', groupId)
  await members[2]!.beat('changes its mind', { serverAssignor: 'range' })
  await describeConsumers(t, 'another majority', groupId)
}

const assignedNow: AskOptions = { until: ({ assignment }: Body) => assignment !== null }

/** Topics that are created, that grow and that are deleted while a group is subscribed. */
async function changingTopics(t: Conversation): Promise<void> {
  const groupId = 'changing'
  const a = new Member(t, groupId, 'a', subscribed('uniform', 'changing', 'three'))
  await a.join('joins')
  await a.own('owns the other')
  await describeConsumers(t, 'without it', groupId)
  t.introduce(await createTopic(t, 'changing', 2))
  await a.beat('gets the new one', {}, assignedNow)
  await a.own('owns the new one')
  await describeConsumers(t, 'with it', groupId)
  await t.quietly(ApiKey.CreatePartitions, 3, {
    topics: [{ name: 'changing', count: 4, assignments: null }],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  await a.beat('gets more of it', {}, assignedNow)
  await a.own('owns more of it')
  await describeConsumers(t, 'with more', groupId)
  await t.quietly(ApiKey.DeleteTopics, 5, { topicNames: ['changing'], timeoutMs: 10_000 })
  await a.beat('loses it', {}, assignedNow)
  await a.own('has lost it')
  await describeConsumers(t, 'deleted', groupId)
  t.introduce(await createTopic(t, 'changing', 1))
  await a.beat('gets another of that name', {}, assignedNow)
  await a.own('owns another of that name')
  await describeConsumers(t, 'another of that name', groupId)
}

/** Who doesn't give up in time is removed. */
async function slow(t: Conversation): Promise<void> {
  const groupId = 'slow'
  const self = { ...subscribed('uniform', 'six'), rebalanceTimeoutMs: 300 }
  const a = new Member(t, groupId, 'a', self)
  const b = new Member(t, groupId, 'b', self)
  await a.join('joins')
  await a.own('owns all')
  await b.join('joins')
  await a.beat('is told to give up')
  const gone: AskOptions = { until: ({ errorCode }: Body) => errorCode !== 0 }
  await a.beat('took too long', {}, gone)
  await describeConsumers(t, 'a was removed', groupId)
  await b.beat('gets all')
  await a.join('joins again')
  await b.beat('is told to give up')
  await b.beat('took too long', {}, gone)
}

/** Who isn't heard of any more is removed. */
async function silent(t: Conversation): Promise<void> {
  const groupId = 'silent'
  await t.quietly(ApiKey.IncrementalAlterConfigs, 1, {
    resources: [
      {
        resourceType: 32,
        resourceName: groupId,
        configs: [
          { name: 'consumer.session.timeout.ms', configOperation: 0, value: '1500' },
          { name: 'consumer.heartbeat.interval.ms', configOperation: 0, value: '500' },
        ],
      },
    ],
    validateOnly: false,
  })
  const a = new Member(t, groupId, 'a', subscribed('uniform', 'six'))
  await a.join(
    'joins',
    {},
    { until: ({ heartbeatIntervalMs }: Body) => heartbeatIntervalMs === 500 },
  )
  await t.ask(
    'its session ended',
    ApiKey.ConsumerGroupDescribe,
    1,
    { groupIds: [groupId], includeAuthorizedOperations: false },
    { until: ({ groups }: Body) => groups[0].members.length === 0 },
  )
  await a.beat('is heard again')
}

/** Who subscribes to nothing joins when somebody has left. */
async function subscribedToNothing(t: Conversation): Promise<void> {
  const groupId = 'nothing'
  const a = new Member(t, groupId, 'a', subscribed('uniform', 'six'))
  const b = new Member(t, groupId, 'b', subscribed('uniform', 'six'))
  await a.join('joins')
  await b.join('joins')
  await settle('both', a, b)
  await b.leave('leaves')
  await new Member(t, groupId, 'c', subscribed('uniform')).join('joins')
  const deviation = 'subscribed-to-nothing'
  await describeConsumers(t, 'nothing', groupId, 1, { deviation })
}
