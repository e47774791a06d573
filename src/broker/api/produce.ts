import type { Clocks } from '../../env/clock.js'
import type { Logger } from '../../env/logger.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ErrorCode, errorName, KafkaError } from '../../protocol/errors.js'
import {
  baseSequence,
  convertUp,
  HEADER_SIZE,
  hasProducerId,
  isTransactional,
  MAGIC_V2,
  magic,
  producerEpoch,
  producerId,
} from '../../protocol/records/index.js'
import { ProduceRequest, ProduceResponse } from '../../protocol/schema/produce.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import type { VerificationGuard } from '../../storage/transaction-verification.js'
import type { AddPartitionsToTxnManager } from '../add-partitions-to-txn-manager.js'
import { CurrentLeaders } from '../current-leader.js'
import type { DynamicBrokerConfig } from '../dynamic-broker-config.js'
import { CLOSE_CONNECTION, type Handler, handler, type RequestContext } from '../handler.js'
import { isInternalTopic } from '../internal-topic.js'
import type { Partition, ProduceCallback } from '../partition.js'
import { PendingProduce, type ProducePartitionAnswer } from '../pending-produce.js'
import {
  produceOperation,
  type VerifiedPartitions,
  verifyProduce,
} from '../produce-verification.js'
import type { ReplicaManager } from '../replica-manager.js'
import { SubmissionOrder } from '../submission-order.js'
import { requireTransactionalId } from '../transaction-access.js'

/** The client id of Kafka's own admin tools, which alone may write to internal topics. */
const ADMIN_CLIENT_ID = '__admin_client'
/** From this version on, there are batches, and no message sets any more (KIP-98). */
const VERSION_WITH_BATCHES = 3
/** From this version on, a partition that has moved is answered with where it is (KIP-951). */
const VERSION_WITH_LEADERS = 10
/** From this version on, topics are named by id (KIP-516). */
const VERSION_WITH_TOPIC_IDS = 13

export interface ProduceServices {
  readonly replicas: ReplicaManager
  readonly metadata: MetadataImage
  readonly authorizer: Authorizer
  readonly partitionsToTxn: AddPartitionsToTxnManager
  readonly config: DynamicBrokerConfig
  readonly logger: Logger
  /** The logical one: LogAppendTime, and the bounds of what producers say. */
  readonly clocks: Clocks
}

const NOT_VERIFIED: VerifiedPartitions = new Map()

type TopicRequest = ProduceRequest['topicData'][number]

/** Appends record batches to partitions (Kafka's `KafkaApis.handleProduceRequest`). */
export const produce = (services: ProduceServices): Handler => {
  const order = new SubmissionOrder()
  return handler(ProduceRequest, ProduceResponse, {
    // Offsets are assigned when a batch is submitted, and that in the order of the requests.
    overlaps: true,
    handle: (context, request) => {
      requireAllowed(services, context, request)
      const produce = new Produce(services, context, request)
      const submitted = order.submit(context.peer, () => produce.submit())
      if (submitted === undefined) return produce.answer()
      return submitted.then(() => produce.answer())
    },
    refuse: (request, error) =>
      request.acks === 0 ? CLOSE_CONNECTION : { responses: refuseAll(request, error) },
  })
}

/** Kafka looks at all batches before it does anything else. */
function requireAllowed(
  { replicas, authorizer }: ProduceServices,
  context: RequestContext,
  { topicData, transactionalId }: ProduceRequest,
): void {
  const { validator } = replicas
  let isTransactional = false
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      if (validator.isTransactional(records)) isTransactional = true
    }
  }
  if (!isTransactional) return
  if (transactionalId === null) {
    throw new KafkaError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  requireTransactionalId(authorizer, context, AclOperation.WRITE, transactionalId)
}

function refuseAll({ topicData }: ProduceRequest, { code, message }: KafkaError) {
  const isGeneric = code === ErrorCode.UNKNOWN_SERVER_ERROR || message === errorName(code)
  const errorMessage = isGeneric ? null : message
  const topics = topicData.filter(({ partitionData }) => partitionData.length > 0)
  return topics.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index }) => ({
      index,
      errorCode: code,
      baseOffset: -1,
      recordErrors: [],
      errorMessage,
    })),
  }))
}

