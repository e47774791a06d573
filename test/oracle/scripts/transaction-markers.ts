import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { Conversation } from '../conversation.js'
import {
  batchOf,
  createTopic,
  prepareEveryGroup,
  prepareTransactions,
  produceTo,
  WITHOUT_RETENTION,
} from '../fixtures.js'
import { type Script, topicName, versionsOf } from '../script.js'
import {
  addQuietly,
  atEpoch,
  endQuietly,
  initProducer,
  type Producer,
  produceBody,
  type Topic,
  transactionalBatch,
} from '../transaction-requests.js'
import { fetchBody } from './fetch.js'

/** Markers that are written by hand, and what a partition's leader tells of its producers. */
export const transactionMarkers: Script = {
  name: 'transaction-markers',
  config: WITHOUT_RETENTION,
  async run(t) {
    await prepareEveryGroup(t)
    await prepareTransactions(t)
    for (const version of versionsOf(ApiKey.WriteTxnMarkers)) {
      await markers(t, version)
      await markersAgain(t, version)
      await refused(t, version)
    }
    for (const transactionVersion of [0, 1, 2, 3]) await versions(t, transactionVersion)
    await offsetsMarked(t)
    await producers(t)
  },
}

interface Marker {
  readonly producerId: number
  readonly producerEpoch: number
  readonly transactionResult?: boolean
  readonly coordinatorEpoch?: number
  readonly transactionVersion?: number
  readonly topics: readonly { readonly name: string; readonly partitionIndexes: number[] }[]
}

const markerBody = (...markers: readonly Marker[]): object => ({
  markers: markers.map((each) => ({ transactionResult: false, coordinatorEpoch: 0, ...each })),
})

/** Adds the partitions 0 and 1 of a topic and writes to both. */
async function begin(t: Conversation, topic: Topic, producer: Producer): Promise<void> {
  await addQuietly(t, producer, [{ name: topic.name, partitions: [0, 1] }])
  for (const index of [0, 1]) {
    const batch = transactionalBatch(producer, 0)
    const { transactionalId } = producer
    await t.quietly(ApiKey.Produce, 11, produceBody(11, topic, batch, { transactionalId }, index))
  }
}

const describeBody = (name: string, partitionIndexes: number[]): object => ({
  topics: [{ name, partitionIndexes }],
})

async function markers(t: Conversation, version: number): Promise<void> {
  const name = topicName('marked', version)
  const topic = { name, topicId: await createTopic(t, name, 3) }
  const producer = await initProducer(t, name)
  await begin(t, topic, producer)
  const ask = (label: string, ...all: readonly Marker[]) =>
    t.ask(label, ApiKey.WriteTxnMarkers, version, markerBody(...all), { unordered: true })
  const told = (label: string) =>
    t.ask(label, ApiKey.DescribeProducers, 0, describeBody(name, [0, 1, 2]), { unordered: true })
  await told('begun')
  const to = (...partitionIndexes: number[]) => ({ topics: [{ name, partitionIndexes }] })
  await ask('abort of one', { ...producer, ...to(0) })
  await told('one aborted')
  await ask('abort of one again', { ...producer, ...to(0) })
  await ask('commit of both', { ...producer, transactionResult: true, ...to(0, 1) })
  await told('both ended')
  await ask('of a newer epoch', { ...atEpoch(producer, 5), ...to(0) })
  await told('a newer epoch')
  await ask('of an older epoch', { ...atEpoch(producer, 3), ...to(0) })
  await ask('of a newer coordinator', { ...atEpoch(producer, 5), coordinatorEpoch: 4, ...to(0) })
  await told('a newer coordinator')
  await ask('of an older coordinator', { ...atEpoch(producer, 5), coordinatorEpoch: 3, ...to(0) })
  await ask('where nothing was', { ...producer, ...to(2) })
  await told('where nothing was')
  const stranger = { producerId: producer.producerId + 1000, producerEpoch: 3 }
  await ask('of a stranger', { ...stranger, ...to(1, 2) })
  await told('a stranger')
  const all = [{}, { partition: 1 }, { partition: 2 }]
  const body = fetchBody(12, { topic: name }, all, { isolationLevel: 1 })
  await t.ask('all of it', ApiKey.Fetch, 12, body)
}

/** The coordinator sends its own markers after those that came by hand. */
async function markersAgain(t: Conversation, version: number): Promise<void> {
  for (const committed of [true, false]) {
    const name = topicName(committed ? 'again-commit' : 'again-abort', version)
    const topic = { name, topicId: await createTopic(t, name, 2) }
    const producer = await initProducer(t, name)
    await begin(t, topic, producer)
    const to = { topics: [{ name, partitionIndexes: [1] }] }
    const marker = markerBody({ ...producer, transactionResult: !committed, ...to })
    await t.ask('by hand', ApiKey.WriteTxnMarkers, version, marker)
    await endQuietly(t, producer, committed)
    const told = describeBody(name, [0, 1])
    await t.ask('twice ended', ApiKey.DescribeProducers, 0, told, { unordered: true })
    const body = fetchBody(12, { topic: name }, [{}, { partition: 1 }], { isolationLevel: 1 })
    await t.ask('twice ended', ApiKey.Fetch, 12, body)
  }
}

