import type { MetadataImage } from '../metadata/image.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type { DynamicBrokerConfig } from './dynamic-broker-config.js'

/** The feature that lets members use the consumer protocol from its level 1 on (KIP-848). */
const GROUP_VERSION = 'group.version'

/**
 * The consumer protocol can be switched off (Kafka's `KafkaApis.isConsumerGroupProtocolEnabled`).
 *
 * @throws KafkaError UNSUPPORTED_VERSION
 */
export function requireConsumerProtocol({
  metadata,
  config,
}: {
  readonly metadata: MetadataImage
  readonly config: DynamicBrokerConfig
}): void {
  const protocols = config.current.get('group.coordinator.rebalance.protocols')
  if (protocols.includes('consumer') && (metadata.features.get(GROUP_VERSION) ?? 0) > 0) return
  throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION)
}
