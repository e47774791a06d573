import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { AskOptions, Conversation } from '../conversation.js'
import { createTopic, prepareEveryGroup, prepareTransactions } from '../fixtures.js'
import { type Script, topicName, versionsOf } from '../script.js'
import {
  type Added,
  addBody,
  addQuietly,
  atEpoch,
  completed,
  endQuietly,
  initBody,
  initProducer,
  onceCompleted,
  type Producer,
  producerOf,
} from '../transaction-requests.js'

/** What a transaction's coordinator answers, in every version: its states and each refusal. */
export const transactions: Script = {
  name: 'transactions',
  async run(t) {
    await beforeThereIsOne(t)
    await prepareEveryGroup(t)
    await prepareTransactions(t)
    await createTopic(t, 'txn', 3)
    await createTopic(t, 'txn-other', 1)
    for (const version of versionsOf(ApiKey.FindCoordinator)) await find(t, version)
    for (const version of stable(ApiKey.InitProducerId)) await init(t, version)
    for (const version of stable(ApiKey.InitProducerId)) await initOngoing(t, version)
    for (const version of versionsOf(ApiKey.AddPartitionsToTxn)) {
      await (version >= 4 ? addBatched(t, version) : add(t, version))
    }
    for (const version of versionsOf(ApiKey.AddOffsetsToTxn)) await addOffsets(t, version)
    for (const version of versionsOf(ApiKey.EndTxn)) await end(t, version)
    for (const version of versionsOf(ApiKey.EndTxn)) await endAgain(t, version)
    await names(t)
  },
}

/** Version 6 of InitProducerId, for two-phase commit, isn't stable in Apache Kafka 4.3. */
const stable = (apiKey: number): number[] =>
  versionsOf(apiKey).filter((version) => apiKey !== ApiKey.InitProducerId || version <= 5)

/** Their topic is created when somebody looks for a coordinator, and not before. */
async function beforeThereIsOne(t: Conversation): Promise<void> {
  const nobody: Producer = { transactionalId: 'nobody', producerId: 7, producerEpoch: 0 }
  const topics = [{ name: 'txn', partitions: [0] }]
  await t.ask('before', ApiKey.InitProducerId, 4, initBody('nobody'))
  await t.ask('before', ApiKey.AddPartitionsToTxn, 3, addBody(3, nobody, topics))
  await t.ask('before', ApiKey.AddOffsetsToTxn, 3, { ...nobody, groupId: 'g' })
  await t.ask('before', ApiKey.EndTxn, 3, { ...nobody, committed: true })
  await t.ask('before', ApiKey.DescribeTransactions, 0, { transactionalIds: ['nobody'] })
  await t.ask('before', ApiKey.ListTransactions, 1, { stateFilters: [], producerIdFilters: [] })
}

async function find(t: Conversation, version: number): Promise<void> {
  const ask = (label: string, keys: string[], keyType = 1, options: AskOptions = {}) =>
    t.ask(
      label,
      ApiKey.FindCoordinator,
      version,
      {
        ...(version < 4 ? { key: keys[0] } : { coordinatorKeys: keys }),
        ...(version >= 1 && { keyType }),
      },
      options,
    )
  if (version === 0) return void (await ask('of a group', ['some']))
  await ask('of a transactional id', ['some'])
  await ask('of an empty one', [''])
  await ask('of an odd one', ['a b/ü\u0000'])
  await ask('of a long one', ['x'.repeat(5000)])
  if (version < 4) return
  await ask('of several', ['one', 'two', 'one', ''])
  await ask('of none', [])
}

