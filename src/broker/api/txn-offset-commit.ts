import type { GroupCoordinator } from '../../coordinator/group/group-coordinator.js'
import { refusedTxnCommit } from '../../coordinator/group/offsets/txn-commit.js'
import { OFFSETS_TOPIC } from '../../coordinator/group/offsets-topic.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ZERO_UUID } from '../../protocol/codec/index.js'
import { ErrorCode } from '../../protocol/errors.js'
import {
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponse,
} from '../../protocol/schema/txn-offset-commit.js'
import { AclOperation, type Authorizer } from '../../security/authorizer.js'
import { requireGroup } from '../group-access.js'
import { GroupTopics, TopicResults } from '../group-topics.js'
import { type Handler, handler } from '../handler.js'
import { requireTransactionalId } from '../transaction-access.js'

/** Before this version, clients may break on COORDINATOR_LOAD_IN_PROGRESS (KAFKA-7296). */
const VERSION_WITH_LOAD_IN_PROGRESS = 2

export interface TxnOffsetCommitServices {
  readonly groups: GroupCoordinator
  readonly metadata: MetadataImage
  readonly authorizer: Authorizer
}

/**
 * Stores how far a group has come, as part of a transaction (Kafka's
 * `KafkaApis.handleTxnOffsetCommitRequest`).
 */
export const txnOffsetCommit = ({
  groups,
  metadata,
  authorizer,
}: TxnOffsetCommitServices): Handler =>
  handler(TxnOffsetCommitRequest, TxnOffsetCommitResponse, {
    handle: async (context, request) => {
      const { transactionalId, groupId } = request
      requireTransactionalId(authorizer, context, AclOperation.WRITE, transactionalId)
      requireGroup(authorizer, context, AclOperation.READ, groupId)
      const topics = new GroupTopics(metadata, authorizer, context, false)
      const results = new TopicResults(false)
      const valid = request.topics.flatMap(({ name, partitions }) => {
        const topic = { name, topicId: ZERO_UUID }
        const existing = topics.existing(topic, AclOperation.READ, partitions, results)
        return existing === undefined ? [] : { name, partitions: existing.partitions }
      })
      if (valid.length > 0) {
        const committed = { ...request, topics: valid }
        // What isn't there can't be part of a transaction: Kafka finds that out before anything else.
        const answer =
          groupId === '' || metadata.topicsByName.has(OFFSETS_TOPIC)
            ? await groups.txnOffsetCommit(context, committed)
            : refusedTxnCommit(committed, ErrorCode.COORDINATOR_NOT_AVAILABLE)
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

function codeFor(apiVersion: number, code: ErrorCode): ErrorCode {
  const isLoading = code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
  if (!isLoading || apiVersion >= VERSION_WITH_LOAD_IN_PROGRESS) return code
  return ErrorCode.COORDINATOR_NOT_AVAILABLE
}
