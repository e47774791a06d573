import type { Logger } from '../../env/logger.js'
import type { LocalAdmin } from '../local-admin.js'
import type { BrokerMetrics } from '../metrics/broker-metrics.js'
import type { RunningBroker } from '../running-broker.js'
import type { RunningServer } from '../server-faults.js'

/** The broker that is controlled, and what of it isn't for everybody. */
export interface ControlContext {
  readonly broker: RunningBroker
  /** Asked anew each time. @throws NotRunningError, BrokerFailedError */
  readonly running: () => RunningServer
  readonly admin: LocalAdmin
  readonly metrics: BrokerMetrics
  /** The time that records are given. */
  readonly nowMs: () => number
  readonly logger: Logger
}
