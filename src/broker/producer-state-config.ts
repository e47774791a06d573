import type { BrokerConfig } from '../metadata/config/broker-config.js'
import type { ProducerStateConfig } from '../storage/producer-state.js'

/** What the logs are to do with what they know of producers. */
export function producerStateConfig(config: BrokerConfig): ProducerStateConfig {
  return {
    expirationMs: config.get('producer.id.expiration.ms'),
    verifiesTransactions: config.get('transaction.partition.verification.enable'),
  }
}
