import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { AskOptions, Conversation } from '../conversation.js'
import {
  createTopic,
  prepareEveryGroup,
  prepareTransactions,
  WITHOUT_RETENTION,
} from '../fixtures.js'
import type { Script } from '../script.js'
import {
  addBody,
  addQuietly,
  atEpoch,
  completed,
  initBody,
  initProducer,
  onceCompleted,
  type Producer,
  produceBody,
  producerOf,
  type Topic,
  transactionalBatch,
} from '../transaction-requests.js'
import { fetchBody } from './fetch.js'

/** Transactions that time out, and those that can't be ended for a while. */
export const transactionTimeouts: Script = {
  name: 'transaction-timeouts',
  config: {
    ...WITHOUT_RETENTION,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '100',
  },
  async run(t) {
    await prepareEveryGroup(t)
    await prepareTransactions(t)
    await timeouts(t)
    for (const committed of [true, false]) await stuck(t, committed)
    for (const committed of [true, false]) await stuckWithEpochs(t, committed)
    await deletedTopic(t)
    await stuckTimeout(t)
  },
}

/** Long enough for a few requests, short enough to be waited for. */
const TIMEOUT_MS = 2_000

const describeBody = (id: string): object => ({ transactionalIds: [id] })

async function write(t: Conversation, producer: Producer, topic: Topic, sequence = 0) {
  const batch = transactionalBatch(producer, sequence)
  const { transactionalId } = producer
  await t.ask('a batch', ApiKey.Produce, 12, produceBody(12, topic, batch, { transactionalId }))
}

async function timeouts(t: Conversation): Promise<void> {
  const topic = { name: 'timeouts', topicId: await createTopic(t, 'timeouts') }
  const lateBy = [
    ...[3, 4, 5].map((version) => ['EndTxn', version] as const),
    ...[11, 12].map((version) => ['Produce', version] as const),
    ...[2, 3].map((version) => ['AddPartitionsToTxn', version] as const),
    ...[3, 4, 5].map((version) => ['InitProducerId', version] as const),
  ]
  const producers: Producer[] = []
  for (const [api, version] of lateBy) {
    const more = { transactionTimeoutMs: TIMEOUT_MS }
    const producer = await initProducer(t, `late-${api}-${version}`, more)
    producers.push(producer)
    await write(t, producer, topic)
  }
  for (const { transactionalId } of producers) await completed(t, transactionalId)
  for (const [index, [api, version]] of lateBy.entries()) {
    const producer = producers[index]!
    const { transactionalId } = producer
    await t.ask('timed out', ApiKey.DescribeTransactions, 0, describeBody(transactionalId))
    await late(t, api, version, producer, topic)
    const next = atEpoch(producer, producer.producerEpoch + 1)
    await late(t, api, version, next, topic)
    const body = initBody(transactionalId)
    const anew = await t.ask('anew', ApiKey.InitProducerId, 5, body, onceCompleted)
    await write(t, producerOf(transactionalId, anew), topic)
    await t.ask('anew', ApiKey.DescribeTransactions, 0, describeBody(transactionalId))
  }
}

type LateApi = 'EndTxn' | 'Produce' | 'AddPartitionsToTxn' | 'InitProducerId'

function late(t: Conversation, api: LateApi, version: number, producer: Producer, topic: Topic) {
  const { transactionalId } = producer
  const added = [{ name: topic.name, partitions: [0] }]
  const bodies = {
    EndTxn: () => ({ ...producer, committed: true }),
    Produce: () =>
      produceBody(version, topic, transactionalBatch(producer, 2), { transactionalId }),
    AddPartitionsToTxn: () => addBody(version, producer, added),
    InitProducerId: () => initBody(transactionalId, producer),
  }
  const label = `late, epoch ${producer.producerEpoch}`
  return t.ask(label, ApiKey[api], version, bodies[api](), onceCompleted)
}

/**
 * Has a producer's transaction prepared and never completed: the markers of its coordinator are
 * refused by a partition that has one of a later coordinator.
 */
async function prepare(
  t: Conversation,
  name: string,
  version: number,
  committed: boolean,
): Promise<[Producer, Topic]> {
  const topic = { name, topicId: await createTopic(t, name) }
  await createTopic(t, `${name}-other`)
  const producer = await initProducer(t, name)
  await fence(t, producer, topic)
  await t.quietly(ApiKey.AddOffsetsToTxn, 3, { ...producer, groupId: name })
  await t.ask('ends', ApiKey.EndTxn, version, { ...producer, committed })
  return [producer, topic]
}

/** Begins a transaction that its coordinator can't end. */
async function fence(t: Conversation, producer: Producer, topic: Topic): Promise<void> {
  await addQuietly(t, producer, [{ name: topic.name, partitions: [0] }])
  await write(t, producer, topic)
  const topics = [{ name: topic.name, partitionIndexes: [0] }]
  const marker = { ...producer, transactionResult: true, coordinatorEpoch: 10, topics }
  await t.ask('of a later coordinator', ApiKey.WriteTxnMarkers, 1, { markers: [marker] })
  await write(t, producer, topic, 2)
}

async function stuck(t: Conversation, committed: boolean): Promise<void> {
  const name = committed ? 'stuck-commit' : 'stuck-abort'
  await whilePrepared(t, ...(await prepare(t, name, 4, committed)), committed)
}

function read(t: Conversation, label: string, name: string) {
  const body = fetchBody(12, { topic: name }, [{}], { isolationLevel: 1 })
  return t.ask(label, ApiKey.Fetch, 12, body)
}

