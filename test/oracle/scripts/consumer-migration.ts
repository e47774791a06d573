import { ApiKey } from '../../../src/protocol/api-keys.js'
import { Classic } from '../classic-member.js'
import {
  ASSIGNED_AT_ONCE,
  classicAssignment,
  describeConsumers,
  heartbeatBody,
  Member,
  type Owned,
} from '../consumer-requests.js'
import type { Body, Conversation } from '../conversation.js'
import { prepareEveryGroup } from '../fixtures.js'
import { joinBody, PROTOCOL_METADATA, syncBody } from '../group-requests.js'
import { type Script, topicName, versionsOf } from '../script.js'
import { createTopicsInOrder } from '../topic-order.js'

/** Groups that are changed while they run, from the classic protocol to the newer one and back. */
export const consumerMigration: Script = {
  name: 'consumer-migration',
  config: ASSIGNED_AT_ONCE,
  async run(t) {
    await prepareEveryGroup(t)
    await createTopicsInOrder(t, { a: 4, b: 2 })
    for (const version of versionsOf(ApiKey.JoinGroup)) await upgrade(t, version)
    await emptyGroups(t)
    await refusedUpgrades(t)
    await downgrade(t)
    await staticDowngrade(t)
    await staticUpgrade(t)
    for (const version of versionsOf(ApiKey.JoinGroup)) await joinsConsumers(t, version)
    for (const version of [0, 4, 9]) await joinsWithOwn(t, version)
    for (const version of [0, 4, 9]) await takesOver(t, version)
    for (const version of [0, 4, 9]) await classicRequests(t, version)
  },
}

const A = { subscribedTopicNames: ['a'] }

const all: readonly Owned[] = [{ topic: 'a', partitions: [0, 1, 2, 3] }]
const half: readonly Owned[] = [{ topic: 'a', partitions: [0, 1] }]

function described(t: Conversation, label: string, groupId: string): Promise<Body> {
  const body = { groups: [groupId] }
  return t.ask(label, ApiKey.DescribeGroups, 6, body, { unordered: true })
}

/** A stable classic group of one member, that has all. */
async function classicOf(
  t: Conversation,
  groupId: string,
  version: number,
  more: object = {},
): Promise<Classic> {
  const classic = new Classic(t, groupId, 'classic', version, more)
  await classic.join('joins')
  const { memberId } = classic
  await classic.sync('syncs', [{ memberId, assignment: classicAssignment(all) }])
  classic.owned = all
  return classic
}

/** A newer member joins a classic group, which becomes a consumer group. */
async function upgrade(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('upgrade', version)
  const classic = await classicOf(t, groupId, version)
  await classic.commit('commits')
  const newer = new Member(t, groupId, 'newer', A)
  await newer.join('joins')
  await describeConsumers(t, 'upgraded', groupId)
  await described(t, 'upgraded', groupId)
  await classic.commit('commits meanwhile')
  await newer.own('waits')
  await classic.beat('is told to join')
  await describeConsumers(t, 'told', groupId)
  classic.owned = half
  await classic.join('gives up half')
  await classic.beat('has not synced')
  await classic.sync('syncs')
  await classic.beat('goes on')
  await newer.own('gets the other half')
  await newer.own('owns it')
  await describeConsumers(t, 'both', groupId)
  await classic.join('joins again with the same')
  await classic.sync('syncs again')
  await classic.sync('syncs with another generation', [], { generationId: 77 })
  await classic.beat('of another generation', { generationId: 77 })
  await classic.commit('commits')
  await classic.commit('commits with another generation', 77)
  await classic.leave('leaves')
  await newer.own('gets all')
  await describeConsumers(t, 'only the newer', groupId)
  await newer.leave('leaves')
  await describeConsumers(t, 'nobody', groupId)
}

/** Groups that are empty change at once; what they have committed stays. */
async function emptyGroups(t: Conversation): Promise<void> {
  const classic = await classicOf(t, 'empty-classic', 9)
  await classic.commit('commits')
  await classic.leave('leaves')
  const newer = new Member(t, 'empty-classic', 'newer', A)
  await newer.join('joins an empty classic group')
  const fetch = (groupId: string) => ({ groups: [{ groupId, topics: null }] })
  await t.ask('kept', ApiKey.OffsetFetch, 8, fetch('empty-classic'))
  await describeConsumers(t, 'was classic', 'empty-classic')
  await newer.leave('leaves')
  const back = new Classic(t, 'empty-classic', 'classic', 9)
  await back.join('joins an empty consumer group')
  await described(t, 'is classic again', 'empty-classic')
  await describeConsumers(t, 'is classic again', 'empty-classic')
  await t.ask('kept still', ApiKey.OffsetFetch, 8, fetch('empty-classic'))
}

