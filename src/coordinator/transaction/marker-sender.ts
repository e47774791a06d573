import type { Input } from '../../protocol/codec/index.js'
import { ErrorCode, errorName, type KafkaError } from '../../protocol/errors.js'
import type {
  WriteTxnMarkersRequest,
  WriteTxnMarkersResponse,
} from '../../protocol/schema/write-txn-markers.js'
import { NOTHING, type Outcome } from '../runtime/state-machine.js'
import { TopicPartitions } from './topic-partitions.js'
import { type Transaction, transactionRecord } from './transaction.js'
import type { TransactionServices } from './transaction-services.js'
import { TransactionState } from './transaction-state.js'
import { completed } from './transitions.js'

const FIRST_BACKOFF_MS = 20
const MAX_BACKOFF_MS = 1000

/** A transaction whose outcome is decided. */
interface Ending {
  readonly transaction: Transaction
  /** Those whose markers aren't written yet. */
  readonly left: TopicPartitions
  /** How often in a row it came to nothing. */
  failures: number
  /** Another coordinator has been elected, and goes on with it. */
  isAbandoned: boolean
}

/**
 * Tells the partitions of transactions how these ended, and then the log that they have (Kafka's
 * `TransactionMarkerChannelManager`).
 *
 * All of it is soft state: when it is lost, whoever loads the log finds the transaction prepared, and
 * begins anew. A marker that comes twice does no harm.
 */
export class MarkerSender {
  readonly #endings = new Map<string, Ending>()

  constructor(private readonly services: TransactionServices) {}

  /** The decision is committed: sends the markers, and goes on by itself until the transaction has ended. */
  begin(transaction: Transaction): void {
    const left = TopicPartitions.of(transaction.partitions.topics())
    const ending: Ending = { transaction, left, failures: 0, isAbandoned: false }
    this.#endings.set(transaction.transactionalId, ending)
    this.#goOn(ending)
  }

  isSending(transaction: Transaction): boolean {
    return this.#endings.get(transaction.transactionalId)?.transaction === transaction
  }

  /** The partitions that wait for their markers. */
  partitionsLeft(transaction: Transaction): TopicPartitions | undefined {
    const ending = this.#endings.get(transaction.transactionalId)
    return ending?.transaction === transaction ? ending.left : undefined
  }

  /** What is under way has no effect any more. */
  close(): void {
    this.#endings.clear()
  }

  #goOn(ending: Ending): void {
    if (ending.left.isEmpty) this.#complete(ending)
    else this.#send(ending)
  }

  #send(ending: Ending): void {
    this.services.markers.writeMarkers(this.#requestOf(ending)).then(
      (answer) => this.#answered(ending, answer),
      (error: unknown) => {
        if (!this.#isCurrent(ending)) return
        const { transactionalId } = ending.transaction
        this.services.logger.warn({ transactionalId, err: error }, 'markers could not be sent')
        this.#tryAgain(ending)
      },
    )
  }

  #requestOf({ transaction, left }: Ending): WriteTxnMarkersRequest {
    const { producerId, producerEpoch, state, clientTransactionVersion } = transaction
    const topics = left.topics().map(({ topic, partitionIds }) => ({
      name: topic,
      partitionIndexes: partitionIds,
    }))
    return {
      markers: [
        {
          producerId,
          producerEpoch,
          transactionResult: state === TransactionState.PREPARE_COMMIT,
          topics,
          coordinatorEpoch: this.services.context.leaderEpoch,
          transactionVersion: clientTransactionVersion,
        },
      ],
    }
  }

  #answered(ending: Ending, { markers }: Input<typeof WriteTxnMarkersResponse>): void {
    if (!this.#isCurrent(ending)) return
    for (const { topics } of markers) {
      for (const { name, partitions } of topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          this.#written(ending, name, partitionIndex, errorCode as ErrorCode)
        }
      }
    }
    if (ending.isAbandoned) return
    if (ending.left.isEmpty) this.#complete(ending)
    else this.#tryAgain(ending)
  }

  /** What one partition said to its marker. */
  #written(ending: Ending, topic: string, partition: number, errorCode: ErrorCode): void {
    const { transactionalId } = ending.transaction
    const details = { transactionalId, topic, partition, error: errorName(errorCode) }
    switch (errorCode) {
      case ErrorCode.NONE:
      // It is gone.
      case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
      // It can't have anything of a transaction.
      case ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT:
      case ErrorCode.UNSUPPORTED_VERSION:
        ending.left.delete(topic, partition)
        return
      case ErrorCode.INVALID_PRODUCER_EPOCH:
        // It knows of a later transaction, so that this one has ended there.
        this.services.logger.warn(details, 'a marker came too late')
        ending.left.delete(topic, partition)
        return
      case ErrorCode.TRANSACTION_COORDINATOR_FENCED:
        this.services.logger.warn(details, 'another coordinator ends the transaction')
        ending.isAbandoned = true
        return
      default:
        this.services.logger.debug(details, 'a marker is to be sent again')
    }
  }

  #tryAgain(ending: Ending): void {
    const { context, clocks } = this.services
    const { transactionalId } = ending.transaction
    const delayMs = Math.min(FIRST_BACKOFF_MS * 2 ** ending.failures++, MAX_BACKOFF_MS)
    const name = `markers of ${transactionalId}`
    context.timers.set(name, clocks.pacing, delayMs, transactionalId, () => {
      if (this.#isCurrent(ending)) this.#goOn(ending)
      return NOTHING
    })
  }

  #complete(ending: Ending): void {
    const { transactionalId } = ending.transaction
    this.services.context.schedule(transactionalId, 'end of a transaction', () =>
      this.#completion(ending),
    )
  }

  #completion(ending: Ending): Outcome<void> {
    const { transactions, clocks, transactionVersion } = this.services
    const { transactionalId } = ending.transaction
    if (!this.#isCurrent(ending)) return NOTHING
    if (transactions.get(transactionalId) !== ending.transaction) {
      // It was on the log before; only whether that was committed wasn't known.
      this.#endings.delete(transactionalId)
      return NOTHING
    }
    const next = completed(ending.transaction, clocks.logical.now())
    return {
      records: [transactionRecord(next, transactionVersion())],
      response: undefined,
      completed: (error) => this.#completed(ending, error),
    }
  }

  #completed(ending: Ending, error: KafkaError | null): void {
    if (!this.#isCurrent(ending)) return
    if (error === null) this.#endings.delete(ending.transaction.transactionalId)
    // The markers are written, and so shall this be, however long that takes.
    else if (error.code !== ErrorCode.NOT_COORDINATOR) this.#tryAgain(ending)
  }

  #isCurrent(ending: Ending): boolean {
    return this.#endings.get(ending.transaction.transactionalId) === ending
  }
}
