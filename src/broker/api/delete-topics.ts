import { type ApiError, apiError, duplicates, toApiError } from '../../controller/api-error.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ZERO_UUID } from '../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../../protocol/schema/delete-topics.js'
import {
  AclOperation,
  type Authorizer,
  CLUSTER_NAME,
  ResourceType,
} from '../../security/authorizer.js'
import type { DeletedTopics } from '../deleted-topics.js'
import type { DynamicBrokerConfig } from '../dynamic-broker-config.js'
import { type ForwardingServices, forward } from '../forwarding.js'
import { type Handler, handler, type RequestContext } from '../handler.js'

/** From this version on, there is an error for a broker that lets nobody delete topics. */
const VERSION_WITH_DELETION_DISABLED = 3
/** The version in which topics are named by id. */
const VERSION_WITH_TOPIC_IDS = 6

const { DELETE, DESCRIBE } = AclOperation
const { CLUSTER, TOPIC } = ResourceType

const { INVALID_REQUEST } = ErrorCode
const NEITHER = apiError(INVALID_REQUEST, 'Neither topic name nor id were specified.')
const BOTH = apiError(INVALID_REQUEST, 'You may not specify both topic name and topic id.')
const DUPLICATE_NAME = apiError(INVALID_REQUEST, 'Duplicate topic name.')
const DUPLICATE_ID = apiError(INVALID_REQUEST, 'Duplicate topic id.')
const DUPLICATE_TOPIC = apiError(
  INVALID_REQUEST,
  'The provided topic name maps to an ID that was already supplied.',
)
const FORBIDDEN = apiError(ErrorCode.TOPIC_AUTHORIZATION_FAILED, 'Topic authorization failed.')
const UNKNOWN_NAME = apiError(
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  'This server does not host this topic-partition.',
)
const UNKNOWN_ID = apiError(ErrorCode.UNKNOWN_TOPIC_ID, 'This server does not host this topic ID.')

export interface DeleteTopicsServices extends ForwardingServices {
  readonly metadata: MetadataImage
  readonly authorizer: Authorizer
  readonly config: DynamicBrokerConfig
  readonly deletedTopics: DeletedTopics
}

type TopicAnswer = DeleteTopicsResponse['responses'][number]

/** Deletes topics by name or id (Kafka's `ControllerApis.deleteTopics`). */
export const deleteTopics = (services: DeleteTopicsServices): Handler =>
  handler(DeleteTopicsRequest, DeleteTopicsResponse, {
    handle: (context, request) => new Deletion(services, context, request).run(),
    refuse: (request, error) => ({
      responses: namedBy(request).map((topic) => ({ ...topic, ...toApiError(error) })),
    }),
  })

interface NamedTopic {
  readonly name: string | null
  readonly topicId: string
}

function namedBy({ topicNames, topics }: DeleteTopicsRequest): NamedTopic[] {
  return [...topicNames.map((name) => ({ name, topicId: ZERO_UUID })), ...topics]
}

class Deletion {
  readonly #answers: TopicAnswer[] = []
  /** Names by id. */
  readonly #deletable = new Map<string, string>()

  constructor(
    private readonly services: DeleteTopicsServices,
    private readonly context: RequestContext,
    private readonly request: DeleteTopicsRequest,
  ) {}

  async run() {
    const { request, context } = this
    this.#requireEnabled()
    this.#resolve(namedBy(request))
    if (this.#deletable.size > 0 || request.timeoutMs <= 0) {
      const { timeoutMs } = request
      const topics = [...this.#deletable.keys()].map((topicId) => ({ name: null, topicId }))
      const byId = { topics, topicNames: [], timeoutMs }
      const version = VERSION_WITH_TOPIC_IDS
      const answer = await forward(this.services, 'DeleteTopics', version, byId, context, timeoutMs)
      for (const each of answer.responses) {
        const name = this.#deletable.get(each.topicId) ?? each.name
        this.#answers.push({ ...each, name })
        if (name !== null && each.errorCode === ErrorCode.NONE) {
          this.services.deletedTopics.add(context.peer, name)
        }
      }
    }
    return { responses: this.#answers }
  }

  #requireEnabled(): void {
    if (this.services.config.current.get('delete.topic.enable')) return
    if (this.context.apiVersion >= VERSION_WITH_DELETION_DISABLED) {
      throw new KafkaError(ErrorCode.TOPIC_DELETION_DISABLED)
    }
    throw new KafkaError(INVALID_REQUEST, 'Topic deletion is disabled.')
  }

  #resolve(topics: readonly NamedTopic[]): void {
    const names: string[] = []
    const ids: string[] = []
    for (const { name, topicId } of topics) {
      if (name !== null && topicId !== ZERO_UUID) this.#refuse(name, topicId, BOTH)
      else if (name !== null) names.push(name)
      else if (topicId !== ZERO_UUID) ids.push(topicId)
      else this.#refuse(null, ZERO_UUID, NEITHER)
    }
    const repeatedNames = duplicates(names, (name) => name)
    const repeatedIds = duplicates(ids, (id) => id)
    for (const name of repeatedNames) this.#refuse(name, ZERO_UUID, DUPLICATE_NAME)
    for (const id of repeatedIds) this.#refuse(null, id, DUPLICATE_ID)
    for (const id of ids) if (!repeatedIds.has(id)) this.#addId(id)
    for (const name of names) if (!repeatedNames.has(name)) this.#addName(name, repeatedIds)
  }

  #addId(id: string): void {
    const name = this.services.metadata.topicsById.get(id)?.name
    if (name === undefined) this.#refuse(null, id, UNKNOWN_ID)
    else if (this.#isAllowed(DELETE, name)) this.#deletable.set(id, name)
    else this.#refuse(this.#isAllowed(DESCRIBE, name) ? name : null, id, FORBIDDEN)
  }

  /** Whether a topic exists, or which one it is, isn't told to those who may not see or delete it. */
  #addName(name: string, repeatedIds: ReadonlySet<string>): void {
    const id = this.services.metadata.topicsByName.get(name)?.id
    if (!this.#isAllowed(DESCRIBE, name)) this.#refuse(name, ZERO_UUID, FORBIDDEN)
    else if (id === undefined) this.#refuse(name, ZERO_UUID, UNKNOWN_NAME)
    else if (!this.#isAllowed(DELETE, name)) this.#refuse(name, ZERO_UUID, FORBIDDEN)
    else if (!repeatedIds.has(id) && !this.#deletable.has(id)) this.#deletable.set(id, name)
    else {
      this.#deletable.delete(id)
      this.#refuse(name, id, DUPLICATE_TOPIC)
    }
  }

  #isAllowed(operation: AclOperation, topic: string): boolean {
    const { authorizer } = this.services
    return (
      authorizer.isAllowed(this.context, DELETE, CLUSTER, CLUSTER_NAME) ||
      authorizer.isAllowed(this.context, operation, TOPIC, topic)
    )
  }

  #refuse(name: string | null, topicId: string, error: ApiError): void {
    this.#answers.push({ name, topicId, ...error })
  }
}
