import type { Clocks } from '../../env/clock.js'
import type { Disk } from '../../env/disk.js'
import type { Logger } from '../../env/logger.js'
import type { Random } from '../../env/random.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import { FetchRequest, FetchResponse } from '../../protocol/schema/fetch.js'
import {
  AclOperation,
  type Authorizer,
  CLUSTER_NAME,
  ResourceType,
} from '../../security/authorizer.js'
import { CurrentLeaders } from '../current-leader.js'
import { DelayedFetch } from '../delayed-fetch.js'
import type { DynamicBrokerConfig } from '../dynamic-broker-config.js'
import { type FetchContext, fetchContext } from '../fetch-context.js'
import { FetchMemory } from '../fetch-memory.js'
import {
  type FetchAnswer,
  type FetchedPartition,
  type FetchPartition,
  failedPartition,
  groupByTopic,
} from '../fetch-partition.js'
import { type FetchedData, FetchReader } from '../fetch-reader.js'
import { FetchSessionCache } from '../fetch-session-cache.js'
import {
  type Answer,
  type Handler,
  handler,
  NO_ANSWER,
  PooledAnswer,
  type RequestContext,
} from '../handler.js'
import { convertFetched } from '../legacy-fetch.js'
import type { ReplicaManager } from '../replica-manager.js'

const CONSUMER_REPLICA_ID = -1
const ISOLATION_LEVELS: readonly number[] = [0, 1]
const READ_COMMITTED = 1
/** From this version on, the first batch comes even if it is larger than asked for (KIP-74). */
const VERSION_WITH_MAX_BYTES = 3
/** From this version on, there are batches instead of message sets (KIP-98). */
const VERSION_WITH_BATCHES = 4
/** From this version on, a partition that has moved is answered with where it is (KIP-951). */
const VERSION_WITH_LEADERS = 16
/** From this version on, a request that is refused as a whole is answered without its partitions. */
const VERSION_WITH_TOPIC_IDS = 13

export interface FetchServices {
  /** The one that the logs are on. */
  readonly disk: Disk
  readonly replicas: ReplicaManager
  readonly metadata: MetadataImage
  readonly authorizer: Authorizer
  readonly config: DynamicBrokerConfig
  readonly clocks: Clocks
  readonly random: Random
  readonly logger: Logger
}

interface FetchResources extends FetchServices {
  readonly sessions: FetchSessionCache
  readonly memory: FetchMemory
}

/** Hands out records, waiting for them if need be (Kafka's `KafkaApis.handleFetchRequest`). */
export function fetch(services: FetchServices): Handler {
  const sessions = new FetchSessionCache({
    maxSessions: services.config.current.get('max.incremental.fetch.session.cache.slots'),
    clock: services.clocks.pacing,
    random: services.random,
  })
  const resources = { ...services, sessions, memory: new FetchMemory() }
  return handler(FetchRequest, FetchResponse, {
    handle: (context, request) => new Fetch(resources, context, request).run(),
    refuse: (request, { code }, { apiVersion }) => ({
      errorCode: code,
      sessionId: request.sessionId,
      responses: apiVersion >= VERSION_WITH_TOPIC_IDS ? [] : refuseAll(request, code),
    }),
  })
}

function refuseAll({ topics }: FetchRequest, code: ErrorCode): FetchAnswer['responses'] {
  return topics.map(({ topic, topicId, partitions }) => ({
    topic,
    topicId,
    partitions: partitions.map(({ partition }) => refusedPartition(partition, code)),
  }))
}

/** Of a partition that wasn't read; Kafka tells these two apart in their aborted transactions. */
function refusedPartition(partition: number, code: ErrorCode) {
  return { ...failedPartition(partition, code), abortedTransactions: [] }
}

class Fetch {
  readonly #context: FetchContext
  readonly #replicaId: number
  readonly #maxBytes: number
  readonly #interesting: FetchPartition[] = []
  readonly #refused: FetchedPartition[] = []

  constructor(
    private readonly services: FetchResources,
    private readonly requestContext: RequestContext,
    private readonly request: FetchRequest,
  ) {
    const { replicaId, replicaState, maxBytes } = request
    this.#replicaId = replicaId === CONSUMER_REPLICA_ID ? replicaState.replicaId : replicaId
    this.#maxBytes = Math.min(maxBytes, services.config.current.get('fetch.max.bytes'))
    const { sessions, metadata } = services
    this.#context = fetchContext(sessions, metadata, request, requestContext.apiVersion)
  }

  run(): Answer<FetchAnswer> | Promise<Answer<FetchAnswer>> {
    for (const partition of this.#context.partitions) {
      const errorCode = this.#check(partition)
      if (errorCode === ErrorCode.NONE) this.#interesting.push(partition)
      else {
        const answer = refusedPartition(partition.partition, errorCode)
        this.#refused.push({ request: partition, answer })
      }
    }
    if (this.#interesting.length === 0) return this.#answer(undefined)
    if (!ISOLATION_LEVELS.includes(this.request.isolationLevel)) {
      throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, 'there is no such isolation level')
    }
    const data = this.#read()
    return data instanceof Promise
      ? data.then((read) => this.#answerOrWait(read))
      : this.#answerOrWait(data)
  }

  get #isFollower(): boolean {
    return this.#replicaId >= 0
  }

  get #minBytes(): number {
    return Math.min(this.request.minBytes, this.#maxBytes)
  }

