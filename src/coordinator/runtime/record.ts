/**
 * A record of a coordinator's log: the message of its key, whose type is the key's first two bytes,
 * and that of its value with its version in front; null is a tombstone.
 */
export interface CoordinatorRecord {
  /** Number of the key's schema, as in Kafka's `CoordinatorRecordType`. */
  readonly type: number
  readonly key: unknown
  readonly version: number
  readonly value: unknown
}
