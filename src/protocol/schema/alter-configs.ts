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

export const AlterConfigsRequest = request('AlterConfigs', '0-2', '2+', {
  resources: array({
    resourceType: int8,
    resourceName: string,
    configs: array({
      name: string,
      value: string.nullable,
    }),
  }),
  validateOnly: bool,
})
export type AlterConfigsRequest = Infer<typeof AlterConfigsRequest>

export const AlterConfigsResponse = response('AlterConfigs', '0-2', '2+', {
  throttleTimeMs: int32,
  responses: array({
    errorCode: int16,
    errorMessage: string.nullable,
    resourceType: int8,
    resourceName: string,
  }),
})
export type AlterConfigsResponse = Infer<typeof AlterConfigsResponse>
