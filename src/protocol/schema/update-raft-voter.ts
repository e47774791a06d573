import {
  array,
  type Infer,
  int16,
  int32,
  request,
  response,
  string,
  struct,
  uint16,
  uuid,
} from '../codec/index.js'

export const UpdateRaftVoterRequest = request('UpdateRaftVoter', '0', '0+', {
  clusterId: string.nullable,
  currentLeaderEpoch: int32,
  voterId: int32,
  voterDirectoryId: uuid,
  listeners: array({
    name: string,
    host: string,
    port: uint16,
  }),
  kRaftVersionFeature: struct({
    minSupportedVersion: int16,
    maxSupportedVersion: int16,
  }),
})
export type UpdateRaftVoterRequest = Infer<typeof UpdateRaftVoterRequest>

export const UpdateRaftVoterResponse = response('UpdateRaftVoter', '0', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  currentLeader: struct({
    leaderId: int32.default(-1),
    leaderEpoch: int32.default(-1),
    host: string,
    port: int32,
  }).tagged(0),
})
export type UpdateRaftVoterResponse = Infer<typeof UpdateRaftVoterResponse>
