import type { Clocks } from '../../env/clock.js'
import type { Logger } from '../../env/logger.js'
import type { Input } from '../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../protocol/schema/list-offsets.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import { type Handler, handler, type RequestContext } from '../handler.js'
import { findSegmentOffsets } from '../legacy-offset-lookup.js'
import { type FoundOffset, findOffset, OffsetLookup } from '../offset-lookup.js'
import type { ReplicaManager } from '../replica-manager.js'

const CONSUMER_REPLICA_ID = -1
const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
const ISOLATION_LEVELS: readonly number[] = [READ_UNCOMMITTED, READ_COMMITTED]
/** Before this version OFFSET_NOT_AVAILABLE wasn't known to clients. */
const VERSION_WITH_OFFSET_NOT_AVAILABLE = 5
/** From this version on, the leader epoch of an offset is told (KIP-320). */
const VERSION_WITH_LEADER_EPOCH = 4

export interface ListOffsetsServices {
  readonly replicas: ReplicaManager
  readonly authorizer: Authorizer
  readonly logger: Logger
  readonly clocks: Clocks
}

type Answer = Input<typeof ListOffsetsResponse>
type PartitionAnswer = Answer['topics'][number]['partitions'][number]
type TopicRequest = ListOffsetsRequest['topics'][number]
type PartitionRequest = TopicRequest['partitions'][number]

/** Finds offsets by time (Kafka's `KafkaApis.handleListOffsetRequest`). */
export const listOffsets = (services: ListOffsetsServices): Handler =>
  handler(ListOffsetsRequest, ListOffsetsResponse, {
    handle: (context, request) => new ListOffsets(services, context, request).run(),
    refuse: ({ topics }, { code }) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => failed(partitionIndex, code)),
      })),
    }),
  })

function failed(partitionIndex: number, errorCode: ErrorCode): PartitionAnswer {
  return { partitionIndex, errorCode, timestamp: -1n, offset: -1, leaderEpoch: -1 }
}

class ListOffsets {
  readonly #duplicates: ReadonlySet<string>

  constructor(
    private readonly services: ListOffsetsServices,
    private readonly context: RequestContext,
    private readonly request: ListOffsetsRequest,
  ) {
    this.#duplicates = duplicatePartitions(request)
  }

  async run(): Promise<Answer> {
    if (!ISOLATION_LEVELS.includes(this.request.isolationLevel)) {
      throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, 'there is no such isolation level')
    }
    const refused: Answer['topics'][number][] = []
    const listed: Answer['topics'][number][] = []
    for (const { name, partitions } of this.request.topics) {
      if (!this.#mayDescribe(name)) {
        const code = ErrorCode.TOPIC_AUTHORIZATION_FAILED
        const answers = partitions.map(({ partitionIndex }) => failed(partitionIndex, code))
        refused.push({ name, partitions: answers })
        continue
      }
      const answers = new Map<number, PartitionAnswer>()
      for (const partition of partitions) {
        answers.set(partition.partitionIndex, await this.#partition(name, partition))
      }
      listed.push({ name, partitions: [...answers.values()] })
    }
    return { throttleTimeMs: 0, topics: [...listed, ...refused] }
  }

  #mayDescribe(topic: string): boolean {
    const { authorizer } = this.services
    return authorizer.isAllowed(this.context, AclOperation.DESCRIBE, ResourceType.TOPIC, topic)
  }

  async #partition(topic: string, request: PartitionRequest): Promise<PartitionAnswer> {
    const { partitionIndex } = request
    try {
      if (this.context.apiVersion === 0) return this.#segments(topic, request)
      const found = await this.#find(topic, request)
      if (found === undefined) return failed(partitionIndex, ErrorCode.NONE)
      const answer = { partitionIndex, errorCode: ErrorCode.NONE, ...found }
      const knowsEpochs = this.context.apiVersion >= VERSION_WITH_LEADER_EPOCH
      return knowsEpochs ? answer : { ...answer, leaderEpoch: -1 }
    } catch (error) {
      return failed(partitionIndex, this.#codeOf(error))
    }
  }

  #find(topic: string, request: PartitionRequest): Promise<FoundOffset | undefined> {
    const { partitionIndex, timestamp, currentLeaderEpoch } = request
    if (this.#duplicates.has(`${partitionIndex}/${topic}`)) {
      throw new KafkaError(ErrorCode.INVALID_REQUEST)
    }
    const lookup = OffsetLookup.of(timestamp, this.context.apiVersion)
    const partition = this.services.replicas.partition(topic, partitionIndex)
    const { replicaId, isolationLevel } = this.request
    return findOffset(partition, lookup, {
      currentLeaderEpoch,
      isConsumer: replicaId === CONSUMER_REPLICA_ID,
      readCommitted: isolationLevel === READ_COMMITTED,
    })
  }

  /** Version 0 knows nothing of the times of records, only of segments. */
  #segments(topic: string, request: PartitionRequest): PartitionAnswer {
    const { partitionIndex, timestamp, maxNumOffsets } = request
    const partition = this.services.replicas.partition(topic, partitionIndex)
    const oldStyleOffsets = findSegmentOffsets(partition, timestamp, {
      maxCount: maxNumOffsets,
      isConsumer: this.request.replicaId === CONSUMER_REPLICA_ID,
      nowMs: this.services.clocks.logical.now(),
    })
    return { partitionIndex, errorCode: ErrorCode.NONE, oldStyleOffsets }
  }

  #codeOf(error: unknown): ErrorCode {
    if (!(error instanceof KafkaError)) {
      this.services.logger.error({ error }, 'an offset lookup has failed unexpectedly')
      return ErrorCode.UNKNOWN_SERVER_ERROR
    }
    const isKnownToClient = this.context.apiVersion >= VERSION_WITH_OFFSET_NOT_AVAILABLE
    return error.code === ErrorCode.OFFSET_NOT_AVAILABLE && !isKnownToClient
      ? ErrorCode.LEADER_NOT_AVAILABLE
      : error.code
  }
}

function duplicatePartitions({ topics }: ListOffsetsRequest): Set<string> {
  const seen = new Set<string>()
  const duplicates = new Set<string>()
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${partitionIndex}/${name}`
      if (seen.has(key)) duplicates.add(key)
      seen.add(key)
    }
  }
  return duplicates
}
