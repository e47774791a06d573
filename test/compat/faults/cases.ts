import type { JournalEntry } from '../../../src/testing/journal-entry.js'

/** What a case calls its topics, groups and clients. */
export const nameOf = (title: string): string => title.replaceAll(/\W+/g, '-')

/** A request that no fault has struck, and that brought what was asked for. */
export const isGood = ({ faults, outcome, errors }: JournalEntry): boolean =>
  faults.length === 0 && outcome === 'answered' && errors.length === 0

/** Runs jobs, so many at a time, in their order. @returns what becomes of each, by its name */
export function pooled<T>(
  jobs: ReadonlyMap<string, () => Promise<T>>,
  atATime: number,
): ReadonlyMap<string, Promise<T>> {
  let running = 0
  const waiting: (() => void)[] = []
  const run = async (job: () => Promise<T>): Promise<T> => {
    if (running >= atATime) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await job()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
  const results = [...jobs].map(([name, job]) => [name, run(job)] as const)
  // They are awaited one after the other.
  for (const [, result] of results) result.catch(() => {})
  return new Map(results)
}
