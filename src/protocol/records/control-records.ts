import { buildBatch } from './builder.js'
import { corrupt } from './record-error.js'

/** What a control record says (Kafka's `ControlRecordType`); readers ignore the ones they don't know. */
export const ControlRecordType = {
  ABORT: 0,
  COMMIT: 1,
  LEADER_CHANGE: 2,
  SNAPSHOT_HEADER: 3,
  SNAPSHOT_FOOTER: 4,
  KRAFT_VERSION: 5,
  KRAFT_VOTERS: 6,
} as const
export type ControlRecordType = (typeof ControlRecordType)[keyof typeof ControlRecordType]

const KEY_VERSION = 0
const KEY_SIZE = 4

/** The key of a control record: its schema's version and its type. */
export function controlRecordKey(type: ControlRecordType): Buffer {
  const key = Buffer.allocUnsafe(KEY_SIZE)
  key.writeInt16BE(KEY_VERSION, 0)
  key.writeInt16BE(type, 2)
  return key
}

/**
 * The type of the control record with this key; a number that {@link ControlRecordType} lacks is of
 * a later Kafka.
 *
 * @throws KafkaError CORRUPT_MESSAGE for what can't be such a key
 */
export function controlRecordType(key: Buffer | null): number {
  if (key === null || key.length < KEY_SIZE) throw corrupt('a control record without its key')
  const version = key.readInt16BE(0)
  if (version < 0) throw corrupt(`a control record with key version ${version}`)
  return key.readInt16BE(2)
}

export interface ControlRecordInput {
  readonly type: ControlRecordType
  /** The message of that type as its schema writes it; the version is a field of each. */
  readonly value: Buffer
}

export interface ControlBatchInput {
  readonly baseOffset?: number
  readonly records: readonly ControlRecordInput[]
  readonly timestamp: number
  readonly partitionLeaderEpoch: number
}

/** A batch of control records of the raft log or of a snapshot. */
export function buildControlBatch(input: ControlBatchInput): Buffer {
  return buildBatch({
    baseOffset: input.baseOffset ?? 0,
    timestamp: input.timestamp,
    partitionLeaderEpoch: input.partitionLeaderEpoch,
    control: true,
    records: input.records.map(({ type, value }) => ({ key: controlRecordKey(type), value })),
  })
}

export interface EndTxnMarkerInput {
  readonly type: typeof ControlRecordType.ABORT | typeof ControlRecordType.COMMIT
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly timestamp: number
  readonly baseOffset?: number
  readonly partitionLeaderEpoch?: number
}

const END_TXN_MARKER_VERSION = 0

/** A batch with the one marker that ends a producer's transaction in a partition (KIP-98). */
export function buildEndTxnMarker(input: EndTxnMarkerInput): Buffer {
  const value = Buffer.allocUnsafe(6)
  value.writeInt16BE(END_TXN_MARKER_VERSION, 0)
  value.writeInt32BE(input.coordinatorEpoch, 2)
  return buildBatch({
    ...(input.baseOffset === undefined ? {} : { baseOffset: input.baseOffset }),
    ...(input.partitionLeaderEpoch === undefined
      ? {}
      : { partitionLeaderEpoch: input.partitionLeaderEpoch }),
    timestamp: input.timestamp,
    producerId: input.producerId,
    producerEpoch: input.producerEpoch,
    transactional: true,
    control: true,
    records: [{ key: controlRecordKey(input.type), value }],
  })
}

/**
 * The coordinator epoch in the value of an ABORT or COMMIT marker.
 *
 * @throws KafkaError CORRUPT_MESSAGE
 */
export function endTxnMarkerCoordinatorEpoch(value: Buffer | null): number {
  if (value === null || value.length < 6) throw corrupt('an end transaction marker without a value')
  return value.readInt32BE(2)
}
