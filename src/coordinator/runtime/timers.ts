import type { Clock, Timer } from '../../env/clock.js'
import { type CoordinatorTimers, NOTHING, type Operation } from './state-machine.js'

/** Hands a timer's operation to its partition, to be run as one of `key`. */
export type Schedule = (key: string, name: string, operation: Operation<void>) => void

interface Entry {
  timer: Timer | undefined
}

/** The timers of one partition. */
export class PartitionTimers implements CoordinatorTimers {
  readonly #entries = new Map<string, Entry>()

  constructor(private readonly schedule: Schedule) {}

  get size(): number {
    return this.#entries.size
  }

  set(name: string, clock: Clock, delayMs: number, key: string, operation: Operation<void>): void {
    this.cancel(name)
    const entry: Entry = { timer: undefined }
    this.#entries.set(name, entry)
    entry.timer = clock.after(delayMs, () => {
      this.schedule(key, name, () => {
        // It may have been cancelled or set anew while others of its key were at work.
        if (this.#entries.get(name) !== entry) return NOTHING
        this.#entries.delete(name)
        return operation()
      })
    })
  }

  cancel(name: string): void {
    this.#entries.get(name)?.timer?.cancel()
    this.#entries.delete(name)
  }

  has(name: string): boolean {
    return this.#entries.has(name)
  }

  cancelAll(): void {
    for (const { timer } of this.#entries.values()) timer?.cancel()
    this.#entries.clear()
  }
}
