import t from 'tap'
import { newTransaction } from '../../../src/coordinator/transaction/transaction.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { settle } from './asked.js'
import { FIRST_PRODUCER_ID, ID, TestTransactions, TIMEOUT_MS } from './transaction-fixture.js'

const { CONCURRENT_TRANSACTIONS, INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_ID_MAPPING } = ErrorCode
const { INVALID_REQUEST, INVALID_TRANSACTION_TIMEOUT, INVALID_TXN_STATE, NONE } = ErrorCode
const { PRODUCER_FENCED, TRANSACTION_ABORTABLE, TRANSACTIONAL_ID_NOT_FOUND } = ErrorCode
const { TRANSACTIONAL_ID_AUTHORIZATION_FAILED, UNSUPPORTED_VERSION } = ErrorCode

const LAST_EPOCH = 32_766

t.test('a transactional id has one producer id, and an epoch for each who takes it', async (t) => {
  const transactions = new TestTransactions()
  const first = await transactions.producer()
  t.strictSame(first, { producerId: FIRST_PRODUCER_ID, producerEpoch: 0 })
  t.strictSame(await transactions.producer(), { ...first, producerEpoch: 1 })
  t.same(transactions.stored, {
    producerId: FIRST_PRODUCER_ID,
    producerEpoch: 1,
    previousProducerId: FIRST_PRODUCER_ID,
    nextProducerId: -1,
    nextProducerEpoch: -1,
    transactionTimeoutMs: TIMEOUT_MS,
    transactionStatus: 0,
    transactionPartitions: null,
    transactionStartTimestampMs: -1,
    transactionLastUpdateTimestampMs: transactions.logical.now(),
    clientTransactionVersion: 0,
  })
  const other = await transactions.producer({ transactionalId: 'other' })
  t.strictSame(other, { producerId: FIRST_PRODUCER_ID + 1, producerEpoch: 0 })
  const idempotent = await transactions.producer({ transactionalId: null })
  t.strictSame(idempotent, { producerId: FIRST_PRODUCER_ID + 2, producerEpoch: 0 })
  t.equal(transactions.log.records.length, 3, 'nothing is kept of who has no id')
})

