import t from 'tap'
import { fetch } from '../../../src/broker/api/fetch.js'
import { produce } from '../../../src/broker/api/produce.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { buildEndTxnMarker, ControlRecordType } from '../../../src/protocol/records/index.js'
import { Asked, settle } from '../coordinator/asked.js'
import { type BatchOptions, batchOf, START_MS } from '../storage/storage-fixture.js'
import { type Body, DataPlane, newPeer } from './data-plane-fixture.js'

/** The versions of Produce at which what a producer knows of transactions changes. */
const VERIFIES = 10
const KNOWS_ABORTABLE = 11
const ADDS_PARTITION = 12

type Teardown = Parameters<typeof DataPlane.start>[0]

async function rigFor(t: Teardown, properties: Record<string, string> = {}) {
  const plane = await DataPlane.start(t, properties)
  plane.createTopic('pets', 2)
  plane.createTopic('__transaction_state')
  const handler = produce(plane)
  const peer = newPeer()
  const send = async (records: readonly Buffer[], version: number, more: object = {}) => {
    const partitionData = records.map((batch, index) => ({ index, records: batch }))
    const body = { transactionalId: 'txn', acks: -1, timeoutMs: 1000, ...more }
    const topicData = [{ name: 'pets', partitionData }]
    return (await plane.ask(handler, version, { ...body, topicData }, peer)) as Body
  }
  const sendOne = async (batch: Buffer, version = ADDS_PARTITION, more: object = {}) =>
    partitionsOf(await send([batch], version, more))[0]!
  const end = (producerEpoch: number, type: 'ABORT' | 'COMMIT' = 'COMMIT') => {
    const marker = buildEndTxnMarker({
      type: ControlRecordType[type],
      producerId: 5,
      producerEpoch,
      coordinatorEpoch: 0,
      timestamp: START_MS,
    })
    return new Promise((resolve) => {
      plane.replicas.partition('pets', 0).appendOwn(marker, resolve)
    })
  }
  return { plane, send, sendOne, end, log: plane.replicas.partition('pets', 0).log }
}

function partitionsOf(answer: Body): Body[] {
  return answer.responses[0].partitionResponses
}

function txnBatch(baseSequence: number, more: BatchOptions = {}): Buffer {
  return batchOf(['x'], {
    producerId: 5,
    producerEpoch: 0,
    baseSequence,
    transactional: true,
    ...more,
  })
}

t.test('the coordinator is asked before the first batch of a transaction, once', async (t) => {
  const { plane, sendOne, log } = await rigFor(t)
  t.match(await sendOne(txnBatch(0)), { errorCode: ErrorCode.NONE, baseOffset: 0 })
  t.match(await sendOne(txnBatch(1)), { errorCode: ErrorCode.NONE, baseOffset: 1 })
  t.strictSame(plane.transactions.asked, [
    {
      transactionalId: 'txn',
      producerId: 5,
      producerEpoch: 0,
      verifyOnly: false,
      topics: [{ name: 'pets', partitions: [0] }],
    },
  ])
  t.equal(log.lastStableOffset, 0)
})

t.test('old clients have added the partition themselves', async (t) => {
  const { plane, sendOne } = await rigFor(t)
  await sendOne(txnBatch(0), KNOWS_ABORTABLE)
  t.match(plane.transactions.asked, [{ verifyOnly: true }])
})

t.test('what the coordinator says, as each version of producers knows it', async (t) => {
  const {
    NOT_COORDINATOR,
    CONCURRENT_TRANSACTIONS,
    TRANSACTION_ABORTABLE,
    PRODUCER_FENCED,
    INVALID_TXN_STATE,
    NOT_ENOUGH_REPLICAS,
    INVALID_PRODUCER_EPOCH,
    INVALID_PRODUCER_ID_MAPPING,
  } = ErrorCode
  const same = (code: ErrorCode) => [code, code, code]
  const expected: readonly (readonly [ErrorCode, readonly ErrorCode[]])[] = [
    [NOT_COORDINATOR, same(NOT_ENOUGH_REPLICAS)],
    [ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, same(NOT_ENOUGH_REPLICAS)],
    [PRODUCER_FENCED, same(INVALID_PRODUCER_EPOCH)],
    [INVALID_PRODUCER_ID_MAPPING, same(INVALID_PRODUCER_ID_MAPPING)],
    [INVALID_TXN_STATE, same(INVALID_TXN_STATE)],
    [TRANSACTION_ABORTABLE, [INVALID_TXN_STATE, TRANSACTION_ABORTABLE, TRANSACTION_ABORTABLE]],
    [CONCURRENT_TRANSACTIONS, [NOT_ENOUGH_REPLICAS, NOT_ENOUGH_REPLICAS, CONCURRENT_TRANSACTIONS]],
  ]
  const { plane, sendOne, log } = await rigFor(t, {
    'add.partitions.to.txn.retry.backoff.max.ms': '0',
  })
  for (const [code, codes] of expected) {
    plane.transactions.errorCode = code
    for (const [i, version] of [VERIFIES, KNOWS_ABORTABLE, ADDS_PARTITION].entries()) {
      const answer = await sendOne(txnBatch(0), version)
      t.equal(answer.errorCode, codes[i], `${code} in version ${version}`)
      t.equal(answer.logStartOffset, -1)
    }
  }
  t.equal(log.nextOffset, 0)
  plane.transactions.errorCode = ErrorCode.NOT_COORDINATOR
  t.match((await sendOne(txnBatch(0))).errorMessage, /added to the transaction.*NOT_COORDINATOR$/)
})

