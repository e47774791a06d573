import { bytes, type Infer, int16, int32, int64, request, response } from '../codec/index.js'

export const RenewDelegationTokenRequest = request('RenewDelegationToken', '1-2', '2+', {
  hmac: bytes,
  renewPeriodMs: int64,
})
export type RenewDelegationTokenRequest = Infer<typeof RenewDelegationTokenRequest>

export const RenewDelegationTokenResponse = response('RenewDelegationToken', '1-2', '2+', {
  errorCode: int16,
  expiryTimestampMs: int64,
  throttleTimeMs: int32,
})
export type RenewDelegationTokenResponse = Infer<typeof RenewDelegationTokenResponse>
