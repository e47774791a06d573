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

export const IncrementalAlterConfigsRequest = request('IncrementalAlterConfigs', '0-1', '1+', {
  resources: array({
    resourceType: int8,
    resourceName: string,
    configs: array({
      name: string,
      configOperation: int8,
      value: string.nullable,
    }),
  }),
  validateOnly: bool,
})
export type IncrementalAlterConfigsRequest = Infer<typeof IncrementalAlterConfigsRequest>

export const IncrementalAlterConfigsResponse = response('IncrementalAlterConfigs', '0-1', '1+', {
  throttleTimeMs: int32,
  responses: array({
    errorCode: int16,
    errorMessage: string.nullable,
    resourceType: int8,
    resourceName: string,
  }),
})
export type IncrementalAlterConfigsResponse = Infer<typeof IncrementalAlterConfigsResponse>
