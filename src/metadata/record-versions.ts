import { METADATA_VERSION } from './features.js'

/** In which version records are written, so that all nodes of the cluster can read them. */
export interface RecordVersions {
  readonly registerBroker: number
  /** Of PartitionRecord and PartitionChangeRecord. */
  readonly partition: number
  /** RegisterControllerRecord exists. */
  readonly registerController: boolean
  /** Several batches may be one change (KIP-868). */
  readonly transactions: boolean
}

/** Levels of `metadata.version` that brought new record versions (Kafka's `MetadataVersion`). */
const Level = {
  IBP_3_4_IV0: 8,
  IBP_3_6_IV1: 13,
  IBP_3_7_IV0: 15,
  IBP_3_7_IV2: 17,
  IBP_4_0_IV1: 23,
  IBP_4_3_IV0: 30,
} as const

/** What the finalized `metadata.version` allows. */
export function recordVersions(features: ReadonlyMap<string, number>): RecordVersions {
  const level = features.get(METADATA_VERSION) ?? 0
  const count = (...since: readonly number[]): number => since.filter((at) => level >= at).length
  return {
    registerBroker: 1 + count(Level.IBP_3_4_IV0, Level.IBP_3_7_IV2, Level.IBP_4_3_IV0),
    partition: count(Level.IBP_3_7_IV2, Level.IBP_4_0_IV1),
    registerController: level >= Level.IBP_3_7_IV0,
    transactions: level >= Level.IBP_3_6_IV1,
  }
}