async function init(t: Conversation, version: number): Promise<void> {
  const id = topicName('init', version)
  const ask = (label: string, more: object = {}, options: AskOptions = {}) =>
    t.ask(label, ApiKey.InitProducerId, version, initBody(id, more), options)
  const first = producerOf(id, await ask('a new one'))
  const second = producerOf(id, await ask('it again', { transactionTimeoutMs: 10_000 }))
  await ask('an empty one', { transactionalId: '' })
  await ask('no timeout', { transactionTimeoutMs: 0 })
  await ask('a negative timeout', { transactionTimeoutMs: -1 })
  await ask('the longest timeout', { transactionTimeoutMs: 900_000 })
  await ask('a timeout that is too long', { transactionTimeoutMs: 900_001 })
  await t.ask('begun', ApiKey.DescribeTransactions, 0, { transactionalIds: [id] })
  if (version < 3) return
  const { producerId } = first
  await ask('an epoch of before', { producerId, producerEpoch: second.producerEpoch - 1 })
  const current = producerOf(id, await ask('it begins anew'))
  const bumped = await ask('with its epoch', atEpoch(current, current.producerEpoch))
  await ask('the same again', atEpoch(current, current.producerEpoch))
  await ask('with the next', atEpoch(current, bumped.producerEpoch))
  await ask('the first again', atEpoch(current, current.producerEpoch))
  await ask('an epoch to come', { producerId, producerEpoch: 1000 })
  await ask('an epoch alone', { producerId: -1, producerEpoch: 3 })
  await ask('a producer alone', { producerId, producerEpoch: -1 })
  await ask('a negative epoch', { producerId, producerEpoch: -2 })
  await ask('a negative producer', { producerId: -2, producerEpoch: 0 })
  await ask("another's producer", { producerId: producerId + 500, producerEpoch: 0 })
  const newId = { transactionalId: `${id}-new` }
  await ask('a new one that knows its producer', { ...newId, producerId: 500, producerEpoch: 7 })
  await ask('that again', { ...newId, producerId: 500, producerEpoch: 7 })
  await t.ask('after all that', ApiKey.DescribeTransactions, 0, { transactionalIds: [id] })
}

/** Who begins while a transaction is going on ends it. */
async function initOngoing(t: Conversation, version: number): Promise<void> {
  const id = topicName('ongoing', version)
  const producer = await initProducer(t, id)
  const topics = [{ name: 'txn', partitions: [0, 2] }]
  const ask = (label: string, more: object = {}) =>
    t.ask(label, ApiKey.InitProducerId, version, initBody(id, more), onceCompleted)
  await addQuietly(t, producer, topics)
  await ask('one that goes on')
  await t.ask('it was fenced', ApiKey.EndTxn, 4, { ...producer, committed: true })
  await t.ask('it was fenced', ApiKey.EndTxn, 5, { ...producer, committed: true })
  await t.ask('it was fenced', ApiKey.AddPartitionsToTxn, 3, addBody(3, producer, topics))
  await t.ask('it was fenced', ApiKey.AddOffsetsToTxn, 3, { ...producer, groupId: 'g' })
  await t.ask('aborted', ApiKey.DescribeTransactions, 0, { transactionalIds: [id] })
  if (version < 3) return
  const next = await initProducer(t, id)
  await addQuietly(t, next, topics)
  await ask('its own that goes on', atEpoch(next, next.producerEpoch))
  await t.ask('it was ended', ApiKey.DescribeTransactions, 0, { transactionalIds: [id] })
  await ask('the fenced one', atEpoch(producer, producer.producerEpoch))
}

