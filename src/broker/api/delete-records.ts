import type { Logger } from '../../env/logger.js'
import type { Input } from '../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  DeleteRecordsRequest,
  DeleteRecordsResponse,
} from '../../protocol/schema/delete-records.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import { type Handler, handler, type RequestContext } from '../handler.js'
import { isInternalTopic } from '../internal-topic.js'
import type { ReplicaManager } from '../replica-manager.js'

/** `lowWatermark` of a partition of which nothing was deleted. */
const NO_LOW_WATERMARK = -1

export interface DeleteRecordsServices {
  readonly replicas: ReplicaManager
  readonly authorizer: Authorizer
  readonly logger: Logger
}

type Answer = Input<typeof DeleteRecordsResponse>
type PartitionAnswer = Answer['topics'][number]['partitions'][number]

/** Deletes records before an offset (KIP-107, Kafka's `KafkaApis.handleDeleteRecordsRequest`). */
export const deleteRecords = (services: DeleteRecordsServices): Handler =>
  handler(DeleteRecordsRequest, DeleteRecordsResponse, {
    handle: (context, { topics }) => ({
      throttleTimeMs: 0,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, offset }) =>
          deleteBefore(services, context, name, partitionIndex, offset),
        ),
      })),
    }),
    refuse: ({ topics }, { code }) => ({
      throttleTimeMs: 0,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => failed(partitionIndex, code)),
      })),
    }),
  })

function failed(partitionIndex: number, errorCode: ErrorCode): PartitionAnswer {
  return { partitionIndex, lowWatermark: NO_LOW_WATERMARK, errorCode }
}

function deleteBefore(
  { replicas, authorizer, logger }: DeleteRecordsServices,
  context: RequestContext,
  topic: string,
  partitionIndex: number,
  offset: number,
): PartitionAnswer {
  try {
    if (!authorizer.isAllowed(context, AclOperation.DELETE, ResourceType.TOPIC, topic)) {
      throw new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    }
    if (!replicas.exists(topic, partitionIndex)) {
      throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    }
    if (isInternalTopic(topic)) throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION)
    const lowWatermark = replicas.partition(topic, partitionIndex).deleteRecords(offset)
    return { partitionIndex, lowWatermark, errorCode: ErrorCode.NONE }
  } catch (error) {
    if (error instanceof KafkaError) return failed(partitionIndex, error.code)
    logger.error({ error }, 'a deletion of records has failed unexpectedly')
    return failed(partitionIndex, ErrorCode.UNKNOWN_SERVER_ERROR)
  }
}
