import { randomUuid } from '../env/random.js'
import { ConfigResourceType } from '../metadata/config/resource.js'
import { partitionRecord } from '../metadata/partition-record.js'
import type { NewRecord } from '../metadata/record.js'
import { recordVersions } from '../metadata/record-versions.js'
import type { PartitionImage } from '../metadata/topic.js'
import { collisionKey, requireTopicName } from '../metadata/topic-name.js'
import { ZERO_UUID } from '../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type { CreateTopicsRequest, CreateTopicsResponse } from '../protocol/schema/create-topics.js'
import { type ApiError, apiError, duplicates, NO_ERROR, toApiError } from './api-error.js'
import { configRecords, problemWithChanges } from './config-change.js'
import type { Decision, DecisionContext } from './decision.js'
import { requireBounded } from './decision.js'
import { effectiveTopicConfigs } from './effective-config.js'
import { newPartition, requireAssignable } from './new-partition.js'
import { placeReplicas } from './replica-placement.js'

/** The log of the metadata itself. */
const CLUSTER_METADATA_TOPIC = '__cluster_metadata'

/** Most partitions that one request may create, as Kafka's `ReplicationControlManager` has it. */
export const MAX_PARTITIONS_PER_BATCH = 10_000

type TopicRequest = CreateTopicsRequest['topics'][number]
type TopicResponse = CreateTopicsResponse['topics'][number]

/** What a request has come to so far. */
interface Progress {
  readonly records: NewRecord[]
  /** Of topics that are there, by {@link collisionKey}; those of one request may collide. */
  readonly names: ReadonlyMap<string, string>
}

