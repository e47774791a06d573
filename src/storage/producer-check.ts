import { ErrorCode, KafkaError } from '../protocol/errors.js'
import {
  baseSequence,
  isControl,
  isTransactional,
  NO_PRODUCER_EPOCH,
  producerEpoch,
  producerId,
} from '../protocol/records/batch.js'
import { endTxnMarkerCoordinatorEpoch } from '../protocol/records/control-records.js'
import { type LogRecord, recordsOf } from '../protocol/records/record.js'
import { AppendOrigin, type TransactionContext } from './log.js'
import type { ProducerEntry } from './producer-entry.js'
import type { Verification } from './transaction-verification.js'

/** From this version on, a transaction's marker has a larger epoch than its batches (KIP-890). */
const TRANSACTION_VERSION_WITH_EPOCH_BUMP = 2
const MAX_PRODUCER_EPOCH = 0x7fff

/** What a batch of a producer is held against. */
export interface ProducerCheck {
  /** Undefined for one that nothing is known of. */
  readonly entry: ProducerEntry | undefined
  /** Undefined when nobody has asked about the producer's transaction. */
  readonly verification: Verification | undefined
  /** Transactional batches need a verification, or a transaction that has begun on the log. */
  readonly requiresVerification: boolean
  readonly origin: AppendOrigin
  readonly context: TransactionContext
}

/**
 * Whether a batch that isn't a repetition may be appended (Kafka's `ProducerAppendInfo`, and
 * `UnifiedLog.analyzeAndValidateProducerState`).
 *
 * @throws KafkaError INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_TXN_STATE,
 *   TRANSACTION_COORDINATOR_FENCED
 */
export function checkProducerBatch(batches: Buffer, at: number, check: ProducerCheck): void {
  const { entry } = check
  const epoch = producerEpoch(batches, at)
  if (isTransactional(batches, at)) requireTransaction(batches, at, check)
  if (isControl(batches, at)) {
    if (entry !== undefined) checkMarker(batches, at, entry, check.context)
    return
  }
  if (entry !== undefined) requireCurrentEpoch(entry, epoch)
  if (check.origin === AppendOrigin.CLIENT) checkSequence(epoch, baseSequence(batches, at), check)
  if (entry !== undefined && entry.currentTxnFirstOffset >= 0 && !isTransactional(batches, at)) {
    throw new KafkaError(
      ErrorCode.INVALID_TXN_STATE,
      `producer ${entry.producerId} has a transaction open and sent a batch outside of it`,
    )
  }
}

/** @throws KafkaError INVALID_PRODUCER_EPOCH */
export function requireCurrentEpoch(entry: ProducerEntry, epoch: number): void {
  if (epoch >= entry.epoch) return
  throw new KafkaError(
    ErrorCode.INVALID_PRODUCER_EPOCH,
    `producer ${entry.producerId} wrote with epoch ${epoch}, its epoch is ${entry.epoch} by now`,
  )
}

/** The log has a part of a transaction of this epoch that isn't over. */
export function isInTransaction(entry: ProducerEntry | undefined, epoch: number): boolean {
  return entry !== undefined && entry.currentTxnFirstOffset >= 0 && entry.epoch === epoch
}

/** A transaction's first batch is let in when its coordinator knows that the partition is part of it. */
function requireTransaction(
  batches: Buffer,
  at: number,
  { entry, verification, requiresVerification, context }: ProducerCheck,
): void {
  const epoch = producerEpoch(batches, at)
  if (isInTransaction(entry, epoch)) return
  if (entry !== undefined) requireCurrentEpoch(entry, epoch)
  if (!requiresVerification || isControl(batches, at)) return
  if (context.guard !== undefined && context.guard === verification?.guard) return
  throw new KafkaError(
    ErrorCode.INVALID_TXN_STATE,
    `a batch of producer ${producerId(batches, at)} is not part of an ongoing transaction`,
  )
}

function checkMarker(
  batches: Buffer,
  at: number,
  entry: ProducerEntry,
  { transactionVersion = 0 }: TransactionContext,
): void {
  checkMarkerEpoch(entry, producerEpoch(batches, at), transactionVersion)
  const marker = recordsOf(batches, at).next().value as LogRecord
  const coordinatorEpoch = endTxnMarkerCoordinatorEpoch(marker.value)
  if (coordinatorEpoch >= entry.coordinatorEpoch) return
  throw new KafkaError(
    ErrorCode.TRANSACTION_COORDINATOR_FENCED,
    `a marker for producer ${entry.producerId} has coordinator epoch ${coordinatorEpoch}, ` +
      `another one had ${entry.coordinatorEpoch}`,
  )
}

function checkMarkerEpoch(entry: ProducerEntry, epoch: number, transactionVersion: number): void {
  const bumpsEpoch = transactionVersion >= TRANSACTION_VERSION_WITH_EPOCH_BUMP
  if (!bumpsEpoch || epoch !== entry.epoch) {
    requireCurrentEpoch(entry, epoch)
    return
  }
  // A marker that is sent again ends nothing any more; and the last epoch can't be followed by one.
  if (entry.currentTxnFirstOffset < 0 || epoch === MAX_PRODUCER_EPOCH) return
  throw new KafkaError(
    ErrorCode.INVALID_PRODUCER_EPOCH,
    `a marker for producer ${entry.producerId} has epoch ${epoch}, that of its transaction`,
  )
}

function checkSequence(
  epoch: number,
  sequence: number,
  { entry, verification }: ProducerCheck,
): void {
  if (verification !== undefined) {
    // With a new epoch for each transaction, the first batch is the first one for certain.
    const isMissingFirst = verification.supportsEpochBump && sequence !== 0 && !entry?.lastBatch
    if (isMissingFirst || sequence > verification.lowestSequence) {
      throw outOfOrder(`sequence ${sequence} before ${verification.lowestSequence}`, entry)
    }
  }
  // Who is not known may begin anywhere: its batches may have been deleted with their segment.
  if (entry === undefined || entry.epoch === NO_PRODUCER_EPOCH) return
  if (epoch === entry.epoch ? entry.isNextSequence(sequence) : sequence === 0) return
  throw outOfOrder(
    `sequence ${sequence} after ${entry.lastSequence} of epoch ${entry.epoch}`,
    entry,
  )
}

function outOfOrder(what: string, entry: ProducerEntry | undefined): KafkaError {
  const who = entry === undefined ? 'a new producer' : `producer ${entry.producerId}`
  return new KafkaError(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, `${who} sent ${what}`)
}
