import { array, type Infer, int8, int16, int32, request, response, string } from '../codec/index.js'

export const FindCoordinatorRequest = request('FindCoordinator', '0-6', '3+', {
  key: string.in('0-3'),
  keyType: int8.in('1+').default(0),
  coordinatorKeys: array(string).in('4+'),
})
export type FindCoordinatorRequest = Infer<typeof FindCoordinatorRequest>

export const FindCoordinatorResponse = response('FindCoordinator', '0-6', '3+', {
  throttleTimeMs: int32.in('1+').ignorable,
  errorCode: int16.in('0-3'),
  errorMessage: string.in('1-3').nullable.ignorable,
  nodeId: int32.in('0-3'),
  host: string.in('0-3'),
  port: int32.in('0-3'),
  coordinators: array({
    key: string,
    nodeId: int32,
    host: string,
    port: int32,
    errorCode: int16,
    errorMessage: string.nullable.ignorable,
  }).in('4+'),
})
export type FindCoordinatorResponse = Infer<typeof FindCoordinatorResponse>
