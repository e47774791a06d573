import {
  array,
  bytes,
  type Infer,
  int16,
  int32,
  int64,
  request,
  response,
  string,
} from '../codec/index.js'

export const CreateDelegationTokenRequest = request('CreateDelegationToken', '1-3', '2+', {
  ownerPrincipalType: string.in('3+').nullable,
  ownerPrincipalName: string.in('3+').nullable,
  renewers: array({
    principalType: string,
    principalName: string,
  }),
  maxLifetimeMs: int64,
})
export type CreateDelegationTokenRequest = Infer<typeof CreateDelegationTokenRequest>

export const CreateDelegationTokenResponse = response('CreateDelegationToken', '1-3', '2+', {
  errorCode: int16,
  principalType: string,
  principalName: string,
  tokenRequesterPrincipalType: string.in('3+'),
  tokenRequesterPrincipalName: string.in('3+'),
  issueTimestampMs: int64,
  expiryTimestampMs: int64,
  maxTimestampMs: int64,
  tokenId: string,
  hmac: bytes,
  throttleTimeMs: int32,
})
export type CreateDelegationTokenResponse = Infer<typeof CreateDelegationTokenResponse>
