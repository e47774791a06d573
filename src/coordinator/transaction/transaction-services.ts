import type { Clocks } from '../../env/clock.js'
import type { Logger } from '../../env/logger.js'
import type { StateMachineContext } from '../runtime/state-machine.js'
import type { TransactionMarkerChannel } from './marker-channel.js'
import type { TransactionCoordinatorConfig } from './transaction-config.js'
import type { TransactionStore } from './transaction-store.js'

/** What the operations on one partition's transactions work with. */
export interface TransactionServices {
  readonly clocks: Clocks
  readonly logger: Logger
  readonly config: TransactionCoordinatorConfig
  readonly context: StateMachineContext
  readonly markers: TransactionMarkerChannel
  /** The finalized level of the feature `transaction.version`. */
  readonly transactionVersion: () => number
  readonly transactions: TransactionStore
}
