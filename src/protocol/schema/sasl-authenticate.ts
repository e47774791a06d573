import { bytes, type Infer, int16, int64, request, response, string } from '../codec/index.js'

export const SaslAuthenticateRequest = request('SaslAuthenticate', '0-2', '2+', {
  authBytes: bytes,
})
export type SaslAuthenticateRequest = Infer<typeof SaslAuthenticateRequest>

export const SaslAuthenticateResponse = response('SaslAuthenticate', '0-2', '2+', {
  errorCode: int16,
  errorMessage: string.nullable,
  authBytes: bytes,
  sessionLifetimeMs: int64.in('1+').ignorable.default(0),
})
export type SaslAuthenticateResponse = Infer<typeof SaslAuthenticateResponse>
