import { coordinatorConfigs } from './broker/coordinator.js'
import { logConfigs } from './broker/log.js'
import { networkConfigs } from './broker/network.js'
import { quorumConfigs } from './broker/quorum.js'
import { remoteStorageConfigs } from './broker/remote-storage.js'
import { securityConfigs } from './broker/security.js'

/** Every configuration of a node (Kafka's `AbstractKafkaConfig.CONFIG_DEF`). */
export const brokerConfigs = {
  ...quorumConfigs,
  ...networkConfigs,
  ...logConfigs,
  ...coordinatorConfigs,
  ...remoteStorageConfigs,
  ...securityConfigs,
}

export type BrokerConfigName = keyof typeof brokerConfigs