async function add(t: Conversation, version: number): Promise<void> {
  const id = topicName('add', version)
  const producer = await initProducer(t, id)
  const ask = (label: string, topics: readonly Added[], more: object = {}) =>
    t.ask(
      label,
      ApiKey.AddPartitionsToTxn,
      version,
      addBody(version, { ...producer, ...more }, topics),
      { unordered: true },
    )
  const one = [{ name: 'txn', partitions: [0] }]
  await ask('nothing', [])
  await ask('a topic without partitions', [{ name: 'txn', partitions: [] }])
  await ask('one', one)
  await ask('the same', one)
  await ask('more', [
    { name: 'txn-other', partitions: [0] },
    { name: 'txn', partitions: [1, 0] },
  ])
  await ask('an unknown partition', [{ name: 'txn', partitions: [0, 9] }])
  await ask('an unknown topic', [
    { name: 'txn-no', partitions: [0] },
    { name: 'txn', partitions: [2] },
  ])
  await ask('a bad topic', [{ name: 'a b', partitions: [0] }])
  await ask('a negative partition', [{ name: 'txn', partitions: [-1] }])
  await ask('a topic of the broker', [{ name: '__consumer_offsets', partitions: [1] }])
  await t.ask(
    'added',
    ApiKey.DescribeTransactions,
    0,
    { transactionalIds: [id] },
    {
      unordered: true,
    },
  )
  await refusedProducers(producer, (label, more) => ask(label, one, more))
  await ask('an unknown topic of an old epoch', [{ name: 'txn-no', partitions: [0] }], {
    producerEpoch: 77,
  })
  await endQuietly(t, producer, true)
  await ask('after the end', one)
}

/** Producers that no request of a transaction is taken from. */
async function refusedProducers(
  producer: Producer,
  ask: (label: string, more: Partial<Producer>) => Promise<unknown>,
): Promise<void> {
  const { producerId, producerEpoch } = producer
  await ask('an epoch to come', { producerEpoch: producerEpoch + 1 })
  await ask('an epoch of before', { producerEpoch: producerEpoch - 1 })
  await ask('another producer', { producerId: producerId + 1000 })
  await ask('no producer', { producerId: -1, producerEpoch: -1 })
  await ask('an unknown transactional id', { transactionalId: 'nobody' })
  await ask('an empty transactional id', { transactionalId: '' })
}

/** From version 4 on it is brokers that ask, for several transactions at once. */
async function addBatched(t: Conversation, version: number): Promise<void> {
  const ids = [topicName('batched-a', version), topicName('batched-b', version)]
  const [a, b] = [await initProducer(t, ids[0]!), await initProducer(t, ids[1]!)]
  const one = [{ name: 'txn', partitions: [0] }]
  const ask = (label: string, ...all: readonly object[]) =>
    t.ask(
      label,
      ApiKey.AddPartitionsToTxn,
      version,
      { transactions: all.map((each) => ({ topics: one, ...each })) },
      { unordered: true },
    )
  await t.ask(
    'nothing',
    ApiKey.AddPartitionsToTxn,
    version,
    { transactions: [] },
    {
      on: 'nothing',
      timeoutMs: 2_000,
      deviation: 'unanswered-requests',
    },
  )
  await ask('none of it', { ...a, topics: [] })
  await ask('verified before it is there', { ...a, verifyOnly: true })
  await ask('two', a, b)
  await ask('verified', { ...a, verifyOnly: true }, { ...b, verifyOnly: true })
  const more = [{ name: 'txn', partitions: [1, 0] }]
  await ask('one of two verified', { ...a, verifyOnly: true, topics: more })
  await ask('one verified, one added', { ...a, verifyOnly: true }, { ...b, topics: more })
  const unknown = [
    { name: 'txn-no', partitions: [0] },
    { name: 'txn', partitions: [2] },
  ]
  await ask('an unknown topic', { ...a, topics: unknown }, { ...b, topics: more })
  await ask('an unknown topic, verified', { ...a, topics: unknown, verifyOnly: true })
  for (const verifyOnly of [false, true]) {
    await refusedProducers(a, (label, more) =>
      ask(`${label}${verifyOnly ? ', verified' : ''}`, { ...a, ...more, verifyOnly }),
    )
  }
  await ask('one of two fenced', atEpoch(a, 77), b)
  await t.ask(
    'added',
    ApiKey.DescribeTransactions,
    0,
    { transactionalIds: ids },
    {
      unordered: true,
    },
  )
  await endQuietly(t, a, true)
  await endQuietly(t, b, false)
  await ask('verified after the end', { ...a, verifyOnly: true }, { ...b, verifyOnly: true })
  await ask('after the end', a)
  await endQuietly(t, a, false)
}

