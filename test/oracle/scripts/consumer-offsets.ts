import { ApiKey } from '../../../src/protocol/api-keys.js'
import { ASSIGNED_AT_ONCE, describeConsumers, Member } from '../consumer-requests.js'
import type { Conversation } from '../conversation.js'
import { prepareEveryGroup, prepareTransactions } from '../fixtures.js'
import { join, joinBody, syncBody } from '../group-requests.js'
import { type Script, topicName, versionsOf } from '../script.js'
import { createConsumed } from '../topic-order.js'
import { endQuietly, initProducer } from '../transaction-requests.js'

/** Offsets of consumer groups, and what administrators ask of groups of both kinds. */
export const consumerOffsets: Script = {
  name: 'consumer-offsets',
  config: ASSIGNED_AT_ONCE,
  async run(t) {
    await prepareEveryGroup(t)
    await prepareTransactions(t)
    const topicId = await createConsumed(t, 'read', 3)
    for (const version of versionsOf(ApiKey.OffsetCommit)) await commit(t, version, topicId)
    for (const version of versionsOf(ApiKey.OffsetFetch)) await fetch(t, version, topicId)
    for (const version of versionsOf(ApiKey.TxnOffsetCommit)) await inTransactions(t, version)
    await remove(t)
    for (const version of versionsOf(ApiKey.DeleteGroups)) await deleteGroups(t, version)
    await everyKind(t)
    for (const version of versionsOf(ApiKey.ListGroups)) await list(t, version)
    for (const version of versionsOf(ApiKey.DescribeGroups)) await describe(t, version)
  },
}

const subscribed = { subscribedTopicNames: ['read'] }

async function memberOf(t: Conversation, groupId: string, more: object = {}): Promise<Member> {
  const member = new Member(t, groupId, 'm', { ...subscribed, ...more })
  await member.join('joins')
  await member.own('owns')
  // The epoch moves on, so that there is one of before.
  await member.beat('changes', { subscribedTopicNames: ['read', 'unread'] })
  return member
}

async function commit(t: Conversation, version: number, topicId: string): Promise<void> {
  const groupId = topicName('commit', version)
  const member = await memberOf(t, groupId)
  const named = version >= 10 ? { topicId } : { name: 'read' }
  const ask = (label: string, memberId: string, memberEpoch: number, more: object = {}) =>
    t.ask(label, ApiKey.OffsetCommit, version, {
      groupId,
      memberId,
      generationIdOrMemberEpoch: memberEpoch,
      topics: [
        {
          ...named,
          partitions: [{ partitionIndex: 0, committedOffset: 4n, committedMetadata: 'note' }],
        },
      ],
      ...more,
    })
  const { memberId, memberEpoch } = member
  await ask('of a member', memberId, memberEpoch)
  await ask('at the epoch before', memberId, memberEpoch - 1)
  await ask('at an epoch to come', memberId, memberEpoch + 1)
  await ask('at the epoch 0', memberId, 0)
  await ask('at no epoch', memberId, -1)
  await ask('at the epoch that leaves for a while', memberId, -2)
  await ask('of nobody', '', -1)
  await ask('of nobody at an epoch', '', memberEpoch)
  await ask('of a stranger', 'nobody', memberEpoch)
  await ask('of a stranger at no epoch', 'nobody', -1)
  if (version >= 7) await ask('of an instance', memberId, memberEpoch, { groupInstanceId: 'i' })
  await ask('of an unknown group', 'nobody', 1, { groupId: `${groupId}-no` })
  await member.leave('leaves')
  await ask('of who has left', memberId, memberEpoch)
  await ask('of nobody when it is empty', '', -1)
  await ask('of nobody at an epoch when it is empty', '', memberEpoch)
}

