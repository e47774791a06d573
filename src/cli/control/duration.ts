import { durationMs } from '../../testing/broker-clock.js'
import type { Duration } from '../../testing/running-broker.js'
import { UsageError } from '../arguments.js'

/**
 * Milliseconds of a length of time as it stands on the command line.
 *
 * @param wrong what is said of any other text
 * @throws UsageError
 */
export function durationIn(text: string, wrong: (text: string) => string): number {
  try {
    return durationMs(text as Duration)
  } catch {
    throw new UsageError(wrong(text))
  }
}
