import type { MetadataImage } from '../../metadata/image.js'
import { requireTopicName } from '../../metadata/topic-name.js'
import type { Input } from '../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  DescribeProducersRequest,
  DescribeProducersResponse,
} from '../../protocol/schema/describe-producers.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import { type Handler, handler, type RequestContext } from '../handler.js'
import type { ReplicaManager } from '../replica-manager.js'

export interface DescribeProducersServices {
  readonly replicas: ReplicaManager
  readonly metadata: MetadataImage
  readonly authorizer: Authorizer
}

type Answer = Input<typeof DescribeProducersResponse>
type PartitionAnswer = Answer['topics'][number]['partitions'][number]

/** Who writes to partitions, with which transactions open (KIP-664). */
export const describeProducers = (services: DescribeProducersServices): Handler =>
  handler(DescribeProducersRequest, DescribeProducersResponse, {
    handle: (context, { topics }) => ({
      throttleTimeMs: 0,
      topics: topics.map(({ name, partitionIndexes }) => {
        const refusal = refusalOf(services, context, name)
        return {
          name,
          partitions: partitionIndexes.map((index) =>
            refusal === undefined ? described(services, name, index) : failed(index, refusal),
          ),
        }
      }),
    }),
    refuse: ({ topics }, error) => ({
      throttleTimeMs: 0,
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((index) => failed(index, error)),
      })),
    }),
  })

/** Why nothing is told of a topic; undefined when it is. */
function refusalOf(
  { metadata, authorizer }: DescribeProducersServices,
  context: RequestContext,
  topic: string,
): KafkaError | undefined {
  try {
    requireTopicName(topic)
    if (!authorizer.isAllowed(context, AclOperation.READ, ResourceType.TOPIC, topic)) {
      throw new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED, 'Topic authorization failed.')
    }
    if (!metadata.topicsByName.has(topic)) {
      throw new KafkaError(
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        'This server does not host this topic-partition.',
      )
    }
    return undefined
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
}

function described(
  { replicas }: DescribeProducersServices,
  topic: string,
  partitionIndex: number,
): PartitionAnswer {
  try {
    const activeProducers = replicas.partition(topic, partitionIndex).leaderLog().activeProducers()
    return { partitionIndex, errorCode: ErrorCode.NONE, activeProducers }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    // Kafka has no message for a single partition.
    return { partitionIndex, errorCode: error.code, activeProducers: [] }
  }
}

function failed(partitionIndex: number, { code, message }: KafkaError): PartitionAnswer {
  return { partitionIndex, errorCode: code, errorMessage: message, activeProducers: [] }
}
