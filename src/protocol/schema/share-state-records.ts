import {
  array,
  type Infer,
  int8,
  int16,
  int32,
  int64,
  record,
  string,
  uuid,
} from '../codec/index.js'

export const ShareSnapshotKey = record('ShareSnapshotKey', 0, '0', 'none', {
  groupId: string,
  topicId: uuid,
  partition: int32,
})
export type ShareSnapshotKey = Infer<typeof ShareSnapshotKey>

export const ShareSnapshotValue = record('ShareSnapshotValue', 0, '0', '0+', {
  snapshotEpoch: int32,
  stateEpoch: int32,
  leaderEpoch: int32,
  startOffset: int64,
  deliveryCompleteCount: int32.tagged(0).default(-1),
  createTimestamp: int64,
  writeTimestamp: int64,
  stateBatches: array({
    firstOffset: int64,
    lastOffset: int64,
    deliveryState: int8,
    deliveryCount: int16,
  }),
})
export type ShareSnapshotValue = Infer<typeof ShareSnapshotValue>

export const ShareUpdateKey = record('ShareUpdateKey', 1, '0', 'none', {
  groupId: string,
  topicId: uuid,
  partition: int32,
})
export type ShareUpdateKey = Infer<typeof ShareUpdateKey>

export const ShareUpdateValue = record('ShareUpdateValue', 1, '0', '0+', {
  snapshotEpoch: int32,
  leaderEpoch: int32,
  startOffset: int64,
  deliveryCompleteCount: int32.tagged(0).default(-1),
  stateBatches: array({
    firstOffset: int64,
    lastOffset: int64,
    deliveryState: int8,
    deliveryCount: int16,
  }),
})
export type ShareUpdateValue = Infer<typeof ShareUpdateValue>
