import { assignorOf } from '../coordinator/group/consumer/assignors.js'
import type { BrokerConfig } from '../metadata/config/broker-config.js'
import { ConfigException } from '../metadata/config/config-exception.js'

/**
 * Refuses what Kafka can be configured to be and this version can't.
 *
 * @throws ConfigException that says so
 */
export function requireSupported(config: BrokerConfig): void {
  if (!config.hasRole('broker') || !config.hasRole('controller')) {
    throw new ConfigException(
      `process.roles=${config.get('process.roles').join(',')} is not supported: ` +
        'a node is broker and controller, the only one of its cluster',
    )
  }
  const voters = config.quorumVoters
  if (voters.length > 1) {
    throw new ConfigException(
      `controller.quorum.voters names ${voters.length} nodes; a quorum of several is not supported`,
    )
  }
  const secured = config.brokerListeners.find((each) => each.securityProtocol !== 'PLAINTEXT')
  if (secured !== undefined) {
    throw new ConfigException(
      `listener ${secured.name} is to use ${secured.securityProtocol}; only PLAINTEXT is supported`,
    )
  }
  const unknown = config.get('group.consumer.assignors').find((name) => !assignorOf(name))
  if (unknown !== undefined) {
    throw new ConfigException(
      `group.consumer.assignors names ${unknown}; only uniform and range are supported`,
    )
  }
  if (config.get('authorizer.class.name') !== '') {
    throw new ConfigException(
      'authorizer.class.name is not supported: access would not be controlled as it asks for',
    )
  }
}
