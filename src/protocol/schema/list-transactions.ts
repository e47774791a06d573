import {
  array,
  type Infer,
  int16,
  int32,
  int64,
  request,
  response,
  string,
} from '../codec/index.js'

export const ListTransactionsRequest = request('ListTransactions', '0-2', '0+', {
  stateFilters: array(string),
  producerIdFilters: array(int64),
  durationFilter: int64.in('1+').default(-1),
  transactionalIdPattern: string.in('2+').nullable.default(null),
})
export type ListTransactionsRequest = Infer<typeof ListTransactionsRequest>

export const ListTransactionsResponse = response('ListTransactions', '0-2', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  unknownStateFilters: array(string),
  transactionStates: array({
    transactionalId: string,
    producerId: int64,
    transactionState: string,
  }),
})
export type ListTransactionsResponse = Infer<typeof ListTransactionsResponse>