/** Creates topics, each on its own terms (Kafka's `ReplicationControlManager.createTopics`). */
export function createTopics(
  context: DecisionContext,
  request: CreateTopicsRequest,
): Decision<CreateTopicsResponse> {
  const repeated = duplicates(request.topics, ({ name }) => name)
  const asked = request.topics.filter(({ name }) => !repeated.has(name))
  const allowed = asked.filter(({ name }) => name !== CLUSTER_METADATA_TOPIC)
  const progress = { records: [], names: namesThatCollide(context) }
  const topics: TopicResponse[] = answersTo(context, allowed, progress)
  for (const name of repeated) {
    topics.push(refused(name, apiError(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.')))
  }
  if (allowed.length < asked.length) {
    const message = `Creation of internal topic ${CLUSTER_METADATA_TOPIC} is prohibited.`
    topics.push(refused(CLUSTER_METADATA_TOPIC, apiError(ErrorCode.INVALID_REQUEST, message)))
  }
  return {
    records: request.validateOnly ? [] : progress.records,
    response: { throttleTimeMs: 0, topics },
  }
}

function answersTo(
  context: DecisionContext,
  topics: readonly TopicRequest[],
  progress: Progress,
): TopicResponse[] {
  try {
    requireFewPartitions(context, topics)
    const answers = topics.map((topic) => createOne(context, topic, progress))
    requireBounded(progress.records)
    return answers
  } catch (error) {
    progress.records.length = 0
    const problem = toApiError(error)
    return topics.map(({ name }) => refused(name, problem))
  }
}

function requireFewPartitions(context: DecisionContext, topics: readonly TopicRequest[]): void {
  let partitions = 0
  for (const { assignments, numPartitions } of topics) {
    if (assignments.length > 0) partitions += assignments.length
    else if (numPartitions > 0) partitions += numPartitions
    else if (numPartitions === -1) partitions += context.config.get('num.partitions')
  }
  if (partitions <= MAX_PARTITIONS_PER_BATCH) return
  throw new KafkaError(
    ErrorCode.POLICY_VIOLATION,
    'Excessively large number of partitions per request.',
  )
}

function refused(name: string, { errorCode, errorMessage }: ApiError): TopicResponse {
  return {
    name,
    topicId: ZERO_UUID,
    errorCode,
    errorMessage,
    topicConfigErrorCode: ErrorCode.NONE,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  }
}

/** Only names with one of the two characters can collide with another. */
function namesThatCollide({ image }: DecisionContext): Map<string, string> {
  const names = [...image.topicsByName.keys()].filter((name) => /[._]/.test(name))
  return new Map(names.map((name) => [collisionKey(name), name]))
}

function createOne(
  context: DecisionContext,
  topic: TopicRequest,
  { records, names }: Progress,
): TopicResponse {
  const { name } = topic
  try {
    requireFreeName(context, name, names)
    const changes = changesOf(topic)
    const resource = { resourceType: ConfigResourceType.TOPIC, resourceName: name }
    const problem =
      changes.size > 0 ? problemWithChanges(context, resource, changes, true) : NO_ERROR
    if (problem.errorCode !== ErrorCode.NONE) return refused(name, problem)
    const partitions = partitionsOf(context, topic)
    const topicId = randomUuid(context.random)
    const versions = recordVersions(context.image.features)
    records.push(
      { type: 'TopicRecord', version: 0, data: { name, topicId } },
      ...configRecords(context, resource, changes),
      ...partitions.map((partition, id) => partitionRecord(topicId, id, partition, versions)),
    )
    return created(context, name, topicId, partitions, changes)
  } catch (error) {
    return refused(name, toApiError(error))
  }
}

function requireFreeName(
  { image }: DecisionContext,
  name: string,
  names: ReadonlyMap<string, string>,
): void {
  if (image.topicsByName.has(name)) {
    throw new KafkaError(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`)
  }
  requireTopicName(name)
  const colliding = /[._]/.test(name) ? names.get(collisionKey(name)) : undefined
  if (colliding === undefined) return
  throw new KafkaError(
    ErrorCode.INVALID_TOPIC_EXCEPTION,
    `Topic '${name}' collides with existing topic: ${colliding}`,
  )
}

/** @throws KafkaError INVALID_CONFIG for a null: there is nothing yet to be removed */
function changesOf({ configs }: TopicRequest): Map<string, string> {
  const nulls = configs.filter(({ value }) => value === null)
  if (nulls.length > 0) {
    const names = nulls.map(({ name }) => name).join(',')
    throw new KafkaError(
      ErrorCode.INVALID_CONFIG,
      `Null value not supported for topic configs: ${names}`,
    )
  }
  return new Map(configs.map(({ name, value }) => [name, value!]))
}

function partitionsOf(context: DecisionContext, topic: TopicRequest): PartitionImage[] {
  const { image, config, random } = context
  if (topic.assignments.length > 0) return assignedPartitions(context, topic)
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    throw new KafkaError(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      'Replication factor must be larger than 0, or -1 to use the default value.',
    )
  }
  if (topic.numPartitions < -1 || topic.numPartitions === 0) {
    throw new KafkaError(
      ErrorCode.INVALID_PARTITIONS,
      'Number of partitions was set to an invalid non-positive value.',
    )
  }
  const count = topic.numPartitions === -1 ? config.get('num.partitions') : topic.numPartitions
  const factor =
    topic.replicationFactor === -1
      ? config.get('default.replication.factor')
      : topic.replicationFactor
  let placement: number[][]
  try {
    placement = placeReplicas(image, count, factor, random)
  } catch (error) {
    const reason = toApiError(error).errorMessage
    throw new KafkaError(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `Unable to replicate the partition ${factor} time(s): ${reason}`,
    )
  }
  return placement.map((replicas) => newPartition(image, replicas))
}

function assignedPartitions({ image }: DecisionContext, topic: TopicRequest): PartitionImage[] {
  for (const [what, value] of [
    ['replication factor', topic.replicationFactor],
    ['numPartitions', topic.numPartitions],
  ] as const) {
    if (value === -1) continue
    throw new KafkaError(
      ErrorCode.INVALID_REQUEST,
      `A manual partition assignment was specified, but ${what} was not set to -1.`,
    )
  }
  const partitions = new Map<number, PartitionImage>()
  let factor: number | undefined
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (partitions.has(partitionIndex)) {
      throw new KafkaError(
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        `Found multiple manual partition assignments for partition ${partitionIndex}`,
      )
    }
    requireAssignable(image, partitionIndex, brokerIds, factor)
    factor = brokerIds.length
    partitions.set(partitionIndex, newPartition(image, brokerIds))
  }
  return Array.from({ length: partitions.size }, (_, index) => {
    const partition = partitions.get(index)
    if (partition) return partition
    throw new KafkaError(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      'partitions should be a consecutive 0-based integer sequence',
    )
  })
}

function created(
  { image, config }: DecisionContext,
  name: string,
  topicId: string,
  partitions: readonly PartitionImage[],
  settings: ReadonlyMap<string, string>,
): TopicResponse {
  return {
    name,
    topicId,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    topicConfigErrorCode: ErrorCode.NONE,
    numPartitions: partitions.length,
    replicationFactor: partitions[0]!.replicas.length,
    configs: effectiveTopicConfigs(settings, image, config).map(({ name, value, source }) => ({
      name,
      value,
      readOnly: false,
      configSource: source,
      isSensitive: false,
    })),
  }
}
