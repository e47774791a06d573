import type { Disk } from '../env/disk.js'

/** Long work that yields whenever others may have their turn. */
export type Slices<T> = Generator<void, T>

/** Runs it to its end without giving others a turn. */
export function runAtOnce<T>(work: Slices<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}

/** Runs a slice in a turn of the event loop, the first one now. Rejects with what the work throws. */
export function runInSlices<T>(disk: Disk, work: Slices<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const next = (): void => {
      let step: IteratorResult<void, T>
      try {
        step = work.next()
      } catch (error) {
        reject(error as Error)
        return
      }
      if (step.done === true) resolve(step.value)
      else disk.atTurnEnd(next)
    }
    next()
  })
}
