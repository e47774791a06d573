import {
  array,
  data,
  int16,
  int32,
  int64,
  string,
  struct,
  uint16,
  uuid,
} from '../protocol/codec/index.js'

const quorumVoter = {
  voterId: int32,
  voterDirectoryId: uuid.in('1+'),
}

export const LeaderChangeMessage = data('LeaderChangeMessage', '0-1', '0+', {
  version: int16,
  leaderId: int32,
  voters: array(quorumVoter),
  grantingVoters: array(quorumVoter),
})

export const SnapshotHeaderRecord = data('SnapshotHeaderRecord', '0', '0+', {
  version: int16,
  lastContainedLogTimestamp: int64,
})

export const SnapshotFooterRecord = data('SnapshotFooterRecord', '0', '0+', { version: int16 })

export const KRaftVersionRecord = data('KRaftVersionRecord', '0', '0+', {
  version: int16,
  kRaftVersion: int16,
})

export const VotersRecord = data('VotersRecord', '0', '0+', {
  version: int16,
  voters: array({
    voterId: int32,
    voterDirectoryId: uuid,
    endpoints: array({ name: string, host: string, port: uint16 }),
    kRaftVersionFeature: struct({ minSupportedVersion: int16, maxSupportedVersion: int16 }),
  }),
})
