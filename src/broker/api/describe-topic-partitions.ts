import type { MetadataImage } from '../../metadata/image.js'
import { isTopicName } from '../../metadata/topic-name.js'
import { ZERO_UUID } from '../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from '../../protocol/schema/describe-topic-partitions.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import { authorizedOperations, NOT_ASKED } from '../authorized-operations.js'
import type { DynamicBrokerConfig } from '../dynamic-broker-config.js'
import { type Handler, handler, type RequestContext } from '../handler.js'
import { isInternalTopic } from '../internal-topic.js'
import { describedPartition } from '../metadata-view.js'

export interface DescribeTopicPartitionsServices {
  readonly metadata: MetadataImage
  readonly authorizer: Authorizer
  readonly config: DynamicBrokerConfig
}

type TopicAnswer = DescribeTopicPartitionsResponse['topics'][number]
type Cursor = NonNullable<DescribeTopicPartitionsRequest['cursor']>

/** Topics and their partitions, a page at a time (Kafka's `DescribeTopicPartitionsRequestHandler`). */
export const describeTopicPartitions = (services: DescribeTopicPartitionsServices): Handler =>
  handler(DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, {
    handle: (context, request) => new Page(services, context, request).fill(),
    refuse: ({ topics }, { code }) => ({
      throttleTimeMs: 0,
      topics: topics.map(({ name }) => failed(code, name)),
    }),
  })

function failed(errorCode: ErrorCode, name: string): TopicAnswer {
  return {
    errorCode,
    name,
    topicId: ZERO_UUID,
    isInternal: false,
    partitions: [],
    topicAuthorizedOperations: NOT_ASKED,
  }
}

class Page {
  readonly #topics: TopicAnswer[] = []
  #left: number

  constructor(
    private readonly services: DescribeTopicPartitionsServices,
    private readonly context: RequestContext,
    private readonly request: DescribeTopicPartitionsRequest,
  ) {
    const limit = services.config.current.get('max.request.partition.size.limit')
    this.#left = Math.max(1, Math.min(limit, request.responsePartitionLimit))
  }

  fill() {
    const { cursor } = this.request
    const unauthorized: TopicAnswer[] = []
    let nextCursor: Cursor | null = null
    for (const name of this.#names()) {
      if (nextCursor !== null) break
      if (!this.#isAllowed(name)) {
        // That a topic exists isn't told to those who may not see it.
        if (!this.#all) unauthorized.push(failed(ErrorCode.TOPIC_AUTHORIZATION_FAILED, name))
        continue
      }
      nextCursor = this.#add(name, name === cursor?.topicName ? cursor.partitionIndex : 0)
    }
    return { throttleTimeMs: 0, topics: [...this.#topics, ...unauthorized], nextCursor }
  }

  get #all(): boolean {
    return this.request.topics.length === 0
  }

  /** In the order of their names, from the cursor's on. */
  #names(): string[] {
    const { topics, cursor } = this.request
    const all = this.#all
      ? [...this.services.metadata.topicsByName.keys()]
      : [...new Set(topics.map(({ name }) => name))]
    const names = all.filter((name) => cursor === null || name >= cursor.topicName).sort()
    if (cursor === null) return names
    if (!this.#all && !names.includes(cursor.topicName)) {
      const message = `The topic of the cursor is not asked for: ${cursor.topicName}`
      throw new KafkaError(ErrorCode.INVALID_REQUEST, message)
    }
    if (cursor.partitionIndex < 0) {
      const message = `The partition index of the cursor is negative: ${cursor.partitionIndex}`
      throw new KafkaError(ErrorCode.INVALID_REQUEST, message)
    }
    return names
  }

  /** Where to go on when the page is full, else null. */
  #add(name: string, first: number): Cursor | null {
    if (this.#left === 0) return { topicName: name, partitionIndex: 0 }
    const image = this.services.metadata
    const topic = image.topicsByName.get(name)
    if (topic === undefined) {
      const { UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION } = ErrorCode
      const code = isTopicName(name) ? UNKNOWN_TOPIC_OR_PARTITION : INVALID_TOPIC_EXCEPTION
      this.#topics.push({
        ...failed(code, name),
        isInternal: isInternalTopic(name),
        topicAuthorizedOperations: this.#operationsOn(name),
      })
      return null
    }
    const end = Math.min(topic.partitions.size, first + this.#left)
    const partitions = Array.from({ length: Math.max(0, end - first) }, (_, at) =>
      describedPartition(image, topic, first + at, this.context.listener),
    )
    this.#topics.push({
      ...failed(ErrorCode.NONE, name),
      topicId: topic.id,
      isInternal: isInternalTopic(name),
      partitions,
      topicAuthorizedOperations: this.#operationsOn(name),
    })
    this.#left -= partitions.length
    return end < topic.partitions.size ? { topicName: name, partitionIndex: end } : null
  }

  #isAllowed(topic: string): boolean {
    const { authorizer } = this.services
    return authorizer.isAllowed(this.context, AclOperation.DESCRIBE, ResourceType.TOPIC, topic)
  }

  #operationsOn(topic: string): number {
    return authorizedOperations(this.services.authorizer, this.context, ResourceType.TOPIC, topic)
  }
}
