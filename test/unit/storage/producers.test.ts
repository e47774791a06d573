import t from 'tap'
import { ErrorCode, type KafkaError } from '../../../src/protocol/errors.js'
import { buildEndTxnMarker, ControlRecordType } from '../../../src/protocol/records/index.js'
import { AppendOrigin, type Log, type TransactionContext } from '../../../src/storage/log.js'
import type { LogManagerOptions } from '../../../src/storage/log-manager.js'
import type { VerificationGuard } from '../../../src/storage/transaction-verification.js'
import type { Teardown } from '../../support/teardown.js'
import {
  type BatchOptions,
  batchOf,
  logConfig,
  ManualClock,
  managerOptions,
  manualClocks,
  START_MS,
  startManager,
  TOPIC_ID,
} from './storage-fixture.js'

const PRODUCER = 5
const HOUR_MS = 3_600_000
const { INVALID_TXN_STATE, INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER } = ErrorCode
const { TRANSACTION_COORDINATOR_FENCED } = ErrorCode

async function logFor(t: Teardown, changes: Partial<LogManagerOptions> = {}) {
  const clock = new ManualClock()
  const manager = await startManager(managerOptions({ clocks: manualClocks(clock), ...changes }))
  t.teardown(() => manager.close())
  const options = { topicId: TOPIC_ID, config: logConfig() }
  return { clock, log: manager.getOrCreateLog({ topic: 'txn', partition: 0 }, options) }
}

/** @returns the error's code, 0 when it is on the log */
function append(
  log: Log,
  batch: Buffer,
  origin: AppendOrigin,
  context: TransactionContext,
): Promise<ErrorCode> {
  return new Promise((resolve) => {
    try {
      log.append(batch, 0, origin, (error) => resolve(error?.code ?? ErrorCode.NONE), context)
    } catch (error) {
      resolve((error as KafkaError).code)
    }
  }).then((code) => {
    log.updateHighWatermark(log.logEndOffset)
    return code as ErrorCode
  })
}

function write(
  log: Log,
  baseSequence: number,
  guard?: VerificationGuard,
  more: BatchOptions = {},
): Promise<ErrorCode> {
  const producer = { producerId: PRODUCER, producerEpoch: 0, transactional: true }
  const batch = batchOf(['x'], { ...producer, baseSequence, ...more })
  return append(log, batch, AppendOrigin.CLIENT, { guard })
}

function end(
  log: Log,
  producerEpoch: number,
  transactionVersion = 0,
  coordinatorEpoch = 0,
): Promise<ErrorCode> {
  const marker = buildEndTxnMarker({
    type: ControlRecordType.COMMIT,
    producerId: PRODUCER,
    producerEpoch,
    coordinatorEpoch,
    timestamp: START_MS,
  })
  return append(log, marker, AppendOrigin.COORDINATOR, { transactionVersion })
}

function verify(log: Log, sequence = 0, producerEpoch = 0, supportsEpochBump = false) {
  return log.beginVerification({
    producerId: PRODUCER,
    producerEpoch,
    sequence,
    supportsEpochBump,
  })
}

t.test('a transaction begins with a batch that was verified', async (t) => {
  const { log } = await logFor(t)
  t.equal(await write(log, 0), INVALID_TXN_STATE)
  t.equal(await write(log, 0, Symbol('of another log')), INVALID_TXN_STATE)
  const guard = verify(log)
  t.equal(verify(log), guard, 'it is one question until the answer is used')
  t.equal(await write(log, 0, guard), 0)
  t.equal(verify(log, 1), undefined, 'the log knows by now')
  t.equal(await write(log, 1), 0)
})

t.test('the end of a transaction voids every verification', async (t) => {
  const { log } = await logFor(t)
  const guard = verify(log)
  t.equal(await end(log, 0), 0)
  t.equal(await write(log, 0, guard), INVALID_TXN_STATE)
  const next = verify(log)
  t.not(next, guard)
  t.equal(await write(log, 0, next), 0)
})

