import { array, type Infer, int8, int16, int32, request, response, string } from '../codec/index.js'

export const DescribeAclsRequest = request('DescribeAcls', '1-3', '2+', {
  resourceTypeFilter: int8,
  resourceNameFilter: string.nullable,
  patternTypeFilter: int8.in('1+').default(3),
  principalFilter: string.nullable,
  hostFilter: string.nullable,
  operation: int8,
  permissionType: int8,
})
export type DescribeAclsRequest = Infer<typeof DescribeAclsRequest>

export const DescribeAclsResponse = response('DescribeAcls', '1-3', '2+', {
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: string.nullable,
  resources: array({
    resourceType: int8,
    resourceName: string,
    patternType: int8.in('1+').default(3),
    acls: array({
      principal: string,
      host: string,
      operation: int8,
      permissionType: int8,
    }),
  }),
})
export type DescribeAclsResponse = Infer<typeof DescribeAclsResponse>
