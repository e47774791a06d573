import { ApiKey } from '../../../src/protocol/api-keys.js'
import { until } from '../../support/until.js'
import type { AskOptions, Body, Conversation } from '../conversation.js'
import {
  batchOf,
  createTopic,
  prepareEveryGroup,
  prepareTransactions,
  produceTo,
  THEN_MS,
  WITHOUT_RETENTION,
} from '../fixtures.js'
import { type Script, topicName, versionsOf } from '../script.js'
import {
  addQuietly,
  atEpoch,
  completed,
  endQuietly,
  initProducer,
  onceCompleted,
  type Producer,
  produceBody,
  producerOf,
  type Topic,
  transactionalBatch,
} from '../transaction-requests.js'
import { fetchBody, type Wanted } from './fetch.js'

/** Transactional batches: which are taken, and what of them readers of committed records see. */
export const transactionalProduce: Script = {
  name: 'transactional-produce',
  config: WITHOUT_RETENTION,
  async run(t) {
    await prepareEveryGroup(t)
    await prepareTransactions(t)
    for (const version of versionsOf(ApiKey.Produce)) await eachVersion(t, version)
    await sequences(t)
    await mixed(t)
    const aborted = await abortedOnes(t)
    for (const version of versionsOf(ApiKey.Fetch)) await readCommitted(t, version, aborted)
    for (const version of versionsOf(ApiKey.ListOffsets)) await listCommitted(t, version, aborted)
    await watched(t)
  },
}

class Writer {
  constructor(
    private readonly t: Conversation,
    private readonly version: number,
    private readonly topic: Topic,
  ) {}

  ask(
    label: string,
    producer: Producer,
    baseSequence: number,
    more: object = {},
    options: AskOptions & { readonly index?: number } = {},
  ): Promise<Body> {
    const records = transactionalBatch(producer, baseSequence)
    const { transactionalId } = producer
    const body = produceBody(
      this.version,
      this.topic,
      records,
      { transactionalId, ...more },
      options.index,
    )
    return this.t.ask(label, ApiKey.Produce, this.version, body, options)
  }
}

/** Until version 11 a partition is added to the transaction first, from 12 on by the batch itself. */
async function eachVersion(t: Conversation, version: number): Promise<void> {
  const name = topicName('txn-produce', version)
  const topic = { name, topicId: await createTopic(t, name, 3) }
  const writer = new Writer(t, version, topic)
  const id = topicName('writer', version)
  let producer = await initProducer(t, id)
  const endVersion = version >= 12 ? 5 : 4
  await writer.ask('without a transaction', producer, 0)
  if (version < 12) await addQuietly(t, producer, [{ name, partitions: [0] }])
  await writer.ask('first', producer, version < 12 ? 0 : 2)
  await writer.ask('a retry', producer, version < 12 ? 0 : 2)
  await writer.ask('second', producer, version < 12 ? 2 : 4)
  await writer.ask('a gap', producer, 90)
  await writer.ask('another partition', producer, 0, {}, { index: 1 })
  await writer.ask('an unknown partition', producer, 0, {}, { index: 9 })
  await writer.ask('an epoch to come', atEpoch(producer, producer.producerEpoch + 1), 0)
  await writer.ask('no epoch of a producer', atEpoch(producer, -1), 0)
  const stranger = { ...producer, producerId: producer.producerId + 1000 }
  await writer.ask('another producer', stranger, 0)
  await writer.ask('another producer, elsewhere', stranger, 0, {}, { index: 2 })
  await writer.ask('another transactional id', producer, 6, { transactionalId: 'nobody' })
  const elsewhere = { index: 2 }
  await writer.ask('elsewhere, another id', producer, 0, { transactionalId: 'no' }, elsewhere)
  await writer.ask('no transactional id', producer, 6, { transactionalId: null })
  await writer.ask('elsewhere, no id', producer, 0, { transactionalId: null }, { index: 2 })
  await writer.ask('an empty transactional id', producer, 6, { transactionalId: '' })
  const plain = batchOf(['x'], { ...producer, baseSequence: 6 })
  const body = produceBody(version, topic, plain, { transactionalId: id })
  await t.ask('one that is not transactional', ApiKey.Produce, version, body)
  await t.ask(
    'added',
    ApiKey.DescribeTransactions,
    0,
    { transactionalIds: [id] },
    {
      unordered: true,
    },
  )
  const ended = await t.ask('ends', ApiKey.EndTxn, endVersion, { ...producer, committed: true })
  await completed(t, id)
  await writer.ask('after the end', producer, 6)
  if (version >= 12) producer = producerOf(id, ended)
  await writer.ask('after the end, by the next epoch', producer, 0)
  await initProducer(t, id)
  await writer.ask('fenced', producer, 2)
  await t.ask('all', ApiKey.Fetch, 12, fetchBody(12, { topic: name }, [{}, { partition: 1 }]))
}

