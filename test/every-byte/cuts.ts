import { type Losses, randomLosses } from '../../src/env/losses.js'
import { seededRandom } from '../../src/env/random.js'
import { type DiskChange, DiskImage } from './disk-image.js'
import { Machine } from './machine.js'

/** Writes up to this size are torn at every byte, bytes. */
const SMALL_WRITE = 256
/** Of larger ones every so many bytes, and around the ends and the header of the first batch. */
const TEAR_STRIDE = 23
const HEADER_BYTES = 61
/** What is lost is drawn so many times, too; of directories' entries in every other in any order. */
const DRAWS = 4

/** A small workload, and what must be there whenever it is cut. `P`: what has been promised. */
export interface Story<P> {
  readonly name: string
  /** Works on an empty disk. What it says by `promise` must hold from then on. */
  tell(machine: Machine, promise: (promised: P) => void): Promise<void>
  /**
   * Recovers, perhaps several times; a machine that has crashed loses what it is told to.
   *
   * @throws Error when something is not as promised
   */
  check(machine: Machine, promised: P, losses: Losses): Promise<void>
}

/** How a crash treats what wasn't synced. */
const FATES: Readonly<Record<string, Losses>> = {
  kept: { write: () => 'all', truncate: () => true, entry: () => true, keepsOrder: true },
  lost: { write: () => 'none', truncate: () => false, entry: () => false, keepsOrder: true },
  'data lost': { write: () => 'length', truncate: () => true, entry: () => true, keepsOrder: true },
  'data and lengths lost': {
    write: () => 'none',
    truncate: () => false,
    entry: () => true,
    keepsOrder: true,
  },
  'lengths kept short': {
    write: () => 'all',
    truncate: () => false,
    entry: () => true,
    keepsOrder: true,
  },
  'names lost': { write: () => 'all', truncate: () => true, entry: () => false, keepsOrder: true },
}

/** One crash. */
export interface Cut {
  /** So many changes have happened. */
  readonly changes: number
  /** And so many bytes of the write that is the next. */
  readonly torn: number | undefined
  /** Name of a fate, or the number of a draw. */
  readonly fate: string
}

/** A story that was told to its end. */
export interface Told<P> {
  readonly story: Story<P>
  readonly changes: readonly DiskChange[]
  readonly promises: readonly { readonly after: number; readonly promised: P }[]
}

export async function tell<P>(story: Story<P>): Promise<Told<P>> {
  const changes: DiskChange[] = []
  const promises: { after: number; promised: P }[] = []
  const machine = new Machine(new DiskImage(), (change) => changes.push(change))
  await story.tell(machine, (promised) => promises.push({ after: changes.length, promised }))
  return { story, changes, promises }
}

function tears(length: number): number[] {
  const all = Array.from({ length: Math.max(0, length - 1) }, (_, i) => i + 1)
  if (length <= SMALL_WRITE) return all
  return all.filter((at) => {
    return at % TEAR_STRIDE === 0 || at <= HEADER_BYTES + 1 || at >= length - 2
  })
}

/** Every crash there is, from the first promise on. */
export function* cutsOf({ changes, promises }: Told<unknown>): Generator<Cut> {
  const draws = Array.from({ length: DRAWS }, (_, i) => String(i))
  for (let at = promises[0]!.after; at <= changes.length; at++) {
    for (const fate of [...Object.keys(FATES), ...draws])
      yield { changes: at, torn: undefined, fate }
    const change = changes[at]
    if (change?.kind !== 'write') continue
    for (const torn of tears(change.bytes.length)) {
      for (const fate of ['kept', 'lengths kept short', '0']) yield { changes: at, torn, fate }
    }
  }
}

/** @throws Error that says which cut it was */
export async function crashAt<P>({ story, changes, promises }: Told<P>, cut: Cut): Promise<void> {
  const image = new DiskImage()
  for (const change of changes.slice(0, cut.changes)) image.apply(change)
  const next = changes[cut.changes]
  if (cut.torn !== undefined && next?.kind === 'write') {
    image.apply({ ...next, bytes: next.bytes.subarray(0, cut.torn) })
  }
  const seed = 1 + Number(cut.fate) * 1_000_003 + cut.changes * 1009 + (cut.torn ?? 0)
  const drawn = { ...randomLosses(seededRandom(seed)), keepsOrder: Number(cut.fate) % 2 === 0 }
  const losses = FATES[cut.fate] ?? drawn
  const machine = new Machine(image)
  machine.crash(losses)
  const { promised } = promises.findLast(({ after }) => after <= cut.changes)!
  try {
    await story.check(machine, promised, losses)
  } catch (error) {
    const { stack } = error as Error
    throw new Error(`${story.name}, ${JSON.stringify(cut)}, before ${describe(next)}: ${stack}`)
  }
}

function describe(change: DiskChange | undefined): string {
  if (change === undefined) return 'nothing more'
  return JSON.stringify(change, (key, value) => (key === 'bytes' ? value.data.length : value))
}

/** Tells the story, then crashes it at one of so many cuts, all of them if 1. @returns how many */
export async function crashEverywhere<P>(
  story: Story<P>,
  oneOf: number,
): Promise<{ readonly crashes: number; readonly failures: string[] }> {
  const told = await tell(story)
  const failures: string[] = []
  let crashes = 0
  let number = 0
  for (const cut of cutsOf(told)) {
    if (number++ % oneOf !== 0) continue
    crashes++
    await crashAt(told, cut).catch((error: Error) => failures.push(error.message))
  }
  return { crashes, failures }
}