async function refused(t: Conversation, version: number): Promise<void> {
  const name = topicName('refused', version)
  const topic = { name, topicId: await createTopic(t, name, 2) }
  const producer = await initProducer(t, name)
  await begin(t, topic, producer)
  const ask = (label: string, ...all: readonly Marker[]) =>
    t.ask(label, ApiKey.WriteTxnMarkers, version, markerBody(...all), { unordered: true })
  const to = (name: string, ...partitionIndexes: number[]) => ({
    topics: [{ name, partitionIndexes }],
  })
  await ask('to an unknown partition', { ...producer, ...to(name, 9) })
  await ask('to an unknown topic', { ...producer, ...to(`${name}-no`, 0) })
  await ask('to a bad topic', { ...producer, ...to('a b', 0) })
  await ask('to one known and one unknown', { ...producer, ...to(name, 0, 9) })
  await ask('to no partition', { ...producer, ...to(name) })
  await ask('to no topic', { ...producer, topics: [] })
  await ask('to the transactions themselves', { ...producer, ...to('__transaction_state', 0) })
  await ask('of a negative epoch', { ...atEpoch(producer, -1), ...to(name, 1) })
  await ask('of a negative producer', { producerId: -1, producerEpoch: 0, ...to(name, 1) })
  await ask('of a negative coordinator', { ...producer, coordinatorEpoch: -1, ...to(name, 1) })
  const other = await initProducer(t, `${name}-other`)
  await begin(t, topic, other)
  const both = { transactionResult: true, ...to(name, 0, 1) }
  await ask('of two producers', { ...producer, ...both }, { ...other, ...both })
  await ask('of two, one old', { ...producer, ...both }, { ...atEpoch(other, -1), ...both })
  await t.ask('after it', ApiKey.DescribeProducers, 0, describeBody(name, [0, 1]), {
    unordered: true,
  })
}

/** Version 2 says which version of transactions the marker is of. */
async function versions(t: Conversation, transactionVersion: number): Promise<void> {
  const name = topicName('version', transactionVersion)
  const topic = { name, topicId: await createTopic(t, name, 2) }
  const producer = await initProducer(t, name)
  await begin(t, topic, producer)
  const ask = async (label: string, more: object) => {
    const to = { topics: [{ name, partitionIndexes: [0] }] }
    const marker = markerBody({ ...producer, transactionVersion, ...to, ...more })
    await t.ask(label, ApiKey.WriteTxnMarkers, 2, marker)
    await t.ask(label, ApiKey.DescribeProducers, 0, describeBody(name, [0]))
  }
  await ask('of the same epoch', {})
  await ask('of the next epoch', { producerEpoch: 1 })
  await ask('of the next epoch again', { producerEpoch: 1 })
  await ask('of the epoch before', {})
  await ask('of the epoch after', { producerEpoch: 2, transactionResult: true })
}

/** A marker for committed offsets that comes by hand. */
async function offsetsMarked(t: Conversation): Promise<void> {
  const groupId = 'marked-group'
  await createTopic(t, 'marked-offsets')
  const producer = await initProducer(t, groupId)
  await t.quietly(ApiKey.AddOffsetsToTxn, 3, { ...producer, groupId })
  const { transactionStates } = await t.quietly(ApiKey.DescribeTransactions, 0, {
    transactionalIds: [groupId],
  })
  const [{ topic: name, partitions: partitionIndexes }] = transactionStates[0].topics
  const commit = (committedOffset: bigint) => ({
    ...producer,
    groupId,
    generationId: -1,
    memberId: '',
    topics: [
      {
        name: 'marked-offsets',
        partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: '' }],
      },
    ],
  })
  for (const transactionResult of [true, false]) {
    await t.ask('commit', ApiKey.TxnOffsetCommit, 3, commit(transactionResult ? 5n : 6n))
    const marker = { ...producer, transactionResult, topics: [{ name, partitionIndexes }] }
    await t.ask('of a group', ApiKey.WriteTxnMarkers, 1, markerBody(marker))
    await t.ask('of a group', ApiKey.OffsetFetch, 8, {
      groups: [{ groupId, topics: null }],
      requireStable: true,
    })
  }
  await endQuietly(t, producer, false)
}

async function producers(t: Conversation): Promise<void> {
  const name = 'producers'
  const topic = { name, topicId: await createTopic(t, name, 3) }
  const ask = (label: string, body: object) =>
    t.ask(label, ApiKey.DescribeProducers, 0, body, { unordered: true })
  await ask('nobody', describeBody(name, [0]))
  await produceTo(t, name, batchOf(['x']))
  await ask('somebody without an id', describeBody(name, [0]))
  const init = { transactionalId: null, transactionTimeoutMs: 1000 }
  const { producerId } = await t.quietly(ApiKey.InitProducerId, 4, init)
  await produceTo(t, name, batchOf(['x', 'y'], { producerId, producerEpoch: 0, baseSequence: 0 }))
  await ask('an idempotent one', describeBody(name, [0]))
  await produceTo(t, name, batchOf(['z'], { producerId, producerEpoch: 3, baseSequence: 0 }))
  await ask('its next epoch', describeBody(name, [0]))
  const producer = await initProducer(t, name)
  await begin(t, topic, producer)
  await ask('a transactional one', describeBody(name, [0, 1]))
  await endQuietly(t, producer, true)
  await ask('after its transaction', describeBody(name, [0, 1]))
  await addQuietly(t, producer, [{ name, partitions: [2] }])
  await endQuietly(t, producer, true)
  await ask('a transaction of nothing', describeBody(name, [0, 1, 2]))
  await ask('an unknown partition', describeBody(name, [0, 9, -1]))
  await ask('an unknown topic', describeBody('producers-no', [0]))
  await ask('a bad topic', describeBody('a b', [0]))
  await ask('an empty topic', describeBody('', [0]))
  await ask('no partition', describeBody(name, []))
  await ask('nothing', { topics: [] })
}
