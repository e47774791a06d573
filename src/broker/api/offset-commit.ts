import type { GroupCoordinator } from '../../coordinator/group/group-coordinator.js'
import { refusedCommit } from '../../coordinator/group/offsets/offset-answers.js'
import type { MetadataImage } from '../../metadata/image.js'
import { OffsetCommitRequest, OffsetCommitResponse } from '../../protocol/schema/offset-commit.js'
import { AclOperation, type Authorizer } from '../../security/authorizer.js'
import { requireGroup } from '../group-access.js'
import { GroupTopics, TopicResults } from '../group-topics.js'
import { type Handler, handler } from '../handler.js'

/** From this version on, topics are named by id (KIP-848). */
const VERSION_WITH_TOPIC_IDS = 10

export interface OffsetCommitServices {
  readonly groups: GroupCoordinator
  readonly metadata: MetadataImage
  readonly authorizer: Authorizer
}

/** Stores how far a group has come (Kafka's `KafkaApis.handleOffsetCommitRequest`). */
export const offsetCommit = ({ groups, metadata, authorizer }: OffsetCommitServices): Handler =>
  handler(OffsetCommitRequest, OffsetCommitResponse, {
    handle: async (context, request) => {
      requireGroup(authorizer, context, AclOperation.READ, request.groupId)
      const byId = context.apiVersion >= VERSION_WITH_TOPIC_IDS
      const topics = new GroupTopics(metadata, authorizer, context, byId)
      const results = new TopicResults(byId)
      const valid: OffsetCommitRequest['topics'][number][] = []
      for (const topic of request.topics) {
        const existing = topics.existing(topic, AclOperation.READ, topic.partitions, results)
        if (existing !== undefined) valid.push({ ...topic, ...existing })
      }
      if (valid.length > 0) {
        const answer = await groups.offsetCommit(context, { ...request, topics: valid })
        for (const { name, topicId, partitions } of answer.topics) {
          results.add({ name: name ?? '', topicId: topicId ?? '' }, partitions)
        }
      }
      return { throttleTimeMs: 0, topics: results.topics }
    },
    refuse: (request, { code }) => refusedCommit(request, code),
  })
