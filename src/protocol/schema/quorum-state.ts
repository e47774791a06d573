import { array, data, type Infer, int32, int64, string, uuid } from '../codec/index.js'

export const QuorumStateData = data('QuorumStateData', '0-1', '0+', {
  clusterId: string.in('0'),
  leaderId: int32.default(-1),
  leaderEpoch: int32.default(-1),
  votedId: int32.default(-1),
  votedDirectoryId: uuid.in('1+'),
  appliedOffset: int64.in('0'),
  currentVoters: array({
    voterId: int32,
  }).in('0').nullable,
})
export type QuorumStateData = Infer<typeof QuorumStateData>
