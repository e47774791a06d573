import type { Random } from '../env/random.js'
import type { BrokerConfig } from '../metadata/config/broker-config.js'
import type { MetadataImage } from '../metadata/image.js'
import type { NewRecord } from '../metadata/record.js'
import type { BrokerLiveness } from './broker-liveness.js'

/** What a decision is made from. Nothing of it is changed by deciding. */
export interface DecisionContext {
  /** Everything decided so far, committed or not. */
  readonly image: MetadataImage
  /** The controller's own configuration, without what the metadata log sets. */
  readonly config: BrokerConfig
  readonly liveness: BrokerLiveness
  readonly random: Random
  /** Where the first record of the decision will be in the log. */
  readonly nextOffset: number
}

/** What is decided: records to be committed together, and the answer once they are. */
export interface Decision<Response> {
  readonly records: readonly NewRecord[]
  readonly response: Response
}

/** Most records of one request (Kafka's `QuorumController.MAX_RECORDS_PER_USER_OP`). */
export const MAX_RECORDS_PER_USER_OP = 10_000
