import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { Body, Conversation } from '../conversation.js'
import { prepareGroups } from '../fixtures.js'
import {
  ASSIGNMENT,
  join,
  joinBody,
  OTHER_METADATA,
  PROTOCOL_METADATA,
  syncBody,
} from '../group-requests.js'
import { type Script, topicName, versionsOf } from '../script.js'

/** Classic groups: joining, syncing, heartbeats, leaving, static members, descriptions. */
export const groups: Script = {
  name: 'groups',
  async run(t) {
    await prepareGroups(t)
    for (const version of versionsOf(ApiKey.JoinGroup)) await refusedJoins(t, version)
    for (const version of versionsOf(ApiKey.JoinGroup)) await oneMember(t, version)
    await staticMember(t)
    await pendingStatic(t)
    await twoMembers(t)
    for (const version of versionsOf(ApiKey.DescribeGroups)) await describe(t, version)
    for (const version of versionsOf(ApiKey.ListGroups)) await list(t, version)
    for (const version of versionsOf(ApiKey.DeleteGroups)) await remove(t, version)
    await protocolTwice(t)
  },
}

async function refusedJoins(t: Conversation, version: number): Promise<void> {
  const group = topicName('refused', version)
  const ask = (label: string, more: object) =>
    t.ask(label, ApiKey.JoinGroup, version, joinBody(group, more))
  await t.ask('an empty group id', ApiKey.JoinGroup, version, joinBody(''))
  await ask('a session too short', { sessionTimeoutMs: 1 })
  await ask('a session too long', { sessionTimeoutMs: 100_000_000 })
  await ask('an unknown member', { memberId: 'nobody' })
  await ask('no protocols', { protocols: [] })
  await ask('no protocol type', { protocolType: '' })
  if (version >= 5) {
    await ask('an empty instance id', { groupInstanceId: '' })
    await ask('a bad instance id', { groupId: `${group}-bad`, groupInstanceId: 'a b' })
    await ask('an unknown static member', { groupInstanceId: 'i', memberId: 'nobody' })
  }
}

async function oneMember(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('one', version)
  const joined = await join(t, version, groupId)
  const { memberId, generationId } = joined
  await t.ask(
    'another protocol type',
    ApiKey.JoinGroup,
    version,
    joinBody(groupId, { protocolType: 'connect' }),
  )
  await t.ask(
    'no common protocol',
    ApiKey.JoinGroup,
    version,
    joinBody(groupId, { protocols: [{ name: 'other', metadata: PROTOCOL_METADATA }] }),
  )
  for (const v of versionsOf(ApiKey.SyncGroup)) await refusedSyncs(t, v, groupId, joined)
  await t.ask('heartbeat before sync', ApiKey.Heartbeat, 4, { groupId, memberId, generationId })
  const syncVersion = Math.min(version, 5)
  await t.ask('sync', ApiKey.SyncGroup, syncVersion, syncBody(groupId, joined))
  await t.ask('sync again', ApiKey.SyncGroup, syncVersion, syncBody(groupId, joined))
  for (const v of versionsOf(ApiKey.Heartbeat)) {
    const beat = (label: string, more: object) =>
      t.ask(label, ApiKey.Heartbeat, v, { groupId, memberId, generationId, ...more })
    await beat('heartbeat', {})
    await beat('heartbeat of another generation', { generationId: generationId + 1 })
    await beat('heartbeat of an unknown member', { memberId: 'nobody' })
    await beat('heartbeat to an unknown group', { groupId: `${groupId}-no` })
    await beat('heartbeat to an empty group id', { groupId: '' })
    if (v >= 3) await beat('heartbeat of an unknown instance', { groupInstanceId: 'nobody' })
  }
  await t.ask('rejoin', ApiKey.JoinGroup, version, joinBody(groupId, { memberId }))
  await leave(t, Math.min(version, 5), groupId, memberId)
}

async function refusedSyncs(
  t: Conversation,
  version: number,
  groupId: string,
  joined: Body,
): Promise<void> {
  const ask = (label: string, more: object) =>
    t.ask(label, ApiKey.SyncGroup, version, syncBody(groupId, joined, more))
  await ask('sync of another generation', { generationId: 77 })
  await ask('sync of an unknown member', { memberId: 'nobody' })
  await ask('sync to an unknown group', { groupId: `${groupId}-no` })
  if (version >= 3) await ask('sync of an unknown instance', { groupInstanceId: 'nobody' })
  if (version >= 5) {
    await ask('sync with another protocol', { protocolName: 'roundrobin' })
    await ask('sync with another protocol type', { protocolType: 'connect' })
    await ask('sync with no protocol', { protocolName: null })
  }
}