async function refusedUpgrades(t: Conversation): Promise<void> {
  // Of the same topic it would get what the classic member's id, which is drawn, leaves it.
  const more = { subscribedTopicNames: ['b'] }
  const ask = (label: string, groupId: string) =>
    t.ask(label, ApiKey.ConsumerGroupHeartbeat, 1, heartbeatBody(groupId, 'newer', more))
  const connect = { protocolType: 'connect', protocols: [{ name: 'x', metadata: Buffer.alloc(3) }] }
  await t.ask('connect', ApiKey.JoinGroup, 3, joinBody('connect', connect))
  await ask('to a group of others', 'connect')
  const odd = { protocols: [{ name: 'range', metadata: Buffer.alloc(3) }] }
  await t.ask('odd', ApiKey.JoinGroup, 3, joinBody('odd', odd))
  await ask('to a group of odd subscriptions', 'odd')
  const custom = { protocols: [{ name: 'range', metadata: userData() }] }
  const joined = await t.ask('custom', ApiKey.JoinGroup, 3, joinBody('custom', custom))
  await t.ask('custom', ApiKey.SyncGroup, 3, syncBody('custom', joined))
  await ask('to a group with custom data', 'custom')
  const waiting = new Classic(t, 'completing', 'classic', 9)
  await waiting.join('joins')
  await ask('to a group that completes', 'completing')
  await waiting.beat('is told')
  await t.ask('leave', ApiKey.ConsumerGroupHeartbeat, 1, {
    ...heartbeatBody('odd', 'newer'),
    memberEpoch: -1,
  })
  const beat = { ...heartbeatBody('odd', 'newer'), memberEpoch: 4 }
  await t.ask('beat', ApiKey.ConsumerGroupHeartbeat, 1, beat)
}

/** A subscription that its assignor has put something of its own into. */
function userData(): Buffer {
  const bytes = Buffer.from(PROTOCOL_METADATA)
  return Buffer.concat([
    bytes.subarray(0, 9),
    Buffer.from('00000002abcd', 'hex'),
    Buffer.from('00000000', 'hex'),
  ])
}

/** The last newer member leaves a mixed group, which becomes a classic one again. */
async function downgrade(t: Conversation): Promise<void> {
  for (const version of [5, 9]) {
    const groupId = topicName('downgrade', version)
    const newer = new Member(t, groupId, 'newer', A)
    await newer.join('joins')
    await newer.own('owns all')
    const classic = new Classic(t, groupId, 'classic', version)
    await classic.join('joins')
    await describeConsumers(t, 'mixed', groupId)
    await classic.sync('syncs')
    await newer.own('gives up half')
    await newer.own('has half')
    await classic.beat('is told to join')
    await classic.join('joins again')
    await classic.sync('syncs again')
    classic.owned = [{ topic: 'a', partitions: [2, 3] }]
    await classic.beat('goes on')
    await describeConsumers(t, 'mixed still', groupId)
    await newer.leave('leaves')
    await described(t, 'downgraded', groupId)
    await describeConsumers(t, 'downgraded', groupId)
    await classic.beat('is told')
    await classic.commit('commits')
    await classic.join('leads')
    const { memberId } = classic
    await classic.sync('syncs', [{ memberId, assignment: classicAssignment(all) }])
    await classic.beat('is classic')
    await newer.beat('is heard again')
    await classic.leave('leaves')
  }
}

/** As {@link downgrade}, where a static classic member takes the place of the newer one. */
async function staticDowngrade(t: Conversation): Promise<void> {
  const groupId = 'static-downgrade'
  const newer = new Member(t, groupId, 'newer', { ...A, instanceId: 'i' })
  await newer.join('joins')
  await newer.own('owns all')
  const classic = new Classic(t, groupId, 'classic', 9, { groupInstanceId: 'i' })
  await classic.join('joins as the same instance')
  await newer.leave('leaves for a while', -2)
  await classic.join('takes its place')
  await described(t, 'replaced', groupId)
  await describeConsumers(t, 'replaced', groupId)
  const { memberId } = classic
  await classic.sync('syncs', [{ memberId, assignment: classicAssignment(all) }])
  await classic.beat('goes on')
  await newer.beat('was replaced')
  await described(t, 'classic', groupId)
}

/** A static classic member is replaced by a newer one. */
async function staticUpgrade(t: Conversation): Promise<void> {
  const groupId = 'static-upgrade'
  const classic = await classicOf(t, groupId, 9, { groupInstanceId: 'i' })
  const newer = new Member(t, groupId, 'newer', { ...A, instanceId: 'i' })
  await newer.join('joins as the same instance')
  await describeConsumers(t, 'replaced', groupId)
  await described(t, 'replaced', groupId)
  await newer.own('owns all')
  await classic.beat('was replaced')
  await classic.join('was replaced, and joins')
  await classic.sync('was replaced, and syncs')
  await classic.commit('was replaced, and commits')
  await classic.leave('was replaced, and leaves')
  await describeConsumers(t, 'at last', groupId)
}

