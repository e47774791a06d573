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

export const JoinGroupRequest = request('JoinGroup', '0-9', '6+', {
  groupId: string,
  sessionTimeoutMs: int32,
  rebalanceTimeoutMs: int32.in('1+').ignorable.default(-1),
  memberId: string,
  groupInstanceId: string.in('5+').nullable.default(null),
  protocolType: string,
  protocols: array({
    name: string,
    metadata: bytes,
  }),
  reason: string.in('8+').nullable.ignorable.default(null),
})
export type JoinGroupRequest = Infer<typeof JoinGroupRequest>

export const JoinGroupResponse = response('JoinGroup', '0-9', '6+', {
  throttleTimeMs: int32.in('2+').ignorable,
  errorCode: int16,
  generationId: int32.default(-1),
  protocolType: string.in('7+').nullable.ignorable.default(null),
  protocolName: string.nullableIn('7+'),
  leader: string,
  skipAssignment: bool.in('9+').default(false),
  memberId: string,
  members: array({
    memberId: string,
    groupInstanceId: string.in('5+').nullable.ignorable.default(null),
    metadata: bytes,
  }),
})
export type JoinGroupResponse = Infer<typeof JoinGroupResponse>
