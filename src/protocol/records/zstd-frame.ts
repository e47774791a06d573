import { corrupt } from './record-error.js'

/** A zstd frame in a buffer (RFC 8878), as far as its headers tell without decompressing it. */
export interface ZstdFrame {
  readonly start: number
  readonly end: number
  /** Bytes it decompresses to, at most. */
  readonly maxSize: number
  /** Bytes it decompresses to, where its header says so; streaming encoders leave it out. */
  readonly contentSize: number | undefined
}

const MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
const SKIPPABLE_MASK = 0xfffffff0
const SINGLE_SEGMENT = 0x20
const RESERVED = 0x08
const CONTENT_CHECKSUM = 0x04
const MAX_BLOCK_SIZE = 128 * 1024
const BlockType = { RAW: 0, RLE: 1, COMPRESSED: 2, RESERVED: 3 } as const

/**
 * The frames of a buffer, one after the other; skippable ones are left out.
 *
 * @throws KafkaError CORRUPT_MESSAGE when they don't fill the buffer exactly
 */
export function zstdFrames(bytes: Buffer): ZstdFrame[] {
  const frames: ZstdFrame[] = []
  let at = 0
  do {
    const magic = uint(bytes, at, 4)
    if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) {
      at = checkedEnd(bytes, at + 8, uint(bytes, at + 4, 4))
      continue
    }
    if (magic !== MAGIC) throw corrupt('no zstd frame')
    const frame = readFrame(bytes, at)
    frames.push(frame)
    at = frame.end
  } while (at < bytes.length)
  return frames
}

function readFrame(bytes: Buffer, start: number): ZstdFrame {
  const descriptor = uint(bytes, start + 4, 1)
  if (descriptor & RESERVED) throw corrupt('a zstd frame with a reserved flag')
  let at = start + 5
  const singleSegment = (descriptor & SINGLE_SEGMENT) !== 0
  let windowSize = 0
  if (!singleSegment) {
    const window = uint(bytes, at++, 1)
    windowSize = 2 ** (10 + (window >>> 3)) * (1 + (window & 7) / 8)
  }
  const dictionaryIdSize = (1 << (descriptor & 3)) >>> 1
  if (dictionaryIdSize > 0 && uint(bytes, at, dictionaryIdSize) !== 0) {
    throw corrupt('a zstd frame that needs a dictionary')
  }
  at += dictionaryIdSize
  const contentSize = readContentSize(bytes, at, descriptor >>> 6, singleSegment)
  at += contentSizeBytes(descriptor >>> 6, singleSegment)
  const blockSize = Math.min(MAX_BLOCK_SIZE, singleSegment ? (contentSize ?? 0) : windowSize)
  let maxSize = 0
  for (let last = false; !last; ) {
    const header = uint(bytes, at, 3)
    const type = (header >>> 1) & 3
    const size = header >>> 3
    if (type === BlockType.RESERVED) throw corrupt('a zstd block of a reserved type')
    maxSize += type === BlockType.COMPRESSED ? blockSize : size
    at = checkedEnd(bytes, at + 3, type === BlockType.RLE ? 1 : size)
    last = (header & 1) === 1
  }
  if (descriptor & CONTENT_CHECKSUM) at = checkedEnd(bytes, at, 4)
  if (contentSize === undefined) return { start, end: at, maxSize, contentSize }
  if (contentSize > maxSize) throw corrupt('a zstd frame shorter than its length')
  return { start, end: at, maxSize: contentSize, contentSize }
}

function contentSizeBytes(flag: number, singleSegment: boolean): number {
  if (flag === 0) return singleSegment ? 1 : 0
  return 1 << flag
}

function readContentSize(
  bytes: Buffer,
  at: number,
  flag: number,
  singleSegment: boolean,
): number | undefined {
  const size = contentSizeBytes(flag, singleSegment)
  if (size === 0) return undefined
  if (size === 2) return uint(bytes, at, 2) + 256
  if (size === 8) return uint(bytes, at + 4, 4) * 2 ** 32 + uint(bytes, at, 4)
  return uint(bytes, at, size)
}

function uint(bytes: Buffer, at: number, size: number): number {
  if (size > bytes.length - at) throw corrupt('a zstd frame ends early')
  return bytes.readUIntLE(at, size)
}

function checkedEnd(bytes: Buffer, at: number, size: number): number {
  if (size > bytes.length - at) throw corrupt('a zstd frame ends early')
  return at + size
}
