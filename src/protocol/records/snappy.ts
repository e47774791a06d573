import { copyBytes, copyWithin } from './byte-copy.js'
import { GrowingBuffer, tooLarge } from './growing-buffer.js'
import { corrupt } from './record-error.js'

/**
 * Snappy: the raw format, and the framing of snappy-java (called xerial), which is a header and then
 * chunks with a length (4 bytes, big-endian) in front. Kafka's Java client writes the second, and
 * like it we read both.
 */

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
/** The magic's first four bytes, where a chunk's length would stand: one stream after another. */
const XERIAL_MAGIC_HEAD = XERIAL_MAGIC.readInt32BE(0)
const XERIAL_HEADER_SIZE = 16
const XERIAL_VERSION = 1
const CHUNK_SIZE = 32 * 1024

const HASH_BITS = 13
const SKIP_TRIGGER = 5
const INPUT_MARGIN = 15

const TAG_LITERAL = 0
const TAG_COPY_1 = 1
const TAG_COPY_2 = 2

/** @throws KafkaError CORRUPT_MESSAGE */
export function decompressSnappy(bytes: Buffer, maxBytes: number): Buffer {
  if (!isXerialHeader(bytes, 0)) return decompressRaw(bytes, maxBytes)
  const output = new GrowingBuffer(4 * bytes.length, maxBytes)
  let at = 0
  while (at < bytes.length) {
    if (bytes.length - at < 4) throw corrupt('a snappy stream ends early')
    const size = bytes.readInt32BE(at)
    if (size === XERIAL_MAGIC_HEAD && isXerialHeader(bytes, at)) {
      at += XERIAL_HEADER_SIZE
      continue
    }
    at += 4
    if (size < 0 || size > bytes.length - at) throw corrupt('a snappy stream ends early')
    decompressChunk(bytes, at, at + size, output)
    at += size
  }
  return output.finish()
}

function isXerialHeader(bytes: Buffer, at: number): boolean {
  return (
    bytes.length - at >= XERIAL_HEADER_SIZE &&
    XERIAL_MAGIC.compare(bytes, at, at + XERIAL_MAGIC.length) === 0
  )
}

function decompressRaw(bytes: Buffer, maxBytes: number): Buffer {
  const output = new GrowingBuffer(0, maxBytes)
  decompressChunk(bytes, 0, bytes.length, output)
  return output.finish()
}

