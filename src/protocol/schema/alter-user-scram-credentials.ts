import {
  array,
  bytes,
  type Infer,
  int8,
  int16,
  int32,
  request,
  response,
  string,
} from '../codec/index.js'

export const AlterUserScramCredentialsRequest = request('AlterUserScramCredentials', '0', '0+', {
  deletions: array({
    name: string,
    mechanism: int8,
  }),
  upsertions: array({
    name: string,
    mechanism: int8,
    iterations: int32,
    salt: bytes,
    saltedPassword: bytes,
  }),
})
export type AlterUserScramCredentialsRequest = Infer<typeof AlterUserScramCredentialsRequest>

export const AlterUserScramCredentialsResponse = response('AlterUserScramCredentials', '0', '0+', {
  throttleTimeMs: int32,
  results: array({
    user: string,
    errorCode: int16,
    errorMessage: string.nullable,
  }),
})
export type AlterUserScramCredentialsResponse = Infer<typeof AlterUserScramCredentialsResponse>
