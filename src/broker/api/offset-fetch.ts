import type {
  GroupCoordinator,
  OffsetFetchGroup,
  OffsetFetchGroupAnswer,
} from '../../coordinator/group/group-coordinator.js'
import { NO_OFFSET, unfetched } from '../../coordinator/group/offsets/offset-answers.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ZERO_UUID } from '../../protocol/codec/index.js'
import { ErrorCode, type KafkaError } from '../../protocol/errors.js'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../protocol/schema/offset-fetch.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import { GroupTopics } from '../group-topics.js'
import { type Handler, handler, type RequestContext } from '../handler.js'

/** From this version on, a group's error has a place of its own. */
const VERSION_WITH_ERROR = 2
/** From this version on, several groups can be asked for (KIP-709). */
const VERSION_WITH_GROUPS = 8
/** From this version on, topics are named by id (KIP-848). */
const VERSION_WITH_TOPIC_IDS = 10

type FetchTopic = NonNullable<OffsetFetchGroup['topics']>[number]
type TopicAnswer = OffsetFetchGroupAnswer['topics'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

export interface OffsetFetchServices {
  readonly groups: GroupCoordinator
  readonly metadata: MetadataImage
  readonly authorizer: Authorizer
}

/** How far groups have come (Kafka's `KafkaApis.handleOffsetFetchRequest`). */
export const offsetFetch = (services: OffsetFetchServices): Handler =>
  handler(OffsetFetchRequest, OffsetFetchResponse, {
    handle: async (context, request) => {
      const query = new OffsetQuery(services, context, request.requireStable)
      const asked = groupsOf(context, request)
      const answers = await Promise.all(asked.map((group) => query.run(group)))
      return answerOf(context, asked, answers)
    },
    refuse: (request, error, context) => {
      const asked = groupsOf(context, request)
      return answerOf(
        context,
        asked,
        asked.map((group) => failedGroup(group, error)),
      )
    },
  })

class OffsetQuery {
  readonly #topics: GroupTopics
  readonly #byId: boolean

  constructor(
    private readonly services: OffsetFetchServices,
    private readonly context: RequestContext,
    private readonly requireStable: boolean,
  ) {
    this.#byId = context.apiVersion >= VERSION_WITH_TOPIC_IDS
    const { metadata, authorizer } = services
    this.#topics = new GroupTopics(metadata, authorizer, context, this.#byId)
  }

  async run(group: OffsetFetchGroup): Promise<OffsetFetchGroupAnswer> {
    const { authorizer } = this.services
    const { DESCRIBE } = AclOperation
    if (!authorizer.isAllowed(this.context, DESCRIBE, ResourceType.GROUP, group.groupId)) {
      return { ...group, topics: [], errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED }
    }
    return group.topics === null ? this.#all(group) : this.#some(group, group.topics)
  }

  async #all(group: OffsetFetchGroup): Promise<OffsetFetchGroupAnswer> {
    const { groups, metadata } = this.services
    const answer = await groups.offsetFetch(this.context, group, this.requireStable)
    const topics = answer.topics.flatMap((topic): TopicAnswer[] => {
      const name = topic.name ?? ''
      if (!this.#mayDescribe(name)) return []
      if (!this.#byId) return [topic]
      const topicId = metadata.topicsByName.get(name)?.id
      return topicId === undefined ? [] : [{ ...topic, topicId }]
    })
    return { ...answer, topics }
  }

  async #some(
    group: OffsetFetchGroup,
    asked: readonly FetchTopic[],
  ): Promise<OffsetFetchGroupAnswer> {
    const found: FetchTopic[] = []
    const failed: TopicAnswer[] = []
    for (const topic of asked) {
      const result = this.#topics.find(topic, AclOperation.DESCRIBE)
      // Offsets may be left of a topic that isn't there any more.
      if (typeof result !== 'number') found.push({ ...topic, ...result })
      else if (result === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) found.push(topic)
      else failed.push(failedTopic(topic, result))
    }
    const answer = await this.services.groups.offsetFetch(
      this.context,
      { ...group, topics: found },
      this.requireStable,
    )
    if (answer.errorCode !== ErrorCode.NONE) return answer
    return { ...answer, topics: [...answer.topics, ...failed] }
  }

  #mayDescribe(topic: string): boolean {
    const { DESCRIBE } = AclOperation
    return this.services.authorizer.isAllowed(this.context, DESCRIBE, ResourceType.TOPIC, topic)
  }
}

/** What is asked, in the form of the later versions. */
function groupsOf(
  { apiVersion }: RequestContext,
  { groupId, topics, groups }: OffsetFetchRequest,
): readonly OffsetFetchGroup[] {
  if (apiVersion >= VERSION_WITH_GROUPS) return groups
  const withIds = topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null
  return [{ groupId, memberId: null, memberEpoch: -1, topics: withIds }]
}

function answerOf(
  { apiVersion }: RequestContext,
  asked: readonly OffsetFetchGroup[],
  answers: readonly OffsetFetchGroupAnswer[],
) {
  if (apiVersion >= VERSION_WITH_GROUPS) return { throttleTimeMs: 0, groups: [...answers] }
  const { topics, errorCode = ErrorCode.NONE } = answers[0]!
  const named = (of: readonly TopicAnswer[]) =>
    of.map(({ name, partitions }) => ({
      name: name ?? '',
      partitions: apiVersion === 0 ? partitions.map(withoutOffsetIsUnknown) : partitions,
    }))
  if (errorCode === ErrorCode.NONE || apiVersion >= VERSION_WITH_ERROR) {
    return { throttleTimeMs: 0, topics: named(topics), errorCode }
  }
  const failed = asked[0]!.topics?.map((topic) => failedTopic(topic, errorCode)) ?? []
  return { throttleTimeMs: 0, topics: named(failed) }
}

/** In version 0, a partition that nobody has committed for is an unknown one. */
function withoutOffsetIsUnknown(partition: PartitionAnswer): PartitionAnswer {
  const isMissing =
    partition.committedOffset === NO_OFFSET && partition.errorCode === ErrorCode.NONE
  if (!isMissing) return partition
  return { ...partition, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
}

function failedGroup({ groupId }: OffsetFetchGroup, { code }: KafkaError): OffsetFetchGroupAnswer {
  return { groupId, topics: [], errorCode: code }
}

function failedTopic({ name, topicId, partitionIndexes }: FetchTopic, code: number): TopicAnswer {
  return {
    name,
    topicId,
    partitions: partitionIndexes.map((partition) => unfetched(partition, code)),
  }
}
