import { GrowingBuffer } from './growing-buffer.js'
import { decompressBlock } from './lz4-block.js'
import { corrupt } from './record-error.js'
import { runtimeRequire } from './runtime-require.js'
import { xxHash32 } from './xxhash32.js'

/**
 * LZ4's frame format as Kafka's `Lz4BlockInputStream` reads it: version 1, independent blocks, no
 * dictionary. Unlike Kafka, what follows a frame is read as the next one, and the checksum over the
 * content is verified.
 */

const FRAME_MAGIC = 0x184d2204
const SKIPPABLE_MAGIC = 0x184d2a50
const SKIPPABLE_MASK = 0xfffffff0

const VERSION_1 = 0x40
const VERSION_MASK = 0xc0
const INDEPENDENT_BLOCKS = 0x20
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const CONTENT_CHECKSUM = 0x04
const RESERVED = 0x03

const STORED_BLOCK = 0x80000000
/** 4 stands for 64 KiB, each further number for four times as much, up to 7. */
const BLOCK_SIZE_ID = 4
const BLOCK_SIZE = 64 * 1024

/**
 * @param ignoreHeaderChecksum of the frames, which Kafka's first clients made of the wrong bytes
 * @throws KafkaError CORRUPT_MESSAGE
 */
export function decompressLz4(
  bytes: Buffer,
  maxBytes: number,
  ignoreHeaderChecksum = false,
): Buffer {
  const output = new GrowingBuffer(Math.max(BLOCK_SIZE, 4 * bytes.length), maxBytes)
  let at = 0
  do {
    at = readFrame(bytes, at, output, ignoreHeaderChecksum)
  } while (at < bytes.length)
  return output.finish()
}

function readFrame(
  bytes: Buffer,
  start: number,
  output: GrowingBuffer,
  ignoreHeaderChecksum: boolean,
): number {
  const magic = readUInt32(bytes, start)
  if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) {
    return checkedEnd(bytes, start + 8, readUInt32(bytes, start + 4))
  }
  if (magic !== FRAME_MAGIC) throw corrupt('no LZ4 frame')
  const flags = checkedByte(bytes, start + 4)
  const blockSize = readDescriptor(flags, checkedByte(bytes, start + 5))
  const descriptorEnd = endOfDescriptor(start, flags)
  const stored = checkedByte(bytes, descriptorEnd)
  if (!ignoreHeaderChecksum && headerChecksum(bytes, start + 4, descriptorEnd) !== stored) {
    throw corrupt('the checksum of an LZ4 frame header does not match')
  }
  const contentStart = output.length
  let at = readBlocks(bytes, descriptorEnd + 1, output, blockSize, flags)
  if (flags & CONTENT_CHECKSUM) {
    if (readUInt32(bytes, at) !== xxHash32(output.bytes, contentStart, output.length)) {
      throw corrupt('the checksum of an LZ4 frame does not match')
    }
    at += 4
  }
  return at
}

function endOfDescriptor(start: number, flags: number): number {
  return start + 6 + (flags & CONTENT_SIZE ? 8 : 0)
}

function headerChecksum(bytes: Buffer, start: number, end: number): number {
  return (xxHash32(bytes, start, end) >>> 8) & 0xff
}

/**
 * The frame with its header's checksum made over what begins at `start`: the format says 4, after
 * the magic number; Kafka's first clients had 0. In place.
 */
export function withHeaderChecksumFrom(frame: Buffer, start: number): Buffer {
  const end = endOfDescriptor(0, frame[4]!)
  frame[end] = headerChecksum(frame, start, end)
  return frame
}

/** Returns the largest size of a block. */
function readDescriptor(flags: number, descriptor: number): number {
  if ((flags & VERSION_MASK) !== VERSION_1) throw corrupt('an LZ4 frame of an unknown version')
  if (flags & RESERVED) throw corrupt('an LZ4 frame with reserved flags')
  if (!(flags & INDEPENDENT_BLOCKS)) throw corrupt('an LZ4 frame with dependent blocks')
  const blockSizeId = descriptor >>> 4
  if (descriptor & 0x0f || blockSizeId < BLOCK_SIZE_ID || blockSizeId > 7) {
    throw corrupt('an LZ4 frame with a wrong block size')
  }
  return BLOCK_SIZE << (2 * (blockSizeId - BLOCK_SIZE_ID))
}

/** Returns the position after the mark that ends the blocks. */
function readBlocks(
  bytes: Buffer,
  start: number,
  output: GrowingBuffer,
  blockSize: number,
  flags: number,
): number {
  let at = start
  for (;;) {
    const word = readUInt32(bytes, at)
    const size = word & ~STORED_BLOCK
    at += 4
    if (size === 0) return at
    if (size > blockSize) throw corrupt(`an LZ4 block of ${size} bytes, more than ${blockSize}`)
    const end = checkedEnd(bytes, at, size)
    if (word & STORED_BLOCK) output.append(bytes.subarray(at, end))
    else readCompressedBlock(bytes, at, end, output, blockSize)
    if (flags & BLOCK_CHECKSUM) {
      if (readUInt32(bytes, end) !== xxHash32(bytes, at, end)) {
        throw corrupt('the checksum of an LZ4 block does not match')
      }
      at = end + 4
    } else {
      at = end
    }
  }
}

function readCompressedBlock(
  bytes: Buffer,
  start: number,
  end: number,
  output: GrowingBuffer,
  blockSize: number,
): void {
  // A byte of a block stands for 255 at most.
  output.reserveUpTo(Math.min(blockSize, 255 * (end - start)))
  const limit = Math.min(output.bytes.length, output.length + blockSize)
  output.length = decompressBlock(bytes, start, end, output.bytes, output.length, limit)
}

function readUInt32(bytes: Buffer, at: number): number {
  if (bytes.length - at < 4) throw corrupt('an LZ4 frame ends early')
  return bytes.readUInt32LE(at)
}

function checkedByte(bytes: Buffer, at: number): number {
  if (at >= bytes.length) throw corrupt('an LZ4 frame ends early')
  return bytes[at]!
}

function checkedEnd(bytes: Buffer, at: number, size: number): number {
  if (size > bytes.length - at) throw corrupt('an LZ4 frame ends early')
  return at + size
}

type CompressFrame = (bytes: Buffer) => Buffer

// Loaded when the first batch is compressed, which a broker seldom does.
const compressFrame = (() => {
  let loaded: CompressFrame | undefined
  return (bytes: Buffer): Buffer => {
    const load = () => runtimeRequire('lz4-napi') as { readonly compressFrameSync: CompressFrame }
    loaded ??= load().compressFrameSync
    return loaded(bytes)
  }
})()

/** One frame of independent blocks, without checksums but the header's. */
export function compressLz4(bytes: Buffer): Buffer {
  return compressFrame(bytes)
}
