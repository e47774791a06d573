import type { Clocks } from '../../env/clock.js'
import type { Logger } from '../../env/logger.js'
import type { Input } from '../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import { transactionRecords } from '../../protocol/record-types.js'
import { CompressionType, NO_SEQUENCE } from '../../protocol/records/index.js'
import type {
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnResponse,
} from '../../protocol/schema/add-offsets-to-txn.js'
import type {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../../protocol/schema/add-partitions-to-txn.js'
import type { EndTxnRequest, EndTxnResponse } from '../../protocol/schema/end-txn.js'
import type {
  InitProducerIdRequest,
  InitProducerIdResponse,
} from '../../protocol/schema/init-producer-id.js'
import type {
  ListTransactionsRequest,
  ListTransactionsResponse,
} from '../../protocol/schema/list-transactions.js'
import { partitionForKey } from '../group/java-hash.js'
import { asResponseError } from '../response-error.js'
import type { CoordinatorLog } from '../runtime/coordinator-log.js'
import { CoordinatorRuntime } from '../runtime/coordinator-runtime.js'
import type { Outcome } from '../runtime/state-machine.js'
import {
  type AddedToTransaction,
  allOfTransaction,
  answerOf,
  eachOfTransaction,
  partitionsToAdd,
  type TransactionToAddTo,
  transactionsToAddTo,
  VERSION_WITH_BATCHES,
} from './added-partitions.js'
import { FENCE, type Producer } from './decisions.js'
import type { TransactionMarkerChannel } from './marker-channel.js'
import { type ProducerIds, withProducerId } from './producer-ids.js'
import type { TopicPartitions } from './topic-partitions.js'
import { FIRST_EPOCH, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, TV_0, TV_2 } from './transaction.js'
import { TransactionCleanups } from './transaction-cleanups.js'
import { type TransactionCoordinatorConfig, transactionTimeoutMs } from './transaction-config.js'
import {
  type DescribedTransaction,
  notDescribed,
  transactionFilter,
} from './transaction-queries.js'
import { type MaybeNeedsProducerId, TransactionStateMachine } from './transaction-state-machine.js'
import { TransactionStore } from './transaction-store.js'

/** What a coordinator needs to know of a request beside its body. */
export interface TransactionRequestContext {
  readonly apiVersion: number
}

export interface TransactionCoordinatorOptions {
  readonly clocks: Clocks
  readonly logger: Logger
  readonly config: TransactionCoordinatorConfig
  readonly producerIds: ProducerIds
  readonly markers: TransactionMarkerChannel
  /** The finalized level of the feature `transaction.version`. */
  readonly transactionVersion: () => number
}

/** From these versions on, clients know PRODUCER_FENCED (KIP-588). */
const VERSION_WITH_PRODUCER_FENCED = {
  initProducerId: 4,
  addPartitions: 2,
  addOffsets: 2,
  endTxn: 2,
}
/** From this version on, EndTxn gives the next transaction another epoch (KIP-890). */
const VERSION_WITH_EPOCH_BUMP = 5

const NO_PRODUCER: Producer = { producerId: NO_PRODUCER_ID, producerEpoch: NO_PRODUCER_EPOCH }

/**
 * The transactional ids whose partitions of `__transaction_state` this node leads.
 *
 * One method an API. Each resolves with the answer, errors included, and never rejects; what needs the
 * cluster's metadata or the authorizer (partitions that don't exist, what may be seen) is for the
 * caller to sort out before and after, as Kafka's `KafkaApis` does.
 */
export class TransactionCoordinator {
  /** Of `__transaction_state`; what the configuration says until the topic is known. */
  partitionCount: number
  readonly #options: TransactionCoordinatorOptions
  readonly #runtime: CoordinatorRuntime<TransactionStateMachine>
  readonly #cleanups: TransactionCleanups

  constructor(options: TransactionCoordinatorOptions) {
    const { clocks, logger, config, markers, transactionVersion } = options
    this.#options = options
    this.partitionCount = config.stateLogNumPartitions
    this.#runtime = new CoordinatorRuntime({
      clocks,
      logger,
      recordTypes: transactionRecords,
      // The topic's own setting would undo any other (Kafka's `TransactionLog.ENFORCED_COMPRESSION`).
      compression: CompressionType.NONE,
      // Kafka's transaction coordinator has no runtime, and writes as anybody would.
      baseSequence: NO_SEQUENCE,
      loadBytes: config.stateLogLoadBufferSize,
      commitTimeoutMs: config.requestTimeoutMs,
      create: (context) =>
        new TransactionStateMachine({
          clocks,
          logger,
          config,
          context,
          markers,
          transactionVersion,
          transactions: new TransactionStore(),
        }),
    })
    this.#cleanups = new TransactionCleanups({
      clock: clocks.logical,
      logger,
      config,
      producerIds: options.producerIds,
      runtime: this.#runtime,
    })
  }

  /** The partition of `__transaction_state` that a transactional id belongs to. */
  partitionFor(transactionalId: string): number {
    return partitionForKey(transactionalId, this.partitionCount)
  }

  /**
   * This node leads the partition from now on: loads its log, and ends the transactions whose outcome
   * was decided. Until it is loaded its ids answer COORDINATOR_LOAD_IN_PROGRESS. Harmless when it was
   * told before of the same or a later epoch.
   */
  onElection(partition: number, leaderEpoch: number, log: CoordinatorLog): void {
    this.#runtime.elect(partition, leaderEpoch, log)
  }

  /** This node doesn't lead the partition any more: its ids answer NOT_COORDINATOR. */
  onResignation(partition: number): void {
    this.#runtime.resign(partition)
  }

  /** Drops all transactions, answers everybody who waits, leaves no timer behind. */
  close(): void {
    this.#cleanups.close()
    this.#runtime.close()
  }

  /** @param request its producer's id and epoch are both there, or neither is */
  async initProducerId(
    { apiVersion }: TransactionRequestContext,
    request: InitProducerIdRequest,
  ): Promise<Input<typeof InitProducerIdResponse>> {
    try {
      const { transactionalId } = request
      const producer =
        transactionalId === null
          ? { producerId: await this.#options.producerIds.generate(), producerEpoch: FIRST_EPOCH }
          : await this.#initTransactional(transactionalId, request)
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, ...producer }
    } catch (error) {
      const errorCode = this.#errorCode(
        error,
        apiVersion,
        VERSION_WITH_PRODUCER_FENCED.initProducerId,
      )
      return { throttleTimeMs: 0, errorCode, ...NO_PRODUCER }
    }
  }

  /** @throws KafkaError */
  async #initTransactional(
    transactionalId: string,
    request: InitProducerIdRequest,
  ): Promise<Producer> {
    const timeoutMs = transactionTimeoutMs(this.#options.config, request)
    const { producerId, producerEpoch } = request
    const expected = producerId === NO_PRODUCER_ID ? undefined : { producerId, producerEpoch }
    const answer = await this.#runWithProducerId(transactionalId, (machine, newProducerId) =>
      machine.initProducerId(transactionalId, timeoutMs, expected, newProducerId),
    )
    if (answer === FENCE) throw new KafkaError(ErrorCode.CONCURRENT_TRANSACTIONS)
    return answer
  }

  /**
   * Adds partitions to transactions, or, with `verifyOnly`, says of each whether it is in its
   * transaction: TRANSACTION_ABORTABLE when it isn't. Versions 0 to 3 are of one transaction and from
   * clients, later ones of several and from brokers (KIP-890).
   *
   * @param request partitions that exist and may be written to
   */
  async addPartitionsToTxn(
    { apiVersion }: TransactionRequestContext,
    request: AddPartitionsToTxnRequest,
  ): Promise<Input<typeof AddPartitionsToTxnResponse>> {
    const transactions = transactionsToAddTo(apiVersion, request)
    return answerOf(apiVersion, await this.addToTransactions({ apiVersion }, transactions))
  }

  /** The same for some of its transactions. @returns one of each, in the order asked for */
  addToTransactions(
    { apiVersion }: TransactionRequestContext,
    transactions: readonly TransactionToAddTo[],
  ): Promise<AddedToTransaction[]> {
    return Promise.all(
      transactions.map((transaction) =>
        transaction.verifyOnly
          ? this.#verifyPartitions(transaction)
          : this.#addPartitions(apiVersion, transaction),
      ),
    )
  }

  async #addPartitions(
    apiVersion: number,
    transaction: TransactionToAddTo,
  ): Promise<AddedToTransaction> {
    const partitions = partitionsToAdd(transaction)
    const version = apiVersion < VERSION_WITH_BATCHES ? TV_0 : TV_2
    try {
      await this.#add(transaction, partitions, version)
      return allOfTransaction(transaction, ErrorCode.NONE)
    } catch (error) {
      const { addPartitions } = VERSION_WITH_PRODUCER_FENCED
      return allOfTransaction(transaction, this.#errorCode(error, apiVersion, addPartitions))
    }
  }

  /** @throws KafkaError */
  #add(
    { transactionalId, producerId, producerEpoch }: Producer & { readonly transactionalId: string },
    partitions: TopicPartitions,
    clientTransactionVersion: number,
  ): Promise<void> {
    if (transactionalId === '') throw new KafkaError(ErrorCode.INVALID_REQUEST)
    const producer = { producerId, producerEpoch }
    return this.#run(transactionalId, (machine) =>
      machine.addPartitions(transactionalId, producer, partitions, clientTransactionVersion),
    )
  }

  async #verifyPartitions(transaction: TransactionToAddTo): Promise<AddedToTransaction> {
    const { transactionalId } = transaction
    try {
      if (transactionalId === '') throw new KafkaError(ErrorCode.INVALID_REQUEST)
      const writable = await this.#run(transactionalId, (machine) =>
        machine.writablePartitions(transactionalId, transaction),
      )
      return eachOfTransaction(transaction, (topic, partition) =>
        writable.has(topic, partition) ? ErrorCode.NONE : ErrorCode.TRANSACTION_ABORTABLE,
      )
    } catch (error) {
      const { code } = this.#responseError(error)
      return eachOfTransaction(transaction, () => code)
    }
  }

  /** @param offsets the partition of `__consumer_offsets` that the request's group belongs to */
  async addOffsetsToTxn(
    { apiVersion }: TransactionRequestContext,
    request: AddOffsetsToTxnRequest,
    offsets: TopicPartitions,
  ): Promise<Input<typeof AddOffsetsToTxnResponse>> {
    try {
      await this.#add(request, offsets, TV_0)
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE }
    } catch (error) {
      const errorCode = this.#errorCode(error, apiVersion, VERSION_WITH_PRODUCER_FENCED.addOffsets)
      return { throttleTimeMs: 0, errorCode }
    }
  }

  /** Answers when the outcome is committed; the partitions of the transaction hear of it afterwards. */
  async endTxn(
    { apiVersion }: TransactionRequestContext,
    request: EndTxnRequest,
  ): Promise<Input<typeof EndTxnResponse>> {
    const { transactionalId, committed } = request
    const bumpsEpoch = apiVersion >= VERSION_WITH_EPOCH_BUMP
    try {
      if (transactionalId === '') throw new KafkaError(ErrorCode.INVALID_REQUEST)
      const producer = await this.#runWithProducerId(transactionalId, (machine, newProducerId) => {
        const version = bumpsEpoch ? TV_2 : TV_0
        return machine.endTransaction(transactionalId, request, committed, version, newProducerId)
      })
      const answer = { throttleTimeMs: 0, errorCode: ErrorCode.NONE }
      return bumpsEpoch ? { ...answer, ...producer } : answer
    } catch (error) {
      const errorCode = this.#errorCode(error, apiVersion, VERSION_WITH_PRODUCER_FENCED.endTxn)
      return { throttleTimeMs: 0, errorCode }
    }
  }

  /** What this node knows of; COORDINATOR_LOAD_IN_PROGRESS while that isn't all. */
  async listTransactions(
    request: ListTransactionsRequest,
  ): Promise<Input<typeof ListTransactionsResponse>> {
    try {
      const filter = transactionFilter(request)
      const lists = await this.#runtime.readAll(({ queries }) => queries.list(filter))
      return {
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        unknownStateFilters: [...filter.unknownStates],
        transactionStates: lists.flat(),
      }
    } catch (error) {
      const { code } = this.#responseError(error)
      return { throttleTimeMs: 0, errorCode: code, unknownStateFilters: [], transactionStates: [] }
    }
  }

  /** @returns one of each, in the order asked for */
  describeTransactions(transactionalIds: readonly string[]): Promise<DescribedTransaction[]> {
    return Promise.all(transactionalIds.map((each) => this.#describe(each)))
  }

  async #describe(transactionalId: string): Promise<DescribedTransaction> {
    if (transactionalId === '') return notDescribed(transactionalId, ErrorCode.INVALID_REQUEST)
    try {
      return await this.#run(transactionalId, ({ queries }) => ({
        records: [],
        response: queries.describe(transactionalId),
      }))
    } catch (error) {
      return notDescribed(transactionalId, this.#responseError(error).code)
    }
  }

  #run<R>(
    transactionalId: string,
    operation: (machine: TransactionStateMachine) => Outcome<R>,
  ): Promise<R> {
    return this.#runtime.run(this.partitionFor(transactionalId), transactionalId, operation)
  }

  #runWithProducerId<R>(
    transactionalId: string,
    operation: (
      machine: TransactionStateMachine,
      newProducerId: number | undefined,
    ) => MaybeNeedsProducerId<R>,
  ): Promise<R> {
    return withProducerId(this.#options.producerIds, (newProducerId) =>
      this.#run(transactionalId, (machine) => operation(machine, newProducerId)),
    )
  }

  /** @param versionWithFenced before it, clients know a fenced producer by another code */
  #errorCode(error: unknown, apiVersion: number, versionWithFenced: number): ErrorCode {
    const { code } = this.#responseError(error)
    const isNew = code === ErrorCode.PRODUCER_FENCED && apiVersion < versionWithFenced
    return isNew ? ErrorCode.INVALID_PRODUCER_EPOCH : code
  }

  #responseError(error: unknown): KafkaError {
    if (error instanceof KafkaError) return asResponseError(error)
    this.#options.logger.error({ err: error }, 'a transaction request has failed unexpectedly')
    return new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, undefined, { cause: error })
  }
}
