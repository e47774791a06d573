import { ApiKey } from '../../../src/protocol/api-keys.js'
import { ASSIGNED_AT_ONCE, Member } from '../consumer-requests.js'
import type { AskOptions, Body, Conversation } from '../conversation.js'
import { createTopic, prepareEveryGroup, prepareTransactions } from '../fixtures.js'
import { join, joinBody, syncBody } from '../group-requests.js'
import { type Script, versionsOf } from '../script.js'
import { createConsumed } from '../topic-order.js'
import {
  addBody,
  completed,
  initBody,
  initProducer,
  onceCompleted,
  type Producer,
  produceBody,
  type Topic,
  transactionalBatch,
} from '../transaction-requests.js'

const OFFSETS = '__consumer_offsets'
const STATE = '__transaction_state'
const NOT_COORDINATOR = 16

/** The topics of coordinators: not there yet, with more partitions than before, deleted. */
export const coordinatorTopics: Script = {
  name: 'coordinator-topics',
  config: ASSIGNED_AT_ONCE,
  async run(t) {
    const topic = { name: 'used', topicId: await createTopic(t, 'used', 2) }
    await notThereYet(t)
    await prepareEveryGroup(t)
    await prepareTransactions(t)
    await createConsumed(t, 'a', 2)
    await withMorePartitions(t, topic)
    await groupsDeleted(t, topic)
    await transactionsDeleted(t, topic)
  },
}

function commitBody(groupId: string, more: object = {}): object {
  const partitions = [{ partitionIndex: 0, committedOffset: 7n, committedMetadata: '' }]
  return {
    groupId,
    memberId: '',
    generationIdOrMemberEpoch: -1,
    topics: [{ name: 'used', partitions }],
    ...more,
  }
}

async function notThereYet(t: Conversation): Promise<void> {
  const nobody: Producer = { transactionalId: 'nobody', producerId: 7, producerEpoch: 0 }
  for (const version of versionsOf(ApiKey.TxnOffsetCommit)) {
    const ask = (label: string, groupId: string) => {
      const body = { ...commitBody(groupId), ...nobody }
      return t.ask(label, ApiKey.TxnOffsetCommit, version, body)
    }
    await ask('before', 'g')
    await ask('before, of no group', '')
  }
  await t.ask('before', ApiKey.OffsetCommit, 8, commitBody('g'))
  await t.ask('before', ApiKey.JoinGroup, 3, joinBody('g'))
}

const SOME = Array.from({ length: 8 }, (_, index) => `some-${index}`)

/** Everybody stays where they are until the broker starts anew, wherever their names would lead now. */
async function withMorePartitions(t: Conversation, topic: Topic): Promise<void> {
  for (const id of SOME) await t.ask('commit', ApiKey.OffsetCommit, 8, commitBody(id))
  const producers: Producer[] = []
  for (const id of SOME) producers.push(await initProducer(t, id))
  for (const each of producers) await write(t, 'open', topic, each)
  const joined = await join(t, 3, 'classic')
  await t.ask('classic', ApiKey.SyncGroup, 3, syncBody('classic', joined))
  const member = new Member(t, 'consumer', 'm', { subscribedTopicNames: ['a'] })
  await member.join('joins')
  for (const name of [OFFSETS, STATE]) await grow(t, name, 60)
  for (const id of SOME) {
    await t.ask('kept', ApiKey.OffsetFetch, 8, { groups: [{ groupId: id, topics: null }] })
    await t.ask('commit', ApiKey.OffsetCommit, 8, commitBody(id))
  }
  const { memberId, generationId } = joined
  await t.ask('classic', ApiKey.Heartbeat, 3, { groupId: 'classic', memberId, generationId })
  await member.own('goes on')
  for (const each of producers) {
    await t.ask('kept', ApiKey.EndTxn, 5, { ...each, committed: true }, onceCompleted)
    await completed(t, each.transactionalId)
    const body = initBody(each.transactionalId)
    await t.ask('kept', ApiKey.InitProducerId, 5, body, onceCompleted)
  }
}

async function grow(t: Conversation, name: string, count: number): Promise<void> {
  const topics = [{ name, count, assignments: null }]
  const body = { topics, timeoutMs: 10_000, validateOnly: false }
  await t.ask('more', ApiKey.CreatePartitions, 3, body)
  await t.quietly(
    ApiKey.Metadata,
    12,
    { topics: [{ name }], allowAutoTopicCreation: false },
    { until: ({ topics: [grown] }) => grown.partitions.length === count },
  )
}