t.test('what InitProducerId refuses', async (t) => {
  const transactions = new TestTransactions()
  const asked = async (more: object) => (await transactions.init(more)).errorCode
  t.equal(await asked({ transactionalId: '' }), INVALID_REQUEST)
  t.equal(await asked({ transactionTimeoutMs: 0 }), INVALID_TRANSACTION_TIMEOUT)
  t.equal(await asked({ transactionTimeoutMs: 900_001 }), INVALID_TRANSACTION_TIMEOUT)
  t.equal(await asked({ transactionTimeoutMs: 900_000 }), NONE)
  t.equal(await asked({ enable2Pc: true }), TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  t.equal(await asked({ keepPreparedTxn: true }), UNSUPPORTED_VERSION)
  const able = new TestTransactions({ twoPhaseCommitEnable: true })
  await able.producer({ enable2Pc: true, transactionTimeoutMs: -5 })
  t.equal(able.stored.transactionTimeoutMs, 2 ** 31 - 1, 'two-phase commit has no timeout')
})

t.test('a producer may ask for its next epoch, and again for what it was given', async (t) => {
  const transactions = new TestTransactions()
  const first = await transactions.producer()
  const second = await transactions.producer(first)
  t.strictSame(second, { ...first, producerEpoch: 1 })
  t.strictSame(await transactions.producer(first), second, 'the answer was lost')
  t.strictSame(await transactions.producer(second), { ...first, producerEpoch: 2 })
  t.equal((await transactions.init(first)).errorCode, PRODUCER_FENCED)
  t.equal((await transactions.init(first, 3)).errorCode, INVALID_PRODUCER_EPOCH)
  const stranger = { producerId: 5, producerEpoch: 2 }
  t.equal((await transactions.init(stranger)).errorCode, PRODUCER_FENCED)
  await transactions.producer()
  const third = { ...first, producerEpoch: 2 }
  t.equal((await transactions.init(third)).errorCode, PRODUCER_FENCED, 'another one has it now')
})

t.test('a producer whose id was forgotten is given another', async (t) => {
  const transactions = new TestTransactions()
  const forgotten = { producerId: 5, producerEpoch: 3 }
  const producer = await transactions.producer(forgotten)
  t.strictSame(producer, { producerId: FIRST_PRODUCER_ID, producerEpoch: 0 })
})

t.test('a transaction of the classic protocol', async (t) => {
  const transactions = new TestTransactions()
  const { markers } = transactions
  markers.holds = true
  const producer = await transactions.producer()
  t.strictSame(await transactions.add(producer, { events: [0, 1] }), [NONE, NONE])
  t.equal(await transactions.state(), 'Ongoing')
  const length = transactions.log.records.length
  t.strictSame(await transactions.add(producer, { events: [1] }), [NONE])
  t.equal(transactions.log.records.length, length, 'what is in it needn’t be added again')
  t.equal(await transactions.addOffsets(producer), NONE)
  t.equal(await transactions.endClassic(producer), NONE, 'the outcome is decided')
  t.equal(await transactions.state(), 'PrepareCommit')
  t.equal(await transactions.endClassic(producer), CONCURRENT_TRANSACTIONS)
  t.equal(await transactions.endClassic(producer, false), CONCURRENT_TRANSACTIONS)
  t.strictSame(await transactions.add(producer), [CONCURRENT_TRANSACTIONS])
  t.equal((await transactions.init()).errorCode, CONCURRENT_TRANSACTIONS)
  t.strictSame(markers.sent, [
    {
      ...producer,
      transactionResult: true,
      topics: [
        { name: 'events', partitionIndexes: [0, 1] },
        { name: '__consumer_offsets', partitionIndexes: [7] },
      ],
      coordinatorEpoch: 1,
      transactionVersion: 0,
    },
  ])
  await markers.answer()
  t.equal(await transactions.state(), 'CompleteCommit')
  t.strictSame(transactions.stored.transactionPartitions, [])
  t.equal(await transactions.endClassic(producer), NONE, 'said again')
  t.equal(await transactions.endClassic(producer, false), INVALID_TXN_STATE)
  t.strictSame(transactions.history, [0, 1, 1, 2, 4])
})

t.test('a classic transaction that is aborted, and one that never began', async (t) => {
  const transactions = new TestTransactions()
  const producer = await transactions.producer()
  t.equal(await transactions.endClassic(producer), INVALID_TXN_STATE)
  t.equal(await transactions.endClassic(producer, false), INVALID_TXN_STATE)
  await transactions.add(producer)
  t.equal(await transactions.endClassic(producer, false), NONE)
  await settle()
  t.equal(await transactions.state(), 'CompleteAbort')
  t.equal(transactions.markers.sent[0]!.transactionResult, false)
  t.equal(await transactions.endClassic(producer, false), NONE)
  t.equal(await transactions.endClassic(producer), INVALID_TXN_STATE)
  t.strictSame(await transactions.add(producer), [NONE], 'the next one, in the same epoch')
})

t.test('who isn’t the producer of an id can do nothing with it', async (t) => {
  const transactions = new TestTransactions()
  const producer = await transactions.producer()
  const others = [
    [{ producerId: 5, producerEpoch: 0 }, INVALID_PRODUCER_ID_MAPPING],
    [{ ...producer, producerEpoch: 1 }, PRODUCER_FENCED],
  ] as const
  for (const [other, code] of others) {
    t.strictSame(await transactions.add(other), [code])
    t.strictSame(await transactions.addForBroker(other), [code])
    t.strictSame(await transactions.addForBroker(other, { events: [0] }, true), [code])
    t.equal(await transactions.addOffsets(other), code)
    t.equal(await transactions.endClassic(other), code)
    t.equal(await transactions.end(other), code)
  }
  const old = { ...producer, producerEpoch: 9 }
  t.strictSame(await transactions.add(old, { events: [0] }, 1), [INVALID_PRODUCER_EPOCH])
  t.equal(await transactions.addOffsets(old, 7, 1), INVALID_PRODUCER_EPOCH)
  t.equal(await transactions.endClassic(old, true, 1), INVALID_PRODUCER_EPOCH)
  const nobody = await transactions.add(producer, { events: [0] }, 3, 'nobody')
  t.strictSame(nobody, [INVALID_PRODUCER_ID_MAPPING])
  t.strictSame(await transactions.add(producer, { events: [0] }, 3, ''), [INVALID_REQUEST])
  const verified = await transactions.addForBroker(producer, { events: [0] }, true, '')
  t.strictSame(verified, [INVALID_REQUEST])
})

t.test('brokers verify what is appended', async (t) => {
  const transactions = new TestTransactions()
  const producer = await transactions.producer()
  const verify = () => transactions.addForBroker(producer, { events: [0, 1] }, true)
  t.strictSame(await verify(), [TRANSACTION_ABORTABLE, TRANSACTION_ABORTABLE])
  await transactions.add(producer)
  t.strictSame(await verify(), [NONE, TRANSACTION_ABORTABLE])
  transactions.markers.holds = true
  await transactions.endClassic(producer)
  t.strictSame(await verify(), [CONCURRENT_TRANSACTIONS, CONCURRENT_TRANSACTIONS])
  await transactions.markers.answer()
  t.strictSame(await verify(), [TRANSACTION_ABORTABLE, TRANSACTION_ABORTABLE])
})

t.test('every transaction of version 2 has an epoch of its own', async (t) => {
  const transactions = new TestTransactions()
  const { markers } = transactions
  const first = await transactions.producer()
  t.strictSame(await transactions.addForBroker(first), [NONE])
  t.equal(transactions.stored.clientTransactionVersion, 2)
  markers.holds = true
  const second = { ...first, producerEpoch: 1 }
  t.strictSame(await transactions.end(first), second)
  t.equal(markers.sent[0]!.producerEpoch, 1, 'what still comes of the old epoch is too late')
  t.equal(markers.sent[0]!.transactionVersion, 2)
  t.equal(await transactions.end(first), CONCURRENT_TRANSACTIONS)
  t.strictSame(await transactions.addForBroker(second), [CONCURRENT_TRANSACTIONS])
  await markers.answer()
  t.strictSame(await transactions.end(first), second, 'the answer was lost')
  t.equal(await transactions.end(first, false), INVALID_TXN_STATE)
  t.strictSame(await transactions.addForBroker(first), [PRODUCER_FENCED])
  t.strictSame(await transactions.addForBroker(second), [NONE])
  t.equal(await transactions.end(first), PRODUCER_FENCED, 'too late to ask')
  t.strictSame(await transactions.end(second, false), { ...first, producerEpoch: 2 })
  await settle()
  t.strictSame(transactions.history, [0, 1, 2, 4, 1, 3, 5])
})

t.test('a client can’t go beyond what the cluster has agreed on', async (t) => {
  const transactions = new TestTransactions()
  transactions.transactionVersion = 0
  const producer = await transactions.producer()
  t.strictSame(await transactions.addForBroker(producer), [UNSUPPORTED_VERSION])
  t.strictSame(await transactions.add(producer), [NONE])
  t.equal(await transactions.end(producer), UNSUPPORTED_VERSION)
  t.equal(await transactions.endClassic(producer), NONE)
})

t.test('in version 2, what never began can be aborted but not committed', async (t) => {
  const transactions = new TestTransactions()
  const first = await transactions.producer()
  t.equal(await transactions.end(first), INVALID_TXN_STATE)
  const second = { ...first, producerEpoch: 1 }
  t.strictSame(await transactions.end(first, false), second)
  await settle()
  t.equal(await transactions.state(), 'CompleteAbort')
  t.strictSame(transactions.markers.sent, [], 'nobody has to know')
  t.strictSame(await transactions.end(first, false), second, 'said again')
  const third = { ...first, producerEpoch: 2 }
  t.strictSame(await transactions.end(second, false), third, 'said of the next one')
  await settle()
  await transactions.addForBroker(third)
  const fourth = { ...first, producerEpoch: 3 }
  t.strictSame(await transactions.end(third), fourth)
  await settle()
  t.equal(await transactions.end(fourth), INVALID_TXN_STATE)
  t.strictSame(await transactions.end(fourth, false), { ...first, producerEpoch: 4 })
  await settle()
  t.equal(transactions.stored.transactionStartTimestampMs, transactions.logical.now())
})

t.test('a producer id whose epochs are used up is replaced', async (t) => {
  t.test('by InitProducerId', async (t) => {
    const transactions = await atLastEpoch()
    const last = await transactions.producer()
    const fresh = { producerId: FIRST_PRODUCER_ID + 1, producerEpoch: 0 }
    t.strictSame(await transactions.producer(last), fresh)
    t.equal(transactions.stored.previousProducerId, FIRST_PRODUCER_ID)
    const again = await transactions.producer(last)
    t.strictSame(again, { ...fresh, producerEpoch: 0 }, 'it hasn’t heard of it')
  })
  t.test('by EndTxn of version 2, once the transaction has ended', async (t) => {
    const transactions = await atLastEpoch()
    const last = await transactions.producer()
    const fresh = { producerId: FIRST_PRODUCER_ID + 1, producerEpoch: 0 }
    await transactions.addForBroker(last)
    transactions.markers.holds = true
    t.strictSame(await transactions.end(last), fresh)
    t.match(transactions.stored, {
      producerId: FIRST_PRODUCER_ID,
      producerEpoch: LAST_EPOCH + 1,
      nextProducerId: fresh.producerId,
    })
    t.equal(transactions.markers.sent[0]!.producerEpoch, LAST_EPOCH + 1)
    await transactions.markers.answer()
    t.match(transactions.stored, {
      ...fresh,
      previousProducerId: FIRST_PRODUCER_ID,
      nextProducerId: -1,
    })
    t.strictSame(await transactions.end(last), fresh, 'the answer was lost')
    t.strictSame(await transactions.addForBroker(fresh), [NONE])
  })
  t.test('also when the transaction is fenced', async (t) => {
    const transactions = await atLastEpoch()
    const last = await transactions.producer()
    await transactions.addForBroker(last)
    t.equal((await transactions.init()).errorCode, CONCURRENT_TRANSACTIONS)
    await settle()
    const next = { producerId: FIRST_PRODUCER_ID + 1, producerEpoch: 1 }
    t.strictSame(await transactions.producer(), next)
  })
})

t.test('who takes over an id aborts its transaction, and asks again', async (t) => {
  for (const transactionVersion of [0, 1, 2]) {
    const transactions = new TestTransactions()
    transactions.transactionVersion = transactionVersion
    const first = await transactions.producer()
    await transactions.add(first)
    transactions.markers.holds = true
    t.equal((await transactions.init()).errorCode, CONCURRENT_TRANSACTIONS)
    t.equal((await transactions.init()).errorCode, CONCURRENT_TRANSACTIONS)
    t.equal(transactions.stored.transactionStatus, 3)
    t.equal(transactions.log.records.at(-1)!.version, Math.min(transactionVersion, 1))
    t.match(transactions.markers.sent, [{ ...first, producerEpoch: 1, transactionResult: false }])
    await transactions.markers.answer()
    t.strictSame(await transactions.producer(), { ...first, producerEpoch: 2 })
    t.strictSame(await transactions.add(first), [PRODUCER_FENCED])
  }
})

t.test('DescribeTransactions', async (t) => {
  const transactions = new TestTransactions()
  const producer = await transactions.producer()
  transactions.logical.advance(1000)
  await transactions.add(producer, { events: [0], audit: [2] })
  t.strictSame(await transactions.describe(), {
    errorCode: NONE,
    transactionalId: ID,
    transactionState: 'Ongoing',
    transactionTimeoutMs: TIMEOUT_MS,
    transactionStartTimeMs: transactions.logical.now(),
    ...producer,
    topics: [
      { topic: 'audit', partitions: [2] },
      { topic: 'events', partitions: [0] },
    ],
  })
  t.equal((await transactions.describe('')).errorCode, INVALID_REQUEST)
  t.equal((await transactions.describe('nobody')).errorCode, TRANSACTIONAL_ID_NOT_FOUND)
})

t.test('ListTransactions', async (t) => {
  const transactions = new TestTransactions()
  const producer = await transactions.producer()
  await transactions.producer({ transactionalId: 'payments' })
  await transactions.add(producer)
  transactions.logical.advance(5000)
  const list = async (more: object) => {
    const { transactionStates, errorCode } = await transactions.list(more)
    return errorCode === NONE
      ? transactionStates.map(({ transactionalId }) => transactionalId)
      : errorCode
  }
  t.strictSame(await list({}), ['orders', 'payments'])
  t.strictSame(await list({ stateFilters: ['Ongoing'] }), ['orders'])
  t.strictSame(await list({ stateFilters: ['Ongoing', 'Empty'] }), ['orders', 'payments'])
  t.strictSame(await list({ producerIdFilters: [producer.producerId + 1] }), ['payments'])
  t.strictSame(await list({ durationFilter: 5000 }), ['payments'], 'what never began is old')
  t.strictSame(await list({ durationFilter: 4999 }), ['orders', 'payments'])
  t.strictSame(await list({ transactionalIdPattern: 'pay.*' }), ['payments'])
  t.strictSame(await list({ transactionalIdPattern: 'pay' }), [], 'all of the id')
  t.strictSame(await list({ transactionalIdPattern: '' }), ['orders', 'payments'])
  t.equal(await list({ transactionalIdPattern: '(' }), ErrorCode.INVALID_REGULAR_EXPRESSION)
  const unknown = await transactions.list({ stateFilters: ['Done'] })
  t.strictSame(unknown.unknownStateFilters, ['Done'])
  t.strictSame(unknown.transactionStates, [])
})

/** What is left of the first producer id is the last epoch that is given out. */
async function atLastEpoch(): Promise<TestTransactions> {
  const transactions = new TestTransactions()
  const { producerId } = await transactions.producer()
  const nowMs = transactions.logical.now()
  const transaction = newTransaction(ID, producerId, nowMs)
  transactions.append({ ...transaction, producerEpoch: LAST_EPOCH - 1, timeoutMs: TIMEOUT_MS })
  return await transactions.restart()
}
