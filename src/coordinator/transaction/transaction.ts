import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  TransactionLogKey,
  type TransactionLogValue,
} from '../../protocol/schema/transaction-records.js'
import type { CoordinatorRecord } from '../runtime/record.js'
import { TopicPartitions } from './topic-partitions.js'
import { requireTransactionState, TransactionState } from './transaction-state.js'

export const NO_PRODUCER_ID = -1
export const NO_PRODUCER_EPOCH = -1
export const FIRST_EPOCH = 0
const MAX_EPOCH = 2 ** 15 - 1
/** One is kept back, so that a producer can always be fenced. */
export const LAST_GIVEN_EPOCH = MAX_EPOCH - 1
export const NO_TIMESTAMP = -1
/** What a transaction without a timeout has for one (KIP-939). */
export const NO_TIMEOUT_MS = 2 ** 31 - 1

/** Levels of the feature `transaction.version`. From TV_2 on every transaction has an epoch of its own (KIP-890). */
export const TV_0 = 0
export const TV_2 = 2

/** A transactional id, its producer, and its current or last transaction (Kafka's `TransactionMetadata`). */
export interface Transaction {
  readonly transactionalId: string
  readonly producerId: number
  /** The one before the last transition; -1 is none. */
  readonly previousProducerId: number
  /** The one that replaces a producer id without epochs left when the transaction ends; -1 is none. */
  readonly nextProducerId: number
  /** -1 until the id is first given to a producer. */
  readonly producerEpoch: number
  /**
   * The one before, when the same producer has asked for the present one: it may ask again (KIP-360).
   * -1 is none.
   */
  readonly lastProducerEpoch: number
  readonly timeoutMs: number
  readonly state: TransactionState
  readonly partitions: TopicPartitions
  /** -1 before the first transaction. */
  readonly startTimestampMs: number
  readonly lastUpdateTimestampMs: number
  /** As of whoever has ended the last transaction or written in this one. */
  readonly clientTransactionVersion: number
}

/** What a coordinator remembers of a transaction, but not each version of its record. */
type Unwritten = Pick<
  Transaction,
  'lastProducerEpoch' | 'previousProducerId' | 'nextProducerId' | 'clientTransactionVersion'
>

/** A record that this coordinator appends, with what is lost when it is only read back. */
interface TransactionRecord extends CoordinatorRecord {
  readonly unwritten: Unwritten
}

export function newTransaction(
  transactionalId: string,
  producerId: number,
  nowMs: number,
): Transaction {
  return {
    transactionalId,
    producerId,
    previousProducerId: NO_PRODUCER_ID,
    nextProducerId: NO_PRODUCER_ID,
    producerEpoch: NO_PRODUCER_EPOCH,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    timeoutMs: 0,
    state: TransactionState.EMPTY,
    partitions: new TopicPartitions(),
    startTimestampMs: NO_TIMESTAMP,
    lastUpdateTimestampMs: nowMs,
    clientTransactionVersion: TV_0,
  }
}

export function isEpochExhausted(epoch: number): boolean {
  return epoch >= LAST_GIVEN_EPOCH
}

export function isLastEpoch(epoch: number): boolean {
  return epoch >= MAX_EPOCH
}

export function hasTimedOut(
  { state, timeoutMs, startTimestampMs }: Transaction,
  nowMs: number,
): boolean {
  return (
    state === TransactionState.ONGOING &&
    timeoutMs !== NO_TIMEOUT_MS &&
    startTimestampMs + timeoutMs < nowMs
  )
}

/**
 * @param transactionVersion the cluster's, which decides what the record may hold
 * @throws KafkaError UNSUPPORTED_VERSION when a client has gone beyond what the cluster agreed on
 */
export function transactionRecord(
  transaction: Transaction,
  transactionVersion: number,
): TransactionRecord {
  const { previousProducerId, nextProducerId, clientTransactionVersion } = transaction
  const version = transactionVersion === TV_0 ? 0 : 1
  if (version === 0 && clientTransactionVersion > TV_0) {
    throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION)
  }
  const isEmpty = transaction.state === TransactionState.EMPTY
  const value = {
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStatus: transaction.state,
    transactionPartitions: isEmpty ? null : transaction.partitions.topics(),
    transactionLastUpdateTimestampMs: transaction.lastUpdateTimestampMs,
    transactionStartTimestampMs: transaction.startTimestampMs,
    ...(version === 0 ? {} : { previousProducerId, nextProducerId, clientTransactionVersion }),
  }
  const { lastProducerEpoch } = transaction
  return {
    type: TransactionLogKey.key,
    key: { transactionalId: transaction.transactionalId },
    version,
    value,
    unwritten: { lastProducerEpoch, previousProducerId, nextProducerId, clientTransactionVersion },
  }
}

export function transactionTombstone(transactionalId: string): CoordinatorRecord {
  return { type: TransactionLogKey.key, key: { transactionalId }, version: 0, value: null }
}

/** @throws RangeError for a state that there isn't */
export function transactionOf(record: CoordinatorRecord): Transaction {
  const { transactionalId } = record.key as TransactionLogKey
  const value = record.value as TransactionLogValue
  const { unwritten } = record as Partial<TransactionRecord>
  const state = requireTransactionState(value.transactionStatus)
  return {
    transactionalId,
    producerId: value.producerId,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    producerEpoch: value.producerEpoch,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    timeoutMs: value.transactionTimeoutMs,
    state,
    partitions: TopicPartitions.of(value.transactionPartitions ?? []),
    startTimestampMs: value.transactionStartTimestampMs,
    lastUpdateTimestampMs: value.transactionLastUpdateTimestampMs,
    clientTransactionVersion: value.clientTransactionVersion,
    ...unwritten,
  }
}
