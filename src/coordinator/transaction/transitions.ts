import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import { TopicPartitions } from './topic-partitions.js'
import {
  FIRST_EPOCH,
  isEpochExhausted,
  isLastEpoch,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_TIMESTAMP,
  type Transaction,
  TV_0,
  TV_2,
} from './transaction.js'
import { isIdle, mayFollow, TransactionState, transactionStateName } from './transaction-state.js'

/** Whether every transaction that ends moves its producer to another epoch (KIP-890). */
export function bumpsEpochs(transactionVersion: number): boolean {
  return transactionVersion >= TV_2
}

/** The producer that is to have the transactional id, with the next epoch. */
export function nextEpoch(
  from: Transaction,
  timeoutMs: number,
  expectedEpoch: number | undefined,
  nowMs: number,
): Transaction {
  if (isEpochExhausted(from.producerEpoch)) {
    // Kafka doesn't expect an old epoch of a producer that has none left.
    throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR)
  }
  return initialized(from, timeoutMs, nowMs, epochs(from, expectedEpoch))
}

/** @throws KafkaError PRODUCER_FENCED */
function epochs(
  { producerEpoch, lastProducerEpoch }: Transaction,
  expectedEpoch: number | undefined,
): Pick<Transaction, 'producerEpoch' | 'lastProducerEpoch'> {
  const bumped = producerEpoch + 1
  if (expectedEpoch === undefined) {
    return { producerEpoch: bumped, lastProducerEpoch: NO_PRODUCER_EPOCH }
  }
  if (producerEpoch === NO_PRODUCER_EPOCH || expectedEpoch === producerEpoch) {
    return { producerEpoch: bumped, lastProducerEpoch: producerEpoch }
  }
  // It asks again for what it has been given before.
  if (expectedEpoch === lastProducerEpoch) return { producerEpoch, lastProducerEpoch }
  throw new KafkaError(ErrorCode.PRODUCER_FENCED)
}

/** The producer that is to have the transactional id, with another producer id. */
export function nextProducer(
  from: Transaction,
  producerId: number,
  timeoutMs: number,
  expectedEpoch: number | undefined,
  nowMs: number,
): Transaction {
  const hasAsked = expectedEpoch !== undefined
  return initialized(from, timeoutMs, nowMs, {
    producerId,
    producerEpoch: FIRST_EPOCH,
    lastProducerEpoch: hasAsked ? from.producerEpoch : NO_PRODUCER_EPOCH,
  })
}

function initialized(
  from: Transaction,
  timeoutMs: number,
  nowMs: number,
  producer: Partial<Transaction>,
): Transaction {
  return transition(from, TransactionState.EMPTY, {
    ...producer,
    timeoutMs,
    partitions: new TopicPartitions(),
    startTimestampMs: NO_TIMESTAMP,
    lastUpdateTimestampMs: nowMs,
  })
}

export function withPartitions(
  from: Transaction,
  added: TopicPartitions,
  clientTransactionVersion: number,
  nowMs: number,
): Transaction {
  return transition(from, TransactionState.ONGOING, {
    partitions: from.partitions.with(added),
    startTimestampMs: isIdle(from.state) ? nowMs : from.startTimestampMs,
    lastUpdateTimestampMs: nowMs,
    clientTransactionVersion,
  })
}

/**
 * The outcome is decided.
 *
 * @param nextProducerId for who has no epoch left
 */
export function prepared(
  from: Transaction,
  committed: boolean,
  transactionVersion: number,
  nextProducerId: number,
  nowMs: number,
): Transaction {
  const state = committed ? TransactionState.PREPARE_COMMIT : TransactionState.PREPARE_ABORT
  const bump = bumpsEpochs(transactionVersion)
  return transition(from, state, {
    ...(bump ? { producerEpoch: epochAfter(from), lastProducerEpoch: from.producerEpoch } : {}),
    nextProducerId,
    startTimestampMs: isIdle(from.state) ? nowMs : from.startTimestampMs,
    lastUpdateTimestampMs: nowMs,
    clientTransactionVersion: transactionVersion,
  })
}

/** The transaction is aborted, and whoever has begun it must not go on (Kafka's PrepareEpochFence). */
export function fenced(
  from: Transaction,
  transactionVersion: number,
  nextProducerId: number,
  nowMs: number,
): Transaction {
  if (bumpsEpochs(transactionVersion)) {
    return prepared(from, false, transactionVersion, nextProducerId, nowMs)
  }
  return {
    ...prepared(from, false, TV_0, NO_PRODUCER_ID, nowMs),
    producerEpoch: epochAfter(from),
    lastProducerEpoch: NO_PRODUCER_EPOCH,
  }
}

function epochAfter({ producerEpoch }: Transaction): number {
  return isLastEpoch(producerEpoch) ? producerEpoch : producerEpoch + 1
}

/** All markers are written. */
export function completed(from: Transaction, nowMs: number): Transaction {
  const { state, nextProducerId, clientTransactionVersion } = from
  const { PREPARE_COMMIT, COMPLETE_COMMIT, COMPLETE_ABORT } = TransactionState
  const isReplaced = bumpsEpochs(clientTransactionVersion) && nextProducerId !== NO_PRODUCER_ID
  return transition(from, state === PREPARE_COMMIT ? COMPLETE_COMMIT : COMPLETE_ABORT, {
    ...(isReplaced ? { producerId: nextProducerId, producerEpoch: FIRST_EPOCH } : {}),
    nextProducerId: NO_PRODUCER_ID,
    partitions: new TopicPartitions(),
    lastUpdateTimestampMs: nowMs,
  })
}

function transition(
  from: Transaction,
  state: TransactionState,
  changes: Partial<Transaction>,
): Transaction {
  if (!mayFollow(from.state, state)) {
    const names = [from.state, state].map(transactionStateName)
    throw new Error(`a transaction can't go from ${names.join(' to ')}`)
  }
  return { ...from, previousProducerId: from.producerId, ...changes, state }
}
