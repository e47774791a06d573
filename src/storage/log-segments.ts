import type { LogSegment } from './segment.js'

/** A log's segments by base offset. */
export class LogSegments {
  readonly #segments: LogSegment[] = []

  get count(): number {
    return this.#segments.length
  }

  get all(): readonly LogSegment[] {
    return this.#segments
  }

  get first(): LogSegment | undefined {
    return this.#segments[0]
  }

  /** The one that is written to. */
  get active(): LogSegment | undefined {
    return this.#segments[this.#segments.length - 1]
  }

  /** Bytes of all segments. */
  get size(): number {
    let size = 0
    for (const segment of this.#segments) size += segment.visibleSize
    return size
  }

  /** Adds a segment that begins after all others. */
  push(segment: LogSegment): void {
    this.#segments.push(segment)
  }

  /** The segment that `offset` would be in; -1 before the first. */
  indexOf(offset: number): number {
    let low = -1
    let high = this.#segments.length - 1
    // Reading is mostly at the end.
    if (high >= 0 && this.#segments[high]!.baseOffset <= offset) return high
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#segments[middle]!.baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  /** See `Log.bytesBetween`. */
  bytesBetween(offset: number, upToOffset: number): number {
    const index = this.indexOf(offset)
    if (index !== this.indexOf(upToOffset)) return Number.POSITIVE_INFINITY
    const segment = this.#segments[index]
    if (segment === undefined || offset >= upToOffset) return 0
    return segment.positionOf(upToOffset) - segment.positionOf(offset)
  }

  at(index: number): LogSegment | undefined {
    return this.#segments[index]
  }

  /** Puts one in the place of several that follow one another. */
  replace(old: readonly LogSegment[], by: LogSegment): void {
    this.#segments.splice(this.#segments.indexOf(old[0]!), old.length, by)
  }

  /** Takes out the first `count`. */
  removeFirst(count: number): LogSegment[] {
    return this.#segments.splice(0, count)
  }

  /** Takes out those that begin at `offset` or later. */
  removeFrom(offset: number): LogSegment[] {
    const first = this.#segments.findIndex((segment) => segment.baseOffset >= offset)
    return first === -1 ? [] : this.#segments.splice(first)
  }
}
