import type { GroupCoordinator } from '../../coordinator/group/group-coordinator.js'
import { refusedTxnCommit } from '../../coordinator/group/offsets/txn-commit.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ZERO_UUID } from '../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponse,
} from '../../protocol/schema/txn-offset-commit.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import { requireGroup } from '../group-access.js'
import { GroupTopics, TopicResults } from '../group-topics.js'
import { type Handler, handler, type RequestContext } from '../handler.js'

/** Before this version, clients may break on COORDINATOR_LOAD_IN_PROGRESS (KAFKA-7296). */
const VERSION_WITH_LOAD_IN_PROGRESS = 2

export interface TxnOffsetCommitServices {
  readonly groups: GroupCoordinator
  readonly metadata: MetadataImage
  readonly authorizer: Authorizer
}

type TopicRequest = TxnOffsetCommitRequest['topics'][number]

/**
 * Stores how far a group has come, as part of a transaction (Kafka's
 * `KafkaApis.handleTxnOffsetCommitRequest`).
 */
export const txnOffsetCommit = (services: TxnOffsetCommitServices): Handler =>
  handler(TxnOffsetCommitRequest, TxnOffsetCommitResponse, {
    handle: async (context, request) => {
      requireTransactionalId(services.authorizer, context, request.transactionalId)
      requireGroup(services.authorizer, context, AclOperation.READ, request.groupId)
      const results = new TopicResults(false)
      const valid = request.topics.flatMap((topic) => existing(services, context, topic, results))
      if (valid.length > 0) {
        const committed = { ...request, topics: valid }
        const answer = await services.groups.txnOffsetCommit(context, committed)
        for (const { name, partitions } of answer.topics) {
          const told = partitions.map((each) => ({
            ...each,
            errorCode: codeFor(context.apiVersion, each.errorCode as ErrorCode),
          }))
          results.add({ name, topicId: ZERO_UUID }, told)
        }
      }
      return { throttleTimeMs: 0, topics: results.topics }
    },
    refuse: (request, { code }) => refusedTxnCommit(request, code),
  })

function requireTransactionalId(
  authorizer: Authorizer,
  context: RequestContext,
  transactionalId: string,
): void {
  const { TRANSACTIONAL_ID } = ResourceType
  if (authorizer.isAllowed(context, AclOperation.WRITE, TRANSACTIONAL_ID, transactionalId)) return
  throw new KafkaError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
}

/** The topic with those of its partitions that are there; of the others, `results` gets why not. */
function existing(
  { metadata, authorizer }: TxnOffsetCommitServices,
  context: RequestContext,
  topic: TopicRequest,
  results: TopicResults,
): TopicRequest[] {
  const topics = new GroupTopics(metadata, authorizer, context, false)
  const requested = { name: topic.name, topicId: ZERO_UUID }
  const found = topics.find(requested, AclOperation.READ)
  if (typeof found === 'number') {
    results.fail(requested, topic.partitions, found)
    return []
  }
  const isThere = ({ partitionIndex }: { readonly partitionIndex: number }) =>
    topics.hasPartition(topic.name, partitionIndex)
  const missing = topic.partitions.filter((each) => !isThere(each))
  results.fail(requested, missing, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const partitions = topic.partitions.filter(isThere)
  return partitions.length === 0 ? [] : [{ ...topic, partitions }]
}

function codeFor(apiVersion: number, code: ErrorCode): ErrorCode {
  const isLoading = code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
  if (!isLoading || apiVersion >= VERSION_WITH_LOAD_IN_PROGRESS) return code
  return ErrorCode.COORDINATOR_NOT_AVAILABLE
}
