import { partitionRecord } from '../metadata/partition-record.js'
import type { NewRecord } from '../metadata/record.js'
import { recordVersions } from '../metadata/record-versions.js'
import type { PartitionImage, TopicImage } from '../metadata/topic.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from '../protocol/schema/create-partitions.js'
import { apiError, duplicates, NO_ERROR, toApiError } from './api-error.js'
import { MAX_PARTITIONS_PER_BATCH } from './create-topics.js'
import type { Decision, DecisionContext } from './decision.js'
import { newPartition, requireAssignable } from './new-partition.js'
import { placeReplicas } from './replica-placement.js'

type TopicRequest = CreatePartitionsRequest['topics'][number]
type TopicResponse = CreatePartitionsResponse['results'][number]

/** Adds partitions to topics (Kafka's `ReplicationControlManager.createPartitions`). */
export function createPartitions(
  context: DecisionContext,
  { topics, validateOnly }: CreatePartitionsRequest,
): Decision<CreatePartitionsResponse> {
  const repeated = duplicates(topics, ({ name }) => name)
  const results: TopicResponse[] = [...repeated].map((name) => ({
    name,
    ...apiError(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.'),
  }))
  const records: NewRecord[] = []
  for (const topic of topics) {
    if (repeated.has(topic.name)) continue
    try {
      const more = recordsFor(context, topic, MAX_PARTITIONS_PER_BATCH - records.length)
      records.push(...more)
      results.push({ name: topic.name, ...NO_ERROR })
    } catch (error) {
      results.push({ name: topic.name, ...toApiError(error) })
    }
  }
  return { records: validateOnly ? [] : records, response: { throttleTimeMs: 0, results } }
}

function recordsFor(context: DecisionContext, request: TopicRequest, most: number): NewRecord[] {
  const { image } = context
  const topic = image.topicsByName.get(request.name)
  if (!topic) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const existing = topic.partitions.size
  requireIncrease(request, existing)
  const additional = request.count - existing
  if (additional > most) {
    throw new KafkaError(
      ErrorCode.POLICY_VIOLATION,
      'Excessively large number of partitions per request.',
    )
  }
  const versions = recordVersions(image.features)
  return partitionsOf(context, request, topic, additional).map((partition, index) =>
    partitionRecord(topic.id, existing + index, partition, versions),
  )
}

function requireIncrease({ name, count, assignments }: TopicRequest, existing: number): void {
  if (count === existing) {
    throw new KafkaError(
      ErrorCode.INVALID_PARTITIONS,
      `Topic already has ${existing} partition(s).`,
    )
  }
  if (count < existing) {
    throw new KafkaError(
      ErrorCode.INVALID_PARTITIONS,
      `The topic ${name} currently has ${existing} partition(s); ${count} would not be an increase.`,
    )
  }
  if (assignments && assignments.length !== count - existing) {
    throw new KafkaError(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      `Attempted to add ${count - existing} additional partition(s), but only ` +
        `${assignments.length} assignment(s) were specified.`,
    )
  }
}

/** New partitions have as many replicas as the topic's first one. */
function partitionsOf(
  { image, random }: DecisionContext,
  { assignments }: TopicRequest,
  topic: TopicImage,
  additional: number,
): PartitionImage[] {
  const factor = topic.partitions.get(0)!.replicas.length
  if (!assignments) {
    const placement = placeReplicas(image, additional, factor, random)
    return placement.map((replicas) => newPartition(image, replicas))
  }
  return assignments.map(({ brokerIds }, index) => {
    requireAssignable(image, topic.partitions.size + index, brokerIds, factor)
    return newPartition(image, brokerIds)
  })
}
