import { ApiKey } from '../../../src/protocol/api-keys.js'
import { TimestampType } from '../../../src/protocol/records/index.js'
import type { AskOptions, Body, Conversation } from '../conversation.js'
import {
  batchOf,
  createTopic,
  prepareEveryGroup,
  prepareTransactions,
  produceTo,
  WITHOUT_RETENTION,
} from '../fixtures.js'
import type { Script } from '../script.js'
import {
  addQuietly,
  atEpoch,
  completed,
  endQuietly,
  initProducer,
  type Producer,
  produceBody,
  type Topic,
  transactionalBatch,
} from '../transaction-requests.js'
import { fetchBody } from './fetch.js'

/** Where transactions meet what else there is to a partition: limits, deletions, last epochs. */
export const transactionalEdges: Script = {
  name: 'transactional-edges',
  config: WITHOUT_RETENTION,
  async run(t) {
    await prepareEveryGroup(t)
    await prepareTransactions(t)
    for (const version of [11, 12, 13]) await refused(t, version)
    for (const version of [11, 12]) await afterRefusal(t, version)
    for (const version of [11, 12]) await deleted(t, version)
    await waitsForEnough(t)
    await topicSettings(t)
    await lastEpochs(t)
    await markersOfOffsets(t)
    await writtenBoth(t)
  },
}

async function topicOf(
  t: Conversation,
  name: string,
  partitions = 1,
  configs: Readonly<Record<string, string>> = {},
): Promise<Topic> {
  return { name, topicId: await createTopic(t, name, partitions, configs) }
}

/** Has the partition in the transaction where the version of Produce doesn't see to that. */
async function join(
  t: Conversation,
  version: number,
  producer: Producer,
  { name }: Topic,
  partitions: number[] = [0],
): Promise<void> {
  if (version < 12) await addQuietly(t, producer, [{ name, partitions }])
}

function writerOf(t: Conversation, version: number, topic: Topic) {
  return (label: string, records: Buffer, more: object = {}, options: AskOptions = {}) => {
    const body = produceBody(version, topic, records, more)
    return t.ask(label, ApiKey.Produce, version, body, options)
  }
}

/** What is wrong with a request or a batch, transaction or not. */
async function refused(t: Conversation, version: number): Promise<void> {
  const topic = await topicOf(t, `edges-refused-v${version}`, 1, { 'max.message.bytes': '300' })
  const write = writerOf(t, version, topic)
  const id = `${topic.name}-id`
  const producer = await initProducer(t, id)
  const txn = { transactionalId: id }
  const batch = () => transactionalBatch(producer, 0)
  await write('acks 2', batch(), { ...txn, acks: 2 })
  await write('acks -2', batch(), { ...txn, acks: -2 })
  await join(t, version, producer, topic)
  await write('acks 2 in a transaction', batch(), { ...txn, acks: 2 })
  const large = transactionalBatch(producer, 0, ['x'.repeat(400)])
  await write('too large', large, txn)
  await write('without a sequence', transactionalBatch(producer, -1), txn)
  await write('without an epoch', transactionalBatch(atEpoch(producer, -1), 0), txn)
  const nobody = { ...producer, producerId: -1 }
  await write('without a producer', transactionalBatch(nobody, 0), txn)
  const nobodyAtAll = { ...producer, producerId: -1, producerEpoch: -1 }
  await write('without a producer or an epoch', transactionalBatch(nobodyAtAll, -1), txn)
  const broken = batch()
  broken[broken.length - 1]! ^= 1
  await write('a wrong checksum', broken, txn)
  await write('cut off', batch().subarray(0, 70), txn)
  await write('two batches', Buffer.concat([batch(), batch()]), txn)
  await write('one batch', batch(), txn)
  const offsets = { name: '__consumer_offsets', topicId: topic.topicId }
  if (version < 13) await writerOf(t, version, offsets)('to an internal topic', batch(), txn)
  const state = { name: '__transaction_state', topicId: topic.topicId }
  if (version < 13) await writerOf(t, version, state)('to the transactions', batch(), txn)
  await t.ask('who', ApiKey.DescribeProducers, 0, {
    topics: [{ name: topic.name, partitionIndexes: [0] }],
  })
  const other = await initProducer(t, `${id}-0`)
  await write(
    'acks 0, refused',
    transactionalBatch(other, 5),
    {
      transactionalId: null,
      acks: 0,
    },
    { on: `acks-0-v${version}` },
  )
  await endQuietly(t, producer, true)
}