async function addOffsets(t: Conversation, version: number): Promise<void> {
  const id = topicName('offsets', version)
  const producer = await initProducer(t, id)
  const groupId = topicName('group', version)
  const ask = (label: string, more: object = {}) =>
    t.ask(label, ApiKey.AddOffsetsToTxn, version, { ...producer, groupId, ...more })
  await ask('a group')
  await ask('it again')
  await ask('another', { groupId: 'another group/ü' })
  await ask('an empty one', { groupId: '' })
  await refusedProducers(producer, ask)
  await t.ask(
    'added',
    ApiKey.DescribeTransactions,
    0,
    { transactionalIds: [id] },
    {
      unordered: true,
    },
  )
  await endQuietly(t, producer, true)
}

async function end(t: Conversation, version: number): Promise<void> {
  for (const committed of [true, false]) {
    const [how, opposite] = committed ? ['commit', 'abort'] : ['abort', 'commit']
    const id = topicName(how, version)
    let producer = await initProducer(t, id)
    const ask = async (label: string, more: object = {}) => {
      const body = { ...producer, committed, ...more }
      const answer = await t.ask(label, ApiKey.EndTxn, version, body, onceCompleted)
      // From version 5 on a producer goes on with the epoch that it is given.
      if (version >= 5 && answer.errorCode === 0) {
        producer = producerOf(producer.transactionalId, answer)
      }
    }
    await ask(`${how} of nothing`)
    await refusedProducers(producer, (label, more) => ask(`${how}, ${label}`, more))
    await addQuietly(t, producer, [{ name: 'txn', partitions: [0] }])
    await refusedProducers(producer, (label, more) => ask(`${how} with one, ${label}`, more))
    const before = producer
    await ask(how)
    await completed(t, id)
    await ask(`${how} by the epoch of before`, before)
    await ask(`${opposite} by the epoch of before`, { ...before, committed: !committed })
    await ask(`${how} again`)
    await ask(`${opposite} after ${how}`, { committed: !committed })
    await completed(t, id)
    await t.ask(`after ${how}`, ApiKey.DescribeTransactions, 0, { transactionalIds: [id] })
  }
}

/** The next transaction of a producer, which old versions begin with the same epoch. */
async function endAgain(t: Conversation, version: number): Promise<void> {
  const id = topicName('next', version)
  let producer = await initProducer(t, id)
  for (const committed of [true, false, false, true]) {
    await addQuietly(t, producer, [{ name: 'txn', partitions: [1] }])
    const body = { ...producer, committed }
    const answer = await t.ask('one more', ApiKey.EndTxn, version, body)
    await t.ask('its retry', ApiKey.EndTxn, version, body, onceCompleted)
    await completed(t, id)
    if (version >= 5) producer = producerOf(id, answer)
    await t.ask('ended', ApiKey.DescribeTransactions, 0, { transactionalIds: [id] })
  }
  await t.ask('it begins anew', ApiKey.InitProducerId, 5, initBody(id))
}

/** Transactional ids may be anything but empty. */
async function names(t: Conversation): Promise<void> {
  const odd = ['a b', ' ', 'ünï/cødé 🎉', '../..', 'a\nb\u0000c', 'x'.repeat(3000), '__', '-1']
  for (const id of odd) {
    const label = JSON.stringify(id.slice(0, 20))
    const answer = await t.ask(label, ApiKey.InitProducerId, 5, initBody(id))
    const producer = producerOf(id, answer)
    const topics = [{ name: 'txn', partitions: [0] }]
    await t.ask(label, ApiKey.AddPartitionsToTxn, 3, addBody(3, producer, topics))
    await t.ask(label, ApiKey.DescribeTransactions, 0, { transactionalIds: [id] })
    await t.ask(label, ApiKey.EndTxn, 4, { ...producer, committed: true })
    await completed(t, id)
  }
  await t.ask(
    'all',
    ApiKey.ListTransactions,
    0,
    { stateFilters: [], producerIdFilters: [] },
    {
      unordered: true,
    },
  )
}