async function leave(
  t: Conversation,
  version: number,
  groupId: string,
  memberId: string,
): Promise<void> {
  const body = (id: string) =>
    version >= 3 ? { groupId, members: [{ memberId: id }] } : { groupId, memberId: id }
  await t.ask('leave of an unknown member', ApiKey.LeaveGroup, version, body('nobody'))
  await t.ask('leave', ApiKey.LeaveGroup, version, body(memberId))
  await t.ask('leave again', ApiKey.LeaveGroup, version, body(memberId))
  await t.ask('leave of an unknown group', ApiKey.LeaveGroup, version, {
    ...body(memberId),
    groupId: `${groupId}-no`,
  })
  if (version < 3) return
  await t.ask('leave of unknown members of an unknown group', ApiKey.LeaveGroup, version, {
    groupId: `${groupId}-no`,
    members: [
      { memberId: '', groupInstanceId: 'i' },
      { memberId, groupInstanceId: 'j' },
      { memberId },
    ],
  })
}

async function staticMember(t: Conversation): Promise<void> {
  const groupId = 'static'
  const groupInstanceId = 'instance-1'
  const joined = await t.ask('static', ApiKey.JoinGroup, 9, joinBody(groupId, { groupInstanceId }))
  await t.ask('static', ApiKey.SyncGroup, 5, syncBody(groupId, joined, { groupInstanceId }))
  const again = await t.ask(
    'restarted',
    ApiKey.JoinGroup,
    9,
    joinBody(groupId, { groupInstanceId }),
  )
  const asOld = {
    groupId,
    groupInstanceId,
    memberId: joined.memberId,
    generationId: joined.generationId,
  }
  await t.ask('fenced', ApiKey.Heartbeat, 4, asOld)
  await t.ask('fenced', ApiKey.JoinGroup, 9, joinBody(groupId, asOld))
  await t.ask('fenced', ApiKey.SyncGroup, 5, syncBody(groupId, joined, { groupInstanceId }))
  await t.ask('fenced', ApiKey.OffsetCommit, 9, {
    groupId,
    groupInstanceId,
    memberId: joined.memberId,
    generationIdOrMemberEpoch: joined.generationId,
    topics: [],
  })
  await t.ask('the new one', ApiKey.SyncGroup, 5, syncBody(groupId, again, { groupInstanceId }))
  await t.ask('described', ApiKey.DescribeGroups, 6, { groups: [groupId] })
  await t.ask('fenced', ApiKey.LeaveGroup, 5, {
    groupId,
    members: [{ memberId: joined.memberId, groupInstanceId }],
  })
  await t.ask('by instance id', ApiKey.LeaveGroup, 5, {
    groupId,
    members: [
      { memberId: '', groupInstanceId, reason: 'done' },
      { memberId: '', groupInstanceId: 'no' },
    ],
  })
}

/** Protocols are counted; one that is named twice makes Kafka's count wrong, and nobody is answered. */
async function protocolTwice(t: Conversation): Promise<void> {
  const protocol = { name: 'range', metadata: PROTOCOL_METADATA }
  const body = joinBody('protocol-twice', { protocols: [protocol, protocol] })
  await t.ask('a protocol twice', ApiKey.JoinGroup, 3, body, {
    on: 'protocol twice',
    timeoutMs: 2_000,
    deviation: 'unanswered-requests',
  })
}

/** A member id that was given to a dynamic member is used by a static one. */
async function pendingStatic(t: Conversation): Promise<void> {
  const groupId = 'pending-static'
  const { memberId } = await t.ask('pending', ApiKey.JoinGroup, 9, joinBody(groupId))
  const asStatic = joinBody(groupId, { memberId, groupInstanceId: 'i' })
  for (const version of [5, 9]) {
    await t.ask('with an instance id', ApiKey.JoinGroup, version, asStatic)
  }
  const joined = await t.ask('without', ApiKey.JoinGroup, 9, joinBody(groupId, { memberId }))
  await t.ask('leave', ApiKey.LeaveGroup, 3, { groupId, members: [{ memberId: joined.memberId }] })
}

