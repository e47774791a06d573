import type { MetadataImage } from '../metadata/image.js'
import { ErrorCode } from '../protocol/errors.js'
import {
  type AclOperation,
  type Authorizer,
  ResourceType,
  type Subject,
} from '../security/authorizer.js'

/** A topic of a request about offsets; by name, or by id, as the request's version has it. */
export interface RequestedTopic {
  readonly name: string
  readonly topicId: string
}

/** A topic that is there and may be used, with its name and its id. */
export interface FoundTopic {
  readonly name: string
  readonly topicId: string
}

/** Finds the topics of one request about offsets. */
export class GroupTopics {
  constructor(
    private readonly metadata: MetadataImage,
    private readonly authorizer: Authorizer,
    private readonly subject: Subject,
    private readonly byId: boolean,
  ) {}

  /** @returns an error of the whole topic when it isn't there or may not be used */
  find(requested: RequestedTopic, operation: AclOperation): FoundTopic | ErrorCode {
    const { topicsById, topicsByName } = this.metadata
    const known = this.byId ? topicsById.get(requested.topicId) : topicsByName.get(requested.name)
    if (this.byId && known === undefined) return ErrorCode.UNKNOWN_TOPIC_ID
    const name = known?.name ?? requested.name
    if (!this.authorizer.isAllowed(this.subject, operation, ResourceType.TOPIC, name)) {
      return ErrorCode.TOPIC_AUTHORIZATION_FAILED
    }
    if (known === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return { name, topicId: known.id }
  }

  /**
   * The topic with those of its partitions that are there; of the others, `results` gets why not.
   *
   * @returns undefined when nothing is left
   */
  existing<P extends { readonly partitionIndex: number }>(
    requested: RequestedTopic,
    operation: AclOperation,
    partitions: readonly P[],
    results: TopicResults,
  ): (FoundTopic & { readonly partitions: P[] }) | undefined {
    const found = this.find(requested, operation)
    if (typeof found === 'number') {
      results.fail(requested, partitions, found)
      return undefined
    }
    const known = this.metadata.topicsByName.get(found.name)?.partitions
    const isThere = ({ partitionIndex }: P) => known?.has(partitionIndex) ?? false
    const missing = partitions.filter((each) => !isThere(each))
    results.fail(requested, missing, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    const there = partitions.filter(isThere)
    return there.length === 0 ? undefined : { ...found, partitions: there }
  }
}

interface PartitionResult {
  readonly partitionIndex: number
  readonly errorCode: number
}

interface TopicResult extends RequestedTopic {
  readonly partitions: PartitionResult[]
}

/** Puts results of partitions together by topic, in the order in which they come. */
export class TopicResults {
  readonly topics: TopicResult[] = []
  readonly #byKey = new Map<string, TopicResult>()

  constructor(private readonly byId: boolean) {}

  add(topic: RequestedTopic, partitions: readonly PartitionResult[]): void {
    if (partitions.length === 0) return
    const key = this.byId ? topic.topicId : topic.name
    const known = this.#byKey.get(key)
    if (known !== undefined) {
      known.partitions.push(...partitions)
      return
    }
    const result = { name: topic.name, topicId: topic.topicId, partitions: [...partitions] }
    this.#byKey.set(key, result)
    this.topics.push(result)
  }

  fail(
    topic: RequestedTopic,
    partitions: readonly { readonly partitionIndex: number }[],
    errorCode: ErrorCode,
  ): void {
    const failed = partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode }))
    this.add(topic, failed)
  }
}