function write(
  t: Conversation,
  label: string,
  topic: Topic,
  producer: Producer,
  sequence = 0,
): Promise<Body> {
  const { transactionalId } = producer
  const batch = transactionalBatch(producer, sequence)
  return t.ask(label, ApiKey.Produce, 12, produceBody(12, topic, batch, { transactionalId }))
}

async function remove(t: Conversation, name: string): Promise<void> {
  await t.ask('remove', ApiKey.DeleteTopics, 6, { topics: [{ name }], timeoutMs: 10_000 })
}

/** Their coordinator has nothing then; the topic comes back with whoever looks for one. */
async function groupsDeleted(t: Conversation, topic: Topic): Promise<void> {
  const groupId = 'deleted'
  const joined = await join(t, 3, groupId)
  const { memberId, generationId } = joined
  const member = new Member(t, 'deleted-consumer', 'm', { subscribedTopicNames: ['a'] })
  await member.join('joins')
  const producer = await initProducer(t, 'deleted-groups')
  await write(t, 'open', topic, producer)
  const inTransaction = (label: string) => {
    const body = { ...commitBody('deleted-txn'), ...producer }
    return t.ask(label, ApiKey.TxnOffsetCommit, 5, body)
  }
  await inTransaction('pending')
  await remove(t, OFFSETS)
  const beat = { groupId, memberId, generationId }
  const gone: AskOptions = { until: ({ errorCode }) => errorCode === NOT_COORDINATOR }
  await t.ask('gone', ApiKey.Heartbeat, 3, beat, gone)
  await member.beat('finds nobody', {}, gone)
  await t.ask('gone', ApiKey.JoinGroup, 3, joinBody(groupId, { memberId }))
  await t.ask('gone', ApiKey.OffsetCommit, 8, commitBody(groupId))
  await t.ask('gone', ApiKey.OffsetFetch, 8, { groups: [{ groupId, topics: null }] })
  await t.ask('gone', ApiKey.DescribeGroups, 6, { groups: [groupId] })
  await t.ask('gone', ApiKey.DeleteGroups, 2, { groupsNames: [groupId] })
  await inTransaction('gone')
  await t.ask('gone', ApiKey.EndTxn, 5, { ...producer, committed: true })
  await completed(t, producer.transactionalId)
  await prepareEveryGroup(t)
  await t.ask('back', ApiKey.Heartbeat, 3, beat)
  await member.beat('is nobody')
  await t.ask('back', ApiKey.OffsetFetch, 8, { groups: [{ groupId: 'some-0', topics: null }] })
  await t.ask('back', ApiKey.OffsetCommit, 8, commitBody(groupId))
}

/** What was open stays so in its partition, until somebody ends it by hand. */
async function transactionsDeleted(t: Conversation, topic: Topic): Promise<void> {
  const id = 'deleted-transactions'
  const producer = await initProducer(t, id)
  await write(t, 'open', topic, producer)
  await remove(t, STATE)
  const describe = { transactionalIds: [id] }
  await t.ask('gone', ApiKey.DescribeTransactions, 0, describe, {
    until: ({ transactionStates: [{ errorCode }] }) => errorCode === NOT_COORDINATOR,
  })
  await t.ask('gone', ApiKey.InitProducerId, 5, initBody(id))
  await t.ask('gone', ApiKey.EndTxn, 5, { ...producer, committed: true })
  const added = [{ name: topic.name, partitions: [1] }]
  await t.ask('gone', ApiKey.AddPartitionsToTxn, 3, addBody(3, producer, added))
  await write(t, 'gone', topic, producer, 2)
  await prepareTransactions(t)
  await t.ask('back', ApiKey.DescribeTransactions, 0, describe)
  await t.ask('back', ApiKey.EndTxn, 5, { ...producer, committed: true })
  await t.ask('back', ApiKey.InitProducerId, 5, initBody(id))
  const told = { topics: [{ name: topic.name, partitionIndexes: [0] }] }
  await t.ask('hangs', ApiKey.DescribeProducers, 0, told, { unordered: true })
  const topics = [{ name: topic.name, partitionIndexes: [0] }]
  const marker = { ...producer, transactionResult: false, coordinatorEpoch: 0, topics }
  await t.ask('by hand', ApiKey.WriteTxnMarkers, 1, { markers: [marker] })
  await t.ask('hangs no more', ApiKey.DescribeProducers, 0, told, { unordered: true })
}
