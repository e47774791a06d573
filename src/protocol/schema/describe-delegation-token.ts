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

export const DescribeDelegationTokenRequest = request('DescribeDelegationToken', '1-3', '2+', {
  owners: array({
    principalType: string,
    principalName: string,
  }).nullable,
})
export type DescribeDelegationTokenRequest = Infer<typeof DescribeDelegationTokenRequest>

export const DescribeDelegationTokenResponse = response('DescribeDelegationToken', '1-3', '2+', {
  errorCode: int16,
  tokens: array({
    principalType: string,
    principalName: string,
    tokenRequesterPrincipalType: string.in('3+'),
    tokenRequesterPrincipalName: string.in('3+'),
    issueTimestamp: int64,
    expiryTimestamp: int64,
    maxTimestamp: int64,
    tokenId: string,
    hmac: bytes,
    renewers: array({
      principalType: string,
      principalName: string,
    }),
  }),
  throttleTimeMs: int32,
})
export type DescribeDelegationTokenResponse = Infer<typeof DescribeDelegationTokenResponse>
