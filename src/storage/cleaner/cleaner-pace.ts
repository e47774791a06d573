import type { Clock } from '../../env/clock.js'
import type { Disk } from '../../env/disk.js'
import type { CleanerConfig } from './cleaner-config.js'

/** About as many records as can be looked at, hashed and copied in 2 ms. */
export const RECORDS_A_SLICE = 500
/** How much longer than it may a second's I/O takes before the cleaner waits, ms. */
const THROTTLE_CHECK_MS = 300

/** A cleaning was given up, for nothing that is wrong: the log has changed, or is being closed. */
export class CleaningAborted extends Error {
  constructor() {
    super('the cleaning was aborted')
    this.name = 'CleaningAborted'
  }
}

/** Gives others their turn while a log is cleaned, and keeps to `log.cleaner.io.max.bytes.per.second`. */
export class CleanerPace {
  #periodStartMs: number
  #periodBytes = 0
  #records = 0
  #isStopped = false
  #endWait: (() => void) | undefined

  constructor(
    private readonly disk: Disk,
    private readonly clock: Clock,
    private readonly config: () => CleanerConfig,
  ) {
    this.#periodStartMs = clock.now()
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Whatever is under way is aborted at its next turn. */
  stop(): void {
    this.#isStopped = true
    this.#endWait?.()
  }

  /**
   * Lets everybody else have their turn.
   *
   * @throws CleaningAborted when the cleaner is to stop
   */
  async turn(): Promise<void> {
    this.#records = 0
    await new Promise<void>((resolve) => {
      this.disk.atTurnEnd(resolve)
    })
    if (this.#isStopped) throw new CleaningAborted()
  }

  /** As {@link turn} once so many records have been looked at that it is time. */
  async afterRecords(count: number): Promise<void> {
    this.#records += count
    if (this.#records >= RECORDS_A_SLICE) await this.turn()
  }

  /** As {@link turn} after bytes were read or written, but waits if they were too many. */
  async afterBytes(bytes: number): Promise<void> {
    this.#periodBytes += bytes
    const elapsedMs = this.clock.now() - this.#periodStartMs
    if (elapsedMs >= THROTTLE_CHECK_MS) {
      const dueMs = (this.#periodBytes * 1000) / this.config().maxIoBytesPerSecond
      this.#periodBytes = 0
      if (dueMs > elapsedMs) {
        await this.#wait(Math.ceil(dueMs - elapsedMs))
      }
      this.#periodStartMs = this.clock.now()
    }
    await this.turn()
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.clock.after(delayMs, resolve)
      this.#endWait = () => {
        timer.cancel()
        resolve()
      }
    })
  }
}
