import { bytes, type Infer, int16, request, response } from '../codec/index.js'

export const EnvelopeRequest = request('Envelope', '0', '0+', {
  requestData: bytes,
  requestPrincipal: bytes.nullable,
  clientHostAddress: bytes,
})
export type EnvelopeRequest = Infer<typeof EnvelopeRequest>

export const EnvelopeResponse = response('Envelope', '0', '0+', {
  responseData: bytes.nullable.default(null),
  errorCode: int16,
})
export type EnvelopeResponse = Infer<typeof EnvelopeResponse>
