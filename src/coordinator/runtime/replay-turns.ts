import type { Clock } from '../../env/clock.js'

/** The most that is read at a time. */
export const SLICE_BYTES = 64 * 1024
/** After so many bytes others get their turn on the event loop. */
const TURN_BYTES = 128 * 1024

/**
 * Shares the event loop among the logs that are loaded: one at a time, so that each is done as early
 * as can be, and a little of it at a time, so that everything else goes on.
 */
export class ReplayTurns {
  #busy = false
  #bytes = 0
  readonly #waiting: (() => void)[] = []

  /** @param clock the pacing one */
  constructor(private readonly clock: Clock) {}

  /** @returns undefined when it is one's turn at once; {@link leave} ends it */
  enter(): Promise<void> | undefined {
    if (this.#busy) {
      return new Promise((resolve) => {
        this.#waiting.push(resolve)
      })
    }
    this.#busy = true
    return undefined
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#busy = false
    else next()
  }

  /** So much was replayed. @returns when to go on, undefined: at once */
  replayed(bytes: number): Promise<void> | undefined {
    this.#bytes += bytes
    if (this.#bytes < TURN_BYTES) return undefined
    this.#bytes = 0
    return new Promise((resolve) => {
      this.clock.after(0, resolve)
    })
  }
}
