import { encodeCoordinatorRecord } from '../../../src/coordinator/runtime/record.js'
import type { Producer } from '../../../src/coordinator/transaction/decisions.js'
import type { TransactionMarkerChannel } from '../../../src/coordinator/transaction/marker-channel.js'
import { TopicPartitions } from '../../../src/coordinator/transaction/topic-partitions.js'
import {
  type Transaction,
  transactionRecord,
} from '../../../src/coordinator/transaction/transaction.js'
import type { TransactionCoordinatorConfig } from '../../../src/coordinator/transaction/transaction-config.js'
import { TransactionCoordinator } from '../../../src/coordinator/transaction/transaction-coordinator.js'
import { silentLogger } from '../../../src/env/logger.js'
import type { Input } from '../../../src/protocol/codec/index.js'
import { transactionRecords } from '../../../src/protocol/record-types.js'
import { buildBatch, CompressionType } from '../../../src/protocol/records/index.js'
import type { InitProducerIdRequest } from '../../../src/protocol/schema/init-producer-id.js'
import type { ListTransactionsRequest } from '../../../src/protocol/schema/list-transactions.js'
import type { TransactionLogValue } from '../../../src/protocol/schema/transaction-records.js'
import type {
  WriteTxnMarkersRequest,
  WriteTxnMarkersResponse,
} from '../../../src/protocol/schema/write-txn-markers.js'
import { ManualClock } from '../storage/storage-fixture.js'
import { settle } from './asked.js'
import { MemoryCoordinatorLog } from './memory-coordinator-log.js'

export const ID = 'orders'
export const TIMEOUT_MS = 60_000
export const ABORT_INTERVAL_MS = 10_000
export const EXPIRATION_INTERVAL_MS = 3_600_000
export const EXPIRATION_MS = 7 * 24 * 3_600_000
/** The first producer id that is given out. */
export const FIRST_PRODUCER_ID = 1000

export const TRANSACTION_CONFIG: TransactionCoordinatorConfig = {
  abortTimedOutIntervalMs: ABORT_INTERVAL_MS,
  maxTimeoutMs: 900_000,
  removeExpiredIntervalMs: EXPIRATION_INTERVAL_MS,
  requestTimeoutMs: 30_000,
  stateLogLoadBufferSize: 5_242_880,
  stateLogNumPartitions: 1,
  transactionalIdExpirationMs: EXPIRATION_MS,
  twoPhaseCommitEnable: false,
}

type Markers = WriteTxnMarkersRequest['markers'][number]
type MarkersAnswer = Input<typeof WriteTxnMarkersResponse>

/** The leaders of all partitions, which write every marker at once unless a test says otherwise. */
export class FakeMarkerChannel implements TransactionMarkerChannel {
  readonly sent: Markers[] = []
  /** While set, nobody answers until {@link answer}. */
  holds = false
  /** What partitions answer, by `topic-partition`; the others write their markers. */
  readonly errors = new Map<string, number>()
  readonly #held: (() => void)[] = []

  async writeMarkers({ markers }: WriteTxnMarkersRequest): Promise<MarkersAnswer> {
    this.sent.push(...markers)
    if (this.holds) await new Promise<void>((resolve) => this.#held.push(resolve))
    return {
      markers: markers.map(({ producerId, topics }) => ({
        producerId,
        topics: topics.map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({
            partitionIndex,
            errorCode: this.errors.get(`${name}-${partitionIndex}`) ?? 0,
          })),
        })),
      })),
    }
  }

  async answer(): Promise<void> {
    this.holds = false
    for (const answer of this.#held.splice(0)) answer()
    await settle()
  }

  /** The partitions that the last markers were for, as `topic-partition`. */
  get lastPartitions(): string[] {
    const { topics } = this.sent.at(-1)!
    return topics.flatMap(({ name, partitionIndexes }) =>
      partitionIndexes.map((each) => `${name}-${each}`),
    )
  }
}

/** One partition of transactional ids over a log in memory, on clocks that stand still. */
export class TestTransactions {
  readonly logical = new ManualClock()
  readonly pacing = new ManualClock()
  readonly coordinator: TransactionCoordinator
  /** The cluster's. */
  transactionVersion = 2
  /** Who waits for the allocation of producer ids, while that takes time. */
  producerIdsFail: Error | undefined

  constructor(
    config: Partial<TransactionCoordinatorConfig> = {},
    readonly log = new MemoryCoordinatorLog(transactionRecords),
    readonly markers = new FakeMarkerChannel(),
    private nextProducerId = FIRST_PRODUCER_ID,
  ) {
    this.coordinator = new TransactionCoordinator({
      clocks: { logical: this.logical, pacing: this.pacing },
      logger: silentLogger,
      config: { ...TRANSACTION_CONFIG, ...config },
      producerIds: {
        generate: () =>
          this.producerIdsFail === undefined
            ? Promise.resolve(this.nextProducerId++)
            : Promise.reject(this.producerIdsFail),
      },
      markers,
      transactionVersion: () => this.transactionVersion,
    })
    this.coordinator.onElection(0, this.log.leaderEpoch, log)
  }

