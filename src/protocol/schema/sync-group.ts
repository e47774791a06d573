import {
  array,
  bytes,
  type Infer,
  int16,
  int32,
  request,
  response,
  string,
} from '../codec/index.js'

export const SyncGroupRequest = request('SyncGroup', '0-5', '4+', {
  groupId: string,
  generationId: int32,
  memberId: string,
  groupInstanceId: string.in('3+').nullable.default(null),
  protocolType: string.in('5+').nullable.ignorable.default(null),
  protocolName: string.in('5+').nullable.ignorable.default(null),
  assignments: array({
    memberId: string,
    assignment: bytes,
  }),
})
export type SyncGroupRequest = Infer<typeof SyncGroupRequest>

export const SyncGroupResponse = response('SyncGroup', '0-5', '4+', {
  throttleTimeMs: int32.in('1+').ignorable,
  errorCode: int16,
  protocolType: string.in('5+').nullable.ignorable.default(null),
  protocolName: string.in('5+').nullable.ignorable.default(null),
  assignment: bytes,
})
export type SyncGroupResponse = Infer<typeof SyncGroupResponse>
