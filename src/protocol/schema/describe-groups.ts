import {
  array,
  bool,
  bytes,
  type Infer,
  int16,
  int32,
  request,
  response,
  string,
} from '../codec/index.js'

export const DescribeGroupsRequest = request('DescribeGroups', '0-6', '5+', {
  groups: array(string),
  includeAuthorizedOperations: bool.in('3+'),
})
export type DescribeGroupsRequest = Infer<typeof DescribeGroupsRequest>

export const DescribeGroupsResponse = response('DescribeGroups', '0-6', '5+', {
  throttleTimeMs: int32.in('1+').ignorable,
  groups: array({
    errorCode: int16,
    errorMessage: string.in('6+').nullable.default(null),
    groupId: string,
    groupState: string,
    protocolType: string,
    protocolData: string,
    members: array({
      memberId: string,
      groupInstanceId: string.in('4+').nullable.ignorable.default(null),
      clientId: string,
      clientHost: string,
      memberMetadata: bytes,
      memberAssignment: bytes,
    }),
    authorizedOperations: int32.in('3+').default(-2147483648),
  }),
})
export type DescribeGroupsResponse = Infer<typeof DescribeGroupsResponse>
