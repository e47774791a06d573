import { type Infer, int16, int32, request, response, string } from '../codec/index.js'

export const HeartbeatRequest = request('Heartbeat', '0-4', '4+', {
  groupId: string,
  generationId: int32,
  memberId: string,
  groupInstanceId: string.in('3+').nullable.default(null),
})
export type HeartbeatRequest = Infer<typeof HeartbeatRequest>

export const HeartbeatResponse = response('Heartbeat', '0-4', '4+', {
  throttleTimeMs: int32.in('1+').ignorable,
  errorCode: int16,
})
export type HeartbeatResponse = Infer<typeof HeartbeatResponse>
