import t from 'tap'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import { Asked, settle } from './asked.js'
import {
  ABORT_INTERVAL_MS,
  EXPIRATION_INTERVAL_MS,
  EXPIRATION_MS,
  ID,
  TestTransactions,
  TIMEOUT_MS,
} from './transaction-fixture.js'

const { CONCURRENT_TRANSACTIONS, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE } =
  ErrorCode
const { INVALID_PRODUCER_EPOCH, KAFKA_STORAGE_ERROR, MESSAGE_TOO_LARGE, NONE } = ErrorCode
const { NOT_COORDINATOR, NOT_ENOUGH_REPLICAS, PRODUCER_FENCED, REQUEST_TIMED_OUT } = ErrorCode
const { TRANSACTION_COORDINATOR_FENCED, TRANSACTIONAL_ID_NOT_FOUND } = ErrorCode
const { UNKNOWN_SERVER_ERROR, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode

/** Longer than any pause before markers are sent again. */
const BACKOFF_MS = 1000
const COMMIT_TIMEOUT_MS = 30_000

t.test('a transaction that takes too long is aborted, and its producer fenced', async (t) => {
  const transactions = new TestTransactions()
  const producer = await transactions.producer()
  await transactions.addForBroker(producer)
  transactions.logical.advance(TIMEOUT_MS)
  await settle()
  t.equal(await transactions.state(), 'Ongoing', 'just in time')
  transactions.logical.advance(ABORT_INTERVAL_MS)
  await settle()
  t.equal(await transactions.state(), 'CompleteAbort')
  t.match(transactions.markers.sent, [{ producerEpoch: 1, transactionResult: false }])
  t.strictSame(await transactions.addForBroker(producer), [PRODUCER_FENCED])
  t.equal(await transactions.endClassic(producer), PRODUCER_FENCED)
  t.strictSame(await transactions.producer(), { ...producer, producerEpoch: 2 })
  transactions.logical.advance(10 * TIMEOUT_MS)
  await settle()
  t.equal(await transactions.state(), 'Empty', 'what hasn’t begun takes no time')
})

t.test('a transaction of two-phase commit may take as long as it likes', async (t) => {
  const transactions = new TestTransactions({ twoPhaseCommitEnable: true })
  await transactions.add(await transactions.producer({ enable2Pc: true }))
  transactions.logical.advance(2 ** 32)
  await settle()
  t.equal(await transactions.state(), 'Ongoing')
})

t.test('an id that nobody uses is forgotten', async (t) => {
  const transactions = new TestTransactions()
  await transactions.producer()
  transactions.logical.advance(EXPIRATION_MS - 1)
  await settle()
  const payments = { transactionalId: 'payments', transactionTimeoutMs: 900_000 }
  const producer = await transactions.producer(payments)
  await transactions.add(producer, { events: [0] }, 3, 'payments')
  t.equal((await transactions.list()).transactionStates.length, 2)
  transactions.logical.advance(EXPIRATION_INTERVAL_MS)
  await settle()
  t.equal((await transactions.describe()).errorCode, TRANSACTIONAL_ID_NOT_FOUND)
  t.equal((await transactions.list()).transactionStates.length, 1)
  const tombstones = transactions.log.records.filter(({ value }) => value === null)
  t.strictSame(
    tombstones.map(({ key }) => key),
    [{ transactionalId: ID }],
  )
  const restarted = await transactions.restart()
  t.equal((await restarted.describe()).errorCode, TRANSACTIONAL_ID_NOT_FOUND)
})

t.test('markers are sent until all are written', async (t) => {
  const transactions = new TestTransactions()
  const { markers, pacing } = transactions
  const producer = await transactions.producer()
  await transactions.addForBroker(producer, { events: [0, 1, 2], gone: [0] })
  markers.errors.set('events-1', NOT_ENOUGH_REPLICAS)
  markers.errors.set('gone-0', UNKNOWN_TOPIC_OR_PARTITION)
  markers.errors.set('events-2', INVALID_PRODUCER_EPOCH)
  await transactions.end(producer)
  await settle()
  t.equal(await transactions.state(), 'PrepareCommit')
  t.strictSame((await transactions.describe()).topics, [{ topic: 'events', partitions: [1] }])
  for (let round = 2; round < 12; round++) {
    pacing.advance(BACKOFF_MS)
    await settle()
    t.equal(markers.sent.length, round)
    t.strictSame(markers.lastPartitions, ['events-1'])
  }
  markers.errors.clear()
  pacing.advance(BACKOFF_MS)
  await settle()
  t.equal(await transactions.state(), 'CompleteCommit')
  t.equal(pacing.pendingTimers, 0)
})

t.test('a coordinator that another one has replaced leaves the transaction to it', async (t) => {
  const transactions = new TestTransactions()
  const { markers, pacing } = transactions
  const producer = await transactions.producer()
  await transactions.addForBroker(producer, { events: [0, 1] })
  markers.errors.set('events-0', TRANSACTION_COORDINATOR_FENCED)
  await transactions.end(producer)
  await settle()
  pacing.advance(BACKOFF_MS)
  await settle()
  t.equal(markers.sent.length, 1)
  t.equal(await transactions.state(), 'PrepareCommit')
  t.strictSame((await transactions.describe()).topics, [{ topic: 'events', partitions: [0] }])
})

t.test('markers go out when the decision is committed, and not before', async (t) => {
  const transactions = new TestTransactions()
  const { log, markers, pacing } = transactions
  const producer = await transactions.producer()
  await transactions.addForBroker(producer)
  log.holdsCommits = true
  const first = new Asked(transactions.end(producer))
  await settle()
  t.notOk(first.isSettled)
  t.strictSame(markers.sent, [])
  pacing.advance(COMMIT_TIMEOUT_MS)
  await settle()
  t.equal(first.answer, COORDINATOR_NOT_AVAILABLE)
  const second = new Asked(transactions.end(producer))
  await settle()
  t.strictSame(markers.sent, [])
  log.holdsCommits = false
  log.commit()
  await settle()
  t.equal(second.answer ?? CONCURRENT_TRANSACTIONS, CONCURRENT_TRANSACTIONS)
  t.equal(markers.sent.length, 1, 'however long it took')
  t.equal(await transactions.state(), 'CompleteCommit')
})

t.test('when the end of a transaction isn’t committed in time, the next one is safe', async (t) => {
  const transactions = new TestTransactions()
  const { log, markers, pacing } = transactions
  const first = await transactions.producer()
  await transactions.addForBroker(first)
  markers.holds = true
  const second = { ...first, producerEpoch: 1 }
  t.strictSame(await transactions.end(first), second)
  log.holdsCommits = true
  await markers.answer()
  pacing.advance(COMMIT_TIMEOUT_MS)
  log.holdsCommits = false
  log.commit()
  t.strictSame(await transactions.addForBroker(second, { events: [5] }), [NONE])
  markers.holds = true
  await transactions.end(second)
  pacing.advance(BACKOFF_MS)
  await settle()
  t.equal(await transactions.state(), 'PrepareCommit')
  await markers.answer()
  t.strictSame(markers.lastPartitions, ['events-5'])
  t.equal(await transactions.state(), 'CompleteCommit')
})

t.test('an append that is refused fails what asked for it, and nothing else', async (t) => {
  const causes = [
    [NOT_ENOUGH_REPLICAS, COORDINATOR_NOT_AVAILABLE],
    [REQUEST_TIMED_OUT, COORDINATOR_NOT_AVAILABLE],
    [MESSAGE_TOO_LARGE, UNKNOWN_SERVER_ERROR],
    [KAFKA_STORAGE_ERROR, NOT_COORDINATOR],
  ] as const
  for (const [cause, code] of causes) {
    const transactions = new TestTransactions()
    const { log } = transactions
    const refused = new KafkaError(cause)
    log.refusal = refused
    t.equal((await transactions.init()).errorCode, code)
    log.refusal = undefined
    const producer = await transactions.producer()
    const other = await transactions.producer({ transactionalId: 'payments' })
    log.refusal = refused
    t.strictSame(await transactions.add(producer), [code])
    log.refusal = undefined
    t.strictSame(await transactions.add(other, { events: [1] }, 3, 'payments'), [NONE])
    t.strictSame(await transactions.add(producer), [NONE])
    log.refusal = refused
    t.equal(await transactions.end(producer), code)
    t.equal((await transactions.init()).errorCode, code, 'nor is it fenced')
    await settle()
    t.equal(await transactions.state(), 'Ongoing')
    log.refusal = undefined
    t.strictSame(await transactions.end(producer), { ...producer, producerEpoch: 1 })
    await settle()
    t.equal(await transactions.state(), 'CompleteCommit')
  }
})

t.test('a record that is too large fails alone', async (t) => {
  const transactions = new TestTransactions()
  const producer = await transactions.producer()
  transactions.log.maxBatchBytes = 1000
  const many = Array.from({ length: 500 }, (_, each) => each)
  const codes = await transactions.add(producer, { events: many })
  t.strictSame([...new Set(codes)], [UNKNOWN_SERVER_ERROR])
  t.strictSame(await transactions.add(producer), [NONE])
})

t.test('the end of a transaction is appended however often that is refused', async (t) => {
  const transactions = new TestTransactions()
  const { log, markers, pacing } = transactions
  const producer = await transactions.producer()
  await transactions.add(producer)
  markers.holds = true
  await transactions.endClassic(producer)
  log.refusal = new KafkaError(NOT_ENOUGH_REPLICAS)
  await markers.answer()
  pacing.advance(BACKOFF_MS)
  await settle()
  t.equal(await transactions.state(), 'PrepareCommit')
  t.equal((await transactions.init()).errorCode, CONCURRENT_TRANSACTIONS)
  log.refusal = undefined
  pacing.advance(BACKOFF_MS)
  await settle()
  t.equal(await transactions.state(), 'CompleteCommit')
  t.equal(markers.sent.length, 1, 'they were written')
})

t.test('without producer ids, who needs one asks again', async (t) => {
  const transactions = new TestTransactions()
  transactions.producerIdsFail = new KafkaError(COORDINATOR_LOAD_IN_PROGRESS)
  t.equal((await transactions.init()).errorCode, COORDINATOR_LOAD_IN_PROGRESS)
  const idempotent = await transactions.init({ transactionalId: null })
  t.equal(idempotent.errorCode, COORDINATOR_LOAD_IN_PROGRESS)
})

t.test('whoever leads the log next goes on where the transaction was', async (t) => {
  await t.test('not begun', async (t) => {
    const before = new TestTransactions()
    const first = await before.producer()
    await before.producer(first)
    const after = await before.restart()
    t.equal((await after.init(first)).errorCode, PRODUCER_FENCED, 'retries aren’t remembered')
    t.strictSame(await after.producer(), { ...first, producerEpoch: 2 })
  })
  await t.test('begun', async (t) => {
    const before = new TestTransactions()
    const producer = await before.producer()
    await before.addForBroker(producer)
    before.logical.advance(TIMEOUT_MS - ABORT_INTERVAL_MS)
    const after = await before.restart()
    t.equal(await after.state(), 'Ongoing')
    t.strictSame(await after.addForBroker(producer, { events: [1] }), [NONE])
    for (let round = 0; round < 2; round++) {
      after.logical.advance(ABORT_INTERVAL_MS)
      await settle()
    }
    t.equal(await after.state(), 'CompleteAbort', 'it has its timeout from when it began')
  })
  for (const committed of [true, false]) {
    await t.test(`to be ${committed ? 'committed' : 'aborted'}`, async (t) => {
      const before = new TestTransactions()
      const { markers } = before
      const producer = await before.producer()
      await before.addForBroker(producer, { events: [0, 1] })
      markers.holds = true
      await before.end(producer, committed)
      const after = await before.restart()
      await markers.answer()
      t.equal(await after.state(), committed ? 'CompleteCommit' : 'CompleteAbort')
      t.equal(markers.sent.length, 2, 'nobody knew whether the first came')
      t.match(markers.sent[1]!, { ...markers.sent[0], coordinatorEpoch: 2 })
      t.strictSame(await after.end(producer, committed), { ...producer, producerEpoch: 1 })
    })
  }
  await t.test('ended', async (t) => {
    const before = new TestTransactions()
    const producer = await before.producer()
    await before.addForBroker(producer)
    await before.end(producer)
    await settle()
    const after = await before.restart()
    t.equal(await after.state(), 'CompleteCommit')
    t.equal(after.markers.sent.length, 1)
  })
})

t.test('what was decided but not committed when it was loaded waits for that', async (t) => {
  const before = new TestTransactions()
  const { log, markers } = before
  const producer = await before.producer()
  await before.addForBroker(producer)
  log.holdsCommits = true
  void before.end(producer)
  const after = await before.restart()
  t.strictSame(markers.sent, [])
  after.pacing.advance(COMMIT_TIMEOUT_MS)
  await settle()
  log.commit()
  await settle()
  t.equal(markers.sent.length, 1)
})

t.test('a node that resigns answers whoever waits, and sends nothing any more', async (t) => {
  await t.test('before anything is committed', async (t) => {
    const transactions = new TestTransactions()
    const { log } = transactions
    log.holdsCommits = true
    const init = new Asked(transactions.init())
    await settle()
    transactions.coordinator.onResignation(0)
    await settle()
    t.equal(init.answer!.errorCode, NOT_COORDINATOR)
    t.equal((await transactions.init()).errorCode, NOT_COORDINATOR)
    t.equal((await transactions.describe()).errorCode, NOT_COORDINATOR)
    t.strictSame((await transactions.list()).transactionStates, [], 'it has none')
  })
  await t.test('before the decision is on the log', async (t) => {
    const transactions = new TestTransactions()
    const { log, markers } = transactions
    const producer = await transactions.producer()
    await transactions.addForBroker(producer)
    log.holdsAppends = true
    const end = new Asked(transactions.end(producer))
    transactions.coordinator.onResignation(0)
    log.completeAppends()
    await settle()
    t.equal(end.answer, NOT_COORDINATOR)
    t.strictSame(markers.sent, [])
  })
  await t.test('while markers go out', async (t) => {
    const transactions = new TestTransactions()
    const { log, markers, pacing } = transactions
    const producer = await transactions.producer()
    await transactions.addForBroker(producer, { events: [0, 1] })
    markers.holds = true
    markers.errors.set('events-1', NOT_ENOUGH_REPLICAS)
    await transactions.end(producer)
    const { length } = log.records
    transactions.coordinator.onResignation(0)
    await markers.answer()
    pacing.advance(BACKOFF_MS)
    await settle()
    t.equal(markers.sent.length, 1)
    t.equal(log.records.length, length, 'whoever leads it now will end it')
    transactions.coordinator.close()
    t.equal(pacing.pendingTimers + transactions.logical.pendingTimers, 0)
  })
})

t.test('loading takes its time', async (t) => {
  const before = new TestTransactions()
  await before.producer()
  before.coordinator.close()
  const after = new TestTransactions({}, before.log)
  after.coordinator.onResignation(0)
  const read = before.log.read.bind(before.log)
  let goOn = () => {}
  const gate = new Promise<void>((resolve) => {
    goOn = resolve
  })
  Object.assign(before.log, {
    read: async (offset: number, maxBytes: number) => {
      await gate
      return read(offset, maxBytes)
    },
  })
  after.coordinator.onElection(0, 2, before.log)
  t.equal((await after.init()).errorCode, COORDINATOR_LOAD_IN_PROGRESS)
  t.equal((await after.list()).errorCode, COORDINATOR_LOAD_IN_PROGRESS)
  t.equal((await after.describe()).errorCode, COORDINATOR_LOAD_IN_PROGRESS)
  goOn()
  await settle()
  t.equal(await after.state(), 'Empty')
})
