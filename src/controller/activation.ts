import { firstRecords } from '../metadata/bootstrap.js'
import type { BrokerConfig } from '../metadata/config/broker-config.js'
import { METADATA_VERSION } from '../metadata/features.js'
import type { MetadataImage } from '../metadata/image.js'
import type { NewRecord } from '../metadata/record.js'

/**
 * What a new active controller writes first (Kafka's `ActivationRecordsGenerator`): it gives up what
 * its predecessor began and didn't end, and begins an empty log.
 *
 * @param inTransaction the committed log ends within a metadata transaction (KIP-868)
 * @param bootstrap what `bootstrap.checkpoint` holds
 */
export function activationRecords(
  image: MetadataImage,
  inTransaction: boolean,
  bootstrap: readonly NewRecord[],
  config: BrokerConfig,
): NewRecord[] {
  const records: NewRecord[] = []
  if (inTransaction) {
    records.push({
      type: 'AbortTransactionRecord',
      version: 0,
      data: { reason: 'Controller failover' },
    })
  }
  if (!image.features.has(METADATA_VERSION)) {
    records.push(...firstRecords(bootstrap, config.text('min.insync.replicas') ?? '1'))
  }
  return records
}
