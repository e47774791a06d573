import { ErrorCode } from '../../protocol/errors.js'
import type { TransactionLogKey } from '../../protocol/schema/transaction-records.js'
import type { CoordinatorRecord } from '../runtime/record.js'
import { NOTHING, type Outcome, type StateMachine } from '../runtime/state-machine.js'
import {
  decideAddPartitions,
  decideClassicEnd,
  decideEnd,
  decideInit,
  FENCE,
  type Moment,
  NEEDS_PRODUCER_ID,
  type Producer,
  producerAfter,
  requireWritable,
  successorOf,
} from './decisions.js'
import { MarkerSender } from './marker-sender.js'
import type { TopicPartitions } from './topic-partitions.js'
import {
  hasTimedOut,
  newTransaction,
  type Transaction,
  transactionOf,
  transactionRecord,
  transactionTombstone,
} from './transaction.js'
import { TransactionQueries } from './transaction-queries.js'
import type { TransactionServices } from './transaction-services.js'
import { isIdle, isPrepared } from './transaction-state.js'
import type { TransactionStore } from './transaction-store.js'
import { bumpsEpochs, fenced } from './transitions.js'

/** What an operation comes to that may need a producer id to go on. */
export type MaybeNeedsProducerId<R> = Outcome<R | typeof NEEDS_PRODUCER_ID>

const ASK_AGAIN: Outcome<typeof NEEDS_PRODUCER_ID> = { records: [], response: NEEDS_PRODUCER_ID }

/**
 * The transactional ids of one partition of `__transaction_state` (Kafka's `TransactionStateManager`
 * and `TransactionCoordinator`). Operations run one after the other for each id.
 */
export class TransactionStateMachine implements StateMachine {
  readonly queries: TransactionQueries
  readonly #transactions: TransactionStore
  /** Soft state. */
  readonly #markers: MarkerSender

