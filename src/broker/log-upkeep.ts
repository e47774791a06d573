import type { BrokerConfig } from '../metadata/config/broker-config.js'
import type { LogManagerOptions } from '../storage/log-manager.js'

/** How often logs are looked after. */
export function logUpkeep(config: BrokerConfig) {
  return {
    producerExpirationCheckIntervalMs: config.get('producer.id.expiration.check.interval.ms'),
    retentionCheckIntervalMs: config.get('log.retention.check.interval.ms'),
    checkpointIntervalMs: config.get('log.flush.offset.checkpoint.interval.ms'),
  } satisfies Partial<LogManagerOptions>
}