async function fetch(t: Conversation, version: number, topicId: string): Promise<void> {
  const groupId = topicName('fetch', version)
  const member = await memberOf(t, groupId)
  const { memberId, memberEpoch } = member
  await t.quietly(ApiKey.OffsetCommit, 9, {
    groupId,
    memberId,
    generationIdOrMemberEpoch: memberEpoch,
    topics: [
      {
        name: 'read',
        partitions: [{ partitionIndex: 0, committedOffset: 4n, committedMetadata: 'note' }],
      },
    ],
  })
  const named = version >= 10 ? { topicId } : { name: 'read' }
  const ask = (label: string, more: object = {}, all = false) => {
    const topics = all ? null : [{ ...named, partitionIndexes: [0, 1] }]
    const body = version >= 8 ? { groups: [{ groupId, topics, ...more }] } : { groupId, topics }
    return t.ask(label, ApiKey.OffsetFetch, version, body, {
      unordered: true,
    })
  }
  await ask('of nobody')
  if (version >= 2) await ask('of nobody, all', {}, true)
  if (version < 9) return
  for (const all of [false, true]) {
    const what = all ? ', all' : ''
    await ask(`of a member${what}`, { memberId, memberEpoch }, all)
    await ask(`at the epoch before${what}`, { memberId, memberEpoch: memberEpoch - 1 }, all)
    await ask(`at an epoch to come${what}`, { memberId, memberEpoch: memberEpoch + 1 }, all)
    await ask(`at no epoch${what}`, { memberId, memberEpoch: -1 }, all)
    await ask(`of a stranger${what}`, { memberId: 'nobody', memberEpoch }, all)
    await ask(`of a stranger at no epoch${what}`, { memberId: 'nobody', memberEpoch: -1 }, all)
    await ask(`of nobody at an epoch${what}`, { memberId: null, memberEpoch }, all)
    await ask(`of an empty member at an epoch${what}`, { memberId: '', memberEpoch }, all)
    const unknown = { groupId: `${groupId}-no`, memberId, memberEpoch }
    await ask(`of an unknown group${what}`, unknown, all)
  }
  await t.ask('of several', ApiKey.OffsetFetch, version, {
    groups: [
      { groupId, memberId, memberEpoch, topics: null },
      { groupId, memberId: 'nobody', memberEpoch, topics: null },
      { groupId: 'unknown', memberId: 'nobody', memberEpoch: 2, topics: null },
    ],
  })
  const joined = await join(t, 4, `${groupId}-classic`)
  const classic = { groupId: `${groupId}-classic`, memberId: joined.memberId }
  await ask('of a classic member', { ...classic, memberEpoch: joined.generationId })
  await ask('of a classic member at another epoch', { ...classic, memberEpoch: 77 })
  await ask('of a classic stranger', { ...classic, memberId: 'nobody', memberEpoch: 1 })
}

async function inTransactions(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('txn', version)
  const member = await memberOf(t, groupId)
  const producer = await initProducer(t, groupId)
  await t.quietly(ApiKey.AddOffsetsToTxn, 3, { ...producer, groupId })
  const ask = (label: string, more: object = {}) =>
    t.ask(label, ApiKey.TxnOffsetCommit, version, {
      ...producer,
      groupId,
      topics: [
        {
          name: 'read',
          partitions: [{ partitionIndex: 1, committedOffset: 9n, committedMetadata: '' }],
        },
      ],
      ...more,
    })
  await ask('of nobody')
  if (version >= 3) {
    const { memberId, memberEpoch } = member
    await ask('of a member', { memberId, generationId: memberEpoch })
    await ask('at the epoch before', { memberId, generationId: memberEpoch - 1 })
    await ask('at an epoch to come', { memberId, generationId: memberEpoch + 1 })
    await ask('at no epoch', { memberId, generationId: -1 })
    await ask('of a stranger', { memberId: 'nobody', generationId: memberEpoch })
    await ask('of nobody at an epoch', { memberId: '', generationId: memberEpoch })
  }
  await endQuietly(t, producer, true)
  await t.ask('committed', ApiKey.OffsetFetch, 8, { groups: [{ groupId, topics: null }] })
}