  /** Another coordinator takes over the log. */
  async restart(config: Partial<TransactionCoordinatorConfig> = {}): Promise<TestTransactions> {
    this.coordinator.close()
    this.log.leaderEpoch++
    const next = new TestTransactions(config, this.log, this.markers, this.nextProducerId)
    next.logical.advance(this.logical.now() - next.logical.now())
    await settle()
    return next
  }

  init(more: Partial<InitProducerIdRequest> = {}, apiVersion = 5) {
    const request = {
      transactionalId: ID,
      transactionTimeoutMs: TIMEOUT_MS,
      producerId: -1,
      producerEpoch: -1,
      enable2Pc: false,
      keepPreparedTxn: false,
      ...more,
    }
    return this.coordinator.initProducerId({ apiVersion }, request)
  }

  /** @throws Error when there is an error */
  async producer(more: Partial<InitProducerIdRequest> = {}): Promise<Producer> {
    const { errorCode, producerId, producerEpoch } = await this.init(more)
    if (errorCode !== 0) throw new Error(`InitProducerId: ${errorCode}`)
    return { producerId: producerId!, producerEpoch }
  }

  /** As clients do before version 2 of transactions. @returns the error code of each partition */
  async add(
    producer: Producer,
    topics: Record<string, number[]> = { events: [0] },
    apiVersion = 3,
    transactionalId = ID,
  ): Promise<number[]> {
    const { resultsByTopicV3AndBelow } = await this.coordinator.addPartitionsToTxn(
      { apiVersion },
      {
        transactions: [],
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: producer.producerId,
        v3AndBelowProducerEpoch: producer.producerEpoch,
        v3AndBelowTopics: topicsOf(topics),
      },
    )
    return resultsByTopicV3AndBelow!.flatMap(({ resultsByPartition }) =>
      resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
    )
  }

  /** As brokers do for what they are to append. @returns the error code of each partition */
  async addForBroker(
    producer: Producer,
    topics: Record<string, number[]> = { events: [0] },
    verifyOnly = false,
    transactionalId = ID,
  ): Promise<number[]> {
    const { resultsByTransaction } = await this.coordinator.addPartitionsToTxn(
      { apiVersion: 5 },
      {
        transactions: [{ transactionalId, ...producer, verifyOnly, topics: topicsOf(topics) }],
        v3AndBelowTransactionalId: '',
        v3AndBelowProducerId: 0,
        v3AndBelowProducerEpoch: 0,
        v3AndBelowTopics: [],
      },
    )
    return resultsByTransaction!.flatMap(({ topicResults }) =>
      topicResults.flatMap(({ resultsByPartition }) =>
        resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
      ),
    )
  }

  async addOffsets(producer: Producer, partition = 7, apiVersion = 4): Promise<number> {
    const request = { transactionalId: ID, ...producer, groupId: 'group' }
    const offsets = new TopicPartitions()
    offsets.add('__consumer_offsets', partition)
    return (await this.coordinator.addOffsetsToTxn({ apiVersion }, request, offsets)).errorCode
  }

  /** EndTxn of before KIP-890. */
  async endClassic(producer: Producer, committed = true, apiVersion = 4): Promise<number> {
    const request = { transactionalId: ID, ...producer, committed }
    return (await this.coordinator.endTxn({ apiVersion }, request)).errorCode
  }

  /** EndTxn of KIP-890. @returns the next producer, or the error code */
  async end(producer: Producer, committed = true): Promise<Producer | number> {
    const request = { transactionalId: ID, ...producer, committed }
    const answer = await this.coordinator.endTxn({ apiVersion: 5 }, request)
    if (answer.errorCode !== 0) return answer.errorCode
    return { producerId: answer.producerId!, producerEpoch: answer.producerEpoch! }
  }

  async describe(transactionalId = ID) {
    const [described] = await this.coordinator.describeTransactions([transactionalId])
    return described!
  }

  async state(): Promise<string> {
    return (await this.describe()).transactionState
  }

  list(more: Partial<ListTransactionsRequest> = {}) {
    return this.coordinator.listTransactions({
      stateFilters: [],
      producerIdFilters: [],
      durationFilter: -1,
      transactionalIdPattern: null,
      ...more,
    })
  }

  /** Puts on the log what another coordinator has written. */
  append(transaction: Transaction): void {
    const record = transactionRecord(transaction, this.transactionVersion)
    const records = [encodeCoordinatorRecord(transactionRecords, record)]
    const compression = CompressionType.NONE
    this.log.add(buildBatch({ records, timestamp: this.logical.now(), compression }))
  }

  /** What the log's last record says. */
  get stored(): TransactionLogValue {
    return this.log.records.at(-1)!.value as TransactionLogValue
  }

  /** The states that the log has gone through. */
  get history(): number[] {
    return this.log.records.map(({ value }) => (value as TransactionLogValue).transactionStatus)
  }
}

function topicsOf(topics: Record<string, number[]>) {
  return Object.entries(topics).map(([name, partitions]) => ({ name, partitions }))
}
