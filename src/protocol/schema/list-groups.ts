import { array, type Infer, int16, int32, request, response, string } from '../codec/index.js'

export const ListGroupsRequest = request('ListGroups', '0-5', '3+', {
  statesFilter: array(string).in('4+'),
  typesFilter: array(string).in('5+'),
})
export type ListGroupsRequest = Infer<typeof ListGroupsRequest>

export const ListGroupsResponse = response('ListGroups', '0-5', '3+', {
  throttleTimeMs: int32.in('1+').ignorable,
  errorCode: int16,
  groups: array({
    groupId: string,
    protocolType: string,
    groupState: string.in('4+').ignorable,
    groupType: string.in('5+').ignorable,
  }),
})
export type ListGroupsResponse = Infer<typeof ListGroupsResponse>