/** A batch that was refused after its verification doesn't stand in the way of what follows. */
async function afterRefusal(t: Conversation, version: number): Promise<void> {
  const topic = await topicOf(t, `edges-after-v${version}`, 1, { 'max.message.bytes': '300' })
  const write = writerOf(t, version, topic)
  const id = `${topic.name}-id`
  const producer = await initProducer(t, id)
  const txn = { transactionalId: id }
  await join(t, version, producer, topic)
  await write('too large', transactionalBatch(producer, 0, ['x'.repeat(400)]), txn)
  await write('the one after it', transactionalBatch(producer, 1), txn)
  await write('the first again', transactionalBatch(producer, 0, ['x']), txn)
  await write('the one after it again', transactionalBatch(producer, 1), txn)
  await t.ask('commit', ApiKey.EndTxn, 4, { ...producer, committed: true })
  await completed(t, id)
  await write('late', transactionalBatch(producer, 3), txn)
  await write('late, of a retry', transactionalBatch(producer, 1), txn)
  await t.ask('all', ApiKey.Fetch, 12, fetchBody(12, { topic: topic.name }, [{}]))
}

/** Records of a transaction that is open are deleted. */
async function deleted(t: Conversation, version: number): Promise<void> {
  const topic = await topicOf(t, `edges-deleted-v${version}`)
  const { name } = topic
  const id = `${name}-id`
  const producer = await initProducer(t, id)
  const write = writerOf(t, version, topic)
  const txn = { transactionalId: id }
  await join(t, version, producer, topic)
  await write('one', transactionalBatch(producer, 0), txn)
  await write('two', transactionalBatch(producer, 2), txn)
  await produceTo(t, name, batchOf(['plain']))
  const told = async (label: string, fetchOffset: number, options: AskOptions = {}) => {
    const body = fetchBody(12, { topic: name }, [{ fetchOffset }], { isolationLevel: 1 })
    await t.ask(label, ApiKey.Fetch, 12, body, options)
    const at = (timestamp: bigint) => ({
      replicaId: -1,
      isolationLevel: 1,
      topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }],
    })
    await t.ask(`${label}, latest`, ApiKey.ListOffsets, 5, at(-1n), options)
    await t.ask(`${label}, earliest`, ApiKey.ListOffsets, 5, at(-2n))
    await t.ask(label, ApiKey.DescribeProducers, 0, { topics: [{ name, partitionIndexes: [0] }] })
  }
  const remove = (offset: number) =>
    t.ask(`before ${offset}`, ApiKey.DeleteRecords, 2, {
      topics: [{ name, partitions: [{ partitionIndex: 0, offset }] }],
      timeoutMs: 5000,
    })
  const withinBatch = { deviation: 'offsets-in-range' }
  await told('nothing deleted', 0)
  await remove(1)
  await told('one deleted', 1, withinBatch)
  await remove(3)
  await told('three deleted', 3, withinBatch)
  await remove(-1)
  await told('all deleted', 5)
  await write('three', transactionalBatch(producer, 4), txn)
  await told('goes on', 5)
  await t.ask('abort', ApiKey.EndTxn, 4, { ...producer, committed: false })
  await completed(t, id)
  await told('aborted', 5)
}

