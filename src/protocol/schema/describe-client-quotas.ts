import {
  array,
  bool,
  float64,
  type Infer,
  int8,
  int16,
  int32,
  request,
  response,
  string,
} from '../codec/index.js'

export const DescribeClientQuotasRequest = request('DescribeClientQuotas', '0-1', '1+', {
  components: array({
    entityType: string,
    matchType: int8,
    match: string.nullable,
  }),
  strict: bool,
})
export type DescribeClientQuotasRequest = Infer<typeof DescribeClientQuotasRequest>

export const DescribeClientQuotasResponse = response('DescribeClientQuotas', '0-1', '1+', {
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: string.nullable,
  entries: array({
    entity: array({
      entityType: string,
      entityName: string.nullable,
    }),
    values: array({
      key: string,
      value: float64,
    }),
  }).nullable,
})
export type DescribeClientQuotasResponse = Infer<typeof DescribeClientQuotasResponse>
