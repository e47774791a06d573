import { array, bool, type Infer, int16, int32, request, response, string } from '../codec/index.js'

export const CreatePartitionsRequest = request('CreatePartitions', '0-3', '2+', {
  topics: array({
    name: string,
    count: int32,
    assignments: array({
      brokerIds: array(int32),
    }).nullable,
  }),
  timeoutMs: int32,
  validateOnly: bool,
})
export type CreatePartitionsRequest = Infer<typeof CreatePartitionsRequest>

export const CreatePartitionsResponse = response('CreatePartitions', '0-3', '2+', {
  throttleTimeMs: int32,
  results: array({
    name: string,
    errorCode: int16,
    errorMessage: string.nullable.default(null),
  }),
})
export type CreatePartitionsResponse = Infer<typeof CreatePartitionsResponse>