/** A reader of committed records wants more than the end of a transaction brings by itself. */
async function waitsForEnough(t: Conversation): Promise<void> {
  const topic = await topicOf(t, 'edges-enough')
  const producer = await initProducer(t, 'edges-enough')
  const other = await initProducer(t, 'edges-enough-other')
  const write = writerOf(t, 12, topic)
  const txn = { transactionalId: producer.transactionalId }
  await write('one', transactionalBatch(producer, 0, ['x'.repeat(2000)]), txn)
  await write('other', transactionalBatch(other, 0, ['y'.repeat(2000)]), {
    transactionalId: other.transactionalId,
  })
  const more = { isolationLevel: 1, maxWaitMs: 20_000, minBytes: 1500 }
  const patient = fetchBody(12, { topic: topic.name }, [{}], more)
  const waiting = t.connection('patient').send(ApiKey.Fetch, 12, patient)
  await endQuietly(t, producer, true)
  t.record('woken by the first', await waiting)
  const next = fetchBody(12, { topic: topic.name }, [{ fetchOffset: 1 }], {
    ...more,
    minBytes: 2100,
  })
  const second = t.connection('patient').send(ApiKey.Fetch, 12, next)
  await endQuietly(t, other, false)
  t.record('woken by the second', await second)
}

/** Topics that change batches, or refuse records. */
async function topicSettings(t: Conversation): Promise<void> {
  const compact = await topicOf(t, 'edges-compact', 1, { 'cleanup.policy': 'compact' })
  const stamped = await topicOf(t, 'edges-stamped', 1, {
    'message.timestamp.type': 'LogAppendTime',
  })
  const packed = await topicOf(t, 'edges-packed', 1, { 'compression.type': 'gzip' })
  const producer = await initProducer(t, 'edges-settings')
  const txn = { transactionalId: producer.transactionalId }
  const { producerId, producerEpoch } = producer
  const given = { producerId, producerEpoch, baseSequence: 0, transactional: true }
  const keyless = batchOf([], { ...given, records: [{ value: Buffer.from('x') }] })
  await writerOf(t, 12, compact)('without a key', keyless, txn)
  await writerOf(t, 12, compact)('with a key', transactionalBatch(producer, 0), txn)
  await writerOf(t, 12, stamped)('stamped', transactionalBatch(producer, 0), txn)
  await writerOf(t, 12, stamped)('stamped again', transactionalBatch(producer, 0), txn)
  const ours = batchOf(['x'], {
    ...given,
    baseSequence: 2,
    timestampType: TimestampType.LOG_APPEND_TIME,
    timestamp: 1,
  })
  await writerOf(t, 12, stamped)('with a time of its own', ours, txn)
  await writerOf(t, 12, packed)('packed', transactionalBatch(producer, 0), txn)
  await writerOf(t, 12, packed)('packed again', transactionalBatch(producer, 0), txn)
  await endQuietly(t, producer, true)
  const body = (name: string) => fetchBody(12, { topic: name }, [{}], { isolationLevel: 1 })
  const packedAnswer = await t.quietly(ApiKey.Fetch, 12, body(packed.name))
  const { records, ...rest } = packedAnswer.responses[0].partitions[0] as Body
  const [attributes, length] = [records[22] & 0x3f, records.length > 0]
  t.record('packed', { kind: 'response', body: { ...rest, attributes, length }, bytes: records })
  await t.ask('stamped', ApiKey.ListOffsets, 5, {
    replicaId: -1,
    isolationLevel: 1,
    topics: [{ name: stamped.name, partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
  })
}

/** The last epoch that there is, and the ones around it. */
async function lastEpochs(t: Conversation): Promise<void> {
  const name = 'edges-epochs'
  await topicOf(t, name)
  const { producerId } = await initProducer(t, name)
  const mark = (label: string, producerEpoch: number, transactionVersion: number) =>
    t.ask(`${label}, version ${transactionVersion}`, ApiKey.WriteTxnMarkers, 2, {
      markers: [
        {
          producerId,
          producerEpoch,
          transactionResult: true,
          coordinatorEpoch: 0,
          transactionVersion,
          topics: [{ name, partitionIndexes: [0] }],
        },
      ],
    })
  for (const version of [0, 2]) {
    await mark('the last but one', 32_766, version)
    await mark('the last', 32_767, version)
    await mark('the last again', 32_767, version)
    await mark('the last but one again', 32_766, version)
  }
  const told = { topics: [{ name, partitionIndexes: [0] }] }
  await t.ask('the last', ApiKey.DescribeProducers, 0, told)
}

/** Markers that come by hand decide about offsets, too. */
async function markersOfOffsets(t: Conversation): Promise<void> {
  const name = 'edges-offsets'
  const groupId = 'edges-offsets-group'
  await topicOf(t, name, 2)
  const producer = await initProducer(t, name)
  const commit = (label: string, partitionIndex: number, more: object = {}) =>
    t.ask(label, ApiKey.TxnOffsetCommit, 5, {
      ...producer,
      groupId,
      topics: [
        { name, partitions: [{ partitionIndex, committedOffset: 7n, committedMetadata: '' }] },
      ],
      ...more,
    })
  const fetched = (label: string) =>
    t.ask(
      label,
      ApiKey.OffsetFetch,
      8,
      { groups: [{ groupId, topics: null }], requireStable: true },
      { unordered: true },
    )
  await commit('one', 0)
  await commit('other', 1)
  await fetched('pending')
  const everywhere = Array.from({ length: 50 }, (_, index) => index)
  const mark = (label: string, more: object) =>
    t.ask(
      label,
      ApiKey.WriteTxnMarkers,
      2,
      {
        markers: [
          {
            ...producer,
            transactionResult: true,
            coordinatorEpoch: 0,
            transactionVersion: 0,
            topics: [{ name: '__consumer_offsets', partitionIndexes: everywhere }],
            ...more,
          },
        ],
      },
      { unordered: true },
    )
  await mark('an old coordinator', { coordinatorEpoch: -1 })
  await fetched('after that')
  await commit('after a marker', 0)
  await fetched('after it all')
  await mark('an unknown partition', {
    topics: [{ name: '__consumer_offsets', partitionIndexes: [50] }],
  })
  await mark('the same epoch, version 2', { transactionVersion: 2 })
  await fetched('at the end')
  await t.ask('abort', ApiKey.EndTxn, 5, { ...producer, committed: false })
  await completed(t, name)
  await fetched('aborted')
}

/** Two transactional ids, and idempotent batches, share a partition. */
async function writtenBoth(t: Conversation): Promise<void> {
  const topic = await topicOf(t, 'edges-both', 2)
  const [a, b] = [await initProducer(t, 'edges-both-a'), await initProducer(t, 'edges-both-b')]
  const of = (each: Producer) => ({ transactionalId: each.transactionalId })
  const write = writerOf(t, 12, topic)
  await write('a', transactionalBatch(a, 0), of(a))
  await write('b', transactionalBatch(b, 0), of(b))
  await write('b by the id of a', transactionalBatch(b, 2), of(a))
  await write('a by the id of b', transactionalBatch(a, 2), of(b))
  const plain = { producerId: a.producerId, producerEpoch: a.producerEpoch, baseSequence: 4 }
  await write('a outside of its transaction', batchOf(['x'], plain), of(a))
  await write('a outside, without an id', batchOf(['x'], plain))
  await t.ask('commit', ApiKey.EndTxn, 5, { ...a, committed: true })
  await completed(t, a.transactionalId)
  await write('a outside, by its old epoch', batchOf(['x'], plain))
  const next = { ...plain, producerEpoch: a.producerEpoch + 1, baseSequence: 0 }
  await write('a outside, by its next epoch', batchOf(['x'], next))
  await write('a, after that', transactionalBatch(atEpoch(a, next.producerEpoch), 1), of(a))
  await write('a, from the start', transactionalBatch(atEpoch(a, next.producerEpoch), 0), of(a))
  await t.ask(
    'both',
    ApiKey.DescribeProducers,
    0,
    {
      topics: [{ name: topic.name, partitionIndexes: [0] }],
    },
    { unordered: true },
  )
}
