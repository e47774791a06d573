import { copyBytes, copyWithin } from './byte-copy.js'
import { GrowingBuffer, tooLarge } from './growing-buffer.js'
import { corrupt } from './record-error.js'
import { runtimeRequire } from './runtime-require.js'

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

type CompressBlock = (bytes: Buffer) => Uint8Array

// Loaded when the first batch is compressed, which a broker seldom does.
const compressBlock = (() => {
  let loaded: CompressBlock | undefined
  return (bytes: Buffer): Uint8Array => {
    loaded ??= (runtimeRequire('snappyjs') as { readonly compress: CompressBlock }).compress
    return loaded(bytes)
  }
})()

/** In the framing of snappy-java, with its chunks of 32 KiB. */
export function compressSnappy(bytes: Buffer): Buffer {
  const header = Buffer.alloc(XERIAL_HEADER_SIZE)
  XERIAL_MAGIC.copy(header)
  header.writeInt32BE(XERIAL_VERSION, 8)
  header.writeInt32BE(XERIAL_VERSION, 12)
  const parts: Uint8Array[] = [header]
  for (let start = 0; start < bytes.length; start += CHUNK_SIZE) {
    const block = compressBlock(bytes.subarray(start, start + CHUNK_SIZE))
    const size = Buffer.alloc(4)
    size.writeInt32BE(block.length)
    parts.push(size, block)
  }
  return Buffer.concat(parts)
}