async function remove(t: Conversation): Promise<void> {
  const groupId = 'remove'
  const member = await memberOf(t, groupId)
  const ask = (label: string, name: string) =>
    t.ask(label, ApiKey.OffsetDelete, 0, {
      groupId,
      topics: [{ name, partitions: [{ partitionIndex: 0 }, { partitionIndex: 7 }] }],
    })
  await ask('a topic that is subscribed to', 'read')
  await ask('another that is subscribed to', 'unread')
  await ask('an unknown topic', 'no')
  await member.leave('leaves')
  await ask('a topic that was subscribed to', 'read')
}

async function deleteGroups(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('delete', version)
  const member = await memberOf(t, groupId)
  const ask = (label: string, ...groupsNames: string[]) =>
    t.ask(label, ApiKey.DeleteGroups, version, { groupsNames }, { unordered: true })
  await ask('with a member', groupId)
  await member.leave('leaves')
  await ask('empty', groupId, 'nobody')
  await ask('again', groupId)
  await describeConsumers(t, 'deleted', groupId)
  await member.join('joins again')
  await member.leave('leaves again')
  await t.quietly(ApiKey.DeleteGroups, 2, { groupsNames: [groupId] })
}

/** A group of each kind and state, for the lists. */
async function everyKind(t: Conversation): Promise<void> {
  await memberOf(t, 'kind-stable')
  const empty = await memberOf(t, 'kind-empty')
  await empty.leave('leaves')
  const a = await memberOf(t, 'kind-reconciling')
  const b = new Member(t, 'kind-reconciling', 'b', subscribed)
  await b.join('joins')
  await a.beat('is told')
  const joined = await join(t, 4, 'kind-classic')
  await t.ask('sync', ApiKey.SyncGroup, 4, syncBody('kind-classic', joined))
  await join(t, 4, 'kind-completing')
  const more = { protocolType: 'connect' }
  await t.ask('connect', ApiKey.JoinGroup, 3, joinBody('kind-connect', more))
  await t.ask('simple', ApiKey.OffsetCommit, 9, {
    groupId: 'kind-simple',
    memberId: '',
    generationIdOrMemberEpoch: -1,
    topics: [
      {
        name: 'read',
        partitions: [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }],
      },
    ],
  })
}

async function list(t: Conversation, version: number): Promise<void> {
  const ask = async (label: string, statesFilter: string[], typesFilter: string[] = []) => {
    const body = {
      ...(version >= 4 && { statesFilter }),
      ...(version >= 5 && { typesFilter }),
    }
    await t.ask(label, ApiKey.ListGroups, version, body, { unordered: true })
  }
  await ask('all', [])
  if (version < 4) return
  const states = ['Assigning', 'Reconciling', 'reconciling', 'Stable', 'Empty', 'Dead']
  const classic = ['PreparingRebalance', 'CompletingRebalance', 'Unknown', 'NotReady', '']
  for (const state of [...states, ...classic]) await ask(`in ${state}`, [state])
  await ask('in either', ['Reconciling', 'CompletingRebalance'])
  if (version < 5) return
  const types = ['consumer', 'classic', 'CONSUMER', 'share', 'streams', 'unknown', 'nonsense', '']
  for (const type of types) {
    await ask(`of type ${type}`, [], [type])
    await ask(`stable, of type ${type}`, ['Stable'], [type])
  }
  await ask('of either type', [], ['consumer', 'classic'])
}

async function describe(t: Conversation, version: number): Promise<void> {
  const ask = (label: string, ...groups: string[]) =>
    t.ask(label, ApiKey.DescribeGroups, version, { groups }, { unordered: true })
  await ask('a consumer group', 'kind-stable')
  await ask('an empty consumer group', 'kind-empty')
  await ask('several kinds', 'kind-stable', 'kind-classic', 'kind-connect', 'kind-simple')
  for (const each of ['kind-classic', 'kind-connect', 'kind-simple', 'kind-completing']) {
    await describeConsumers(t, each, each, version % 2)
  }
}