t.test('nobody can be asked where no transaction has ever been', async (t) => {
  const plane = await DataPlane.start(t)
  plane.createTopic('pets')
  const body = { transactionalId: 'txn', acks: 1, timeoutMs: 1000 }
  const partitionData = [{ index: 0, records: txnBatch(0) }]
  const answer = (await plane.ask(produce(plane), ADDS_PARTITION, {
    ...body,
    topicData: [{ name: 'pets', partitionData }],
  })) as Body
  t.match(partitionsOf(answer), [{ errorCode: ErrorCode.NOT_ENOUGH_REPLICAS }])
})

t.test('a transaction waits a little for the markers of the one before', async (t) => {
  const { plane, sendOne } = await rigFor(t)
  plane.transactions.errorCode = ErrorCode.CONCURRENT_TRANSACTIONS
  const answer = sendOne(txnBatch(0))
  await settle()
  plane.clock.advance(20)
  await settle()
  plane.transactions.errorCode = ErrorCode.NONE
  plane.clock.advance(20)
  t.match(await answer, { errorCode: ErrorCode.NONE })
  t.equal(plane.transactions.asked.length, 3)
})

t.test('the order of a connection holds while one of its batches is verified', async (t) => {
  const { plane, sendOne, log } = await rigFor(t)
  let release = (): void => {}
  plane.transactions.hold = new Promise((resolve) => {
    release = resolve
  })
  const answers = [sendOne(txnBatch(0)), sendOne(txnBatch(1)), sendOne(batchOf(['plain']))]
  await settle()
  t.equal(log.nextOffset, 0)
  release()
  t.match(await Promise.all(answers), [{ baseOffset: 0 }, { baseOffset: 1 }, { baseOffset: 2 }])
  t.equal(plane.transactions.asked.length, 1)
})

t.test('a verification of before a marker lets in nothing after it', async (t) => {
  const { plane, sendOne, end } = await rigFor(t)
  let release = (): void => {}
  plane.transactions.hold = new Promise((resolve) => {
    release = resolve
  })
  const answer = sendOne(txnBatch(0), KNOWS_ABORTABLE)
  await settle()
  await end(0, 'ABORT')
  release()
  t.match(await answer, { errorCode: ErrorCode.INVALID_TXN_STATE })
})

t.test('epochs and sequences of transactions', async (t) => {
  const { sendOne, end, log } = await rigFor(t)
  await sendOne(txnBatch(0))
  t.match(await sendOne(batchOf(['x'], { producerId: 5, producerEpoch: 0, baseSequence: 1 })), {
    errorCode: ErrorCode.INVALID_TXN_STATE,
  })
  await end(1)
  t.equal(log.lastStableOffset, 2)
  t.match(await sendOne(txnBatch(1)), { errorCode: ErrorCode.INVALID_PRODUCER_EPOCH })
  const next = { producerEpoch: 1 }
  t.match(await sendOne(txnBatch(1, next)), { errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER })
  t.match(await sendOne(txnBatch(0, next)), { errorCode: ErrorCode.NONE, baseOffset: 2 })
  t.match(await sendOne(txnBatch(0, next)), { errorCode: ErrorCode.NONE, baseOffset: 2 })
})

t.test('one request, one transaction', async (t) => {
  const { send } = await rigFor(t)
  const { INVALID_PRODUCER_ID_MAPPING, TRANSACTIONAL_ID_AUTHORIZATION_FAILED } = ErrorCode
  const mixed = await send([txnBatch(0), txnBatch(0, { producerId: 6 })], ADDS_PARTITION)
  t.match(partitionsOf(mixed), Array(2).fill({ errorCode: INVALID_PRODUCER_ID_MAPPING }))
  const nameless = await send([txnBatch(0)], ADDS_PARTITION, { transactionalId: null })
  t.match(partitionsOf(nameless), [{ errorCode: TRANSACTIONAL_ID_AUTHORIZATION_FAILED }])
})

t.test('without verification, batches of old clients are taken as they come', async (t) => {
  const { plane, sendOne } = await rigFor(t, {
    'transaction.partition.verification.enable': 'false',
  })
  t.match(await sendOne(txnBatch(0), VERIFIES), { errorCode: ErrorCode.NONE })
  t.equal(plane.transactions.asked.length, 0)
})

t.test('a fetch of what is committed waits for the end of transactions', async (t) => {
  const { plane, sendOne, end } = await rigFor(t)
  await sendOne(txnBatch(0))
  await sendOne(batchOf(['y'.repeat(500)]))
  const read = (minBytes: number) => {
    const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 9999 }
    return new Asked(
      plane.ask(fetch(plane), 12, {
        maxWaitMs: 1000,
        minBytes,
        isolationLevel: 1,
        topics: [{ topic: 'pets', partitions: [partition] }],
        forgottenTopicsData: [],
      }),
    )
  }
  const [some, much, most] = [read(1), read(500), read(5000)]
  await settle()
  t.notOk(some.isSettled)
  await sendOne(batchOf(['more']))
  await settle()
  t.notOk(some.isSettled, 'nothing more can be seen')
  await end(0, 'ABORT')
  await settle()
  t.ok(some.isSettled && much.isSettled)
  t.notOk(most.isSettled, 'all that can be seen is less than that')
  const [partition] = (much.answer as Body).responses[0].partitions
  t.strictSame(partition.abortedTransactions, [{ producerId: 5, firstOffset: 0 }])
  plane.clock.advance(1000)
  await settle()
  t.ok(most.isSettled)
})
