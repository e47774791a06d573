import { type Infer, int16, int32, request, response, string, uuid } from '../codec/index.js'

export const RemoveRaftVoterRequest = request('RemoveRaftVoter', '0', '0+', {
  clusterId: string.nullable,
  voterId: int32,
  voterDirectoryId: uuid,
})
export type RemoveRaftVoterRequest = Infer<typeof RemoveRaftVoterRequest>

export const RemoveRaftVoterResponse = response('RemoveRaftVoter', '0', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: string.nullable.ignorable,
})
export type RemoveRaftVoterResponse = Infer<typeof RemoveRaftVoterResponse>
