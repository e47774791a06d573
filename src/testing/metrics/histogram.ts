/** Steps between a power of two and the next: what a quantile is off by at most is a sixteenth. */
const STEPS = 16
const STEPS_BITS = 4
/** Of 32 bits; what is longer counts as that. */
const MAX_VALUE = 2 ** 31 - 1

/** How long things took, in whole milliseconds, in bounded room whatever comes. */
export class Histogram {
  count = 0
  sum = 0
  max = 0
  readonly #counts: number[] = []

  add(value: number): void {
    const bucket = bucketOf(Math.min(Math.max(0, Math.round(value)), MAX_VALUE))
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.count++
    this.sum += value
    if (value > this.max) this.max = value
  }

  /** What a part of the values, 0 to 1, doesn't exceed; 0 when there are none. */
  quantile(part: number): number {
    let left = Math.ceil(this.count * part)
    for (const [bucket, count = 0] of this.#counts.entries()) {
      left -= count
      if (left <= 0 && count > 0) return Math.min(largestIn(bucket), this.max)
    }
    return 0
  }
}

/** One for each number below {@link STEPS}, then as many for each power of two. */
function bucketOf(value: number): number {
  if (value < STEPS) return value
  const shift = 31 - Math.clz32(value) - STEPS_BITS
  return (shift + 1) * STEPS + (value >> shift) - STEPS
}

function largestIn(bucket: number): number {
  if (bucket < STEPS) return bucket
  const shift = Math.floor(bucket / STEPS) - 1
  return ((bucket % STEPS) + STEPS + 1) * 2 ** shift - 1
}
