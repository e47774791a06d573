import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import type { TopicPartitions } from './topic-partitions.js'
import {
  FIRST_EPOCH,
  isEpochExhausted,
  LAST_GIVEN_EPOCH,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  type Transaction,
  TV_0,
} from './transaction.js'
import { isPrepared, TransactionState } from './transaction-state.js'
import {
  bumpsEpochs,
  completed,
  nextEpoch,
  nextProducer,
  prepared,
  withPartitions,
} from './transitions.js'

/** Who says that it is the producer of a transactional id. */
export interface Producer {
  readonly producerId: number
  readonly producerEpoch: number
}

/** A decision that needs a producer id that nobody has had: it is to be asked for again with one. */
export const NEEDS_PRODUCER_ID = Symbol('needs a producer id')
/** There is a transaction under way, which is to be aborted first. */
export const FENCE = Symbol('fence')

/** What decisions are made with. */
export interface Moment {
  readonly nowMs: number
  /** One that nobody has had, if there is one at hand. */
  readonly newProducerId: number | undefined
}

/**
 * InitProducerId (Kafka's `prepareInitProducerIdTransit`).
 *
 * @param expected the producer that asks for its next epoch (KIP-360)
 * @throws KafkaError CONCURRENT_TRANSACTIONS, PRODUCER_FENCED
 */
export function decideInit(
  current: Transaction,
  timeoutMs: number,
  expected: Producer | undefined,
  { nowMs, newProducerId }: Moment,
): Transaction | typeof FENCE | typeof NEEDS_PRODUCER_ID {
  if (isPrepared(current.state)) throw new KafkaError(ErrorCode.CONCURRENT_TRANSACTIONS)
  if (expected !== undefined && !mayBeSucceeded(current, expected)) {
    throw new KafkaError(ErrorCode.PRODUCER_FENCED)
  }
  if (current.state === TransactionState.ONGOING) return FENCE
  const epoch = expected?.producerEpoch
  const isUsedUp = isEpochExhausted(current.producerEpoch)
  if (!isUsedUp || (epoch !== undefined && epoch !== current.producerEpoch)) {
    return nextEpoch(current, timeoutMs, epoch, nowMs)
  }
  if (newProducerId === undefined) return NEEDS_PRODUCER_ID
  return nextProducer(current, newProducerId, timeoutMs, epoch, nowMs)
}

function mayBeSucceeded(current: Transaction, { producerId, producerEpoch }: Producer): boolean {
  return (
    // It has just been made, for somebody whose producer id has been forgotten.
    current.producerEpoch === NO_PRODUCER_EPOCH ||
    producerId === current.producerId ||
    // It was given another id, and hasn't heard of it.
    (producerId === current.previousProducerId && isEpochExhausted(producerEpoch))
  )
}

/**
 * AddPartitionsToTxn and AddOffsetsToTxn.
 *
 * @returns undefined when they are in the transaction already
 * @throws KafkaError CONCURRENT_TRANSACTIONS, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED
 */
export function decideAddPartitions(
  current: Transaction,
  producer: Producer,
  added: TopicPartitions,
  clientTransactionVersion: number,
  nowMs: number,
): Transaction | undefined {
  if (isPrepared(current.state)) throw new KafkaError(ErrorCode.CONCURRENT_TRANSACTIONS)
  requireProducer(current, producer)
  const isKnown = current.state === TransactionState.ONGOING && current.partitions.hasAll(added)
  return isKnown ? undefined : withPartitions(current, added, clientTransactionVersion, nowMs)
}

/**
 * Whether a producer may write to a partition in its transaction as it is now (KIP-890).
 *
 * @throws KafkaError INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS
 */
export function requireWritable(current: Transaction, producer: Producer): void {
  requireProducer(current, producer)
  if (isPrepared(current.state)) throw new KafkaError(ErrorCode.CONCURRENT_TRANSACTIONS)
}

