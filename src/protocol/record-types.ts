import type { AnyMessage } from './codec/index.js'
import * as consumerGroup from './schema/consumer-group-records.js'
import * as classicGroup from './schema/group-records.js'
import * as metadata from './schema/metadata-records.js'
import * as shareGroup from './schema/share-group-records.js'
import * as shareState from './schema/share-state-records.js'
import * as streamsGroup from './schema/streams-group-records.js'
import * as transaction from './schema/transaction-records.js'

/** The records of the metadata log, by their API key. */
export const metadataRecords: ReadonlyMap<number, AnyMessage> = new Map(
  Object.values(metadata).map((schema) => [schema.key, schema]),
)

/** The two halves of a coordinator's record. */
export interface CoordinatorRecordType {
  readonly key: AnyMessage
  readonly value: AnyMessage
}

/**
 * The records of `__consumer_offsets` by type, which is the number in front of the key. Offset commits
 * have two: 0 is what they had before Kafka 0.9.
 */
export const groupRecords: ReadonlyMap<number, CoordinatorRecordType> = pairs({
  ...classicGroup,
  ...consumerGroup,
  ...shareGroup,
  ...streamsGroup,
})

/** The records of `__transaction_state` by type. */
export const transactionRecords: ReadonlyMap<number, CoordinatorRecordType> = pairs(transaction)

/** The records of `__share_group_state` by type. */
export const shareStateRecords: ReadonlyMap<number, CoordinatorRecordType> = pairs(shareState)

function pairs(schemas: Readonly<Record<string, AnyMessage>>): Map<number, CoordinatorRecordType> {
  const types = new Map<number, CoordinatorRecordType>()
  for (const [name, key] of Object.entries(schemas)) {
    if (!name.endsWith('Key')) continue
    const value = schemas[`${name.slice(0, -'Key'.length)}Value`]
    if (value !== undefined) types.set(key.key, { key, value })
  }
  return types
}