t.test('nothing overtakes a batch whose verification failed', async (t) => {
  const { log } = await logFor(t)
  verify(log, 3)
  const guard = verify(log, 5)
  t.equal(await write(log, 5, guard), OUT_OF_ORDER_SEQUENCE_NUMBER)
  t.equal(await write(log, 3, guard), 0)
})

t.test('with an epoch for each transaction, the first batch has sequence 0', async (t) => {
  const { log } = await logFor(t)
  t.equal(await write(log, 3, verify(log, 3, 0, true)), OUT_OF_ORDER_SEQUENCE_NUMBER)
  t.equal(await write(log, 0, verify(log, 0, 0, true)), 0)
  await end(log, 1, 2)
  const next = { producerEpoch: 1 }
  t.equal(await write(log, 1, verify(log, 1, 1, true), next), OUT_OF_ORDER_SEQUENCE_NUMBER)
  t.equal(await write(log, 0, verify(log, 0, 1, true), next), 0)
  t.throws(() => verify(log, 0, 0, true), { code: INVALID_PRODUCER_EPOCH })
})

t.test('a verification of the next transaction may overtake the marker before it', async (t) => {
  const { log } = await logFor(t)
  await write(log, 0, verify(log, 0, 0, true))
  const guard = verify(log, 0, 1, true)
  t.equal(await end(log, 1, 2), 0)
  t.equal(await write(log, 0, guard, { producerEpoch: 1 }), 0)
})

t.test('the epoch of a marker', async (t) => {
  const { log } = await logFor(t)
  await write(log, 0, verify(log))
  t.equal(await end(log, -1), INVALID_PRODUCER_EPOCH)
  t.equal(await end(log, 0, 2), INVALID_PRODUCER_EPOCH, 'from version 2 on, it is a new one')
  t.equal(await end(log, 1, 2), 0)
  t.equal(await end(log, 1, 2), 0, 'a marker may come again')
  t.equal(await end(log, 0, 2), INVALID_PRODUCER_EPOCH)
  await write(log, 0, verify(log, 0, 1), { producerEpoch: 1 })
  t.equal(await end(log, 1), 0, 'before, it is that of the batches')
})

t.test('the last epoch ends its own transaction', async (t) => {
  const { log } = await logFor(t)
  const last = 0x7fff
  await write(log, 0, verify(log, 0, last), { producerEpoch: last })
  t.equal(await end(log, last, 2), 0)
})

t.test('a coordinator that has been succeeded is fenced', async (t) => {
  const { log } = await logFor(t)
  t.equal(await end(log, 0, 0, 7), 0)
  t.equal(await end(log, 0, 0, 6), TRANSACTION_COORDINATOR_FENCED)
  t.equal(await end(log, 0, 0, 7), 0)
})

t.test('the last stable offset does not stay behind the log start', async (t) => {
  const { log } = await logFor(t)
  const guard = verify(log)
  for (const sequence of [0, 1, 2]) await write(log, sequence, guard)
  t.equal(log.lastStableOffset, 0)
  log.advanceLogStartOffset(2)
  t.equal(log.lastStableOffset, 2)
  await end(log, 0)
  t.equal(log.lastStableOffset, 4)
})

t.test('what the configuration says is asked again and again', async (t) => {
  let config = { expirationMs: HOUR_MS, verifiesTransactions: true }
  const { clock, log } = await logFor(t, { producerStateConfig: () => config })
  const guard = verify(log)
  clock.advance(HOUR_MS)
  log.removeExpiredProducers()
  t.not(verify(log), guard, 'who never wrote is forgotten as well')
  config = { expirationMs: 2 * HOUR_MS, verifiesTransactions: false }
  t.equal(await write(log, 0), 0)
  await end(log, 0)
  clock.advance(2 * HOUR_MS - 1)
  config = { ...config, expirationMs: 4 * HOUR_MS }
  log.removeExpiredProducers()
  t.equal(log.activeProducers().length, 1)
  config = { ...config, expirationMs: HOUR_MS }
  log.removeExpiredProducers()
  t.strictSame(log.activeProducers(), [])
})