  get #readCommitted(): boolean {
    return this.request.isolationLevel === READ_COMMITTED
  }

  #check({ topic, partition }: FetchPartition): ErrorCode {
    const injected = this.requestContext.refusePartition?.(topic, partition)
    if (injected !== undefined) return injected as ErrorCode
    if (this.#isFollower && !this.#mayReplicate()) return ErrorCode.TOPIC_AUTHORIZATION_FAILED
    if (topic === undefined) return ErrorCode.UNKNOWN_TOPIC_ID
    if (!this.#isFollower && !this.#mayRead(topic)) return ErrorCode.TOPIC_AUTHORIZATION_FAILED
    const isThere = this.services.replicas.exists(topic, partition)
    return isThere ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  }

  #mayReplicate(): boolean {
    const { CLUSTER_ACTION } = AclOperation
    const { authorizer } = this.services
    const { CLUSTER } = ResourceType
    return authorizer.isAllowed(this.requestContext, CLUSTER_ACTION, CLUSTER, CLUSTER_NAME)
  }

  #mayRead(topic: string): boolean {
    const { authorizer } = this.services
    return authorizer.isAllowed(this.requestContext, AclOperation.READ, ResourceType.TOPIC, topic)
  }

  #read(): FetchedData | Promise<FetchedData> {
    let bytes = 0
    for (const { maxBytes } of this.#interesting) bytes += Math.max(0, maxBytes)
    const reservation = this.services.memory.reserve(Math.min(this.#maxBytes, bytes))
    const limit = reservation.isShort ? reservation.maxBytes : this.#maxBytes
    return new FetchReader(this.services, this.#interesting, {
      maxBytes: limit,
      reservation,
      readCommitted: this.#readCommitted,
      followerId: this.#isFollower ? this.#replicaId : undefined,
      isHard: this.requestContext.apiVersion < VERSION_WITH_MAX_BYTES,
    }).read()
  }

  #answerOrWait(data: FetchedData): Answer<FetchAnswer> | Promise<Answer<FetchAnswer>> {
    const { maxWaitMs } = this.request
    const { isShort, maxBytes } = data.reservation
    const minBytes = isShort ? Math.min(maxBytes, this.#minBytes) : this.#minBytes
    if (maxWaitMs <= 0 || data.bytes >= minBytes || data.isUrgent) return this.#answer(data)
    data.release()
    return this.#wait(data)
  }

  /** What was read has been given back; it is read anew with what has come by then. */
  #wait({ positions }: FetchedData): Promise<Answer<FetchAnswer>> {
    const { replicas } = this.services
    const { closeListeners } = this.requestContext.peer
    return new Promise((resolve, reject) => {
      const stopListening = (): boolean => closeListeners.delete(onClose)
      const operation = new DelayedFetch({
        replicas,
        positions,
        minBytes: this.#minBytes,
        readCommitted: this.#readCommitted,
        onComplete: () => {
          stopListening()
          this.#readAndAnswer().then(resolve, reject)
        },
      })
      const onClose = (): void => {
        stopWaiting()
        stopListening()
        resolve(NO_ANSWER)
      }
      closeListeners.add(onClose)
      const { fetchPurgatory } = replicas
      const { maxWaitMs } = this.request
      const stopWaiting = fetchPurgatory.tryCompleteElseWatch(
        operation,
        operation.partitions,
        maxWaitMs,
      )
    })
  }

  async #readAndAnswer(): Promise<Answer<FetchAnswer>> {
    return this.#answer(await this.#read())
  }

  #answer(data: FetchedData | undefined): Answer<FetchAnswer> | Promise<Answer<FetchAnswer>> {
    const { apiVersion } = this.requestContext
    if (data === undefined || apiVersion >= VERSION_WITH_BATCHES) return this.#finish(data)
    return this.#convertAndFinish(data, apiVersion)
  }

  async #convertAndFinish(data: FetchedData, apiVersion: number): Promise<Answer<FetchAnswer>> {
    try {
      await convertFetched(data.partitions, apiVersion, this.services.disk)
    } catch (error) {
      data.release()
      throw error
    }
    return this.#finish(data)
  }

  #finish(data: FetchedData | undefined): Answer<FetchAnswer> {
    const read = data?.partitions ?? []
    const fetched = this.#refused.length === 0 ? read : [...read, ...this.#refused]
    const nodeEndpoints = this.#nameLeaders(fetched)
    const { errorCode, sessionId, partitions } = this.#context.finish(fetched)
    const answer: FetchAnswer = {
      throttleTimeMs: 0,
      errorCode,
      sessionId,
      responses: groupByTopic(partitions),
      nodeEndpoints,
    }
    if (data !== undefined && data.bytes > 0) return new PooledAnswer(answer, () => data.release())
    data?.release()
    return answer
  }

  #nameLeaders(fetched: readonly FetchedPartition[]): FetchAnswer['nodeEndpoints'] {
    if (this.requestContext.apiVersion < VERSION_WITH_LEADERS) return []
    const leaders = new CurrentLeaders(this.services.metadata, this.requestContext.listener)
    for (const { request, answer } of fetched) {
      const { errorCode } = answer
      const { NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH } = ErrorCode
      if (errorCode !== NOT_LEADER_OR_FOLLOWER && errorCode !== FENCED_LEADER_EPOCH) continue
      answer.currentLeader = leaders.of(request.topic!, request.partition)
    }
    // Followers know from the metadata log where brokers are.
    return this.#isFollower ? [] : leaders.nodeEndpoints
  }
}
