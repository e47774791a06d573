import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { Conversation } from '../conversation.js'
import { createTopic, prepareEveryGroup, prepareTransactions } from '../fixtures.js'
import { join, syncBody } from '../group-requests.js'
import { type Script, topicName, versionsOf } from '../script.js'
import {
  atEpoch,
  completed,
  endQuietly,
  initProducer,
  type Producer,
  producerOf,
} from '../transaction-requests.js'

/** Offsets that are committed in transactions, and what is read of them meanwhile. */
export const transactionOffsets: Script = {
  name: 'transaction-offsets',
  async run(t) {
    await prepareEveryGroup(t)
    await prepareTransactions(t)
    const topicId = await createTopic(t, 'consumed', 3)
    for (const version of versionsOf(ApiKey.TxnOffsetCommit)) await commit(t, version)
    for (const version of versionsOf(ApiKey.TxnOffsetCommit)) await asMember(t, version)
    for (const version of versionsOf(ApiKey.OffsetFetch)) await pending(t, version, topicId)
    await twoAtOnce(t)
    await deletedMeanwhile(t)
  },
}

interface Committed {
  readonly partitionIndex: number
  readonly committedOffset: bigint
  readonly committedMetadata?: string | null
}

function commitBody(
  version: number,
  producer: Producer,
  groupId: string,
  partitions: readonly Committed[],
  more: object = {},
): object {
  return {
    ...producer,
    groupId,
    ...(version >= 3 && { generationId: -1, memberId: '' }),
    topics: [
      {
        name: 'consumed',
        partitions: partitions.map((each) => ({ committedMetadata: 'note', ...each })),
      },
    ],
    ...more,
  }
}

async function addGroup(t: Conversation, producer: Producer, groupId: string): Promise<void> {
  await t.quietly(
    ApiKey.AddOffsetsToTxn,
    3,
    { ...producer, groupId },
    { until: ({ errorCode }) => errorCode === 0 },
  )
}

const fetchBody = (groupId: string, requireStable = true): object => ({
  groups: [{ groupId, topics: null }],
  requireStable,
})

async function commit(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('txn-group', version)
  let producer = await initProducer(t, topicName('txn-commit', version))
  const ask = (label: string, partitions: readonly Committed[], more: object = {}) =>
    t.ask(
      label,
      ApiKey.TxnOffsetCommit,
      version,
      commitBody(version, { ...producer, ...more }, groupId, partitions, more),
    )
  const one = [{ partitionIndex: 0, committedOffset: 5n }]
  await ask('not added', one)
  if (version < 5) await addGroup(t, producer, groupId)
  await ask('one', one)
  await ask('more', [
    { partitionIndex: 1, committedOffset: 2n ** 40n, committedMetadata: null },
    { partitionIndex: 0, committedOffset: 6n },
  ])
  await ask('an unknown partition', [{ partitionIndex: 9, committedOffset: 1n }])
  const elsewhere = [{ name: 'no', partitions: [{ ...one[0], committedMetadata: '' }] }]
  await ask('an unknown topic', [], { topics: elsewhere })
  await ask('too much metadata', [{ ...one[0]!, committedMetadata: 'x'.repeat(5000) }])
  await ask('a negative offset', [{ partitionIndex: 2, committedOffset: -5n }])
  await ask('nothing', [], { topics: [] })
  await ask('no partitions', [])
  await ask('an empty group', one, { groupId: '' })
  await ask('a group that was not added', one, { groupId: 'other' })
  await ask('an epoch to come', one, { producerEpoch: 77 })
  await ask('a negative epoch', one, { producerEpoch: -1 })
  await ask('another producer', one, { producerId: producer.producerId + 1000 })
  await ask('an unknown transactional id', one, { transactionalId: 'nobody' })
  await ask('an empty transactional id', one, { transactionalId: '' })
  if (version >= 3) {
    await ask('an unknown member', one, { memberId: 'nobody', generationId: 1 })
    await ask('a generation without a member', one, { generationId: 1 })
    await ask('an unknown instance', one, { groupInstanceId: 'i', memberId: 'm', generationId: 1 })
  }
  await t.ask('pending', ApiKey.OffsetFetch, 8, fetchBody(groupId))
  await t.ask('pending, any', ApiKey.OffsetFetch, 8, fetchBody(groupId, false))
  const endVersion = version >= 5 ? 5 : 4
  const ended = await t.ask('ends', ApiKey.EndTxn, endVersion, { ...producer, committed: true })
  await completed(t, producer.transactionalId)
  await t.ask('committed', ApiKey.OffsetFetch, 8, fetchBody(groupId), { unordered: true })
  await ask('after the end', one)
  if (version >= 5) producer = producerOf(producer.transactionalId, ended)
  await ask('after the end, by the next epoch', [{ partitionIndex: 0, committedOffset: 99n }])
  await ask('by an old epoch', one, atEpoch(producer, producer.producerEpoch - 1))
  const ongoing = version >= 5
  if (ongoing) await t.ask('aborts', ApiKey.EndTxn, 5, { ...producer, committed: false })
  await completed(t, producer.transactionalId)
  await t.ask('aborted', ApiKey.OffsetFetch, 8, fetchBody(groupId), { unordered: true })
}

