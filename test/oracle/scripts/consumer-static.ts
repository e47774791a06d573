import {
  ASSIGNED_AT_ONCE,
  describeConsumers,
  LEAVE,
  LEAVE_FOR_A_WHILE,
  Member,
  settle,
} from '../consumer-requests.js'
import type { Body, Conversation } from '../conversation.js'
import { prepareEveryGroup } from '../fixtures.js'
import type { Script } from '../script.js'
import { createTopicsInOrder } from '../topic-order.js'

/** Static members of consumer groups, and subscriptions by regular expressions. */
export const consumerStatic: Script = {
  name: 'consumer-static',
  config: ASSIGNED_AT_ONCE,
  async run(t) {
    await prepareEveryGroup(t)
    await createTopicsInOrder(t, { red: 4, green: 4, blue: 4, 'blue-2': 4 })
    await restarts(t)
    await otherwise(t)
    await inUse(t)
    await becomesStatic(t)
    await expressions(t)
    await badExpressions(t)
    await oddExpressions(t)
  },
}

const self = (instanceId: string, ...subscribedTopicNames: string[]): object => ({
  instanceId,
  subscribedTopicNames,
})

/** A member leaves for a while, comes back as another member, and has what it had. */
async function restarts(t: Conversation): Promise<void> {
  const groupId = 'restarts'
  const a = new Member(t, groupId, 'a', self('i', 'red'))
  const b = new Member(t, groupId, 'b', self('j', 'red'))
  await a.join('joins')
  await b.join('joins')
  await settle('both', a, b)
  await a.leave('leaves for a while', LEAVE_FOR_A_WHILE)
  await describeConsumers(t, 'a is away', groupId)
  await b.own('goes on')
  await a.beat('is heard while it is away')
  await a.leave('leaves for a while again', LEAVE_FOR_A_WHILE)
  const again = new Member(t, groupId, 'a2', self('i', 'red'))
  await again.join('comes back as another')
  await describeConsumers(t, 'a is back', groupId)
  await again.own('owns what it had')
  await b.own('has noticed nothing')
  await a.beat('was replaced')
  await a.own('was replaced, and owns')
  await a.join('was replaced, and joins')
  await a.leave('was replaced, and leaves')
  await a.leave('was replaced, and leaves for a while', LEAVE_FOR_A_WHILE)
  await again.leave('leaves for good', LEAVE)
  await b.own('gets all')
  await describeConsumers(t, 'a has left', groupId)
  await b.leave('leaves for a while', LEAVE_FOR_A_WHILE)
  await describeConsumers(t, 'b is away', groupId)
  await b.join('comes back as itself')
  await describeConsumers(t, 'b is back', groupId)
}

/** A member comes back with another subscription, or another assignor. */
async function otherwise(t: Conversation): Promise<void> {
  const groupId = 'otherwise'
  const a = new Member(t, groupId, 'a', self('i', 'red'))
  const b = new Member(t, groupId, 'b', self('j', 'red', 'green'))
  await a.join('joins')
  await b.join('joins')
  await settle('both', a, b)
  await a.leave('leaves for a while', LEAVE_FOR_A_WHILE)
  const again = new Member(t, groupId, 'a2', { ...self('i', 'green'), serverAssignor: 'range' })
  await again.join('comes back with another topic')
  await describeConsumers(t, 'another topic', groupId)
  await settle('another topic', again, b)
  await describeConsumers(t, 'another topic, settled', groupId)
  await again.leave('leaves for a while', LEAVE_FOR_A_WHILE)
  await b.beat('changes meanwhile', { subscribedTopicNames: ['green'] })
  await b.own('goes on')
  await describeConsumers(t, 'changed meanwhile', groupId)
  const third = new Member(t, groupId, 'a3', self('i', 'green'))
  await third.join('comes back to a group that has changed')
  await settle('at last', third, b)
  await describeConsumers(t, 'at last', groupId)
}

