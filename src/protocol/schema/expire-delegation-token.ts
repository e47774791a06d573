import { bytes, type Infer, int16, int32, int64, request, response } from '../codec/index.js'

export const ExpireDelegationTokenRequest = request('ExpireDelegationToken', '1-2', '2+', {
  hmac: bytes,
  expiryTimePeriodMs: int64,
})
export type ExpireDelegationTokenRequest = Infer<typeof ExpireDelegationTokenRequest>

export const ExpireDelegationTokenResponse = response('ExpireDelegationToken', '1-2', '2+', {
  errorCode: int16,
  expiryTimestampMs: int64,
  throttleTimeMs: int32,
})
export type ExpireDelegationTokenResponse = Infer<typeof ExpireDelegationTokenResponse>
