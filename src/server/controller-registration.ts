import type { ControllerChannel } from '../controller/channel.js'
import type { BrokerConfig } from '../metadata/config/broker-config.js'
import { SecurityProtocol } from '../metadata/config/listeners.js'
import { supportedFeatures } from '../metadata/features.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'

const VERSION = 0

/**
 * Makes this node known as a controller, with what it can work with (KIP-919, Kafka's
 * `ControllerRegistrationManager`).
 *
 * @throws KafkaError when it isn't accepted
 */
export async function registerController(
  config: BrokerConfig,
  channel: ControllerChannel,
  incarnationId: string,
): Promise<void> {
  const listeners = config.advertisedControllerListeners
  const { errorCode, errorMessage } = await channel.request(
    'ControllerRegistration',
    VERSION,
    {
      controllerId: config.nodeId,
      incarnationId,
      zkMigrationReady: false,
      listeners: listeners.map(({ name, host, port, securityProtocol }) => ({
        name,
        host: host ?? 'localhost',
        port,
        securityProtocol: SecurityProtocol[securityProtocol],
      })),
      features: [...supportedFeatures].map(([name, { min, max }]) => ({
        name,
        minSupportedVersion: min,
        maxSupportedVersion: max,
      })),
    },
    { principal: 'User:ANONYMOUS', clientId: null },
  )
  // Below metadata.version 3.7 controllers aren't registered, and everything works without it.
  if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.UNSUPPORTED_VERSION) return
  throw new KafkaError(errorCode as ErrorCode, errorMessage ?? undefined)
}
