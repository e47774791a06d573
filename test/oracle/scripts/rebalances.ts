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
import { type Script, topicName } from '../script.js'

/** Groups of two: who restarts, changes, leaves, and what protocol they agree on. */
export const rebalances: Script = {
  name: 'rebalances',
  async run(t) {
    await prepareGroups(t)
    for (const version of [5, 8, 9]) await staticPair(t, version)
    await changes(t)
    await pendingMember(t)
    await votes(t)
  },
}

interface Pair {
  readonly leader: Body
  readonly follower: Body
}

/** A stable group of two members. */
async function pairOf(
  t: Conversation,
  groupId: string,
  leaderMore: object,
  followerMore: object,
): Promise<Pair> {
  const alone = await join(t, 5, groupId, leaderMore)
  const { memberId } = alone
  await t.ask('alone', ApiKey.SyncGroup, 3, syncBody(groupId, alone, instanceOf(leaderMore)))
  const second = t.connection('second')
  const body = joinBody(groupId, followerMore)
  let joining = second.send(ApiKey.JoinGroup, 5, body)
  if (!('groupInstanceId' in followerMore)) {
    const required = t.record('second', await joining)
    joining = second.send(ApiKey.JoinGroup, 5, { ...body, memberId: required.memberId })
  }
  const { generationId } = alone
  await t.quietly(
    ApiKey.Heartbeat,
    4,
    { groupId, memberId, generationId },
    { until: ({ errorCode }) => errorCode === 27 },
  )
  const again = joinBody(groupId, { ...leaderMore, memberId })
  const leader = await t.ask('leads', ApiKey.JoinGroup, 5, again, { unordered: true })
  const follower = t.record('follows', await joining)
  await t.ask(
    'of the leader',
    ApiKey.SyncGroup,
    3,
    syncBody(groupId, leader, {
      ...instanceOf(leaderMore),
      assignments: [
        { memberId, assignment: ASSIGNMENT },
        { memberId: follower.memberId, assignment: ASSIGNMENT },
      ],
    }),
  )
  const own = syncBody(groupId, follower, instanceOf(followerMore))
  await t.ask('of the follower', ApiKey.SyncGroup, 3, own)
  return { leader, follower }
}

function instanceOf(more: object): object {
  return 'groupInstanceId' in more ? { groupInstanceId: more.groupInstanceId } : {}
}

async function staticPair(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('pair', version)
  const [a, b] = [{ groupInstanceId: 'a' }, { groupInstanceId: 'b' }]
  const { leader } = await pairOf(t, groupId, a, b)
  const again = (label: string, more: object) =>
    t.ask(label, ApiKey.JoinGroup, version, joinBody(groupId, more), { unordered: true })
  const { memberId, generationId } = leader
  await again('the follower restarts', b)
  await t.ask('nothing new', ApiKey.Heartbeat, 4, { groupId, memberId, generationId, ...a })
  const restarted = await again('the leader restarts', a)
  const asLeader = { groupId, generationId, memberId: restarted.memberId, ...a }
  await t.ask('the leader syncs', ApiKey.SyncGroup, 3, { ...asLeader, assignments: [] })
  await t.ask('after the restarts', ApiKey.Heartbeat, 4, asLeader)
  await again('the follower restarts with another subscription', {
    ...b,
    protocols: [{ name: 'range', metadata: OTHER_METADATA }],
  })
  await t.ask('after another subscription', ApiKey.Heartbeat, 4, asLeader)
  await t.ask('both', ApiKey.DescribeGroups, 6, { groups: [groupId] }, { unordered: true })
  await t.ask('both', ApiKey.LeaveGroup, 5, {
    groupId,
    members: [
      { memberId: '', ...a },
      { memberId: '', ...b },
    ],
  })
}

