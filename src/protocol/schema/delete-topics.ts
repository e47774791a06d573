import { array, type Infer, int16, int32, request, response, string, uuid } from '../codec/index.js'

export const DeleteTopicsRequest = request(
  'DeleteTopics',
  '1-6',
  '4+',
  {
    topics: array({
      name: string.nullable.default(null),
      topicId: uuid,
    }).in('6+'),
    topicNames: array(string).in('0-5').ignorable,
    timeoutMs: int32,
  },
  { legacy: '0' },
)
export type DeleteTopicsRequest = Infer<typeof DeleteTopicsRequest>

export const DeleteTopicsResponse = response(
  'DeleteTopics',
  '1-6',
  '4+',
  {
    throttleTimeMs: int32.in('1+').ignorable,
    responses: array({
      name: string.nullableIn('6+'),
      topicId: uuid.in('6+').ignorable,
      errorCode: int16,
      errorMessage: string.in('5+').nullable.ignorable.default(null),
    }),
  },
  { legacy: '0' },
)
export type DeleteTopicsResponse = Infer<typeof DeleteTopicsResponse>
