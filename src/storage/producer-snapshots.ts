import type { Disk } from '../env/disk.js'
import { fileName, offsetOfFile, SNAPSHOT_SUFFIX } from './file-names.js'
import type { ProducerState } from './producer-state.js'

/** The `.snapshot` files of a log's directory. */
export class ProducerSnapshots {
  /** In ascending order. */
  #offsets: number[]

  constructor(
    private readonly disk: Disk,
    public directory: string,
    fileNames: readonly string[],
  ) {
    this.#offsets = fileNames
      .filter((name) => name.endsWith(SNAPSHOT_SUFFIX))
      .map((name) => offsetOfFile(name))
      .filter((offset) => offset !== undefined)
      .sort((a, b) => a - b)
  }

  get latest(): number | undefined {
    return this.#offsets.at(-1)
  }

  path(offset: number): string {
    return `${this.directory}/${fileName(offset, SNAPSHOT_SUFFIX)}`
  }

  /** Notes that a file for this offset is there, or soon will be. */
  add(offset: number): void {
    if (this.latest === offset) return
    this.#offsets.push(offset)
  }

  remove(offset: number): void {
    if (!this.#offsets.includes(offset)) return
    this.#offsets = this.#offsets.filter((other) => other !== offset)
    this.disk.remove(this.path(offset))
  }

  /** Removes those after `offset`. */
  removeAfter(offset: number): void {
    for (const other of this.#offsets.filter((other) => other > offset)) this.remove(other)
  }

  removeAll(): void {
    for (const offset of [...this.#offsets]) this.remove(offset)
  }

  /** Removes those that belong to no segment, except the newest, which a clean stop left. */
  removeStray(segmentBaseOffsets: ReadonlySet<number>): void {
    const lastBase = Math.max(...segmentBaseOffsets)
    for (const offset of [...this.#offsets]) {
      if (segmentBaseOffsets.has(offset)) continue
      if (offset === this.latest && offset >= lastBase) continue
      this.remove(offset)
    }
  }

  /**
   * Puts the newest sound snapshot from after `logStart` up to `endOffset` into the state; without
   * one the state is empty and begins at `logStart`.
   */
  loadInto(state: ProducerState, logStart: number, endOffset: number, nowMs: number): void {
    for (const offset of [...this.#offsets].reverse()) {
      if (offset > endOffset || offset <= logStart) continue
      const bytes = this.disk.readFile(this.path(offset))
      if (bytes !== undefined && state.load(offset, bytes, nowMs)) return
      this.remove(offset)
    }
    state.clear(logStart)
  }
}
