import type { GroupCoordinator } from '../../coordinator/group/group-coordinator.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ZERO_UUID } from '../../protocol/codec/index.js'
import { ErrorCode } from '../../protocol/errors.js'
import { OffsetDeleteRequest, OffsetDeleteResponse } from '../../protocol/schema/offset-delete.js'
import { AclOperation, type Authorizer } from '../../security/authorizer.js'
import { requireGroup } from '../group-access.js'
import { GroupTopics, TopicResults } from '../group-topics.js'
import { type Handler, handler } from '../handler.js'

export interface OffsetDeleteServices {
  readonly groups: GroupCoordinator
  readonly metadata: MetadataImage
  readonly authorizer: Authorizer
}

/** Forgets committed offsets that nobody uses (KIP-496). */
export const offsetDelete = ({ groups, metadata, authorizer }: OffsetDeleteServices): Handler =>
  handler(OffsetDeleteRequest, OffsetDeleteResponse, {
    handle: async (context, request) => {
      requireGroup(authorizer, context, AclOperation.DELETE, request.groupId)
      const topics = new GroupTopics(metadata, authorizer, context, false)
      const results = new TopicResults(false)
      const valid: OffsetDeleteRequest['topics'][number][] = []
      for (const { name, partitions } of request.topics) {
        const topic = { name, topicId: ZERO_UUID }
        const existing = topics.existing(topic, AclOperation.READ, partitions, results)
        if (existing !== undefined) valid.push({ name, partitions: existing.partitions })
      }
      const answer = await groups.offsetDelete(context, { ...request, topics: valid })
      if (answer.errorCode !== ErrorCode.NONE) return answer
      for (const { name, partitions } of answer.topics) {
        results.add({ name, topicId: ZERO_UUID }, partitions)
      }
      return { ...answer, topics: results.topics }
    },
    refuse: (_, { code }) => ({ errorCode: code, throttleTimeMs: 0, topics: [] }),
  })
