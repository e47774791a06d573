import { array, type Infer, int16, request, response, string } from '../codec/index.js'

export const SaslHandshakeRequest = request('SaslHandshake', '0-1', 'none', {
  mechanism: string,
})
export type SaslHandshakeRequest = Infer<typeof SaslHandshakeRequest>

export const SaslHandshakeResponse = response('SaslHandshake', '0-1', 'none', {
  errorCode: int16,
  mechanisms: array(string),
})
export type SaslHandshakeResponse = Infer<typeof SaslHandshakeResponse>
