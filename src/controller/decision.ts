import type { Random } from '../env/random.js'
import type { BrokerConfig } from '../metadata/config/broker-config.js'
import type { MetadataImage } from '../metadata/image.js'
import type { NewRecord } from '../metadata/record.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type { BrokerLiveness } from './broker-liveness.js'

/** What a decision is made from. Nothing of it is changed by deciding. */
export interface DecisionContext {
  /** Everything decided so far, committed or not. */
  readonly image: MetadataImage
  /** The controller's own configuration, without what the metadata log sets. */
  readonly config: BrokerConfig
  readonly liveness: BrokerLiveness
  readonly random: Random
  readonly nowMs: number
  /** Where the first record of the decision will be in the log. */
  readonly nextOffset: number
}

/** What is decided: records to be committed together, and the answer once they are. */
export interface Decision<Response> {
  readonly records: readonly NewRecord[]
  /**
   * The records may be committed in several batches, each of which leaves things in order: there can
   * be more of them than one batch holds.
   */
  readonly divisible?: boolean
  readonly response: Response
}

/** Most records of one request (Kafka's `QuorumController.MAX_RECORDS_PER_USER_OP`). */
export const MAX_RECORDS_PER_USER_OP = 10_000

/** Decides on one kind of request. Errors of the request are in the response. */
export type Decide<Request, Response> = (
  context: DecisionContext,
  request: Request,
  version: number,
) => Decision<Response>

/** @throws KafkaError POLICY_VIOLATION when one request would write too much */
export function requireBounded(records: readonly NewRecord[]): void {
  if (records.length <= MAX_RECORDS_PER_USER_OP) return
  throw new KafkaError(
    ErrorCode.POLICY_VIOLATION,
    'Unable to perform excessively large batch operation.',
  )
}
