import { array, type Infer, int8, int16, int32, request, response, string } from '../codec/index.js'

export const DescribeUserScramCredentialsRequest = request(
  'DescribeUserScramCredentials',
  '0',
  '0+',
  {
    users: array({
      name: string,
    }).nullable,
  },
)
export type DescribeUserScramCredentialsRequest = Infer<typeof DescribeUserScramCredentialsRequest>

export const DescribeUserScramCredentialsResponse = response(
  'DescribeUserScramCredentials',
  '0',
  '0+',
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable,
    results: array({
      user: string,
      errorCode: int16,
      errorMessage: string.nullable,
      credentialInfos: array({
        mechanism: int8,
        iterations: int32,
      }),
    }),
  },
)
export type DescribeUserScramCredentialsResponse = Infer<
  typeof DescribeUserScramCredentialsResponse
>
