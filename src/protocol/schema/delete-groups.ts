import { array, type Infer, int16, int32, request, response, string } from '../codec/index.js'

export const DeleteGroupsRequest = request('DeleteGroups', '0-2', '2+', {
  groupsNames: array(string),
})
export type DeleteGroupsRequest = Infer<typeof DeleteGroupsRequest>

export const DeleteGroupsResponse = response('DeleteGroups', '0-2', '2+', {
  throttleTimeMs: int32,
  results: array({
    groupId: string,
    errorCode: int16,
  }),
})
export type DeleteGroupsResponse = Infer<typeof DeleteGroupsResponse>
