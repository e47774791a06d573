import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { Conversation } from '../conversation.js'
import { createTopic, NO_TOPIC_ID, prepareGroups } from '../fixtures.js'
import { type Script, topicName, versionsOf } from '../script.js'

/** Committed offsets: commit, fetch and delete, by simple consumers and by members. */
export const offsets: Script = {
  name: 'offsets',
  async run(t) {
    await prepareGroups(t)
    const topicId = await createTopic(t, 'committed', 3)
    for (const version of versionsOf(ApiKey.OffsetCommit)) await commit(t, version, topicId)
    for (const version of versionsOf(ApiKey.OffsetFetch)) await fetch(t, version, topicId)
    await asMember(t)
    await remove(t)
  },
}

function commitBody(version: number, groupId: string, topics: object[], more: object = {}): object {
  return {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    ...(version < 5 && { retentionTimeMs: -1 }),
    topics,
    ...more,
  }
}

function partition(partitionIndex: number, committedOffset: bigint, more: object = {}): object {
  return { partitionIndex, committedOffset, committedMetadata: 'note', ...more }
}

async function commit(t: Conversation, version: number, topicId: string): Promise<void> {
  const groupId = topicName('commit', version)
  const named = version >= 10 ? { topicId } : { name: 'committed' }
  const unknown = version >= 10 ? { topicId: NO_TOPIC_ID } : { name: 'committed-no' }
  const ask = (label: string, topics: object[], more: object = {}) =>
    t.ask(label, ApiKey.OffsetCommit, version, commitBody(version, groupId, topics, more))
  await ask('commit', [{ ...named, partitions: [partition(0, 42n), partition(1, 7n)] }])
  await ask('a giant offset', [{ ...named, partitions: [partition(2, 2n ** 62n)] }])
  await ask('a negative offset', [{ ...named, partitions: [partition(2, -5n)] }])
  await ask('an unknown partition', [{ ...named, partitions: [partition(9, 1n)] }])
  await ask('an unknown topic', [{ ...unknown, partitions: [partition(0, 1n)] }])
  await ask('no metadata', [
    { ...named, partitions: [partition(0, 43n, { committedMetadata: null })] },
  ])
  await ask('too much metadata', [
    { ...named, partitions: [partition(0, 44n, { committedMetadata: 'x'.repeat(5000) })] },
  ])
  await ask('nothing', [])
  await ask('an unknown member', [{ ...named, partitions: [partition(0, 1n)] }], {
    memberId: 'nobody',
    generationIdOrMemberEpoch: 1,
  })
  await ask('an empty group id', [{ ...named, partitions: [partition(0, 1n)] }], { groupId: '' })
  if (version >= 7) {
    await ask('an unknown instance', [{ ...named, partitions: [partition(0, 1n)] }], {
      groupInstanceId: 'nobody',
      memberId: 'nobody',
      generationIdOrMemberEpoch: 1,
    })
  }
}

async function fetch(t: Conversation, version: number, topicId: string): Promise<void> {
  const groupId = topicName('commit', Math.max(2, Math.min(version, 9)))
  const named = version >= 10 ? { topicId } : { name: 'committed' }
  const unknown = version >= 10 ? { topicId: NO_TOPIC_ID } : { name: 'committed-no' }
  const ask = (label: string, group: string, topics: object[] | null) =>
    t.ask(
      label,
      ApiKey.OffsetFetch,
      version,
      version >= 8 ? { groups: [{ groupId: group, topics }] } : { groupId: group, topics },
      { unordered: true },
    )
  await ask('some', groupId, [{ ...named, partitionIndexes: [0, 1, 2, 9] }])
  await ask('of an unknown topic', groupId, [{ ...unknown, partitionIndexes: [0] }])
  await ask('none', groupId, [])
  if (version >= 2) await ask('all', groupId, null)
  await ask('of an unknown group', `${groupId}-no`, [{ ...named, partitionIndexes: [0] }])
  if (version >= 2) await ask('all of an unknown group', `${groupId}-no`, null)
  await ask('of an empty group id', '', [{ ...named, partitionIndexes: [0] }])
  if (version >= 8) {
    await t.ask(
      'of two groups',
      ApiKey.OffsetFetch,
      version,
      {
        groups: [
          { groupId, topics: [{ ...named, partitionIndexes: [0] }] },
          { groupId: `${groupId}-no`, topics: null },
        ],
        requireStable: true,
      },
      { unordered: true },
    )
  }
  if (version >= 9) {
    await t.ask('as an unknown member', ApiKey.OffsetFetch, version, {
      groups: [
        {
          groupId,
          memberId: 'nobody',
          memberEpoch: 3,
          topics: [{ ...named, partitionIndexes: [0] }],
        },
      ],
    })
  }
}

async function asMember(t: Conversation): Promise<void> {
  const groupId = 'members-commit'
  const protocols = [
    { name: 'range', metadata: Buffer.from('000100000001000161ffffffff00000000', 'hex') },
  ]
  const joined = await t.ask('member', ApiKey.JoinGroup, 3, {
    groupId,
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 30_000,
    memberId: '',
    protocolType: 'consumer',
    protocols,
  })
  const { memberId, generationId } = joined
  const commitAs = (label: string, more: object) =>
    t.ask(
      label,
      ApiKey.OffsetCommit,
      9,
      commitBody(9, groupId, [{ name: 'committed', partitions: [partition(0, 5n)] }], {
        memberId,
        generationIdOrMemberEpoch: generationId,
        ...more,
      }),
    )
  await commitAs('before the sync', {})
  await t.ask('member', ApiKey.SyncGroup, 3, { groupId, memberId, generationId, assignments: [] })
  await commitAs('as a member', {})
  await commitAs('of another generation', { generationIdOrMemberEpoch: generationId + 1 })
  await commitAs('of an unknown member', { memberId: 'nobody' })
  await commitAs('as a simple consumer', { memberId: '', generationIdOrMemberEpoch: -1 })
  await t.quietly(ApiKey.LeaveGroup, 2, { groupId, memberId })
  await commitAs('after it left', {})
  await commitAs('as a simple consumer of the empty group', {
    memberId: '',
    generationIdOrMemberEpoch: -1,
  })
}

async function remove(t: Conversation): Promise<void> {
  const groupId = topicName('commit', 9)
  const ask = (label: string, group: string, topics: object[]) =>
    t.ask(label, ApiKey.OffsetDelete, 0, { groupId: group, topics }, { unordered: true })
  const partitions = [{ partitionIndex: 0 }, { partitionIndex: 9 }]
  await ask('committed and not', groupId, [
    { name: 'committed', partitions },
    { name: 'committed-no', partitions },
  ])
  await ask('again', groupId, [{ name: 'committed', partitions }])
  await ask('of an unknown group', `${groupId}-no`, [{ name: 'committed', partitions }])
  await ask('of an empty group id', '', [{ name: 'committed', partitions }])
  await ask('nothing', groupId, [])
}
