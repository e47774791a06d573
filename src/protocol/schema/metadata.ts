import {
  array,
  bool,
  type Infer,
  int16,
  int32,
  request,
  response,
  string,
  uuid,
} from '../codec/index.js'

export const MetadataRequest = request('Metadata', '0-13', '9+', {
  topics: array({
    topicId: uuid.in('10+').ignorable,
    name: string.nullableIn('10+'),
  }).nullableIn('1+'),
  allowAutoTopicCreation: bool.in('4+').default(true),
  includeClusterAuthorizedOperations: bool.in('8-10'),
  includeTopicAuthorizedOperations: bool.in('8+'),
})
export type MetadataRequest = Infer<typeof MetadataRequest>

export const MetadataResponse = response('Metadata', '0-13', '9+', {
  throttleTimeMs: int32.in('3+').ignorable,
  brokers: array({
    nodeId: int32,
    host: string,
    port: int32,
    rack: string.in('1+').nullable.ignorable.default(null),
  }),
  clusterId: string.in('2+').nullable.ignorable.default(null),
  controllerId: int32.in('1+').ignorable.default(-1),
  topics: array({
    errorCode: int16,
    name: string.nullableIn('12+'),
    topicId: uuid.in('10+').ignorable,
    isInternal: bool.in('1+').ignorable.default(false),
    partitions: array({
      errorCode: int16,
      partitionIndex: int32,
      leaderId: int32,
      leaderEpoch: int32.in('7+').ignorable.default(-1),
      replicaNodes: array(int32),
      isrNodes: array(int32),
      offlineReplicas: array(int32).in('5+').ignorable,
    }),
    topicAuthorizedOperations: int32.in('8+').default(-2147483648),
  }),
  clusterAuthorizedOperations: int32.in('8-10').default(-2147483648),
  errorCode: int16.in('13+').ignorable,
})
export type MetadataResponse = Infer<typeof MetadataResponse>
