import type { TransactionCoordinator } from '../../coordinator/transaction/transaction-coordinator.js'
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
import { type Handler, handler, type RequestContext } from '../handler.js'
import { requireTransactionalId } from '../transaction-access.js'

const NO_PRODUCER_ID = -1
const NO_PRODUCER_EPOCH = -1

export interface InitProducerIdServices {
  readonly authorizer: Authorizer
  readonly transactions: TransactionCoordinator
}

/**
 * Gives producers their ids: new ones to those that are idempotent, the one that belongs to a
 * transactional id, with the next epoch, to others (Kafka's `KafkaApis.handleInitProducerIdRequest`).
 */
export const initProducerId = ({ authorizer, transactions }: InitProducerIdServices): Handler =>
  handler(InitProducerIdRequest, InitProducerIdResponse, {
    handle: (context, request) => {
      requireAllowed(authorizer, context, request)
      const hasId = request.producerId !== NO_PRODUCER_ID
      if (hasId !== (request.producerEpoch !== NO_PRODUCER_EPOCH)) {
        throw new KafkaError(ErrorCode.INVALID_REQUEST)
      }
      return transactions.initProducerId(context, request)
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
  { transactionalId, enable2Pc }: InitProducerIdRequest,
): void {
  const { WRITE, IDEMPOTENT_WRITE, TWO_PHASE_COMMIT } = AclOperation
  if (transactionalId !== null) {
    requireTransactionalId(authorizer, context, WRITE, transactionalId)
    if (enable2Pc) requireTransactionalId(authorizer, context, TWO_PHASE_COMMIT, transactionalId)
    return
  }
  if (authorizer.isAllowed(context, IDEMPOTENT_WRITE, ResourceType.CLUSTER, CLUSTER_NAME)) return
  throw new KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
}
