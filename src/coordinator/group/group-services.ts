import type { Clocks } from '../../env/clock.js'
import type { Logger } from '../../env/logger.js'
import type { Random } from '../../env/random.js'
import type { StateMachineContext } from '../runtime/state-machine.js'
import type { RegularExpressions } from './consumer/regular-expressions.js'
import type { GroupCoordinatorConfig } from './group-config.js'
import type { GroupMetadata } from './group-metadata.js'
import type { GroupStore } from './group-store.js'
import type { TopicHashes } from './topic-hashes.js'

/** What the operations on one partition's groups work with. */
export interface GroupServices {
  readonly clocks: Clocks
  readonly random: Random
  readonly logger: Logger
  readonly config: GroupCoordinatorConfig
  readonly context: StateMachineContext
  readonly groups: GroupStore
  /** The cluster's topics, and configurations of groups; moves on by itself. */
  readonly metadata: GroupMetadata
  /** These are shared by the partitions of the coordinator. */
  readonly topicHashes: TopicHashes
  readonly regularExpressions: RegularExpressions
}