/** Every request while the markers are going out. */
async function whilePrepared(
  t: Conversation,
  producer: Producer,
  topic: Topic,
  committed: boolean,
): Promise<void> {
  const { transactionalId: id } = producer
  const other = [{ name: `${topic.name}-other`, partitions: [0] }]
  // The group's partition has its marker a moment later.
  await t.ask('prepared', ApiKey.DescribeTransactions, 0, describeBody(id), {
    until: ({ transactionStates }) => transactionStates[0].topics.length === 1,
  })
  const filter = { stateFilters: ['PrepareCommit', 'PrepareAbort'], producerIdFilters: [] }
  await t.ask('prepared', ApiKey.ListTransactions, 1, filter)
  for (const version of versionsThatDiffer) {
    await t.ask('meanwhile', ApiKey.EndTxn, version, { ...producer, committed })
    await t.ask('meanwhile, the opposite', ApiKey.EndTxn, version, {
      ...producer,
      committed: !committed,
    })
    const next = atEpoch(producer, producer.producerEpoch + 1)
    await t.ask('meanwhile, the next epoch', ApiKey.EndTxn, version, { ...next, committed })
  }
  for (const version of [3, 4, 5]) {
    await t.ask('meanwhile', ApiKey.AddPartitionsToTxn, version, addBody(version, producer, other))
  }
  const added = [{ name: topic.name, partitions: [0] }]
  for (const version of [4, 5]) {
    const transactions = [{ ...producer, verifyOnly: true, topics: added }]
    await t.ask('meanwhile, verified', ApiKey.AddPartitionsToTxn, version, { transactions })
  }
  await t.ask('meanwhile', ApiKey.AddOffsetsToTxn, 3, { ...producer, groupId: 'another' })
  for (const version of [11, 12]) {
    for (const [at, of] of [topic, { ...topic, name: `${topic.name}-other` }].entries()) {
      const batch = transactionalBatch(producer, at === 0 ? 2 : 0)
      const body = produceBody(version, of, batch, { transactionalId: id })
      await t.ask('meanwhile', ApiKey.Produce, version, body)
    }
  }
  for (const version of [3, 5]) {
    await t.ask('meanwhile', ApiKey.TxnOffsetCommit, version, offsetsBody(producer, id))
  }
  await read(t, 'meanwhile', topic.name)
  for (const version of [0, 3, 5]) {
    await t.ask('meanwhile', ApiKey.InitProducerId, version, initBody(id))
  }
  await t.ask('still prepared', ApiKey.DescribeTransactions, 0, describeBody(id))
}

const versionsThatDiffer = [1, 4, 5]

const offsetsBody = (producer: Producer, groupId: string): object => ({
  ...producer,
  groupId,
  generationId: -1,
  memberId: '',
  topics: [
    {
      name: 'timeouts',
      partitions: [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }],
    },
  ],
})

/** As {@link stuck}, where the epoch has moved on with the preparation. */
async function stuckWithEpochs(t: Conversation, committed: boolean): Promise<void> {
  const name = committed ? 'epoch-commit' : 'epoch-abort'
  const [producer, topic] = await prepare(t, name, 5, committed)
  await whilePrepared(t, producer, topic, committed)
  await whilePrepared(t, atEpoch(producer, producer.producerEpoch + 1), topic, committed)
}

/** A topic that is deleted while a transaction goes on keeps nobody from ending it. */
async function deletedTopic(t: Conversation): Promise<void> {
  for (const version of [4, 5]) {
    const name = `deleted-v${version}`
    const topic = { name, topicId: await createTopic(t, name) }
    const producer = await initProducer(t, name)
    await write(t, producer, topic)
    await t.quietly(ApiKey.DeleteTopics, 5, { topicNames: [name], timeoutMs: 10_000 })
    await t.ask('ends', ApiKey.EndTxn, version, { ...producer, committed: true })
    await completed(t, name)
    await t.ask('ended', ApiKey.DescribeTransactions, 0, describeBody(name))
  }
}

/** Somebody begins anew while a transaction that timed out, or was fenced, can't be ended. */
async function stuckTimeout(t: Conversation): Promise<void> {
  const name = 'stuck-timeout'
  const topic = { name, topicId: await createTopic(t, name) }
  const producer = await initProducer(t, name, { transactionTimeoutMs: TIMEOUT_MS })
  await fence(t, producer, topic)
  const prepared: AskOptions = {
    until: ({ transactionStates }) => transactionStates[0].transactionState !== 'Ongoing',
  }
  await t.ask('timed out', ApiKey.DescribeTransactions, 0, describeBody(name), prepared)
  await t.ask('meanwhile', ApiKey.InitProducerId, 5, initBody(name))
  await t.ask('meanwhile', ApiKey.InitProducerId, 5, initBody(name, producer))
  await t.ask('meanwhile', ApiKey.EndTxn, 5, { ...producer, committed: false })
  const again = 'stuck-fenced'
  const other = { name: again, topicId: await createTopic(t, again) }
  const fenced = await initProducer(t, again)
  await fence(t, fenced, other)
  await t.ask('fences', ApiKey.InitProducerId, 5, initBody(again))
  await t.ask('fenced', ApiKey.DescribeTransactions, 0, describeBody(again), prepared)
  await t.ask('fences again', ApiKey.InitProducerId, 5, initBody(again))
  await t.ask('fenced', ApiKey.EndTxn, 5, { ...fenced, committed: true })
  await read(t, 'aborted', again)
}
