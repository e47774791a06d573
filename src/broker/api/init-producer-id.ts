import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  InitProducerIdRequest,
  InitProducerIdResponse,
} from '../../protocol/schema/init-producer-id.js'
import {
  AclOperation,
  type Authorizer,
  CLUSTER_NAME,
  ResourceType,
} from '../../security/authorizer.js'
import type { DynamicBrokerConfig } from '../dynamic-broker-config.js'
import { type Handler, handler, type RequestContext } from '../handler.js'
import type { ProducerIdManager } from '../producer-id-manager.js'

const NO_PRODUCER_ID = -1
const NO_PRODUCER_EPOCH = -1
/** Of an id that nobody has used. */
const FIRST_EPOCH = 0

export interface InitProducerIdServices {
  readonly authorizer: Authorizer
  readonly config: DynamicBrokerConfig
  readonly producerIds: ProducerIdManager
}

/** Gives idempotent producers their ids (Kafka's `KafkaApis.handleInitProducerIdRequest`). */
export const initProducerId = (services: InitProducerIdServices): Handler =>
  handler(InitProducerIdRequest, InitProducerIdResponse, {
    handle: async (context, request) => {
      requireAllowed(services.authorizer, context, request)
      const hasId = request.producerId !== NO_PRODUCER_ID
      if (hasId !== (request.producerEpoch !== NO_PRODUCER_EPOCH)) {
        throw new KafkaError(ErrorCode.INVALID_REQUEST)
      }
      if (request.transactionalId !== null) refuseTransactional(services.config, request)
      // Without transactions it doesn't matter which id and epoch the producer had.
      const producerId = await services.producerIds.generate()
      return {
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        producerId,
        producerEpoch: FIRST_EPOCH,
      }
    },
    refuse: (_, { code }) => ({
      throttleTimeMs: 0,
      errorCode: code,
      producerId: NO_PRODUCER_ID,
      producerEpoch: NO_PRODUCER_EPOCH,
    }),
  })

function requireAllowed(
  authorizer: Authorizer,
  context: RequestContext,
  { transactionalId }: InitProducerIdRequest,
): void {
  const { WRITE, IDEMPOTENT_WRITE } = AclOperation
  const { CLUSTER, TRANSACTIONAL_ID } = ResourceType
  if (transactionalId !== null) {
    if (authorizer.isAllowed(context, WRITE, TRANSACTIONAL_ID, transactionalId)) return
    throw new KafkaError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  if (authorizer.isAllowed(context, IDEMPOTENT_WRITE, CLUSTER, CLUSTER_NAME)) return
  throw new KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
}

/** There is no transaction coordinator here, so this node is never it. */
function refuseTransactional(
  config: DynamicBrokerConfig,
  { transactionalId, transactionTimeoutMs }: InitProducerIdRequest,
): never {
  if (transactionalId === '') throw new KafkaError(ErrorCode.INVALID_REQUEST)
  const maxTimeoutMs = config.current.get('transaction.max.timeout.ms')
  if (transactionTimeoutMs <= 0 || transactionTimeoutMs > maxTimeoutMs) {
    throw new KafkaError(ErrorCode.INVALID_TRANSACTION_TIMEOUT)
  }
  throw new KafkaError(ErrorCode.NOT_COORDINATOR)
}
