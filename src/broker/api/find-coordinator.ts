import type { GroupCoordinator } from '../../coordinator/group/group-coordinator.js'
import { OFFSETS_TOPIC } from '../../coordinator/group/offsets-topic.js'
import type { TransactionCoordinator } from '../../coordinator/transaction/transaction-coordinator.js'
import { TRANSACTION_STATE_TOPIC } from '../../coordinator/transaction/transaction-topic.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ErrorCode, errorName, KafkaError } from '../../protocol/errors.js'
import {
  FindCoordinatorRequest,
  FindCoordinatorResponse,
} from '../../protocol/schema/find-coordinator.js'
import { AclOperation, type Authorizer } from '../../security/authorizer.js'
import { AutoTopicCreation, type AutoTopicCreationServices } from '../auto-topic-creation.js'
import { requireGroup } from '../group-access.js'
import { type Handler, handler, type RequestContext } from '../handler.js'
import { nodeOf } from '../metadata-view.js'
import { requireTransactionalId } from '../transaction-access.js'

/** From this version on, several are looked for at once (KIP-699). */
const VERSION_WITH_BATCHES = 4

/** What a key is the name of (Kafka's `FindCoordinatorRequest.CoordinatorType`). */
const CoordinatorType = { GROUP: 0, TRANSACTION: 1, SHARE: 2 } as const

export interface FindCoordinatorServices extends AutoTopicCreationServices {
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly metadata: MetadataImage
  readonly authorizer: Authorizer
}

/** What a key's coordinator leads. */
interface Place {
  readonly topic: string
  /** Known once the topic is there. */
  readonly partition: () => number
}

/** Where a coordinator is, or why that can't be said. */
interface Found {
  readonly errorCode: ErrorCode
  readonly errorMessage: string
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/**
 * Which broker coordinates a group, or a transactional id (Kafka's
 * `KafkaApis.handleFindCoordinatorRequest`). The first one who asks has the topic created that their
 * state is kept in; it can be used when the answer goes out.
 */
export const findCoordinator = (services: FindCoordinatorServices): Handler => {
  const creation = new AutoTopicCreation(services)
  return handler(FindCoordinatorRequest, FindCoordinatorResponse, {
    handle: async (context, { key, keyType, coordinatorKeys }) => {
      const search = new CoordinatorSearch(services, creation, context)
      if (context.apiVersion >= VERSION_WITH_BATCHES) {
        const coordinators = await Promise.all(
          coordinatorKeys.map(async (each) => ({
            key: each,
            ...(await search.find(keyType, each)),
          })),
        )
        return { throttleTimeMs: 0, coordinators }
      }
      const found = await search.find(keyType, key)
      // These versions have a message for success, too.
      const errorMessage = found.errorMessage || errorName(found.errorCode)
      return { throttleTimeMs: 0, ...found, errorMessage }
    },
    refuse: ({ coordinatorKeys }, error, { apiVersion }) => {
      const failure = notFound(error)
      if (apiVersion < VERSION_WITH_BATCHES) return { throttleTimeMs: 0, ...failure }
      const coordinators = coordinatorKeys.map((key) => ({ key, ...failure }))
      return { throttleTimeMs: 0, coordinators }
    },
  })
}

class CoordinatorSearch {
  constructor(
    private readonly services: FindCoordinatorServices,
    private readonly creation: AutoTopicCreation,
    private readonly context: RequestContext,
  ) {}

  async find(keyType: number, key: string): Promise<Found> {
    try {
      return await this.#leaderOf(this.#placeOf(keyType, key))
    } catch (error) {
      if (error instanceof KafkaError) return notFound(error)
      throw error
    }
  }

  /** @throws KafkaError */
  #placeOf(keyType: number, key: string): Place {
    const { authorizer, groups, transactions } = this.services
    const { DESCRIBE } = AclOperation
    switch (keyType) {
      case CoordinatorType.GROUP:
        requireGroup(authorizer, this.context, DESCRIBE, key)
        return { topic: OFFSETS_TOPIC, partition: () => groups.partitionFor(key) }
      case CoordinatorType.TRANSACTION:
        requireTransactionalId(authorizer, this.context, DESCRIBE, key)
        return { topic: TRANSACTION_STATE_TOPIC, partition: () => transactions.partitionFor(key) }
      case CoordinatorType.SHARE:
        throw new KafkaError(
          ErrorCode.INVALID_REQUEST,
          'share groups are not available on this broker',
        )
      default:
        throw new KafkaError(
          ErrorCode.INVALID_REQUEST,
          `there are no coordinators with the key type ${keyType}`,
        )
    }
  }

  async #leaderOf({ topic, partition }: Place): Promise<Found> {
    const { metadata } = this.services
    if (!metadata.topicsByName.has(topic)) await this.creation.create([topic], this.context)
    const leader = metadata.topicsByName.get(topic)?.partitions.get(partition())?.leader
    const node = leader === undefined ? undefined : nodeOf(metadata, leader, this.context.listener)
    if (node === undefined) throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    const { nodeId, host, port } = node
    return { errorCode: ErrorCode.NONE, errorMessage: '', nodeId, host, port }
  }
}

function notFound({ code, message }: KafkaError): Found {
  return { errorCode: code, errorMessage: message, nodeId: -1, host: '', port: -1 }
}
