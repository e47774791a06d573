import { copyBytes, copyWithin } from './byte-copy.js'
import { corrupt } from './record-error.js'

/**
 * LZ4's block format: sequences of a token (lengths of the literals and of the match, 4 bits each,
 * 15 going on in further bytes), the literals, and the match's distance (2 bytes, little-endian).
 */

const MIN_MATCH = 4

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
