import { array, type Infer, int8, int16, int32, request, response, string } from '../codec/index.js'

export const CreateAclsRequest = request('CreateAcls', '1-3', '2+', {
  creations: array({
    resourceType: int8,
    resourceName: string,
    resourcePatternType: int8.in('1+').default(3),
    principal: string,
    host: string,
    operation: int8,
    permissionType: int8,
  }),
})
export type CreateAclsRequest = Infer<typeof CreateAclsRequest>

export const CreateAclsResponse = response('CreateAcls', '1-3', '2+', {
  throttleTimeMs: int32,
  results: array({
    errorCode: int16,
    errorMessage: string.nullable,
  }),
})
export type CreateAclsResponse = Infer<typeof CreateAclsResponse>
