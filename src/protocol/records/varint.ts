import { invalid } from './record-error.js'

const TWO_28 = 2 ** 28
const TWO_31 = 2 ** 31

/**
 * A place in a buffer that moves on as zigzag varints (protobuf's `sint32` and `sint64`, as in v2
 * records) are read. Reading allocates nothing; past `end` or beyond the type's range it throws a
 * KafkaError with code INVALID_RECORD.
 */
export class VarintReader {
  position = 0
  end = 0

  constructor(public buffer: Buffer) {}

  /** Looks at `buffer` from `position` (inclusive) to `end` (exclusive). */
  reset(buffer: Buffer, position: number, end: number): void {
    this.buffer = buffer
    this.position = position
    this.end = end
  }

  int8(): number {
    if (this.position >= this.end) throw invalid('a record ends early')
    return (this.buffer[this.position++]! << 24) >> 24
  }

  varint(): number {
    const first = this.position < this.end ? this.buffer[this.position]! : 0x80
    if (first < 0x80) {
      this.position++
      return (first >>> 1) ^ -(first & 1)
    }
    const raw = this.#unsigned32()
    return (raw >>> 1) ^ -(raw & 1)
  }

  /** Saturates to ±(2^53 - 1). */
  varlong(): number {
    const first = this.position < this.end ? this.buffer[this.position]! : 0x80
    if (first < 0x80) {
      this.position++
      return (first >>> 1) ^ -(first & 1)
    }
    return this.#long()
  }

  skip(length: number): void {
    if (length < 0 || length > this.end - this.position) throw invalid('a record ends early')
    this.position += length
  }

  /** A view of the next bytes. */
  bytes(length: number): Buffer {
    const start = this.position
    this.skip(length)
    return this.buffer.subarray(start, start + length)
  }

  #unsigned32(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.position >= this.end) throw invalid('a record ends early')
      const byte = this.buffer[this.position++]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw invalid('a varint is longer than 5 bytes')
  }

  // Three parts of 28, 28 and 8 bits: a double holds the sum exactly as long as it is a safe integer.
  #long(): number {
    let low = 0
    let middle = 0
    let high = 0
    for (let index = 0; index < 10; index++) {
      if (this.position >= this.end) throw invalid('a record ends early')
      const byte = this.buffer[this.position++]!
      const bits = byte & 0x7f
      if (index < 4) low |= bits << (7 * index)
      else if (index < 8) middle |= bits << (7 * index - 28)
      else high |= bits << (7 * index - 56)
      if (byte < 0x80) return unzigzag(low, middle, high)
    }
    throw invalid('a varlong is longer than 10 bytes')
  }
}

function unzigzag(low: number, middle: number, high: number): number {
  const negative = (low & 1) === 1
  const half = (low >>> 1) + middle * (TWO_28 / 2) + (high & 0xff) * (TWO_28 * TWO_28 * 0.5)
  const value = negative ? -half - 1 : half
  if (value > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER
  return Math.max(value, Number.MIN_SAFE_INTEGER)
}

/** Bytes that {@link writeVarint} takes for a 32-bit integer. */
export function sizeOfVarint(value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let size = 1
  while (rest > 0x7f) {
    rest >>>= 7
    size++
  }
  return size
}

/** Bytes that {@link writeVarlong} takes for a safe integer. */
export function sizeOfVarlong(value: number): number {
  let half = value < 0 ? -(value + 1) : value
  let size = 1
  for (half = Math.floor(half / 64); half > 0; half = Math.floor(half / 128)) size++
  return size
}

/** Writes a 32-bit integer as a zigzag varint; returns the position after it. */
export function writeVarint(buffer: Buffer, position: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let at = position
  while (rest > 0x7f) {
    buffer[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  buffer[at++] = rest
  return at
}

/** Writes a safe integer as a zigzag varlong; returns the position after it. */
export function writeVarlong(buffer: Buffer, position: number, value: number): number {
  if (value >= -TWO_31 && value < TWO_31) return writeVarint(buffer, position, value)
  const negative = value < 0
  const half = negative ? -(value + 1) : value
  let at = position
  buffer[at++] = ((half % 64) << 1) | (negative ? 1 : 0) | 0x80
  let rest = Math.floor(half / 64)
  while (rest > 0x7f) {
    buffer[at++] = (rest % 128) | 0x80
    rest = Math.floor(rest / 128)
  }
  buffer[at++] = rest
  return at
}