/** One append of a request. */
interface Append {
  readonly partition: Partition
  readonly records: Buffer
  readonly size: number
  readonly guard: VerificationGuard | undefined
  readonly nowMs: number
}

/** What a request has for a partition, and may be appended. */
interface Entry {
  readonly topic: string
  readonly index: number
  readonly records: Buffer
  /** In bytes; 0 for a message set. */
  readonly size: number
  readonly answer: ProducePartitionAnswer
}

class Produce {
  readonly #leaders: CurrentLeaders
  readonly #pending: PendingProduce
  readonly #entries: Entry[] = []

  constructor(
    private readonly services: ProduceServices,
    private readonly context: RequestContext,
    private readonly request: ProduceRequest,
  ) {
    this.#leaders = new CurrentLeaders(services.metadata, context.listener)
    this.#pending = new PendingProduce(request.acks, () => this.#leaders.nodeEndpoints)
  }

  /**
   * Hands everything to the logs that may be appended.
   *
   * @returns when that is done; undefined when it is
   * @throws KafkaError INVALID_PRODUCER_ID_MAPPING (or rejects with it) for batches of several producers
   */
  submit(): Promise<void> | undefined {
    for (const topic of this.request.topicData) this.#topic(topic)
    const verified = this.#verify()
    if (!(verified instanceof Promise)) {
      this.#appendAll(verified)
      return undefined
    }
    return verified.then((results) => this.#appendAll(results))
  }

  /** The answer, when all that was submitted is complete. */
  answer() {
    return this.#pending.answer()
  }

  #topic({ name: givenName, topicId, partitionData }: TopicRequest): void {
    const { replicas } = this.services
    const byId = this.context.apiVersion >= VERSION_WITH_TOPIC_IDS
    const name = byId ? replicas.topicById(topicId)?.name : givenName
    const answers = this.#pending.addTopic(givenName, topicId)
    for (const { index, records } of partitionData) {
      const answer = this.#pending.addPartition(answers, index)
      try {
        const size = this.#check(name, index, records)
        this.#entries.push({ topic: name!, index, records: records!, size, answer })
      } catch (error) {
        this.#fail(answer, asKafkaError(error, this.services.logger), name, undefined)
      }
    }
  }

