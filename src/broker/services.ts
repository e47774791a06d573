import type { ControllerChannel } from '../controller/channel.js'
import type { Clocks } from '../env/clock.js'
import type { Logger } from '../env/logger.js'
import type { Random } from '../env/random.js'
import type { MetadataImage } from '../metadata/image.js'
import type { Authorizer } from '../security/authorizer.js'
import type { LogManager } from '../storage/log-manager.js'
import type { DynamicBrokerConfig } from './dynamic-broker-config.js'

/** What the handlers of one broker work with. */
export interface BrokerServices {
  readonly nodeId: number
  readonly clusterId: string
  readonly clocks: Clocks
  readonly random: Random
  readonly logger: Logger
  readonly authorizer: Authorizer
  readonly config: DynamicBrokerConfig
  /** What this broker knows of the cluster; moves on by itself. */
  readonly metadata: MetadataImage
  readonly controller: ControllerChannel
  readonly logs: LogManager
}