/** A member of a classic group commits in its generation only. */
async function asMember(t: Conversation, version: number): Promise<void> {
  const groupId = topicName('txn-member', version)
  const joined = await join(t, 4, groupId)
  const { memberId, generationId } = joined
  const producer = await initProducer(t, groupId)
  await addGroup(t, producer, groupId)
  const ask = (label: string, more: object = {}) =>
    t.ask(
      label,
      ApiKey.TxnOffsetCommit,
      version,
      commitBody(version, producer, groupId, [{ partitionIndex: 0, committedOffset: 5n }], more),
    )
  await ask('before the sync')
  if (version >= 3) await ask('a member before the sync', { memberId, generationId })
  await t.ask('sync', ApiKey.SyncGroup, 4, syncBody(groupId, joined))
  await ask('without a member')
  if (version < 3) return endQuietly(t, producer, true)
  await ask('a member', { memberId, generationId })
  await ask('another generation', { memberId, generationId: generationId + 1 })
  await ask('no generation', { memberId, generationId: -1 })
  await ask('another member', { memberId: 'nobody', generationId })
  await ask('no member', { memberId: '', generationId })
  await ask('an instance', { memberId, generationId, groupInstanceId: 'i' })
  await endQuietly(t, producer, true)
  await t.ask('committed', ApiKey.OffsetFetch, 8, fetchBody(groupId))
}

/** What is fetched while a transaction is pending: unstable for those who want stable offsets. */
async function pending(t: Conversation, version: number, topicId: string): Promise<void> {
  const groupId = topicName('pending', version)
  const producer = await initProducer(t, groupId)
  const named = version >= 10 ? { topicId } : { name: 'consumed' }
  const ask = async (label: string) => {
    for (const requireStable of version >= 7 ? [true, false] : [false]) {
      const some = [{ ...named, partitionIndexes: [0, 1, 2] }]
      for (const topics of version >= 2 ? [some, null] : [some]) {
        const body = version >= 8 ? { groups: [{ groupId, topics }] } : { groupId, topics }
        await t.ask(
          `${label}, ${topics ? 'some' : 'all'}${requireStable ? ' stable' : ''}`,
          ApiKey.OffsetFetch,
          version,
          { ...body, ...(version >= 7 && { requireStable }) },
          { unordered: true },
        )
      }
    }
  }
  await t.quietly(ApiKey.OffsetCommit, 9, {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: [
      {
        name: 'consumed',
        partitions: [0, 1].map((partitionIndex) => ({
          partitionIndex,
          committedOffset: 3n,
          committedMetadata: 'before',
        })),
      },
    ],
  })
  for (const committed of [false, true]) {
    await addGroup(t, producer, groupId)
    const both = [0, 2].map((partitionIndex) => ({ partitionIndex, committedOffset: 8n }))
    await t.ask('commit', ApiKey.TxnOffsetCommit, 3, commitBody(3, producer, groupId, both))
    await ask('pending')
    await endQuietly(t, producer, committed)
    await ask(committed ? 'committed' : 'aborted')
  }
}

/** Two producers, and a plain commit, in one group and partition. */
async function twoAtOnce(t: Conversation): Promise<void> {
  const groupId = 'two-at-once'
  const [a, b] = [await initProducer(t, 'at-once-a'), await initProducer(t, 'at-once-b')]
  const ask = (label: string, producer: Producer, committedOffset: bigint) => {
    const body = commitBody(3, producer, groupId, [{ partitionIndex: 0, committedOffset }])
    return t.ask(label, ApiKey.TxnOffsetCommit, 3, body)
  }
  await addGroup(t, a, groupId)
  await addGroup(t, b, groupId)
  await ask('first', a, 10n)
  await ask('second', b, 20n)
  await endQuietly(t, b, true)
  await t.ask('one pending', ApiKey.OffsetFetch, 8, fetchBody(groupId))
  await t.ask('plain', ApiKey.OffsetCommit, 9, {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: [
      {
        name: 'consumed',
        partitions: [{ partitionIndex: 0, committedOffset: 30n, committedMetadata: '' }],
      },
    ],
  })
  await t.ask('plain, one pending', ApiKey.OffsetFetch, 8, fetchBody(groupId))
  await t.ask('plain, one pending, any', ApiKey.OffsetFetch, 8, fetchBody(groupId, false))
  await endQuietly(t, a, true)
  await t.ask('the newest commit counts', ApiKey.OffsetFetch, 8, fetchBody(groupId))
}

/** Groups with pending offsets, as administrators see and delete them. */
async function deletedMeanwhile(t: Conversation): Promise<void> {
  const groupId = 'deleted-meanwhile'
  const producer = await initProducer(t, groupId)
  await addGroup(t, producer, groupId)
  const one = [{ partitionIndex: 0, committedOffset: 1n }]
  await t.ask('commit', ApiKey.TxnOffsetCommit, 3, commitBody(3, producer, groupId, one))
  await t.ask('pending', ApiKey.DescribeGroups, 5, { groups: [groupId] })
  await t.ask('pending', ApiKey.OffsetDelete, 0, {
    groupId,
    topics: [{ name: 'consumed', partitions: [{ partitionIndex: 0 }] }],
  })
  await t.ask('pending', ApiKey.DeleteGroups, 2, { groupsNames: [groupId] })
  await t.ask('again', ApiKey.DeleteGroups, 2, { groupsNames: [groupId] })
  await endQuietly(t, producer, true)
  await t.ask('committed after it', ApiKey.OffsetFetch, 8, fetchBody(groupId))
  await t.ask('after it', ApiKey.DescribeGroups, 5, { groups: [groupId] })
}
