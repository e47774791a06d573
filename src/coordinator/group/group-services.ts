import type { Clocks } from '../../env/clock.js'
import type { Logger } from '../../env/logger.js'
import type { Random } from '../../env/random.js'
import type { StateMachineContext } from '../runtime/state-machine.js'
import type { GroupCoordinatorConfig } from './group-config.js'
import type { GroupStore } from './group-store.js'

/** What the operations on one partition's groups work with. */
export interface GroupServices {
  readonly clocks: Clocks
  readonly random: Random
  readonly logger: Logger
  readonly config: GroupCoordinatorConfig
  readonly context: StateMachineContext
  readonly groups: GroupStore
}
