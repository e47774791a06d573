import { clearTimeout, setTimeout, wallClockMs } from './machine-time.js'

/** A pending call of a {@link Clock}. */
export interface Timer {
  /** After this the callback is never called. Harmless when it already was. */
  cancel(): void
}

/** A source of time in milliseconds since the Unix epoch, and of timers that follow it. */
export interface Clock {
  now(): number
  /** Calls `callback` once, not before `delayMs` have passed on this clock. */
  after(delayMs: number, callback: () => void): Timer
}

/**
 * The two times a broker lives in. `logical` carries what a user's test may move: sessions,
 * transactions, retention, segment age. `pacing` carries what real clients need to run on: long
 * polls, join waits, throttling, idle sockets.
 */
export interface Clocks {
  readonly logical: Clock
  readonly pacing: Clock
}

const MAX_DELAY_MS = 2 ** 31 - 1

class SystemTimer implements Timer {
  #handle: NodeJS.Timeout | undefined
  readonly #dueMs: number

  constructor(
    delayMs: number,
    private readonly callback: () => void,
  ) {
    this.#dueMs = wallClockMs() + delayMs
    this.#arm(delayMs)
  }

  cancel(): void {
    clearTimeout(this.#handle)
  }

  // Node fires at once for delays beyond 2^31-1 ms; a longer wait is made of several.
  #arm(delayMs: number): void {
    this.#handle = setTimeout(
      () => {
        const leftMs = this.#dueMs - wallClockMs()
        if (delayMs > MAX_DELAY_MS && leftMs > 0) this.#arm(leftMs)
        else this.callback()
      },
      Math.min(delayMs, MAX_DELAY_MS),
    )
  }
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => wallClockMs(),
  after: (delayMs, callback) => new SystemTimer(Math.max(0, delayMs), callback),
}

/** Both clocks follow the machine's. */
export const systemClocks: Clocks = { logical: systemClock, pacing: systemClock }