function decompressChunk(bytes: Buffer, start: number, end: number, output: GrowingBuffer): void {
  let at = start
  let size = 0
  for (let shift = 0; ; shift += 7) {
    if (at >= end || shift > 28) throw corrupt('a snappy block without a length')
    const byte = bytes[at++]!
    size += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  // An element of 3 bytes stands for 64 at most: a length that can't be true reserves nothing.
  if (size > 64 * (end - at)) throw corrupt('a snappy block shorter than its length')
  if (size > output.maxBytes - output.length) throw tooLarge(output.maxBytes)
  output.reserve(size)
  decompressElements(bytes, at, end, output.bytes, output.length, output.length + size)
  output.length += size
}

function decompressElements(
  source: Buffer,
  start: number,
  end: number,
  target: Buffer,
  at: number,
  limit: number,
): void {
  let from = start
  let to = at
  while (from < end) {
    const tag = source[from++]!
    let length = (tag >>> 2) + 1
    if ((tag & 3) === TAG_LITERAL) {
      if (length > 60) {
        const bytes = length - 60
        if (bytes > end - from) throw corrupt('a snappy block ends early')
        length = readLittleEndian(source, from, bytes) + 1
        from += bytes
      }
      if (length > end - from || length > limit - to)
        throw corrupt('a snappy literal out of bounds')
      copyBytes(source, from, target, to, length)
      from += length
    } else {
      let distance: number
      if ((tag & 3) === TAG_COPY_1) {
        if (from >= end) throw corrupt('a snappy block ends early')
        length = ((tag >>> 2) & 7) + 4
        distance = ((tag >>> 5) << 8) | source[from++]!
      } else {
        const bytes = (tag & 3) === TAG_COPY_2 ? 2 : 4
        if (bytes > end - from) throw corrupt('a snappy block ends early')
        distance = readLittleEndian(source, from, bytes)
        from += bytes
      }
      if (distance === 0 || distance > to - at || length > limit - to) {
        throw corrupt('a snappy copy out of bounds')
      }
      copyWithin(target, to, distance, length)
    }
    to += length
  }
  if (to !== limit) throw corrupt('a snappy block shorter than its length')
}

// Buffer's own readUIntLE takes ten times as long.
function readLittleEndian(bytes: Buffer, at: number, size: number): number {
  let value = bytes[at]!
  if (size > 1) value |= bytes[at + 1]! << 8
  if (size > 2) value |= bytes[at + 2]! << 16
  if (size > 3) value |= bytes[at + 3]! << 24
  return value >>> 0
}

/** In the framing of snappy-java, with its chunks of 32 KiB. */
export function compressSnappy(bytes: Buffer): Buffer {
  const chunks = Math.ceil(bytes.length / CHUNK_SIZE)
  const target = Buffer.allocUnsafe(XERIAL_HEADER_SIZE + chunks * (4 + maxChunkSize(CHUNK_SIZE)))
  XERIAL_MAGIC.copy(target)
  target.writeInt32BE(XERIAL_VERSION, 8)
  target.writeInt32BE(XERIAL_VERSION, 12)
  const positions = new Int32Array(1 << HASH_BITS)
  let at = XERIAL_HEADER_SIZE
  for (let start = 0; start < bytes.length; start += CHUNK_SIZE) {
    const end = Math.min(start + CHUNK_SIZE, bytes.length)
    const chunkEnd = compressChunk(bytes, start, end, target, at + 4, positions.fill(-1))
    target.writeInt32BE(chunkEnd - at - 4, at)
    at = chunkEnd
  }
  return target.subarray(0, at)
}

function maxChunkSize(size: number): number {
  return 32 + size + Math.ceil(size / 6)
}

function compressChunk(
  source: Buffer,
  start: number,
  end: number,
  target: Buffer,
  at: number,
  positions: Int32Array,
): number {
  let to = at
  let size = end - start
  for (; size > 0x7f; size >>>= 7) target[to++] = (size & 0x7f) | 0x80
  target[to++] = size
  const searchEnd = end - INPUT_MARGIN
  let anchor = start
  let from = start
  let misses = 1 << SKIP_TRIGGER
  while (from < searchEnd) {
    const word = readWord(source, from)
    const hash = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS)
    const match = positions[hash]!
    positions[hash] = from
    if (match < 0 || readWord(source, match) !== word) {
      from += misses++ >>> SKIP_TRIGGER
      continue
    }
    misses = 1 << SKIP_TRIGGER
    let length = 4
    while (from + length < end && source[match + length] === source[from + length]) length++
    if (from > anchor) to = writeLiteral(source, anchor, from, target, to)
    to = writeCopies(target, to, from - match, length)
    from += length
    anchor = from
  }
  return anchor < end ? writeLiteral(source, anchor, end, target, to) : to
}

function readWord(bytes: Buffer, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

function writeLiteral(
  source: Buffer,
  from: number,
  end: number,
  target: Buffer,
  at: number,
): number {
  const length = end - from
  const code = length - 1
  let to = at
  if (code < 60) {
    target[to++] = (code << 2) | TAG_LITERAL
  } else if (code < 0x100) {
    target[to++] = (60 << 2) | TAG_LITERAL
    target[to++] = code
  } else {
    target[to++] = (61 << 2) | TAG_LITERAL
    target[to++] = code & 0xff
    target[to++] = code >>> 8
  }
  copyBytes(source, from, target, to, length)
  return to + length
}

// A copy is of 64 bytes at most; what is left must be 4 at least, so that one before the last may be
// of 60.
function writeCopies(target: Buffer, at: number, distance: number, length: number): number {
  let to = at
  let left = length
  while (left > 64) {
    const size = left < 68 ? 60 : 64
    to = writeCopy2(target, to, distance, size)
    left -= size
  }
  if (left > 11 || distance > 0x7ff) return writeCopy2(target, to, distance, left)
  target[to++] = ((distance >>> 8) << 5) | ((left - 4) << 2) | TAG_COPY_1
  target[to++] = distance & 0xff
  return to
}

function writeCopy2(target: Buffer, at: number, distance: number, length: number): number {
  target[at] = ((length - 1) << 2) | TAG_COPY_2
  target[at + 1] = distance & 0xff
  target[at + 2] = distance >>> 8
  return at + 3
}