  /** Asks about the batches that are part of a transaction. */
  #verify(): VerifiedPartitions | Promise<VerifiedPartitions> {
    const { transactionalId } = this.request
    if (transactionalId === null) return NOT_VERIFIED
    const transactional = this.#entries.filter(({ records, size }) => {
      return size > 0 && isTransactional(records, 0) && hasProducerId(records, 0)
    })
    const first = transactional[0]?.records
    if (first === undefined) return NOT_VERIFIED
    const [id, epoch] = [producerId(first, 0), producerEpoch(first, 0)]
    for (const { records } of transactional) {
      if (producerId(records, 0) === id && producerEpoch(records, 0) === epoch) continue
      throw new KafkaError(
        ErrorCode.INVALID_PRODUCER_ID_MAPPING,
        'Transactional records contained more than one producer ID',
      )
    }
    const operation = produceOperation(this.context.apiVersion)
    const writer = { transactionalId, producerId: id, producerEpoch: epoch, operation }
    const { partitionsToTxn, config, clocks } = this.services
    return verifyProduce(
      { partitionsToTxn, config, clock: clocks.pacing },
      writer,
      transactional.flatMap(({ topic, index, records }) => {
        const partition = this.#find(topic, index)
        return partition === undefined ? [] : { partition, sequence: baseSequence(records, 0) }
      }),
    )
  }

  /** Undefined for one that isn't here; its append says why. */
  #find(topic: string, index: number): Partition | undefined {
    try {
      return this.services.replicas.partition(topic, index)
    } catch (error) {
      if (error instanceof KafkaError) return undefined
      throw error
    }
  }

  #appendAll(verified: VerifiedPartitions): void {
    const nowMs = this.services.clocks.logical.now()
    for (const entry of this.#entries) {
      try {
        this.#appendEntry(entry, verified, nowMs)
      } catch (error) {
        const failure = asKafkaError(error, this.services.logger)
        this.#fail(entry.answer, failure, entry.topic, undefined)
      }
    }
  }

  /**
   * What Kafka checks first, in its order.
   *
   * @returns the batch's size in bytes, 0 for a message set
   */
  #check(name: string | undefined, index: number, records: Buffer | null): number {
    const { replicas, authorizer } = this.services
    if (name === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_ID)
    if (!authorizer.isAllowed(this.context, AclOperation.WRITE, ResourceType.TOPIC, name)) {
      throw new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    }
    if (!replicas.exists(name, index)) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    if (this.#isLegacy(records)) return 0
    return replicas.validator.validateRequest(this.context.apiVersion, records)
  }

  #appendEntry(entry: Entry, verified: VerifiedPartitions, nowMs: number): void {
    const { topic, index, size, answer } = entry
    const partition = this.#find(topic, index)
    const { error, guard } = (partition && verified.get(partition)) ?? {}
    if (error !== undefined) throw error
    const { acks } = this.request
    if (acks < -1 || acks > 1) throw new KafkaError(ErrorCode.INVALID_REQUIRED_ACKS)
    if (isInternalTopic(topic) && this.context.clientId !== ADMIN_CLIENT_ID) {
      throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION)
    }
    const opened = partition ?? this.services.replicas.partition(topic, index)
    const append: Append = { partition: opened, records: entry.records, size, guard, nowMs }
    if (size === 0) this.#appendLegacy(append, answer)
    else this.#append(append, answer)
  }

  /** Old versions carry message sets, but may carry a batch as well, as in Kafka 3.9. */
  #isLegacy(records: Buffer | null): boolean {
    if (this.context.apiVersion >= VERSION_WITH_BATCHES || records === null) return false
    return records.length < HEADER_SIZE || magic(records, 0) < MAGIC_V2
  }

  /** A message set is stored as a batch. */
  #appendLegacy(append: Append, answer: ProducePartitionAnswer): void {
    const { partition, records } = append
    const { maxMessageBytes } = partition.settings.validation
    try {
      const batch = convertUp(records, partition.name, maxMessageBytes)
      if (batch === undefined) {
        const nothing = { baseOffset: -1, logAppendTimeMs: -1 }
        this.#pending.succeed(answer, nothing, partition.leaderLog().logStartOffset)
      } else this.#append({ ...append, records: batch, size: batch.length }, answer)
    } catch (error) {
      this.#fail(answer, asKafkaError(error, this.services.logger), partition.topic, partition)
    }
  }

  #append(append: Append, answer: ProducePartitionAnswer): void {
    const { partition, records, size, guard, nowMs } = append
    const done: ProduceCallback = (error, batch) => {
      if (error === null) this.#pending.succeed(answer, batch, partition.log.logStartOffset)
      else this.#fail(answer, error, partition.topic, partition)
    }
    try {
      partition.produce(records, size, this.request.acks, nowMs, done, guard)
    } catch (error) {
      this.#fail(answer, asKafkaError(error, this.services.logger), partition.topic, partition)
    }
  }

  #fail(
    answer: ProducePartitionAnswer,
    error: KafkaError,
    topic: string | undefined,
    partition: Partition | undefined,
  ): void {
    const tellsLeaders = this.context.apiVersion >= VERSION_WITH_LEADERS
    const { NOT_LEADER_OR_FOLLOWER } = ErrorCode
    if (tellsLeaders && error.code === NOT_LEADER_OR_FOLLOWER && topic !== undefined) {
      answer.currentLeader = this.#leaders.of(topic, answer.index)
    }
    this.#pending.fail(answer, error, partition?.log.logStartOffset ?? -1)
  }
}

function asKafkaError(error: unknown, logger: Logger): KafkaError {
  if (error instanceof KafkaError) return error
  logger.error({ error }, 'an append has failed unexpectedly')
  return new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, undefined, { cause: error })
}
