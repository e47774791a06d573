import type { VersionRange } from './cluster.js'

export const METADATA_VERSION = 'metadata.version'
export const KRAFT_VERSION = 'kraft.version'
export const TRANSACTION_VERSION = 'transaction.version'

/**
 * The features of Apache Kafka 4.3 and the levels of each that this version can work with, in the
 * order in which `kafka-storage format` writes them.
 */
export const supportedFeatures: ReadonlyMap<string, VersionRange> = new Map([
  [METADATA_VERSION, { min: 7, max: 30 }],
  ['eligible.leader.replicas.version', { min: 0, max: 1 }],
  ['group.version', { min: 0, max: 1 }],
  [KRAFT_VERSION, { min: 0, max: 1 }],
  ['share.version', { min: 0, max: 1 }],
  ['streams.version', { min: 0, max: 1 }],
  [TRANSACTION_VERSION, { min: 0, max: 2 }],
])

/** The levels a newly formatted directory starts with: what 4.3 itself calls production ready. */
export const latestProductionLevels: ReadonlyMap<string, number> = new Map(
  [...supportedFeatures]
    .filter(([name]) => name !== KRAFT_VERSION)
    .map(([name, { max }]) => [name, max]),
)

/** Why a finalized level can't be worked with, undefined when it can. */
export function unsupportedLevel(name: string, level: number): string | undefined {
  const range = supportedFeatures.get(name)
  if (range === undefined) {
    return level === 0 ? undefined : `The feature ${name} (level ${level}) is not known.`
  }
  if (level >= range.min && level <= range.max) return undefined
  return `The feature ${name} has level ${level}; levels ${range.min} to ${range.max} are supported.`
}

/** Whether partitions keep eligible leader replicas (KIP-966). */
export function isElrEnabled(features: ReadonlyMap<string, number>): boolean {
  return (features.get('eligible.leader.replicas.version') ?? 0) > 0
}