/** Classic members that join a group of newer ones, or fail to. */
async function joinsConsumers(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('joins', version)
  const newer = new Member(t, groupId, 'newer', A)
  await newer.join('joins')
  await newer.own('owns all')
  const ask = (label: string, more: object) =>
    t.ask(label, ApiKey.JoinGroup, version, joinBody(groupId, more), { unordered: true })
  await ask('others', { protocolType: 'connect' })
  await ask('an odd subscription', { protocols: [{ name: 'range', metadata: Buffer.alloc(3) }] })
  await ask('no protocol', { protocols: [] })
  await ask('no type', { protocolType: '' })
  await ask('a session too short', { sessionTimeoutMs: 1 })
  const classic = new Classic(t, groupId, 'classic', version, {}, ['a', 'b', 'unknown'])
  await classic.join('joins')
  await classic.sync('syncs at once')
  await classic.beat('beats at once')
  await describeConsumers(t, 'joined', groupId)
  await newer.own('gives up')
  await newer.own('has given up')
  await classic.beat('is told')
  await classic.join('joins again')
  await classic.sync('syncs')
  await classic.leave('leaves')
  await newer.own('goes on')
  await describeConsumers(t, 'left', groupId)
}

/** A classic member with a protocol of its own, and something of its own in its subscription. */
async function joinsWithOwn(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('own', version)
  const newer = new Member(t, groupId, 'newer', A)
  await newer.join('joins')
  const own = { protocols: [{ name: 'own', metadata: userData() }] }
  const classic = new Classic(t, groupId, 'classic', version, own)
  await classic.join('joins with its own')
  await newer.own('gives up')
  await newer.own('has given up')
  await classic.sync('syncs')
  await classic.beat('is told')
  await classic.join('joins again')
  await classic.sync('syncs again')
  const other = new Classic(t, groupId, 'other', version)
  await other.join('joins with another protocol')
  await describeConsumers(t, 'with its own', groupId)
  await newer.leave('leaves')
  await described(t, 'left', groupId)
}

/** Members whose ids are known, or not, to the newer protocol only. */
async function takesOver(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('takes-over', version)
  const newer = new Member(t, groupId, 'newer', A)
  await newer.join('joins')
  await newer.own('owns all')
  const classic = new Classic(t, groupId, 'classic', version)
  await classic.join('joins as nobody', { memberId: 'nobody' })
  await describeConsumers(t, 'nobody joined', groupId)
  await classic.join('joins as the newer one', { memberId: 'newer' })
  await described(t, 'taken over', groupId)
  await describeConsumers(t, 'taken over', groupId)
  await newer.beat('goes on')
  await newer.join('joins again')
  await describeConsumers(t, 'taken back', groupId)
}

/** Requests of the classic protocol for members of the newer one. */
async function classicRequests(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('asked', version)
  const newer = new Member(t, groupId, 'newer', { ...A, instanceId: 'i' })
  await newer.join('joins')
  await newer.own('owns all')
  const { memberId, memberEpoch: generationId } = newer
  const as = { groupId, memberId, generationId }
  for (const [who, more] of [
    ['a newer member', {}],
    ['a stranger', { memberId: 'nobody' }],
    ['another generation', { generationId: 77 }],
  ] as const) {
    await t.ask(who, ApiKey.Heartbeat, Math.min(version, 4), { ...as, ...more })
    const sync = syncBody(groupId, { ...as, ...more })
    await t.ask(who, ApiKey.SyncGroup, Math.min(version, 5), sync)
  }
  if (version >= 4) {
    const instance = { groupInstanceId: 'i' }
    await t.ask('an instance', ApiKey.Heartbeat, 4, { ...as, ...instance })
    await t.ask('an instance', ApiKey.SyncGroup, 5, syncBody(groupId, as, instance))
    const join = joinBody(groupId, { memberId, ...instance })
    await t.ask('an instance', ApiKey.JoinGroup, 9, join)
    await t.ask('strangers leave', ApiKey.LeaveGroup, 5, {
      groupId,
      members: [{ memberId: 'nobody' }, { memberId: '', groupInstanceId: 'j' }],
    })
    await t.ask('another of the instance leaves', ApiKey.LeaveGroup, 5, {
      groupId,
      members: [{ memberId: 'other', groupInstanceId: 'i' }],
    })
    const members = [{ memberId: '', groupInstanceId: 'i', reason: 'removed' }]
    await t.ask('the instance leaves', ApiKey.LeaveGroup, 5, { groupId, members })
  } else {
    await t.ask('a stranger leaves', ApiKey.LeaveGroup, 0, { groupId, memberId: 'nobody' })
    await t.ask('it leaves', ApiKey.LeaveGroup, 0, { groupId, memberId })
  }
  await describeConsumers(t, 'left', groupId)
  await newer.beat('was removed')
}
