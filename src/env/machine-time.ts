import { performance } from 'node:perf_hooks'
import timers from 'node:timers'

/*
 * The machine's time and timers as they were when this was loaded. Fake timers of test runners put
 * others in their place, on the global object and on these modules, and a broker in the same process
 * is to run on all the same: its clients' time may stand still, the wire's doesn't.
 */
export const { setTimeout, clearTimeout, setImmediate } = timers
export const { nextTick } = process

const { now: dateNow } = Date
/** Milliseconds since the Unix epoch. */
export const wallClockMs = (): number => dateNow()

/** Milliseconds since some moment, with fractions; never goes back. */
export const monotonicMs: () => number = performance.now.bind(performance)