/** Sequences begin anew with a new epoch, and go on over transactions of one. */
async function sequences(t: Conversation): Promise<void> {
  const topic = { name: 'sequences', topicId: await createTopic(t, 'sequences') }
  const writer = new Writer(t, 11, topic)
  const producer = await initProducer(t, 'sequences')
  const added = [{ name: 'sequences', partitions: [0] }]
  await addQuietly(t, producer, added)
  await writer.ask('begins past 0', producer, 7)
  await writer.ask('goes on from there', producer, 9)
  await endQuietly(t, producer, true)
  await addQuietly(t, producer, added)
  await writer.ask('begins again in its next transaction', producer, 0)
  await writer.ask('goes on in its next transaction', producer, 11)
  await endQuietly(t, producer, false)
  const next = await initProducer(t, 'sequences')
  await addQuietly(t, next, added)
  await writer.ask('a new epoch goes on', next, 13)
  await writer.ask('a new epoch begins', next, 0)
  await writer.ask('the epoch of before', producer, 13)
  await endQuietly(t, next, true)
  const implicit = new Writer(t, 12, topic)
  const third = await initProducer(t, 'sequences')
  await implicit.ask('implicitly, past 0', third, 5)
  await implicit.ask('implicitly', third, 0)
  await t.ask('ends', ApiKey.EndTxn, 5, { ...third, committed: true })
  await completed(t, 'sequences')
  const fourth = atEpoch(third, third.producerEpoch + 1)
  await implicit.ask('implicitly, the epoch of before', third, 2)
  await implicit.ask('implicitly, the next epoch past 0', fourth, 2)
  await implicit.ask('implicitly, the next epoch', fourth, 0)
}

/** Batches of several kinds and partitions in one request. */
async function mixed(t: Conversation): Promise<void> {
  const name = 'mixed'
  const topicId = await createTopic(t, name, 2)
  const producer = await initProducer(t, name)
  const ask = (label: string, version: number, ...batches: readonly Buffer[]) => {
    const partitionData = batches.map((records, index) => ({ index, records }))
    return t.ask(
      label,
      ApiKey.Produce,
      version,
      {
        transactionalId: name,
        acks: -1,
        timeoutMs: 10_000,
        topicData: [{ ...(version >= 13 ? { topicId } : { name }), partitionData }],
      },
      { unordered: true },
    )
  }
  const batch = transactionalBatch(producer, 0)
  await ask('neither added', 11, batch, batch)
  await addQuietly(t, producer, [{ name, partitions: [1] }])
  await ask('one added', 11, batch, batch)
  const plain = batchOf(['plain'])
  await ask('a plain one first', 11, plain, transactionalBatch(producer, 2))
  await ask('implicit', 13, batch, transactionalBatch(producer, 4))
  const control = batchOf(['x'], { ...producer, transactional: true, control: true })
  await ask('a control batch', 12, control)
  await ask('with acks 1', 12, transactionalBatch(producer, 2), transactionalBatch(producer, 6))
  await endQuietly(t, producer, true)
}

interface Aborted extends Topic {
  /** The offsets at which something changes. */
  readonly offsets: readonly number[]
}

