import type { Clock, Timer } from '../env/clock.js'

/** Something that waits until it can be completed, or for so long and no longer. */
export interface DelayedOperation {
  /** Completes if it can. Not called again once it has returned true. @returns whether it did */
  tryComplete(): boolean
  /** The time is up: completes with what there is. */
  onExpiration(): void
}

const NOTHING_TO_CANCEL = (): void => {}

interface Waiting<Key> {
  readonly operation: DelayedOperation
  readonly keys: readonly Key[]
  timer: Timer | undefined
}

/**
 * Operations that wait for something to happen to one of their keys (Kafka's
 * `DelayedOperationPurgatory`). Bounded by who puts operations in: a connection has one at a time.
 */
export class Purgatory<Key> {
  readonly #watchers = new Map<Key, Set<Waiting<Key>>>()
  readonly #waiting = new Set<Waiting<Key>>()
  #isClosed = false

  constructor(private readonly clock: Clock) {}

  /** How many operations wait. */
  get size(): number {
    return this.#waiting.size
  }

  /**
   * Completes the operation now if it can; otherwise with one of the keys, or after `delayMs`.
   *
   * @returns what makes it wait no longer, and never complete
   */
  tryCompleteElseWatch(
    operation: DelayedOperation,
    keys: readonly Key[],
    delayMs: number,
  ): () => void {
    if (operation.tryComplete()) return NOTHING_TO_CANCEL
    if (this.#isClosed) {
      operation.onExpiration()
      return NOTHING_TO_CANCEL
    }
    const waiting: Waiting<Key> = { operation, keys, timer: undefined }
    this.#waiting.add(waiting)
    for (const key of keys) {
      const watchers = this.#watchers.get(key)
      if (watchers === undefined) this.#watchers.set(key, new Set([waiting]))
      else watchers.add(waiting)
    }
    waiting.timer = this.clock.after(delayMs, () => this.#expire(waiting))
    return () => this.#remove(waiting)
  }

  /** Something has happened to `key`: completes what can be completed by now. */
  checkAndComplete(key: Key): void {
    const watchers = this.#watchers.get(key)
    if (watchers === undefined) return
    for (const waiting of watchers) {
      if (this.#waiting.has(waiting) && waiting.operation.tryComplete()) this.#remove(waiting)
    }
  }

  /** Completes everything with what there is; nothing waits any more. */
  close(): void {
    this.#isClosed = true
    for (const waiting of this.#waiting) this.#expire(waiting)
  }

  #expire(waiting: Waiting<Key>): void {
    this.#remove(waiting)
    waiting.operation.onExpiration()
  }

  #remove(waiting: Waiting<Key>): void {
    waiting.timer?.cancel()
    this.#waiting.delete(waiting)
    for (const key of waiting.keys) {
      const watchers = this.#watchers.get(key)
      watchers?.delete(waiting)
      if (watchers?.size === 0) this.#watchers.delete(key)
    }
  }
}