async function twoMembers(t: Conversation): Promise<void> {
  const groupId = 'two'
  // What the second one says of itself differs, so that the order of the two can be told.
  const protocols = [{ name: 'range', metadata: OTHER_METADATA }]
  const first = await join(t, 9, groupId)
  await t.ask('first', ApiKey.SyncGroup, 5, syncBody(groupId, first))
  const required = await t.ask('second', ApiKey.JoinGroup, 9, joinBody(groupId, { protocols }), {
    on: 'second',
  })
  const joining = t
    .connection('second')
    .send(ApiKey.JoinGroup, 9, joinBody(groupId, { protocols, memberId: required.memberId }))
  await t.quietly(
    ApiKey.Heartbeat,
    4,
    { groupId, memberId: first.memberId, generationId: first.generationId },
    { until: (body) => body.errorCode === 27 },
  )
  await t.ask('while it rebalances', ApiKey.SyncGroup, 5, syncBody(groupId, first))
  await t.ask(
    'while it rebalances',
    ApiKey.DescribeGroups,
    6,
    { groups: [groupId] },
    { unordered: true },
  )
  const leader = await t.ask(
    'leader',
    ApiKey.JoinGroup,
    9,
    joinBody(groupId, { memberId: first.memberId }),
    { unordered: true },
  )
  const follower = t.record('follower: JoinGroup', await joining)
  const syncing = t
    .connection('second')
    .send(ApiKey.SyncGroup, 5, syncBody(groupId, follower, { assignments: [] }))
  await t.ask(
    'leader',
    ApiKey.SyncGroup,
    5,
    syncBody(groupId, leader, {
      assignments: [
        { memberId: first.memberId, assignment: ASSIGNMENT },
        { memberId: required.memberId, assignment: Buffer.alloc(0) },
      ],
    }),
  )
  t.record('follower: SyncGroup', await syncing)
  await t.ask('both', ApiKey.DescribeGroups, 6, { groups: [groupId] }, { unordered: true })
  await t.ask('both', ApiKey.LeaveGroup, 5, {
    groupId,
    members: [
      { memberId: first.memberId },
      { memberId: 'nobody' },
      { memberId: required.memberId },
    ],
  })
  await t.ask('empty', ApiKey.DescribeGroups, 6, { groups: [groupId] })
}

async function describe(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('described', version)
  const joined = await join(t, 4, groupId)
  const ask = (label: string, groups: string[]) =>
    t.ask(label, ApiKey.DescribeGroups, version, {
      groups,
      includeAuthorizedOperations: version >= 3,
    })
  await ask('completing', [groupId])
  await t.quietly(ApiKey.SyncGroup, 4, syncBody(groupId, joined))
  await ask('stable', [groupId])
  await ask('unknown', [`${groupId}-no`])
  await ask('empty id', [''])
  await ask('twice', [groupId, groupId])
  await ask('none', [])
}

async function list(t: Conversation, version: number): Promise<void> {
  const ask = (label: string, body: object) =>
    t.ask(label, ApiKey.ListGroups, version, body, { unordered: true })
  await ask('all', {
    ...(version >= 4 && { statesFilter: [] }),
    ...(version >= 5 && { typesFilter: [] }),
  })
  if (version >= 4) {
    for (const state of ['Stable', 'stable', 'Empty', 'Dead', 'CompletingRebalance', 'nonsense']) {
      await ask(`in state ${state}`, {
        statesFilter: [state],
        ...(version >= 5 && { typesFilter: [] }),
      })
    }
  }
  if (version >= 5) {
    for (const type of ['classic', 'Consumer', 'nonsense']) {
      await ask(`of type ${type}`, { statesFilter: [], typesFilter: [type] })
    }
  }
}

async function remove(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('removed', version)
  const joined = await join(t, 4, groupId)
  await t.quietly(ApiKey.SyncGroup, 4, syncBody(groupId, joined))
  const ask = (label: string, groupsNames: string[]) =>
    t.ask(label, ApiKey.DeleteGroups, version, { groupsNames }, { unordered: true })
  await ask('with a member', [groupId])
  await t.quietly(ApiKey.LeaveGroup, 2, { groupId, memberId: joined.memberId })
  await ask('empty and unknown', [groupId, `${groupId}-no`])
  await ask('again', [groupId])
  await ask('an empty id', [''])
}
