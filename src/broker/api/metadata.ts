import type { MetadataImage } from '../../metadata/image.js'
import { isTopicName } from '../../metadata/topic-name.js'
import { ZERO_UUID } from '../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import { MetadataRequest, MetadataResponse } from '../../protocol/schema/metadata.js'
import {
  AclOperation,
  type Authorizer,
  CLUSTER_NAME,
  ResourceType,
} from '../../security/authorizer.js'
import { authorizedOperations, NOT_ASKED } from '../authorized-operations.js'
import { AutoTopicCreation, type AutoTopicCreationServices } from '../auto-topic-creation.js'
import type { DeletedTopics } from '../deleted-topics.js'
import { type Handler, handler, type RequestContext } from '../handler.js'
import { isInternalTopic } from '../internal-topic.js'
import { aliveNodes, controllerIdFor, type TopicMetadata, topicMetadata } from '../metadata-view.js'

/** Up to this version, no topics means all topics. */
const VERSION_WITHOUT_NULL = 0
/** From this version on, a leader that isn't on the client's listener is told from a missing one. */
const VERSION_WITH_LISTENER_NOT_FOUND = 6
/** From this version on, topics may be named by id (KIP-516). */
const VERSION_WITH_TOPIC_IDS = 12
/** From this version on, a request that fails as a whole says so. */
const VERSION_WITH_ERROR_CODE = 13

const { UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION } = ErrorCode

export interface MetadataServices extends AutoTopicCreationServices {
  readonly metadata: MetadataImage
  readonly authorizer: Authorizer
  readonly deletedTopics: DeletedTopics
}

/** Where topics are and who leads them (Kafka's `KafkaApis.handleTopicMetadataRequest`). */
export const metadata = (services: MetadataServices): Handler => {
  const creation = new AutoTopicCreation(services)
  return handler(MetadataRequest, MetadataResponse, {
    handle: (context, request) => new MetadataQuery(services, context, request).run(creation),
    refuse: ({ topics }, { code }, { apiVersion }) => ({
      brokers: [],
      topics: (topics ?? []).map(({ name, topicId }) => failed(code, name ?? '', topicId)),
      errorCode: apiVersion >= VERSION_WITH_ERROR_CODE ? code : ErrorCode.NONE,
    }),
  })
}

function failed(errorCode: ErrorCode, name: string | null, topicId = ZERO_UUID): TopicMetadata {
  return {
    errorCode,
    name,
    topicId,
    isInternal: name !== null && isInternalTopic(name),
    partitions: [],
    topicAuthorizedOperations: NOT_ASKED,
  }
}

class MetadataQuery {
  readonly #image: MetadataImage
  readonly #all: boolean

  constructor(
    private readonly services: MetadataServices,
    private readonly context: RequestContext,
    private readonly request: MetadataRequest,
  ) {
    const { topics } = request
    this.#image = services.metadata
    this.#all =
      topics === null || (topics.length === 0 && context.apiVersion === VERSION_WITHOUT_NULL)
  }

  run(creation: AutoTopicCreation) {
    this.#requireNames()
    const { found, failures } = this.#byId() ?? { found: this.#names(), failures: [] }
    const refused = [...failures]
    const described: string[] = []
    const created: string[] = []
    for (const name of found) {
      if (!this.#isAllowed(AclOperation.DESCRIBE, name)) {
        if (!this.#all) refused.push(this.#hidden(name))
      } else if (!this.#isToBeCreated(name)) {
        described.push(name)
      } else if (!this.#mayCreate(name)) {
        refused.push(failed(ErrorCode.TOPIC_AUTHORIZATION_FAILED, name))
      } else {
        if (isTopicName(name)) created.push(name)
        if (this.#isKnownToBeGone(name)) refused.push(failed(UNKNOWN_TOPIC_OR_PARTITION, name))
        else described.push(name)
      }
    }
    const answer = () => this.#answer([...refused, ...this.#describe(described)])
    // A topic can be used when the answer that it was made for goes out.
    return created.length === 0 ? answer() : creation.create(created, this.context).then(answer)
  }

  #requireNames(): void {
    if (this.#all || this.context.apiVersion >= VERSION_WITH_TOPIC_IDS) return
    for (const { name, topicId } of this.request.topics ?? []) {
      if (name === null || topicId !== ZERO_UUID) throw new KafkaError(ErrorCode.INVALID_REQUEST)
    }
  }

  /** With an id in it, the request's names don't count; undefined when there is none. */
  #byId(): { found: string[]; failures: TopicMetadata[] } | undefined {
    const given = (this.request.topics ?? []).map(({ topicId }) => topicId)
    const ids = [...new Set(given)].filter((id) => id !== ZERO_UUID)
    if (ids.length === 0) return undefined
    const { topicsById } = this.#image
    return {
      found: ids.flatMap((id) => topicsById.get(id)?.name ?? []),
      failures: ids
        .filter((id) => !topicsById.has(id))
        .map((id) => failed(ErrorCode.UNKNOWN_TOPIC_ID, null, id)),
    }
  }

  #names(): string[] {
    if (this.#all) return [...this.#image.topicsByName.keys()]
    const names = (this.request.topics ?? []).map(({ name }) => {
      // Apache Kafka trips over it and says no more than this.
      if (name === null) throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR)
      return name
    })
    return [...new Set(names)]
  }

