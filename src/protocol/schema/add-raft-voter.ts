import {
  array,
  bool,
  type Infer,
  int16,
  int32,
  request,
  response,
  string,
  uint16,
  uuid,
} from '../codec/index.js'

export const AddRaftVoterRequest = request('AddRaftVoter', '0-1', '0+', {
  clusterId: string.nullable,
  timeoutMs: int32,
  voterId: int32,
  voterDirectoryId: uuid,
  listeners: array({
    name: string,
    host: string,
    port: uint16,
  }),
  ackWhenCommitted: bool.in('1+').default(true),
})
export type AddRaftVoterRequest = Infer<typeof AddRaftVoterRequest>

export const AddRaftVoterResponse = response('AddRaftVoter', '0-1', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: string.nullable.ignorable,
})
export type AddRaftVoterResponse = Infer<typeof AddRaftVoterResponse>