async function changes(t: Conversation): Promise<void> {
  const groupId = 'changes'
  const other = { protocols: [{ name: 'range', metadata: OTHER_METADATA }] }
  const { leader, follower } = await pairOf(t, groupId, {}, other)
  const ask = (label: string, more: object) =>
    t.ask(label, ApiKey.JoinGroup, 9, joinBody(groupId, more), { unordered: true })
  const asLeader = { groupId, memberId: leader.memberId, generationId: leader.generationId }
  await ask('a follower says the same', { ...other, memberId: follower.memberId })
  await t.ask('nothing new', ApiKey.Heartbeat, 4, asLeader)
  await t.ask('a subscribed topic', ApiKey.OffsetDelete, 0, {
    groupId,
    topics: [{ name: 'a', partitions: [{ partitionIndex: 0 }] }],
  })
  const changing = t.connection('second').send(
    ApiKey.JoinGroup,
    9,
    joinBody(groupId, {
      memberId: follower.memberId,
      protocols: [{ name: 'range', metadata: Buffer.concat([OTHER_METADATA, Buffer.alloc(1)]) }],
    }),
  )
  await t.quietly(ApiKey.Heartbeat, 4, asLeader, { until: ({ errorCode }) => errorCode === 27 })
  await t.ask('a follower that changes', ApiKey.Heartbeat, 4, asLeader)
  const rejoined = await ask('the leader follows', { memberId: leader.memberId })
  t.record('a follower that changed', await changing)
  await ask('the leader once more', { memberId: leader.memberId })
  await t.ask('too early', ApiKey.OffsetCommit, 9, {
    groupId,
    memberId: leader.memberId,
    generationIdOrMemberEpoch: rejoined.generationId,
    topics: [],
  })
  await t.ask('the follower leaves', ApiKey.LeaveGroup, 1, {
    groupId,
    memberId: follower.memberId,
  })
  await t.ask('alone', ApiKey.SyncGroup, 5, syncBody(groupId, rejoined))
  await t.ask('the leader leaves', ApiKey.LeaveGroup, 1, { groupId, memberId: leader.memberId })
}

async function pendingMember(t: Conversation): Promise<void> {
  const groupId = 'pending'
  const { memberId } = await t.ask('an id', ApiKey.JoinGroup, 9, joinBody(groupId))
  const member = { groupId, memberId, generationId: 0 }
  await t.ask('not yet', ApiKey.Heartbeat, 4, member)
  await t.ask('not yet', ApiKey.SyncGroup, 3, { ...member, assignments: [] })
  await t.ask('not yet', ApiKey.DescribeGroups, 6, { groups: [groupId] })
  await t.ask('gives up', ApiKey.LeaveGroup, 5, { groupId, members: [{ memberId }] })
  await t.ask('too late', ApiKey.JoinGroup, 9, joinBody(groupId, { memberId }))
  await t.ask('twice', ApiKey.DeleteGroups, 2, { groupsNames: [groupId, groupId] })
  await t.ask('no client id', ApiKey.JoinGroup, 3, joinBody(groupId, { protocolType: 'connect' }))
  await t.ask('not consumers', ApiKey.OffsetDelete, 0, { groupId, topics: [] })
}

/** Members that like different protocols best. */
async function votes(t: Conversation): Promise<void> {
  const offer = (metadata: Buffer, ...names: string[]) => ({
    protocols: names.map((name) => ({ name, metadata })),
  })
  const ties = [
    ['range', 'roundrobin'],
    ['sticky', 'range'],
    ['cooperative-sticky', 'range'],
    ['a', 'b'],
    ['roundrobin', 'cooperative-sticky'],
  ]
  for (const [first, second] of ties) {
    const groupId = `votes-${first}-${second}`
    const { leader, follower } = await pairOf(
      t,
      groupId,
      offer(PROTOCOL_METADATA, first!, second!),
      offer(OTHER_METADATA, second!, first!),
    )
    for (const { memberId } of [leader, follower]) {
      await t.quietly(ApiKey.LeaveGroup, 1, { groupId, memberId })
    }
  }
}
