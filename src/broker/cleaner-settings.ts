import type { BrokerConfig } from '../metadata/config/broker-config.js'
import type { CleanerConfig } from '../storage/cleaner/cleaner-config.js'

/** How the log cleaner is to work. */
export function cleanerSettings(config: BrokerConfig): CleanerConfig {
  return {
    enabled: config.get('log.cleaner.enable'),
    dedupeBufferBytes: config.get('log.cleaner.dedupe.buffer.size'),
    dedupeBufferLoadFactor: config.get('log.cleaner.io.buffer.load.factor'),
    ioBufferBytes: config.get('log.cleaner.io.buffer.size'),
    maxIoBytesPerSecond: config.get('log.cleaner.io.max.bytes.per.second'),
    backoffMs: config.get('log.cleaner.backoff.ms'),
  }
}
