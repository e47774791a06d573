import type { Random } from './random.js'

/** What a crash leaves of a write: all, nothing, only the file's new length, or its first bytes. */
export type Remains = 'all' | 'none' | 'length' | number

/** Decides what a crash leaves of that which wasn't synced. */
export interface Losses {
  /** Asked for each write, in order. */
  write(bytes: number): Remains
  /** @returns whether a change of a file's length survives */
  truncate(): boolean
  /** @returns whether a creation, renaming or deletion survives */
  entry(): boolean
  /** Once one of a directory's is lost all that follow are, as where the file system has a journal. */
  readonly keepsOrder: boolean
}

/** Any part may survive. */
export function randomLosses(random: Random): Losses {
  return {
    write: (bytes) => {
      const fate = random.int(4)
      if (fate === 1) return random.int(bytes + 1)
      if (fate === 0) return 'all'
      return fate === 2 ? 'length' : 'none'
    },
    truncate: () => random.int(4) < 2,
    entry: () => random.int(3) !== 0,
    keepsOrder: true,
  }
}