/** An instance that is there can't be joined as. */
async function inUse(t: Conversation): Promise<void> {
  const groupId = 'in-use'
  const a = new Member(t, groupId, 'a', self('i', 'red'))
  await a.join('joins')
  const rival = new Member(t, groupId, 'rival', self('i', 'red'))
  await rival.join('joins as the same instance')
  await rival.beat('beats as the same instance', { memberEpoch: a.memberEpoch })
  await rival.leave('leaves as the same instance')
  await rival.leave('leaves as the same instance for a while', LEAVE_FOR_A_WHILE)
  await a.join('joins again')
  await a.beat('is another instance', { instanceId: 'k' })
  await a.beat('is no instance', { instanceId: null })
  await a.join('is no instance when it joins', { instanceId: null })
  await describeConsumers(t, 'in use', groupId)
  await a.leave('leaves')
  await rival.join('joins then')
  await describeConsumers(t, 'free again', groupId)
}

async function becomesStatic(t: Conversation): Promise<void> {
  const groupId = 'becomes-static'
  const a = new Member(t, groupId, 'a', { subscribedTopicNames: ['red'] })
  await a.join('joins without an instance')
  await a.join('joins with one', { instanceId: 'i' })
  await describeConsumers(t, 'with or without', groupId)
}

/** An expression is resolved a moment after it is heard of. */
const assigned = { until: ({ assignment }: Body) => (assignment?.topicPartitions.length ?? 0) > 0 }

const expression = (subscribedTopicRegex: string, ...subscribedTopicNames: string[]): object => ({
  subscribedTopicRegex,
  subscribedTopicNames: subscribedTopicNames.length > 0 ? subscribedTopicNames : null,
})

async function expressions(t: Conversation): Promise<void> {
  const groupId = 'expressions'
  const a = new Member(t, groupId, 'a', expression('blue.*'))
  await a.join('joins')
  await a.join('is assigned', {}, assigned)
  await a.own('owns')
  await describeConsumers(t, 'one expression', groupId)
  const b = new Member(t, groupId, 'b', expression('blue.*'))
  await b.join('joins with the same')
  await settle('both', a, b)
  await describeConsumers(t, 'the same expression', groupId)
  const c = new Member(t, groupId, 'c', expression('gr..n', 'red', 'blue'))
  await c.join('joins with topics, too')
  await c.join('is assigned', {}, assigned)
  await settle('three', a, b, c)
  await describeConsumers(t, 'three', groupId)
  await a.beat('says the same', { subscribedTopicRegex: 'blue.*' })
  await a.beat('takes names besides', { subscribedTopicNames: ['green'] })
  await a.beat('gives up its expression', { subscribedTopicRegex: '' })
  await settle('names', a, b, c)
  await describeConsumers(t, 'names', groupId)
  await a.beat('subscribes to nothing', { subscribedTopicNames: [] })
  await settle('nothing', a, b, c)
  await c.leave('leaves')
  await b.leave('leaves')
  await a.leave('leaves')
  await describeConsumers(t, 'nobody', groupId)
}

async function badExpressions(t: Conversation): Promise<void> {
  const groupId = 'bad-expressions'
  const bad = [
    '(',
    ')',
    '[',
    'a{2,1}',
    '*',
    '\\',
    '(?=a)',
    '(?!a)',
    '(?<=a)',
    '\\1',
    '(a)\\1',
    '+a',
  ]
  const odd = ['a**', '[b-a]', '(?<name>a)', '(?P<name>a)', 'a{1001}', '\\p{Foo}', '(?z)', 'a++']
  for (const each of [...bad, ...odd]) {
    const member = new Member(t, `${groupId}-${each}`, 'a', expression(each))
    await member.join(`joins with ${each}`)
  }
  const a = new Member(t, groupId, 'a', expression('blue'))
  await a.join('joins')
  await a.join('is assigned', {}, assigned)
  await a.beat('takes a bad one', { subscribedTopicRegex: '(' })
  await a.own('goes on')
  await describeConsumers(t, 'a bad one', groupId)
}

/** What an expression matches is a whole name; internal topics are topics, too. */
async function oddExpressions(t: Conversation): Promise<void> {
  const some = ['red|green', 'RED|(?i)GREEN', '[br].*', '^blue$', 'blue-\\d', '\\bred\\b', 'bl.e']
  for (const each of [...some, '.{3}', '__consumer_offsets|red', '(?s).*d']) {
    const groupId = `odd-${each}`
    const a = new Member(t, groupId, 'a', expression(each))
    await a.join(`joins with ${each}`)
    await a.join(`joins with ${each} again`, {}, assigned)
    await a.leave('leaves')
  }
  const a = new Member(t, 'none', 'a', expression('e|lu', 'red'))
  await a.join('joins with names and a part of one')
  await a.own('goes on')
}
