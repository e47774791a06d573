import { copyBytes, copyWithin } from './byte-copy.js'
import { corrupt } from './record-error.js'

/**
 * LZ4's block format: sequences of a token (lengths of the literals and of the match, 4 bits each,
 * 15 going on in further bytes), the literals, and the match's distance (2 bytes, little-endian).
 */

const MIN_MATCH = 4
// What the format demands of a block's end.
const LAST_LITERALS = 5
const MATCH_FIND_LIMIT = 12
const MAX_DISTANCE = 0xffff
const HASH_BITS = 13
// After so many misses (2^6) the search begins to skip bytes: incompressible data costs little then.
const SKIP_TRIGGER = 6

/**
 * Decompresses one block to `target[at]`, where `target` ends where the block may at most.
 *
 * @returns the position after what was written
 * @throws KafkaError CORRUPT_MESSAGE
 */
export function decompressBlock(
  source: Buffer,
  start: number,
  end: number,
  target: Buffer,
  at: number,
  limit: number,
): number {
  let from = start
  let to = at
  while (from < end) {
    const token = source[from++]!
    let literals = token >>> 4
    if (literals === 15) {
      let byte = 255
      while (byte === 255) {
        if (from >= end) throw corrupt('an LZ4 block ends within a length')
        byte = source[from++]!
        literals += byte
      }
    }
    if (literals > end - from || literals > limit - to) throw corrupt('LZ4 literals out of bounds')
    copyBytes(source, from, target, to, literals)
    from += literals
    to += literals
    if (from === end) return to
    if (end - from < 2) throw corrupt('an LZ4 block ends within a distance')
    const distance = source[from]! | (source[from + 1]! << 8)
    from += 2
    let length = (token & 15) + MIN_MATCH
    if (length === 15 + MIN_MATCH) {
      let byte = 255
      while (byte === 255) {
        if (from >= end) throw corrupt('an LZ4 block ends within a length')
        byte = source[from++]!
        length += byte
      }
    }
    if (distance === 0 || distance > to - at || length > limit - to) {
      throw corrupt('an LZ4 match out of bounds')
    }
    copyWithin(target, to, distance, length)
    to += length
  }
  throw corrupt('an LZ4 block does not end with literals')
}

/** Bytes that a block of `size` bytes may come to. */
export function maxCompressedBlockSize(size: number): number {
  return size + Math.ceil(size / 255) + 16
}

/** Compresses blocks; keeps its table of positions from one to the next. */
export class Lz4BlockCompressor {
  readonly #positions = new Int32Array(1 << HASH_BITS)

  /** Writes `source[start..end]` as one block to `target[at]`; returns the position after it. */
  compress(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
    const positions = this.#positions.fill(-1)
    const searchEnd = end - MATCH_FIND_LIMIT
    let to = at
    let anchor = start
    let from = start
    let misses = 1 << SKIP_TRIGGER
    while (from < searchEnd) {
      const word = readWord(source, from)
      const hash = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS)
      const match = positions[hash]!
      positions[hash] = from
      if (match < 0 || from - match > MAX_DISTANCE || readWord(source, match) !== word) {
        from += misses++ >>> SKIP_TRIGGER
        continue
      }
      misses = 1 << SKIP_TRIGGER
      let length = MIN_MATCH
      const matchEnd = end - LAST_LITERALS - from
      while (length < matchEnd && source[match + length] === source[from + length]) length++
      to = writeSequence(source, anchor, from, target, to, from - match, length)
      from += length
      anchor = from
    }
    return writeLastLiterals(source, anchor, end, target, to)
  }
}

function readWord(bytes: Buffer, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

function writeSequence(
  source: Buffer,
  anchor: number,
  from: number,
  target: Buffer,
  at: number,
  distance: number,
  length: number,
): number {
  const literals = from - anchor
  const matchCode = length - MIN_MATCH
  target[at] = (Math.min(literals, 15) << 4) | Math.min(matchCode, 15)
  let to = writeLength(target, at + 1, literals)
  copyBytes(source, anchor, target, to, literals)
  to += literals
  target[to++] = distance & 0xff
  target[to++] = distance >>> 8
  return writeLength(target, to, matchCode)
}

function writeLastLiterals(
  source: Buffer,
  anchor: number,
  end: number,
  target: Buffer,
  at: number,
): number {
  const literals = end - anchor
  target[at] = Math.min(literals, 15) << 4
  const to = writeLength(target, at + 1, literals)
  copyBytes(source, anchor, target, to, literals)
  return to + literals
}

// What doesn't fit the token's 4 bits.
function writeLength(target: Buffer, at: number, length: number): number {
  if (length < 15) return at
  let to = at
  let rest = length - 15
  for (; rest >= 255; rest -= 255) target[to++] = 255
  target[to++] = rest
  return to
}