/** A partition on which two aborted and two committed transactions overlap, and one goes on. */
async function abortedOnes(t: Conversation): Promise<Aborted> {
  const name = 'aborted'
  const topic = { name, topicId: await createTopic(t, name) }
  const added = [{ name, partitions: [0] }]
  const producers: Producer[] = []
  const sequence = new Map<Producer, number>()
  for (const each of ['a', 'b', 'c', 'd']) producers.push(await initProducer(t, `aborted-${each}`))
  const [a, b, c, d] = producers as [Producer, Producer, Producer, Producer]
  const write = async (producer: Producer, value: string) => {
    const next = sequence.get(producer) ?? 0
    sequence.set(producer, next + 1)
    if (next === 0) await addQuietly(t, producer, added)
    const batch = transactionalBatch(producer, next, [value])
    const { transactionalId } = producer
    await t.ask(value, ApiKey.Produce, 11, produceBody(11, topic, batch, { transactionalId }))
  }
  await produceTo(t, name, batchOf(['plain 0']))
  await write(a, 'a 1')
  await write(b, 'b 2')
  await write(a, 'a 3')
  await endQuietly(t, a, false)
  await write(c, 'c 5')
  await write(b, 'b 6')
  await endQuietly(t, b, true)
  const endedMs = Date.now()
  await produceTo(t, name, batchOf(['plain 8']))
  await write(c, 'c 9')
  // The marker of this one is the latest record: not of the millisecond of the one before.
  await until(() => Date.now() > endedMs)
  await endQuietly(t, c, false)
  await write(d, 'd 11')
  await produceTo(t, name, batchOf(['plain 12', 'plain 13']))
  return { ...topic, offsets: [0, 1, 2, 3, 4, 5, 8, 10, 11, 12, 14] }
}

async function readCommitted(t: Conversation, version: number, topic: Aborted): Promise<void> {
  const named = version >= 13 ? { topicId: topic.topicId } : { topic: topic.name }
  for (const isolationLevel of [1, 0]) {
    const how = isolationLevel === 1 ? 'committed' : 'uncommitted'
    const ask = (label: string, wanted: Wanted, more: object = {}) =>
      t.ask(
        `${how} ${label}`,
        ApiKey.Fetch,
        version,
        fetchBody(version, named, [wanted], { isolationLevel, ...more }),
        { unordered: true },
      )
    for (const fetchOffset of topic.offsets) await ask(`from ${fetchOffset}`, { fetchOffset })
    await ask('past the end', { fetchOffset: 15 })
    await ask('a little', { fetchOffset: 1, partitionMaxBytes: 1 })
    await ask('a little more', { fetchOffset: 4, partitionMaxBytes: 200 })
  }
}

async function listCommitted(t: Conversation, version: number, topic: Aborted): Promise<void> {
  for (const isolationLevel of version >= 2 ? [1, 0] : [0]) {
    const how = isolationLevel === 1 ? 'committed' : 'uncommitted'
    for (const timestamp of [-1, -2, -3, -4, -5, 0, THEN_MS, THEN_MS + 1, THEN_MS * 3]) {
      const partition = { partitionIndex: 0, timestamp: BigInt(timestamp) }
      await t.ask(`${how} at ${timestamp}`, ApiKey.ListOffsets, version, {
        replicaId: -1,
        ...(version >= 2 && { isolationLevel }),
        topics: [{ name: topic.name, partitions: [partition] }],
        ...(version >= 10 && { timeoutMs: 1000 }),
      })
    }
  }
}

/** Somebody waits for committed records while a transaction ends. */
async function watched(t: Conversation): Promise<void> {
  const name = 'watched'
  const topic = { name, topicId: await createTopic(t, name) }
  for (const committed of [true, false]) {
    const producer = await initProducer(t, name)
    const writer = new Writer(t, 12, topic)
    await writer.ask('one', producer, 0)
    const fetchOffset = committed ? 0 : 3
    const more = { isolationLevel: 1, maxWaitMs: 100 }
    const fetch = (waiting: object) => fetchBody(12, { topic: name }, [{ fetchOffset }], waiting)
    await t.ask('not yet', ApiKey.Fetch, 12, fetch(more))
    const patient = fetch({ isolationLevel: 1, maxWaitMs: 30_000 })
    const waiting = t.connection('patient').send(ApiKey.Fetch, 12, patient)
    await t.ask('ends', ApiKey.EndTxn, 5, { ...producer, committed }, onceCompleted)
    t.record('woken: Fetch v12', await waiting)
  }
}