  constructor(private readonly services: TransactionServices) {
    this.#transactions = services.transactions
    this.#markers = new MarkerSender(services)
    this.queries = new TransactionQueries(services, this.#markers)
  }

  replay(record: CoordinatorRecord): void {
    if (record.value === null) {
      this.#transactions.delete((record.key as TransactionLogKey).transactionalId)
    } else this.#transactions.set(transactionOf(record))
  }

  onLoaded(): void {
    for (const { transactionalId, state } of this.#transactions.all()) {
      if (isPrepared(state)) this.#endWhenCommitted(transactionalId)
    }
  }

  onUnloaded(): void {
    this.#markers.close()
  }

  /**
   * @returns FENCE when a transaction is aborted first, after which the same is to be asked again
   * @throws KafkaError CONCURRENT_TRANSACTIONS, PRODUCER_FENCED
   */
  initProducerId(
    transactionalId: string,
    timeoutMs: number,
    expected: Producer | undefined,
    newProducerId: number | undefined,
  ): MaybeNeedsProducerId<Producer | typeof FENCE> {
    const moment = this.#moment(newProducerId)
    const current = this.#transactions.get(transactionalId)
    if (current === undefined && newProducerId === undefined) return ASK_AGAIN
    const from = current ?? newTransaction(transactionalId, newProducerId!, moment.nowMs)
    const next = decideInit(from, timeoutMs, expected, moment)
    if (next === NEEDS_PRODUCER_ID) return ASK_AGAIN
    if (next === FENCE) return this.#fence(from, moment, FENCE)
    const { producerId, producerEpoch } = next
    return { records: [this.#record(next)], response: { producerId, producerEpoch } }
  }

  /** @throws KafkaError INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS */
  addPartitions(
    transactionalId: string,
    producer: Producer,
    added: TopicPartitions,
    clientTransactionVersion: number,
  ): Outcome<void> {
    const current = this.#transactions.require(transactionalId)
    const nowMs = this.#now()
    const next = decideAddPartitions(current, producer, added, clientTransactionVersion, nowMs)
    return next === undefined ? NOTHING : { records: [this.#record(next)], response: undefined }
  }

  /**
   * Those in which the producer may write now.
   *
   * @throws KafkaError INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS
   */
  writablePartitions(transactionalId: string, producer: Producer): Outcome<TopicPartitions> {
    const current = this.#transactions.require(transactionalId)
    requireWritable(current, producer)
    return { records: [], response: current.partitions }
  }

  /**
   * @returns the producer as it may begin the next transaction
   * @throws KafkaError INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS,
   *   INVALID_TXN_STATE
   */
  endTransaction(
    transactionalId: string,
    producer: Producer,
    committed: boolean,
    clientTransactionVersion: number,
    newProducerId: number | undefined,
  ): MaybeNeedsProducerId<Producer> {
    const current = this.#transactions.require(transactionalId)
    const moment = this.#moment(newProducerId)
    const next = bumpsEpochs(clientTransactionVersion)
      ? decideEnd(current, producer, committed, clientTransactionVersion, moment)
      : decideClassicEnd(current, producer, committed, moment.nowMs)
    if (next === NEEDS_PRODUCER_ID) return ASK_AGAIN
    if (next === undefined) return { records: [], response: producerAfter(current) }
    return this.#prepare(next, producerAfter(next))
  }

  /** The ids of transactions that have taken longer than they may. */
  timedOut(): string[] {
    const nowMs = this.#now()
    return idsOf(this.#transactions.ongoing(), (each) => hasTimedOut(each, nowMs))
  }

  /** Aborts what has timed out, and fences its producer. */
  abortTimedOut(
    transactionalId: string,
    newProducerId: number | undefined,
  ): MaybeNeedsProducerId<void> {
    const moment = this.#moment(newProducerId)
    const current = this.#transactions.get(transactionalId)
    if (current === undefined || !hasTimedOut(current, moment.nowMs)) return NOTHING
    const { producerId, timeoutMs } = current
    const details = { transactionalId, producerId, timeoutMs }
    this.services.logger.info(details, 'a transaction takes too long, and is aborted')
    return this.#fence(current, moment, undefined)
  }

  /** The ids that have had no transaction for so long that they are to be forgotten. */
  expired(): string[] {
    const nowMs = this.#now()
    return idsOf(this.#transactions.all(), (each) => this.#hasExpired(each, nowMs))
  }

  expire(transactionalId: string): Outcome<void> {
    const current = this.#transactions.get(transactionalId)
    if (current === undefined || !this.#hasExpired(current, this.#now())) return NOTHING
    return { records: [transactionTombstone(transactionalId)], response: undefined }
  }

  #hasExpired({ state, lastUpdateTimestampMs }: Transaction, nowMs: number): boolean {
    const { transactionalIdExpirationMs } = this.services.config
    return isIdle(state) && lastUpdateTimestampMs <= nowMs - transactionalIdExpirationMs
  }

  /** Aborts a transaction, and lets whoever has begun it do nothing any more. */
  #fence<R>(current: Transaction, moment: Moment, response: R): MaybeNeedsProducerId<R> {
    const { nowMs, newProducerId } = moment
    const transactionVersion = this.services.transactionVersion()
    const successor = successorOf(current, transactionVersion, newProducerId)
    if (successor === NEEDS_PRODUCER_ID) return ASK_AGAIN
    return this.#prepare(fenced(current, transactionVersion, successor, nowMs), response)
  }

  /** Appends a decision; its markers go out once it is committed. */
  #prepare<R>(next: Transaction, response: R): Outcome<R> {
    const { transactionalId } = next
    return {
      records: [this.#record(next)],
      response,
      completed: (error) => {
        if (error === null) this.#end(transactionalId)
        // It may be on the log, and committed later.
        else if (error.code === ErrorCode.REQUEST_TIMED_OUT) this.#endWhenCommitted(transactionalId)
      },
    }
  }

  #endWhenCommitted(transactionalId: string): void {
    this.services.context.schedule(transactionalId, 'markers of a transaction', () => ({
      records: [],
      response: undefined,
      completed: (error) => {
        if (error === null) this.#end(transactionalId)
        else if (error.code === ErrorCode.REQUEST_TIMED_OUT) this.#endWhenCommitted(transactionalId)
      },
    }))
  }

  #end(transactionalId: string): void {
    const current = this.#transactions.get(transactionalId)
    if (current === undefined || !isPrepared(current.state)) return
    if (!this.#markers.isSending(current)) this.#markers.begin(current)
  }

  #record(transaction: Transaction): CoordinatorRecord {
    return transactionRecord(transaction, this.services.transactionVersion())
  }

  #moment(newProducerId: number | undefined): Moment {
    return { nowMs: this.#now(), newProducerId }
  }

  #now(): number {
    return this.services.clocks.logical.now()
  }
}

function idsOf(
  transactions: Iterable<Transaction>,
  predicate: (transaction: Transaction) => boolean,
): string[] {
  const ids: string[] = []
  for (const transaction of transactions) {
    if (predicate(transaction)) ids.push(transaction.transactionalId)
  }
  return ids
}
