import type { Input } from '../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from '../../protocol/schema/offset-for-leader-epoch.js'
import {
  AclOperation,
  type Authorizer,
  CLUSTER_NAME,
  ResourceType,
} from '../../security/authorizer.js'
import { type Handler, handler, type RequestContext } from '../handler.js'
import type { ReplicaManager } from '../replica-manager.js'

export interface OffsetForLeaderEpochServices {
  readonly replicas: ReplicaManager
  readonly authorizer: Authorizer
}

type Answer = Input<typeof OffsetForLeaderEpochResponse>
type PartitionAnswer = Answer['topics'][number]['partitions'][number]
type PartitionRequest = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number]

/** Says where epochs ended (KIP-320, Kafka's `KafkaApis.handleOffsetForLeaderEpochRequest`). */
export const offsetForLeaderEpoch = (services: OffsetForLeaderEpochServices): Handler =>
  handler(OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, {
    handle: (context, { topics }) => {
      const answers: Answer['topics'][number][] = []
      const refused: Answer['topics'][number][] = []
      for (const { topic, partitions } of topics) {
        if (mayDescribe(services.authorizer, context, topic)) {
          const ends = partitions.map((each) => endOf(services.replicas, topic, each))
          answers.push({ topic, partitions: ends })
        } else {
          refused.push({
            topic,
            partitions: fail(partitions, ErrorCode.TOPIC_AUTHORIZATION_FAILED),
          })
        }
      }
      return { throttleTimeMs: 0, topics: [...answers, ...refused] }
    },
    refuse: ({ topics }, { code }) => ({
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: fail(partitions, code),
      })),
    }),
  })

function fail(partitions: readonly PartitionRequest[], errorCode: ErrorCode): PartitionAnswer[] {
  return partitions.map(({ partition }) => ({
    partition,
    errorCode,
    leaderEpoch: -1,
    endOffset: -1,
  }))
}

function mayDescribe(authorizer: Authorizer, context: RequestContext, topic: string): boolean {
  const { CLUSTER_ACTION, DESCRIBE } = AclOperation
  return (
    authorizer.isAllowed(context, CLUSTER_ACTION, ResourceType.CLUSTER, CLUSTER_NAME) ||
    authorizer.isAllowed(context, DESCRIBE, ResourceType.TOPIC, topic)
  )
}

function endOf(
  replicas: ReplicaManager,
  topic: string,
  request: PartitionRequest,
): PartitionAnswer {
  const { partition, currentLeaderEpoch, leaderEpoch } = request
  try {
    const log = replicas.partition(topic, partition).leaderLog(currentLeaderEpoch)
    return { partition, errorCode: ErrorCode.NONE, ...log.endOffsetForEpoch(leaderEpoch) }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { partition, errorCode: error.code, leaderEpoch: -1, endOffset: -1 }
  }
}
