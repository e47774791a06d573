import type { Input } from '../../protocol/codec/index.js'
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

type Answer = Input<typeof WriteTxnMarkersResponse>

/** Ends transactions in partitions of this broker: for transaction coordinators, and the admin's abort. */
export const writeTxnMarkers = (services: WriteTxnMarkersServices): Handler =>
  handler(WriteTxnMarkersRequest, WriteTxnMarkersResponse, {
    handle: async (context, request) => {
      requireAllowed(services.authorizer, context)
      requireProducers(request)
      const { markers } = await services.transactionMarkers.writeMarkers(request)
      return { markers: withoutNothing(markers) }
    },
    refuse: ({ markers }, { code }) => ({
      markers: markers.map(({ producerId, topics }) => ({
        producerId,
        topics: topics
          .filter(({ partitionIndexes }) => partitionIndexes.length > 0)
          .map(({ name, partitionIndexes }) => ({
            name,
            partitions: partitionIndexes.map((partitionIndex) => ({
              partitionIndex,
              errorCode: code,
            })),
          })),
      })),
    }),
  })

/** Kafka can't build the marker of a producer that there can't be, and fails. */
function requireProducers({ markers }: WriteTxnMarkersRequest): void {
  for (const { producerId, producerEpoch } of markers) {
    if (producerId >= 0 && producerEpoch >= 0) continue
    throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, 'a marker needs a producer')
  }
}

/** Kafka has errors by partition in mind: where there is no partition, nothing is told. */
function withoutNothing(markers: Answer['markers']): Answer['markers'] {
  return markers
    .map(({ producerId, topics }) => ({
      producerId,
      topics: topics.filter(({ partitions }) => partitions.length > 0),
    }))
    .filter(({ topics }) => topics.length > 0)
}

function requireAllowed(authorizer: Authorizer, context: RequestContext): void {
  for (const operation of [AclOperation.ALTER, AclOperation.CLUSTER_ACTION]) {
    if (authorizer.isAllowed(context, operation, ResourceType.CLUSTER, CLUSTER_NAME)) return
  }
  throw new KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
}
