import type { Clock } from '../../env/clock.js'
import type { KafkaError } from '../../protocol/errors.js'
import type { CoordinatorRecord } from './record.js'

/** What an operation on a coordinator's state comes to. */
export interface Outcome<Response> {
  /** Appended together in one batch, or not at all; none for an operation that only reads. */
  readonly records: readonly CoordinatorRecord[]
  /**
   * Given once the high watermark has passed the records, and for an operation without any, all that
   * it may have seen. A promise stands for soft state: somebody who waits for others to join.
   */
  readonly response: Response | Promise<Response>
  /**
   * Called once, when the records are committed (null) or when they never will be (an error as
   * clients are to see it): the place to move soft state on, or to leave it as it was.
   */
  readonly completed?: (error: KafkaError | null) => void
}

/** An operation that found nothing to do. */
export const NOTHING: Outcome<void> = { records: [], response: undefined }

/**
 * Reads the state and decides. It changes no hard state: that comes from {@link StateMachine.replay}
 * alone, after its records were appended. What it does to soft state must not depend on the append,
 * or belongs into {@link Outcome.completed}.
 *
 * @throws KafkaError answered as it is
 */
export type Operation<Response> = () => Outcome<Response>

/** Where a replayed record is on the log, and who wrote it. */
export interface RecordOrigin {
  readonly offset: number
  /** Of the transaction that it belongs to; -1 when it belongs to none (KIP-98). */
  readonly producerId: number
}

/**
 * The state of one partition's coordinator (Kafka's `CoordinatorShard`): groups, transactions, share
 * partitions.
 *
 * Its hard state is what its log's records add up to. Its soft state (members joining, timers,
 * waiters) is lost with the leadership, and named as such where it is declared.
 */
export interface StateMachine {
  /** Takes a record of the log into the hard state, at start and after each append. */
  replay(record: CoordinatorRecord, origin: RecordOrigin): void
  /** A transaction of this producer has ended: its marker is on the log (KIP-98). */
  replayEndTransaction?(producerId: number, committed: boolean): void
  /** The whole log has been replayed: timers may be set. */
  onLoaded(): void
  /** Leadership is lost or the broker stops: waiters are to be answered with `error`. */
  onUnloaded(error: KafkaError): void
}

/** What a state machine is given to live in. */
export interface StateMachineContext {
  /** The epoch in which this node leads the partition, now. */
  readonly leaderEpoch: number
  /** Timers of this partition; gone when it is unloaded. */
  readonly timers: CoordinatorTimers
  /**
   * Runs an operation that no client asked for. Operations of one `key` run one after the other, each
   * when the one before it is on the log and replayed.
   */
  schedule(key: string, name: string, operation: Operation<void>): void
}

/** Named timers, at most one a name. */
export interface CoordinatorTimers {
  /**
   * Runs `operation` as one of `key` when the delay is over, replacing a timer of the same name. One
   * that was cancelled while its operation waited for its turn doesn't run.
   */
  set(name: string, clock: Clock, delayMs: number, key: string, operation: Operation<void>): void
  cancel(name: string): void
  has(name: string): boolean
}
