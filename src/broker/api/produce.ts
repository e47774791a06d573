import type { Clocks } from '../../env/clock.js'
import type { Logger } from '../../env/logger.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ErrorCode, errorName, KafkaError } from '../../protocol/errors.js'
import { convertUp, HEADER_SIZE, MAGIC_V2, magic } from '../../protocol/records/index.js'
import { ProduceRequest, ProduceResponse } from '../../protocol/schema/produce.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import { CurrentLeaders } from '../current-leader.js'
import { CLOSE_CONNECTION, type Handler, handler, type RequestContext } from '../handler.js'
import { isInternalTopic } from '../internal-topic.js'
import type { Partition } from '../partition.js'
import { PendingProduce, type ProducePartitionAnswer } from '../pending-produce.js'
import type { ReplicaManager } from '../replica-manager.js'

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
  readonly logger: Logger
  /** The logical one: LogAppendTime, and the bounds of what producers say. */
  readonly clocks: Clocks
}

type TopicRequest = ProduceRequest['topicData'][number]

/** Appends record batches to partitions (Kafka's `KafkaApis.handleProduceRequest`). */
export const produce = (services: ProduceServices): Handler =>
  handler(ProduceRequest, ProduceResponse, {
    // Offsets are assigned when a batch is submitted.
    overlaps: true,
    handle: (context, request) => {
      refuseTransactional(services.replicas, request)
      return new Produce(services, context, request).run()
    },
    refuse: (request, error) =>
      request.acks === 0 ? CLOSE_CONNECTION : { responses: refuseAll(request, error) },
  })

/**
 * Kafka looks at all batches before it does anything else. There are no transactions here, so nobody
 * is allowed one.
 */
function refuseTransactional({ validator }: ReplicaManager, request: ProduceRequest): void {
  for (const { partitionData } of request.topicData) {
    for (const { records } of partitionData) {
      if (validator.isTransactional(records)) {
        throw new KafkaError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
      }
    }
  }
}

function refuseAll({ topicData }: ProduceRequest, { code, message }: KafkaError) {
  const isGeneric = code === ErrorCode.UNKNOWN_SERVER_ERROR || message === errorName(code)
  const errorMessage = isGeneric ? null : message
  return topicData.map(({ name, topicId, partitionData }) => ({
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

class Produce {
  readonly #leaders: CurrentLeaders
  readonly #pending: PendingProduce
  readonly #nowMs: number

  constructor(
    private readonly services: ProduceServices,
    private readonly context: RequestContext,
    private readonly request: ProduceRequest,
  ) {
    this.#leaders = new CurrentLeaders(services.metadata, context.listener)
    this.#pending = new PendingProduce(request.acks, () => this.#leaders.nodeEndpoints)
    this.#nowMs = services.clocks.logical.now()
  }

  run() {
    for (const topic of this.request.topicData) this.#topic(topic)
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
        this.#partition(name, index, records, answer)
      } catch (error) {
        this.#fail(answer, asKafkaError(error, this.services.logger), name, undefined)
      }
    }
  }

  /** In the order in which Kafka checks. */
  #partition(
    name: string | undefined,
    index: number,
    records: Buffer | null,
    answer: ProducePartitionAnswer,
  ): void {
    const { replicas, authorizer } = this.services
    if (name === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_ID)
    if (!authorizer.isAllowed(this.context, AclOperation.WRITE, ResourceType.TOPIC, name)) {
      throw new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    }
    if (!replicas.exists(name, index)) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    const isLegacy = this.#isLegacy(records)
    const size = isLegacy ? 0 : replicas.validator.validateRequest(this.context.apiVersion, records)
    const { acks } = this.request
    if (acks < -1 || acks > 1) throw new KafkaError(ErrorCode.INVALID_REQUIRED_ACKS)
    if (isInternalTopic(name) && this.context.clientId !== ADMIN_CLIENT_ID) {
      throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION)
    }
    const partition = replicas.partition(name, index)
    if (isLegacy) this.#appendLegacy(partition, records!, answer)
    else this.#append(partition, records!, size, answer)
  }

  /** Old versions carry message sets, but may carry a batch as well, as in Kafka 3.9. */
  #isLegacy(records: Buffer | null): boolean {
    if (this.context.apiVersion >= VERSION_WITH_BATCHES || records === null) return false
    return records.length < HEADER_SIZE || magic(records, 0) < MAGIC_V2
  }

  /** A message set is stored as a batch. */
  #appendLegacy(partition: Partition, records: Buffer, answer: ProducePartitionAnswer): void {
    const { maxMessageBytes } = partition.settings.validation
    try {
      const batch = convertUp(records, partition.name, maxMessageBytes)
      if (batch === undefined) {
        const nothing = { baseOffset: -1, logAppendTimeMs: -1 }
        this.#pending.succeed(answer, nothing, partition.leaderLog().logStartOffset)
      } else this.#append(partition, batch, batch.length, answer)
    } catch (error) {
      this.#fail(answer, asKafkaError(error, this.services.logger), partition.topic, partition)
    }
  }

  #append(
    partition: Partition,
    records: Buffer,
    size: number,
    answer: ProducePartitionAnswer,
  ): void {
    try {
      partition.produce(records, size, this.request.acks, this.#nowMs, (error, batch) => {
        if (error === null) this.#pending.succeed(answer, batch, partition.log.logStartOffset)
        else this.#fail(answer, error, partition.topic, partition)
      })
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
