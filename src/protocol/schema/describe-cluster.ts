import {
  array,
  bool,
  type Infer,
  int8,
  int16,
  int32,
  request,
  response,
  string,
} from '../codec/index.js'

export const DescribeClusterRequest = request('DescribeCluster', '0-2', '0+', {
  includeClusterAuthorizedOperations: bool,
  endpointType: int8.in('1+').default(1),
  includeFencedBrokers: bool.in('2+'),
})
export type DescribeClusterRequest = Infer<typeof DescribeClusterRequest>

export const DescribeClusterResponse = response('DescribeCluster', '0-2', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: string.nullable.default(null),
  endpointType: int8.in('1+').default(1),
  clusterId: string,
  controllerId: int32.default(-1),
  brokers: array({
    brokerId: int32,
    host: string,
    port: int32,
    rack: string.nullable.default(null),
    isFenced: bool.in('2+'),
  }),
  clusterAuthorizedOperations: int32.default(-2147483648),
})
export type DescribeClusterResponse = Infer<typeof DescribeClusterResponse>
