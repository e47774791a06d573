import { toApiError } from '../../controller/api-error.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  DescribeClusterRequest,
  DescribeClusterResponse,
} from '../../protocol/schema/describe-cluster.js'
import {
  AclOperation,
  type Authorizer,
  CLUSTER_NAME,
  ResourceType,
} from '../../security/authorizer.js'
import { authorizedOperations, NOT_ASKED } from '../authorized-operations.js'
import { type Handler, handler, type RequestContext } from '../handler.js'
import { controllerIdFor, nodeOf } from '../metadata-view.js'

/** `org.apache.kafka.common.EndpointType` (KIP-919). */
const EndpointType = { BROKER: 1, CONTROLLER: 2 } as const

export interface DescribeClusterServices {
  readonly metadata: MetadataImage
  readonly authorizer: Authorizer
}

/** The brokers and the cluster's name (Kafka's `KafkaApis.handleDescribeCluster`). */
export const describeCluster = (services: DescribeClusterServices): Handler =>
  handler(DescribeClusterRequest, DescribeClusterResponse, {
    handle: (context, request) => {
      requireBrokerEndpoint(request, context)
      const { metadata } = services
      const brokers = listed(metadata, context.listener, request.includeFencedBrokers)
      const controllerId = controllerIdFor(metadata)
      return {
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        clusterId: metadata.clusterId,
        controllerId: brokers.some(({ brokerId }) => brokerId === controllerId) ? controllerId : -1,
        brokers,
        clusterAuthorizedOperations: operations(services, context, request),
        endpointType: EndpointType.BROKER,
      }
    },
    refuse: (_, error) => ({
      throttleTimeMs: 0,
      ...toApiError(error),
      clusterId: '',
      brokers: [],
    }),
  })

function requireBrokerEndpoint(
  { endpointType }: DescribeClusterRequest,
  { apiVersion }: RequestContext,
): void {
  if (endpointType === EndpointType.BROKER) return
  if (endpointType === EndpointType.CONTROLLER) {
    throw new KafkaError(
      apiVersion === 0 ? ErrorCode.INVALID_REQUEST : ErrorCode.MISMATCHED_ENDPOINT_TYPE,
      'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER',
    )
  }
  throw new KafkaError(
    apiVersion === 0 ? ErrorCode.INVALID_REQUEST : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
    `Unsupported endpoint type ${endpointType}`,
  )
}

function listed(image: MetadataImage, listener: string, includeFenced: boolean) {
  return [...image.brokers.values()]
    .filter(({ fenced }) => includeFenced || !fenced)
    .flatMap(({ id, fenced }) => {
      const node = nodeOf(image, id, listener)
      if (node === undefined) return []
      const { nodeId, ...address } = node
      return [{ brokerId: nodeId, ...address, isFenced: fenced }]
    })
}

function operations(
  { authorizer }: DescribeClusterServices,
  context: RequestContext,
  { includeClusterAuthorizedOperations }: DescribeClusterRequest,
): number {
  const { CLUSTER } = ResourceType
  if (!includeClusterAuthorizedOperations) return NOT_ASKED
  if (!authorizer.isAllowed(context, AclOperation.DESCRIBE, CLUSTER, CLUSTER_NAME)) return 0
  return authorizedOperations(authorizer, context, CLUSTER, CLUSTER_NAME)
}
