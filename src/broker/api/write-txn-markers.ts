import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  WriteTxnMarkersRequest,
  WriteTxnMarkersResponse,
} from '../../protocol/schema/write-txn-markers.js'
import {
  AclOperation,
  type Authorizer,
  CLUSTER_NAME,
  ResourceType,
} from '../../security/authorizer.js'
import { type Handler, handler, type RequestContext } from '../handler.js'
import type { TransactionMarkers } from '../transaction-markers.js'

export interface WriteTxnMarkersServices {
  readonly transactionMarkers: TransactionMarkers
  readonly authorizer: Authorizer
}

/** Ends transactions in partitions of this broker: for transaction coordinators, and the admin's abort. */
export const writeTxnMarkers = (services: WriteTxnMarkersServices): Handler =>
  handler(WriteTxnMarkersRequest, WriteTxnMarkersResponse, {
    handle: (context, request) => {
      requireAllowed(services.authorizer, context)
      return services.transactionMarkers.writeMarkers(request)
    },
    refuse: ({ markers }, { code }) => ({
      markers: markers.map(({ producerId, topics }) => ({
        producerId,
        topics: topics.map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({
            partitionIndex,
            errorCode: code,
          })),
        })),
      })),
    }),
  })

function requireAllowed(authorizer: Authorizer, context: RequestContext): void {
  for (const operation of [AclOperation.ALTER, AclOperation.CLUSTER_ACTION]) {
    if (authorizer.isAllowed(context, operation, ResourceType.CLUSTER, CLUSTER_NAME)) return
  }
  throw new KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
}
