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
  uuid,
} from '../codec/index.js'

export const CreateTopicsRequest = request(
  'CreateTopics',
  '2-7',
  '5+',
  {
    topics: array({
      name: string,
      numPartitions: int32,
      replicationFactor: int16,
      assignments: array({
        partitionIndex: int32,
        brokerIds: array(int32),
      }),
      configs: array({
        name: string,
        value: string.nullable,
      }),
    }),
    timeoutMs: int32.default(60000),
    validateOnly: bool.in('1+').default(false),
  },
  { legacy: '0-1' },
)
export type CreateTopicsRequest = Infer<typeof CreateTopicsRequest>

export const CreateTopicsResponse = response(
  'CreateTopics',
  '2-7',
  '5+',
  {
    throttleTimeMs: int32.in('2+').ignorable,
    topics: array({
      name: string,
      topicId: uuid.in('7+').ignorable,
      errorCode: int16,
      errorMessage: string.in('1+').nullable.ignorable,
      topicConfigErrorCode: int16.in('5+').tagged(0).ignorable,
      numPartitions: int32.in('5+').ignorable.default(-1),
      replicationFactor: int16.in('5+').ignorable.default(-1),
      configs: array({
        name: string,
        value: string.nullable,
        readOnly: bool,
        configSource: int8.ignorable.default(-1),
        isSensitive: bool,
      }).in('5+').nullable.ignorable,
    }),
  },
  { legacy: '0-1' },
)
export type CreateTopicsResponse = Infer<typeof CreateTopicsResponse>