function requireProducer(current: Transaction, { producerId, producerEpoch }: Producer): void {
  if (current.producerId !== producerId) throw new KafkaError(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
  if (current.producerEpoch !== producerEpoch) throw new KafkaError(ErrorCode.PRODUCER_FENCED)
}

/**
 * EndTxn of version 4 and before.
 *
 * @returns undefined when it has ended so before
 * @throws KafkaError INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS,
 *   INVALID_TXN_STATE
 */
export function decideClassicEnd(
  current: Transaction,
  producer: Producer,
  committed: boolean,
  nowMs: number,
): Transaction | undefined {
  requireWritable(current, producer)
  if (current.state === TransactionState.ONGOING) {
    return prepared(current, committed, TV_0, NO_PRODUCER_ID, nowMs)
  }
  if (hasEndedSo(current.state, committed)) return undefined
  throw new KafkaError(ErrorCode.INVALID_TXN_STATE)
}

/**
 * EndTxn of version 5 and later, where each transaction has an epoch of its own: who asks with the
 * epoch before the present one asks again for what has been done (KIP-890).
 *
 * @returns undefined when it has ended so before
 * @throws KafkaError CONCURRENT_TRANSACTIONS, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED,
 *   INVALID_TXN_STATE
 */
export function decideEnd(
  current: Transaction,
  producer: Producer,
  committed: boolean,
  transactionVersion: number,
  { nowMs, newProducerId }: Moment,
): Transaction | undefined | typeof NEEDS_PRODUCER_ID {
  const { state } = current
  if (isPrepared(state)) throw new KafkaError(ErrorCode.CONCURRENT_TRANSACTIONS)
  const isReplaced = hasBeenReplaced(current, producer)
  if (current.producerId !== producer.producerId && !isReplaced) {
    throw new KafkaError(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
  }
  const hasEnded =
    state === TransactionState.COMPLETE_COMMIT || state === TransactionState.COMPLETE_ABORT
  const isRepeated = isReplaced || current.producerEpoch === producer.producerEpoch + 1
  if (producer.producerEpoch !== current.producerEpoch && !(hasEnded && isRepeated)) {
    throw new KafkaError(ErrorCode.PRODUCER_FENCED)
  }
  if (isRepeated && hasEndedSo(state, committed)) return undefined
  // What hasn't begun can be aborted: the client doesn't know whether its writes came to be.
  const mayEnd = state === TransactionState.ONGOING || (!committed && !isRepeated)
  if (!mayEnd) throw new KafkaError(ErrorCode.INVALID_TXN_STATE)
  const nextId = successorOf(current, transactionVersion, newProducerId)
  if (nextId === NEEDS_PRODUCER_ID) return NEEDS_PRODUCER_ID
  return prepared(current, committed, transactionVersion, nextId, nowMs)
}

/** The producer id that a transaction which is about to end leaves its producer with; -1 is the present one. */
export function successorOf(
  current: Transaction,
  transactionVersion: number,
  newProducerId: number | undefined,
): number | typeof NEEDS_PRODUCER_ID {
  if (!bumpsEpochs(transactionVersion)) return NO_PRODUCER_ID
  if (!isEpochExhausted(current.producerEpoch)) return NO_PRODUCER_ID
  return newProducerId ?? NEEDS_PRODUCER_ID
}

/** It asks again with its last epoch, since when it has been given another producer id. */
function hasBeenReplaced(current: Transaction, { producerId, producerEpoch }: Producer): boolean {
  return (
    current.previousProducerId === producerId &&
    current.producerEpoch === FIRST_EPOCH &&
    producerEpoch === LAST_GIVEN_EPOCH
  )
}

function hasEndedSo(state: TransactionState, committed: boolean): boolean {
  const { COMPLETE_COMMIT, COMPLETE_ABORT } = TransactionState
  return state === (committed ? COMPLETE_COMMIT : COMPLETE_ABORT)
}

/** The producer as it is when the transaction that is ending has ended. */
export function producerAfter(ending: Transaction): Producer {
  const { producerId, producerEpoch } = isPrepared(ending.state) ? completed(ending, 0) : ending
  return { producerId, producerEpoch }
}
