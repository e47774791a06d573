import { type Infer, int16, int32, request, response, string } from '../codec/index.js'

export const UnregisterBrokerRequest = request('UnregisterBroker', '0', '0+', {
  brokerId: int32,
})
export type UnregisterBrokerRequest = Infer<typeof UnregisterBrokerRequest>

export const UnregisterBrokerResponse = response('UnregisterBroker', '0', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: string.nullable,
})
export type UnregisterBrokerResponse = Infer<typeof UnregisterBrokerResponse>
