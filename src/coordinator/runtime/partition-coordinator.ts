import type { Clocks } from '../../env/clock.js'
import type { Logger } from '../../env/logger.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  buildBatch,
  type CompressionType,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
} from '../../protocol/records/index.js'
import type { TransactionContext } from '../../storage/log.js'
import { CommitQueue } from './commit-queue.js'
import type { CoordinatorLog } from './coordinator-log.js'
import { KeyedQueues } from './keyed-queues.js'
import { LogReplay } from './log-replay.js'
import { type CoordinatorRecordTypes, encodeCoordinatorRecord } from './record.js'
import type { ReplayTurns } from './replay-turns.js'
import {
  NOTHING,
  type Operation,
  type Outcome,
  type StateMachine,
  type StateMachineContext,
} from './state-machine.js'
import { PartitionTimers } from './timers.js'
import { markerOf, type TransactionalProducer, type TransactionEnd } from './transaction.js'

export interface PartitionCoordinatorOptions<S extends StateMachine> {
  readonly log: CoordinatorLog
  readonly clocks: Clocks
  readonly logger: Logger
  readonly recordTypes: CoordinatorRecordTypes
  /** Of the batches that are appended. */
  readonly compression: CompressionType
  /** Of the batches, too: 0 if left out, as Kafka's `CoordinatorRuntime` has it without a producer, too. */
  readonly baseSequence?: number
  /** The most that is read from the log at a time. */
  readonly loadBytes: number
  /** Shared by the partitions of a coordinator. */
  readonly turns: ReplayTurns
  /** How long an operation waits until its records are committed. */
  readonly commitTimeoutMs: number
  readonly create: (context: StateMachineContext) => S
}

const FIRST_SEQUENCE = 0

type State = 'loading' | 'active' | 'failed' | 'closed'

/** What is owed to whoever asked for an operation. */
interface Waiter<R> {
  readonly resolve: (response: R | Promise<R>) => void
  readonly reject: (error: KafkaError) => void
  /** Its key's next operation may begin. */
  readonly free: () => void
}

/** An operation on its way. */
interface Pending<R> extends Waiter<R> {
  readonly outcome: Outcome<R>
}

/** A batch to be appended, and what it does to the state once it is on the log. */
interface Append {
  /** @throws KafkaError RECORD_LIST_TOO_LARGE */
  readonly batch: () => Buffer
  readonly context: TransactionContext
  readonly replay: (endOffset: number) => void
}

/**
 * Drives one partition's state machine (Kafka's `CoordinatorRuntime.CoordinatorContext`): loads it
 * from the log, runs operations, appends what they yield, replays it once it is on the log, and
 * answers when it is committed.
 */
export class PartitionCoordinator<S extends StateMachine> {
  readonly machine: S
  /** Resolves when the log has been replayed, or never will be. */
  readonly loaded: Promise<void>
  #state: State = 'loading'
  /** Everything before it is in the machine's state. */
  #appliedOffset: number
  readonly #timers: PartitionTimers
  readonly #commits: CommitQueue
  readonly #queues = new KeyedQueues()
  readonly #replay: LogReplay
  readonly #unwatch: () => void

