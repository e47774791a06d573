import type { Clocks, Timer } from '../../env/clock.js'
import { DiskError } from '../../env/disk.js'
import { KafkaError } from '../../protocol/errors.js'
import type { LogContext } from '../log-context.js'
import type { PartitionLog } from '../partition-log.js'
import type { CleanerConfig } from './cleaner-config.js'
import { CleanerPace, CleaningAborted } from './cleaner-pace.js'
import { LogCompaction } from './log-compaction.js'
import { type CleanableRange, cleanableRange, isWorthCleaning } from './log-to-clean.js'

/** What the cleaner asks of the manager of logs. */
export interface CleanerOwner {
  /** Those of partitions. */
  logs(): Iterable<PartitionLog>
  /** Writes down how far the logs of the log's directory are clean. */
  checkpointCleaned(log: PartitionLog): void
}

interface LogToClean {
  readonly log: PartitionLog
  readonly range: CleanableRange
}

/**
 * Compacts the logs of topics with `cleanup.policy` `compact`, the dirtiest first, one at a time
 * (Kafka's `LogCleaner`); also deletes what retention allows of them. A log that can't be cleaned is
 * left alone from then on.
 */
export class LogCleaner {
  readonly #pace: CleanerPace
  readonly #uncleanable = new WeakSet<PartitionLog>()
  #timer: Timer | undefined
  #round: Promise<void> | undefined

  constructor(
    private readonly context: LogContext,
    private readonly clocks: Clocks,
    private readonly config: () => CleanerConfig,
    private readonly owner: CleanerOwner,
  ) {
    this.#pace = new CleanerPace(context.disk, clocks.pacing, config)
  }

  /** Begins with it, and goes on until {@link stop}. */
  start(): void {
    this.#schedule(0)
  }

  /** Whether the log has made a cleaning fail. */
  isUncleanable(log: PartitionLog): boolean {
    return this.#uncleanable.has(log)
  }

  /** Gives up what is under way, and resolves when nothing is. */
  async stop(): Promise<void> {
    this.#timer?.cancel()
    this.#pace.stop()
    await this.#round
  }

  #schedule(delayMs: number): void {
    if (this.#pace.isStopped) return
    this.#timer = this.clocks.logical.after(delayMs, () => {
      this.#round = this.#cleanAll().then(() => this.#schedule(this.config().backoffMs))
    })
  }

  async #cleanAll(): Promise<void> {
    // One that changed under the cleaner has to wait for the next round.
    const aborted = new Set<PartitionLog>()
    for (;;) {
      const next = this.#filthiest(aborted)
      if (next === undefined) break
      const isDone = await this.#clean(next)
      if (this.#pace.isStopped) return
      if (!isDone) aborted.add(next.log)
    }
    for (const log of this.#compactedLogs()) this.#deleteOldSegments(log)
  }

  *#compactedLogs(): Generator<PartitionLog> {
    for (const log of this.owner.logs()) {
      if (!log.config.compact || log.offline || log.segmentCount === 0) continue
      if (!this.#uncleanable.has(log)) yield log
    }
  }

  #filthiest(except: ReadonlySet<PartitionLog>): LogToClean | undefined {
    const nowMs = this.clocks.logical.now()
    let filthiest: LogToClean | undefined
    for (const log of this.#compactedLogs()) {
      if (except.has(log)) continue
      const range = cleanableRange(log, nowMs)
      if (!isWorthCleaning(range, log.config)) continue
      if (filthiest !== undefined && filthiest.range.cleanableRatio >= range.cleanableRatio)
        continue
      filthiest = { log, range }
    }
    return filthiest
  }

  /** @returns whether it was cleaned */
  async #clean({ log, range }: LogToClean): Promise<boolean> {
    const { logger } = this.context
    try {
      const compaction = new LogCompaction(this.context, log, range, this.config(), this.#pace)
      const { bytesBefore, bytesAfter } = await compaction.run()
      logger.debug(
        { directory: log.directory, cleanedTo: log.cleanedTo, bytesBefore, bytesAfter },
        'cleaned a log',
      )
    } catch (error) {
      this.#failed(log, error)
      return false
    }
    this.owner.checkpointCleaned(log)
    return true
  }

  #deleteOldSegments(log: PartitionLog): void {
    try {
      log.deleteOldSegments()
    } catch (error) {
      this.#failed(log, error)
    }
  }

  #failed(log: PartitionLog, error: unknown): void {
    if (error instanceof CleaningAborted || log.offline) return
    if (error instanceof DiskError) {
      log.failed(error)
      return
    }
    this.#uncleanable.add(log)
    const message = (error as Error).message
    const code = error instanceof KafkaError ? error.code : undefined
    this.context.logger.warn(
      { directory: log.directory, error: message, code },
      'the log could not be cleaned and will not be until the next start',
    )
  }
}