  /** That a topic exists isn't told to those who may not see it; who knows its id may know that. */
  #hidden(name: string): TopicMetadata {
    const byId = (this.request.topics ?? []).some(({ topicId }) => topicId !== ZERO_UUID)
    const error = ErrorCode.TOPIC_AUTHORIZATION_FAILED
    if (!byId) return { ...failed(error, name), isInternal: false }
    return failed(error, null, this.#image.topicsByName.get(name)?.id)
  }

  #isToBeCreated(name: string): boolean {
    const enabled = this.services.config.current.get('auto.create.topics.enable')
    if (this.#all || !enabled || !this.request.allowAutoTopicCreation) return false
    return !this.#image.topicsByName.has(name)
  }

  #isKnownToBeGone(name: string): boolean {
    return this.services.deletedTopics.take(this.context.peer, name)
  }

  #mayCreate(name: string): boolean {
    const { authorizer } = this.services
    const { CREATE } = AclOperation
    return (
      authorizer.isAllowed(this.context, CREATE, ResourceType.CLUSTER, CLUSTER_NAME) ||
      this.#isAllowed(CREATE, name)
    )
  }

  #isAllowed(operation: AclOperation, topic: string): boolean {
    return this.services.authorizer.isAllowed(this.context, operation, ResourceType.TOPIC, topic)
  }

  #describe(names: readonly string[]): TopicMetadata[] {
    const { apiVersion, listener } = this.context
    const availability = {
      errorUnavailableEndpoints: apiVersion === 0,
      errorUnavailableListeners: apiVersion >= VERSION_WITH_LISTENER_NOT_FOUND,
    }
    return names.map((name) => {
      const topic = this.#image.topicsByName.get(name)
      const described = topic
        ? topicMetadata(this.#image, topic, listener, availability)
        : failed(isTopicName(name) ? UNKNOWN_TOPIC_OR_PARTITION : INVALID_TOPIC_EXCEPTION, name)
      if (!this.request.includeTopicAuthorizedOperations) return described
      return { ...described, topicAuthorizedOperations: this.#operationsOn(name) }
    })
  }

  #operationsOn(topic: string): number {
    return authorizedOperations(this.services.authorizer, this.context, ResourceType.TOPIC, topic)
  }

  #operationsOnCluster(): number {
    const { authorizer } = this.services
    const { CLUSTER } = ResourceType
    if (!this.request.includeClusterAuthorizedOperations) return NOT_ASKED
    if (!authorizer.isAllowed(this.context, AclOperation.DESCRIBE, CLUSTER, CLUSTER_NAME)) return 0
    return authorizedOperations(authorizer, this.context, CLUSTER, CLUSTER_NAME)
  }

  #answer(topics: TopicMetadata[]) {
    return {
      brokers: aliveNodes(this.#image, this.context.listener),
      clusterId: this.#image.clusterId,
      controllerId: controllerIdFor(this.#image),
      topics,
      clusterAuthorizedOperations: this.#operationsOnCluster(),
    }
  }
}
