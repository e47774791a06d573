import type { Disk, DiskCallback, DiskError } from '../env/disk.js'
import type { EpochEndOffset } from './log.js'

/** The offset of the first record that was written in an epoch. */
export interface EpochEntry {
  readonly epoch: number
  readonly startOffset: number
}

const FORMAT_VERSION = 0
const UNDEFINED_EPOCH = -1
const UNDEFINED: EpochEndOffset = { leaderEpoch: UNDEFINED_EPOCH, endOffset: -1 }

/**
 * Which epoch began where in a log (KIP-101; Kafka's `LeaderEpochFileCache`), kept in its file
 * `leader-epoch-checkpoint`: a version, a count, then a line for each epoch.
 */
export class LeaderEpochCache {
  #entries: EpochEntry[] = []
  #dirty = false
  #writing = false
  #error: DiskError | null = null
  readonly #waiting: DiskCallback[] = []

  constructor(
    private readonly disk: Disk,
    public path: string,
  ) {}

  /** Reads the file; one that isn't there or makes no sense leaves the cache empty. */
  load(): void {
    const text = this.disk.readFile(this.path)?.toString('utf8')
    this.#entries = text === undefined ? [] : (parse(text) ?? [])
  }

  get latestEpoch(): number | undefined {
    return this.#entries.at(-1)?.epoch
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries
  }

  /** Notes that `epoch` begins at `startOffset`; entries that contradict it are removed. */
  assign(epoch: number, startOffset: number): void {
    const last = this.#entries.at(-1)
    if (last !== undefined && last.epoch === epoch && startOffset >= last.startOffset) return
    this.#removeLastWhile((entry) => entry.epoch >= epoch || entry.startOffset >= startOffset)
    this.#entries.push({ epoch, startOffset })
    this.#dirty = true
  }

  /** Where the epoch, or the largest one before it, ended. */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEndOffset {
    if (epoch === UNDEFINED_EPOCH) return UNDEFINED
    if (epoch === this.latestEpoch) return { leaderEpoch: epoch, endOffset: logEndOffset }
    const higher = this.#entries.findIndex((entry) => entry.epoch > epoch)
    if (higher === -1) return UNDEFINED
    const floor = this.#entries[higher - 1]
    return { leaderEpoch: floor?.epoch ?? epoch, endOffset: this.#entries[higher]!.startOffset }
  }

  epochForOffset(offset: number): number | undefined {
    let epoch: number | undefined
    for (const entry of this.#entries) {
      if (entry.startOffset > offset) break
      epoch = entry.epoch
    }
    return epoch
  }

  /** Removes the epochs that begin at `endOffset` or later. */
  truncateFromEnd(endOffset: number): void {
    this.#removeLastWhile((entry) => entry.startOffset >= endOffset)
  }

  /** Removes the epochs that ended before `startOffset`; the one it lies in begins there now. */
  truncateFromStart(startOffset: number): void {
    const first = this.#entries.findLastIndex((entry) => entry.startOffset <= startOffset)
    if (first === -1 || (first === 0 && this.#entries[0]!.startOffset === startOffset)) return
    this.#entries.splice(0, first + 1, { epoch: this.#entries[first]!.epoch, startOffset })
    this.#dirty = true
  }

  clear(): void {
    if (this.#entries.length === 0) return
    this.#entries = []
    this.#dirty = true
  }

  /** Brings the file up to date, safely, if it isn't. */
  flush(done: DiskCallback): void {
    if (!this.#dirty && !this.#writing) {
      done(null)
      return
    }
    this.#waiting.push(done)
    this.#write()
  }

  // One replacement at a time, with what is newest then; those who came later wait for another.
  #write(): void {
    if (this.#writing) return
    if (!this.#dirty) {
      for (const done of this.#waiting.splice(0)) done(this.#error)
      return
    }
    this.#writing = true
    this.#dirty = false
    this.disk.replaceFile(this.path, Buffer.from(format(this.#entries)), (error) => {
      this.#writing = false
      this.#error = error
      if (error !== null) this.#dirty = false
      this.#write()
    })
  }

  #removeLastWhile(matches: (entry: EpochEntry) => boolean): void {
    while (this.#entries.length > 0 && matches(this.#entries.at(-1)!)) {
      this.#entries.pop()
      this.#dirty = true
    }
  }
}

function format(entries: readonly EpochEntry[]): string {
  const lines = entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}\n`)
  return `${FORMAT_VERSION}\n${entries.length}\n${lines.join('')}`
}

function parse(text: string): EpochEntry[] | undefined {
  const [version, count, ...lines] = text.split('\n').filter((line) => line !== '')
  if (Number(version) !== FORMAT_VERSION || Number(count) !== lines.length) return undefined
  const entries = lines.map((line) => {
    const [epoch, startOffset] = line.trim().split(/\s+/).map(Number)
    return { epoch: epoch ?? Number.NaN, startOffset: startOffset ?? Number.NaN }
  })
  const isSane = entries.every((entry) => entry.epoch >= 0 && entry.startOffset >= 0)
  return isSane ? entries : undefined
}
