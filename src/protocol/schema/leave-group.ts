import { array, type Infer, int16, int32, request, response, string } from '../codec/index.js'

export const LeaveGroupRequest = request('LeaveGroup', '0-5', '4+', {
  groupId: string,
  memberId: string.in('0-2'),
  members: array({
    memberId: string,
    groupInstanceId: string.nullable.default(null),
    reason: string.in('5+').nullable.ignorable.default(null),
  }).in('3+'),
})
export type LeaveGroupRequest = Infer<typeof LeaveGroupRequest>

export const LeaveGroupResponse = response('LeaveGroup', '0-5', '4+', {
  throttleTimeMs: int32.in('1+').ignorable,
  errorCode: int16,
  members: array({
    memberId: string,
    groupInstanceId: string.nullable,
    errorCode: int16,
  }).in('3+'),
})
export type LeaveGroupResponse = Infer<typeof LeaveGroupResponse>
