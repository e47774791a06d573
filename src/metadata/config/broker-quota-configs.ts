import { LONG_MAX, long } from './config-def.js'
import { atLeast } from './validators.js'

/**
 * Broker configurations that can only be set dynamically, and are shown where they are (Kafka's
 * `QuotaConfig.brokerQuotaConfigs`). In bytes per second.
 */
export const brokerQuotaConfigs = {
  'leader.replication.throttled.rate': long(LONG_MAX, 'MEDIUM', atLeast(0)),
  'follower.replication.throttled.rate': long(LONG_MAX, 'MEDIUM', atLeast(0)),
  'replica.alter.log.dirs.io.max.bytes.per.second': long(LONG_MAX, 'MEDIUM', atLeast(0)),
}
