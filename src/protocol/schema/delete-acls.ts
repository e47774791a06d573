import { array, type Infer, int8, int16, int32, request, response, string } from '../codec/index.js'

export const DeleteAclsRequest = request('DeleteAcls', '1-3', '2+', {
  filters: array({
    resourceTypeFilter: int8,
    resourceNameFilter: string.nullable,
    patternTypeFilter: int8.in('1+').default(3),
    principalFilter: string.nullable,
    hostFilter: string.nullable,
    operation: int8,
    permissionType: int8,
  }),
})
export type DeleteAclsRequest = Infer<typeof DeleteAclsRequest>

export const DeleteAclsResponse = response('DeleteAcls', '1-3', '2+', {
  throttleTimeMs: int32,
  filterResults: array({
    errorCode: int16,
    errorMessage: string.nullable,
    matchingAcls: array({
      errorCode: int16,
      errorMessage: string.nullable,
      resourceType: int8,
      resourceName: string,
      patternType: int8.in('1+').default(3),
      principal: string,
      host: string,
      operation: int8,
      permissionType: int8,
    }),
  }),
})
export type DeleteAclsResponse = Infer<typeof DeleteAclsResponse>
