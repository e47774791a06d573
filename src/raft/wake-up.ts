import type { Clock, Timer } from '../env/clock.js'

/** Calls back when a point in time has come, which may be moved at any time. */
export class WakeUp {
  #timer: Timer | undefined
  #dueMs = Number.POSITIVE_INFINITY

  constructor(
    private readonly clock: Clock,
    private readonly callback: () => void,
  ) {}

  /** Calling back too early does no harm, so a timer that runs is only ever moved forward. */
  noLaterThan(timeMs: number): void {
    if (timeMs >= this.#dueMs) return
    this.#timer?.cancel()
    this.#dueMs = timeMs
    this.#timer = this.clock.after(Math.max(0, timeMs - this.clock.now()), () => {
      this.#dueMs = Number.POSITIVE_INFINITY
      this.callback()
    })
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#dueMs = Number.POSITIVE_INFINITY
  }
}