  constructor(private readonly options: PartitionCoordinatorOptions<S>) {
    const { log, clocks, logger } = options
    this.#appliedOffset = log.logStartOffset
    this.#commits = new CommitQueue(clocks.pacing, options.commitTimeoutMs)
    const schedule: StateMachineContext['schedule'] = (key, name, operation) =>
      this.#schedule(key, name, operation)
    this.#timers = new PartitionTimers(schedule)
    this.machine = options.create({
      get leaderEpoch() {
        return log.leaderEpoch
      },
      timers: this.#timers,
      schedule,
    })
    this.#replay = new LogReplay({
      log,
      machine: this.machine,
      recordTypes: options.recordTypes,
      readBytes: options.loadBytes,
      turns: options.turns,
      logger,
    })
    this.#unwatch = log.watchHighWatermark((highWatermark) => this.#commits.advance(highWatermark))
    this.loaded = this.#load()
  }

  get isActive(): boolean {
    return this.#state === 'active'
  }

  get isLoading(): boolean {
    return this.#state === 'loading'
  }

  /**
   * Runs an operation as one of `key`, after those before it.
   *
   * @param producer whose transaction the records are part of; of none if left out
   * @returns rejects with a KafkaError: what the operation threw, why its records couldn't be
   *   appended or committed, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR
   */
  run<R>(key: string, operation: Operation<R>, producer?: TransactionalProducer): Promise<R> {
    return this.#run(key, operation, producer, false)
  }

  #run<R>(
    key: string,
    operation: Operation<R>,
    producer: TransactionalProducer | undefined,
    isOwn: boolean,
  ): Promise<R> {
    const refusal = this.#refusal()
    if (refusal !== undefined) return Promise.reject(refusal)
    return new Promise((resolve, reject) => {
      const run = (free: () => void): void =>
        this.#execute(operation, { resolve, reject, free }, producer)
      const taken = this.#queues.add(key, { run, fail: reject }, isOwn)
      if (!taken) reject(new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE))
    })
  }

  /** Reads what may belong to several keys, without waiting for those who are at work on them. */
  read<R>(query: () => R): Promise<R> {
    const refusal = this.#refusal()
    if (refusal !== undefined) return Promise.reject(refusal)
    return new Promise((resolve, reject) => {
      const operation = (): Outcome<R> => ({ records: [], response: query() })
      this.#execute(operation, { resolve, reject, free: () => {} })
    })
  }

  /**
   * Ends a transaction: its marker goes to the log after everything of it, and once it is there, what
   * was pending is decided.
   *
   * @returns when that is committed; rejects as {@link run}
   */
  completeTransaction(end: TransactionEnd): Promise<void> {
    const refusal = this.#refusal()
    if (refusal !== undefined) return Promise.reject(refusal)
    const { producerId, committed, transactionVersion } = end
    return new Promise((resolve, reject) => {
      const pending: Pending<void> = { outcome: NOTHING, resolve, reject, free: () => {} }
      this.#append(pending, {
        batch: () => markerOf(end, this.options.clocks.logical.now()),
        context: { transactionVersion },
        replay: () => this.machine.replayEndTransaction?.(producerId, committed),
      })
    })
  }

  /** Ends it: whoever waits is told NOT_COORDINATOR. */
  close(): void {
    this.#end('closed')
  }

  #refusal(): KafkaError | undefined {
    if (this.#state === 'active') return undefined
    return new KafkaError(
      this.#state === 'loading'
        ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
        : ErrorCode.NOT_COORDINATOR,
    )
  }

  #load(): Promise<void> {
    const { log, logger } = this.options
    return this.#replay
      .run((endOffset) => {
        this.#appliedOffset = endOffset
        this.#state = 'active'
        this.machine.onLoaded()
        logger.debug({ log: log.name, endOffset }, 'coordinator loaded')
      })
      .catch((error: unknown) => {
        logger.error({ log: log.name, err: error }, 'the log of a coordinator cannot be loaded')
        this.#end('failed')
      })
  }

  #schedule(key: string, name: string, operation: Operation<void>): void {
    this.#run(key, operation, undefined, true).catch((error: unknown) => {
      if (error instanceof KafkaError && error.code === ErrorCode.NOT_COORDINATOR) return
      const { log, logger } = this.options
      logger.warn({ log: log.name, key, err: error }, `the operation ${name} has failed`)
    })
  }

  #execute<R>(
    operation: Operation<R>,
    waiter: Waiter<R>,
    producer: TransactionalProducer | undefined = undefined,
  ): void {
    let outcome: Outcome<R>
    try {
      outcome = operation()
    } catch (error) {
      waiter.reject(this.#asKafkaError(error))
      waiter.free()
      return
    }
    const pending: Pending<R> = { ...waiter, outcome }
    if (outcome.records.length === 0) this.#complete(pending, this.#appliedOffset)
    else {
      this.#append(pending, {
        batch: () => this.#batchOf(outcome, producer),
        context: { guard: producer?.guard },
        replay: (endOffset) => this.#replayAll(outcome, endOffset, producer),
      })
    }
  }

  #append<R>(pending: Pending<R>, append: Append): void {
    let endOffset: number | undefined
    let result: KafkaError | null | undefined
    const done = (error: KafkaError | null): void => {
      result = error
      // It may come before the end offset is known.
      if (endOffset !== undefined) this.#appended(pending, append, endOffset, error)
    }
    try {
      endOffset = this.options.log.append(append.batch(), done, append.context)
    } catch (error) {
      this.#fail(pending, this.#asKafkaError(error))
      return
    }
    if (result !== undefined) this.#appended(pending, append, endOffset, result)
  }

  #batchOf({ records }: Outcome<unknown>, producer: TransactionalProducer | undefined): Buffer {
    const { log, clocks, recordTypes, compression, baseSequence } = this.options
    const batch = buildBatch({
      records: records.map((record) => encodeCoordinatorRecord(recordTypes, record)),
      timestamp: clocks.logical.now(),
      compression,
      baseSequence: baseSequence ?? FIRST_SEQUENCE,
      producerId: producer?.producerId ?? NO_PRODUCER_ID,
      producerEpoch: producer?.producerEpoch ?? NO_PRODUCER_EPOCH,
      transactional: producer !== undefined,
    })
    if (batch.length <= log.maxBatchBytes) return batch
    throw new KafkaError(
      ErrorCode.RECORD_LIST_TOO_LARGE,
      `${records.length} records in a batch of ${batch.length} bytes are too much for ${log.name}`,
    )
  }

  #replayAll(
    { records }: Outcome<unknown>,
    endOffset: number,
    producer: TransactionalProducer | undefined,
  ): void {
    const producerId = producer?.producerId ?? NO_PRODUCER_ID
    let offset = endOffset - records.length
    for (const record of records) this.machine.replay(record, { offset: offset++, producerId })
  }

  #appended<R>(
    pending: Pending<R>,
    append: Append,
    endOffset: number,
    error: KafkaError | null,
  ): void {
    if (this.#state !== 'active') {
      this.#fail(pending, new KafkaError(ErrorCode.NOT_COORDINATOR))
      return
    }
    if (error !== null) {
      // What is on the disk isn't known any more: whoever leads next replays it.
      this.#failWithPartition(pending, error)
      return
    }
    try {
      append.replay(endOffset)
    } catch (failure) {
      this.#failWithPartition(pending, this.#asKafkaError(failure))
      return
    }
    this.#appliedOffset = endOffset
    this.#complete(pending, endOffset)
  }

  /** Answers when everything before `offset` is committed; the next of its key may begin now. */
  #complete<R>(pending: Pending<R>, offset: number): void {
    const answer = (error: KafkaError | null): void => {
      this.#tell(pending.outcome, error)
      if (error !== null) pending.reject(error)
      else pending.resolve(pending.outcome.response)
    }
    if (this.options.log.highWatermark >= offset) answer(null)
    else this.#commits.add(offset, answer)
    pending.free()
  }

  #fail<R>({ outcome, reject, free }: Pending<R>, error: KafkaError): void {
    this.#tell(outcome, error)
    reject(error)
    free()
  }

  /** The same when nothing of the partition can go on: whoever is next in its key's queue, too. */
  #failWithPartition<R>({ outcome, reject }: Pending<R>, error: KafkaError): void {
    this.#tell(outcome, error)
    reject(error)
    this.#end('failed')
  }

  #tell({ completed }: Outcome<unknown>, error: KafkaError | null): void {
    try {
      completed?.(error)
    } catch (failure) {
      this.options.logger.error({ err: failure }, 'a coordinator failed after an append')
    }
  }

  #end(state: 'failed' | 'closed'): void {
    if (this.#state === 'closed' || this.#state === 'failed') return
    this.#state = state
    const error = new KafkaError(ErrorCode.NOT_COORDINATOR)
    this.#replay.cancel()
    this.#unwatch()
    this.#timers.cancelAll()
    this.#queues.fail(error)
    this.#commits.fail(error)
    this.machine.onUnloaded(error)
    this.#timers.cancelAll()
  }

  #asKafkaError(error: unknown): KafkaError {
    if (error instanceof KafkaError) return error
    this.options.logger.error({ err: error }, 'a coordinator failed unexpectedly')
    return new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, undefined, { cause: error })
  }
}
