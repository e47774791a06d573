import {
  array,
  data,
  type Infer,
  int16,
  int32,
  int64,
  string,
  struct,
  uint16,
  uuid,
} from '../codec/index.js'

export const ControlRecordTypeSchema = data('ControlRecordTypeSchema', '0', 'none', {
  type: int16,
})
export type ControlRecordTypeSchema = Infer<typeof ControlRecordTypeSchema>

export const EndTxnMarker = data('EndTxnMarker', '0', 'none', {
  coordinatorEpoch: int32,
})
export type EndTxnMarker = Infer<typeof EndTxnMarker>

const Voter = struct({
  voterId: int32,
  voterDirectoryId: uuid.in('1+'),
})

export const LeaderChangeMessage = data('LeaderChangeMessage', '0-1', '0+', {
  version: int16,
  leaderId: int32,
  voters: array(Voter),
  grantingVoters: array(Voter),
})
export type LeaderChangeMessage = Infer<typeof LeaderChangeMessage>

export const SnapshotHeaderRecord = data('SnapshotHeaderRecord', '0', '0+', {
  version: int16,
  lastContainedLogTimestamp: int64,
})
export type SnapshotHeaderRecord = Infer<typeof SnapshotHeaderRecord>

export const SnapshotFooterRecord = data('SnapshotFooterRecord', '0', '0+', {
  version: int16,
})
export type SnapshotFooterRecord = Infer<typeof SnapshotFooterRecord>

export const KRaftVersionRecord = data('KRaftVersionRecord', '0', '0+', {
  version: int16,
  kRaftVersion: int16,
})
export type KRaftVersionRecord = Infer<typeof KRaftVersionRecord>

export const VotersRecord = data('VotersRecord', '0', '0+', {
  version: int16,
  voters: array({
    voterId: int32,
    voterDirectoryId: uuid,
    endpoints: array({
      name: string,
      host: string,
      port: uint16,
    }),
    kRaftVersionFeature: struct({
      minSupportedVersion: int16,
      maxSupportedVersion: int16,
    }),
  }),
})
export type VotersRecord = Infer<typeof VotersRecord>
