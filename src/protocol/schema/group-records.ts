import {
  array,
  bigint,
  bytes,
  type Infer,
  int32,
  int64,
  record,
  string,
  struct,
  uuid,
} from '../codec/index.js'

export const LegacyOffsetCommitKey = record('LegacyOffsetCommitKey', 0, '0', 'none', {
  group: string,
  topic: string,
  partition: int32,
})
export type LegacyOffsetCommitKey = Infer<typeof LegacyOffsetCommitKey>

export const LegacyOffsetCommitValue = record('LegacyOffsetCommitValue', 0, '0', 'none', {
  offset: bigint,
  metadata: string,
  commitTimestamp: int64,
})
export type LegacyOffsetCommitValue = Infer<typeof LegacyOffsetCommitValue>

export const OffsetCommitKey = record('OffsetCommitKey', 1, '0', 'none', {
  group: string,
  topic: string,
  partition: int32,
})
export type OffsetCommitKey = Infer<typeof OffsetCommitKey>

export const OffsetCommitValue = record('OffsetCommitValue', 1, '0-4', '4+', {
  offset: bigint,
  leaderEpoch: int32.in('3+').ignorable.default(-1),
  metadata: string,
  commitTimestamp: int64,
  expireTimestamp: int64.in('1').ignorable.default(-1),
  topicId: uuid.in('4+').tagged(0).ignorable,
})
export type OffsetCommitValue = Infer<typeof OffsetCommitValue>

export const GroupMetadataKey = record('GroupMetadataKey', 2, '0', 'none', {
  group: string,
})
export type GroupMetadataKey = Infer<typeof GroupMetadataKey>

const MemberMetadata = struct({
  memberId: string,
  groupInstanceId: string.in('3+').nullable.ignorable.default(null),
  clientId: string,
  clientHost: string,
  rebalanceTimeout: int32.in('1+').ignorable.default(-1),
  sessionTimeout: int32,
  subscription: bytes,
  assignment: bytes,
})

export const GroupMetadataValue = record('GroupMetadataValue', 2, '0-4', '4+', {
  protocolType: string,
  generation: int32,
  protocol: string.nullable,
  leader: string.nullable,
  currentStateTimestamp: int64.in('2+').ignorable.default(-1),
  members: array(MemberMetadata),
})
export type GroupMetadataValue = Infer<typeof GroupMetadataValue>
