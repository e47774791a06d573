import type { Clock, Timer } from '../env/clock.js'

/** What is to be done later, all of which can be called off together. */
export class LogTimers {
  readonly #timers = new Set<Timer>()

  after(clock: Clock, delayMs: number, task: () => void): void {
    const timer = clock.after(delayMs, () => {
      this.#timers.delete(timer)
      task()
    })
    this.#timers.add(timer)
  }

  cancelAll(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }
}
