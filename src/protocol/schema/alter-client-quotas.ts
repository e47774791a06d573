import {
  array,
  bool,
  float64,
  type Infer,
  int16,
  int32,
  request,
  response,
  string,
} from '../codec/index.js'

export const AlterClientQuotasRequest = request('AlterClientQuotas', '0-1', '1+', {
  entries: array({
    entity: array({
      entityType: string,
      entityName: string.nullable,
    }),
    ops: array({
      key: string,
      value: float64,
      remove: bool,
    }),
  }),
  validateOnly: bool,
})
export type AlterClientQuotasRequest = Infer<typeof AlterClientQuotasRequest>

export const AlterClientQuotasResponse = response('AlterClientQuotas', '0-1', '1+', {
  throttleTimeMs: int32,
  entries: array({
    errorCode: int16,
    errorMessage: string.nullable,
    entity: array({
      entityType: string,
      entityName: string.nullable,
    }),
  }),
})
export type AlterClientQuotasResponse = Infer<typeof AlterClientQuotasResponse>
