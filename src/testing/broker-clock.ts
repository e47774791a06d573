import { type Clock, type Clocks, systemClock, systemClocks } from '../env/clock.js'
import { VirtualClock } from '../env/clock-virtual.js'
import type { BrokerClock, Duration } from './running-broker.js'

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Moved on by more, a broker would be at its timers for minutes, or past what a date can be. */
const MAX_ADVANCE_MS = 36_525 * UNITS_MS.d!

/** Whole milliseconds of a length of time. @throws TypeError for what isn't one */
export function durationMs(duration: Duration): number {
  if (typeof duration === 'number') {
    if (Number.isFinite(duration) && duration >= 0) return Math.round(duration)
  } else {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration)
    if (match !== null) return Math.round(Number(match[1]) * UNITS_MS[match[2]!]!)
  }
  throw new TypeError(`${duration} is no length of time such as 1500, '45s', '1.5h' or '7d'`)
}

/** What is due at once doesn't wait until the clock is moved. */
function promptly(logical: Clock): Clock {
  return {
    now: () => logical.now(),
    after: (delayMs, callback) =>
      delayMs > 0 ? logical.after(delayMs, callback) : systemClock.after(0, callback),
  }
}

/** The clocks of a broker, and what of them may be moved. */
export interface MovableClocks {
  readonly clocks: Clocks
  readonly clock: BrokerClock
}

/** Both follow the machine's. */
export function realClocks(): MovableClocks {
  return {
    clocks: systemClocks,
    clock: {
      isVirtual: false,
      now: () => systemClocks.logical.now(),
      advance: () =>
        Promise.reject(new TypeError("the clock isn't virtual: start with clock: 'virtual'")),
    },
  }
}

/**
 * A logical clock that stands still until it is moved, beginning now, and a pacing one that follows
 * the machine's.
 *
 * @param turnEnd calls what it is given when everything has had its turn that a timer has set off
 */
export function virtualClocks(turnEnd: (task: () => void) => void): MovableClocks {
  const logical = new VirtualClock(systemClock.now())
  const turn = (): Promise<void> => new Promise((resolve) => turnEnd(resolve))
  let moving: Promise<void> = Promise.resolve()
  const advance = async (ms: number): Promise<void> => {
    const untilMs = logical.now() + ms
    for (;;) {
      const { nextDueMs } = logical
      if (nextDueMs === undefined || nextDueMs > untilMs) break
      logical.runNext()
      // What it has set off may set timers that are due before the next.
      await turn()
    }
    logical.advanceTo(untilMs)
    await turn()
  }
  return {
    clocks: { logical: promptly(logical), pacing: systemClock },
    clock: {
      isVirtual: true,
      now: () => logical.now(),
      advance: async (duration) => {
        const ms = durationMs(duration)
        if (ms > MAX_ADVANCE_MS) {
          throw new TypeError(`${duration}: the clock moves by 100 years at most`)
        }
        // One after the other, also where nobody waits.
        moving = moving.then(() => advance(ms))
        await moving
      },
    },
  }
}
