import { ConfigResourceType } from './config/resource.js'
import { latestProductionLevels } from './features.js'
import type { NewRecord } from './record.js'

/** What `bootstrap.checkpoint` of a newly formatted directory holds: the features' levels. */
export function bootstrapRecords(
  levels: ReadonlyMap<string, number> = latestProductionLevels,
): NewRecord[] {
  return [...levels].map(([name, featureLevel]) => ({
    type: 'FeatureLevelRecord',
    version: 0,
    data: { name, featureLevel },
  }))
}

/**
 * The first records of a metadata log (Kafka's `ActivationRecordsGenerator`): the bootstrap records
 * and, with eligible leader replicas, a `min.insync.replicas` of all brokers, which those need
 * (KIP-966); in a metadata transaction (KIP-868).
 *
 * @param bootstrap what `bootstrap.checkpoint` holds
 * @param minInsyncReplicas the controller's static configuration
 */
export function firstRecords(
  bootstrap: readonly NewRecord[],
  minInsyncReplicas: string,
): NewRecord[] {
  const withElr = bootstrap.some(
    ({ type, data }) =>
      type === 'FeatureLevelRecord' &&
      'featureLevel' in data &&
      data.name === 'eligible.leader.replicas.version' &&
      data.featureLevel > 0,
  )
  const clusterMinIsr: NewRecord = {
    type: 'ConfigRecord',
    version: 0,
    data: {
      resourceType: ConfigResourceType.BROKER,
      resourceName: '',
      name: 'min.insync.replicas',
      value: minInsyncReplicas,
    },
  }
  return [
    { type: 'BeginTransactionRecord', version: 0, data: { name: 'Bootstrap records' } },
    ...bootstrap,
    ...(withElr ? [clusterMinIsr] : []),
    { type: 'EndTransactionRecord', version: 0, data: {} },
  ]
}
