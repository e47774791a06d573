import { ErrorCode, KafkaError } from '../protocol/errors.js'
import { batchSize, HEADER_SIZE, lastOffset } from '../protocol/records/batch.js'
import type { BufferPool } from './buffer-pool.js'
import type { LogSlice } from './log.js'
import type { LogSegments } from './log-segments.js'
import type { LogSegment } from './segment.js'

/** Read in front of the slice where the index doesn't say how far it is to its first batch. */
const UNKNOWN_GAP_BYTES = 8 * 1024
/** A larger gap is walked first, header by header, instead of being read with the slice. */
const MAX_GAP_BYTES = 64 * 1024
/** So much of the end of a file is likely in the page cache, having just been written. */
const HOT_TAIL_BYTES = 64 * 1024 * 1024
/** More is better copied by a thread of the pool, even out of the page cache. */
const MAX_SYNC_READ_BYTES = 256 * 1024

const EMPTY = Buffer.alloc(0)
/** What there is to read at the end of a log. */
export const EMPTY_SLICE: LogSlice = {
  records: EMPTY,
  firstEntryIncomplete: false,
  release: () => {},
}

/** What to read out of one segment. */
interface SegmentRead {
  readonly segment: LogSegment
  readonly offset: number
  readonly maxBytes: number
  /** Nothing from this position on. */
  readonly endPosition: number
  readonly minOneBatch: boolean
  /** Nothing is written to the segment any more, and it wasn't lately. */
  readonly isOld: boolean
}

/** What to read out of a log. */
export interface LogRead {
  readonly offset: number
  readonly maxBytes: number
  /** Nothing from this offset on. */
  readonly upToOffset: number
  readonly minOneBatch: boolean
  readonly logEndOffset: number
}

class PooledSlice implements LogSlice {
  #buffer: Buffer | undefined

  constructor(
    readonly records: Buffer,
    readonly firstEntryIncomplete: boolean,
    buffer: Buffer,
    private readonly pool: BufferPool,
  ) {
    this.#buffer = buffer
  }

  release(): void {
    if (this.#buffer === undefined) return
    this.pool.give(this.#buffer)
    this.#buffer = undefined
  }
}

/**
 * Reads from the segment that `offset` is in, or from a later one if it has nothing there: compaction
 * may have taken what the segment had at its end.
 *
 * @throws DiskError, or rejects with it
 */
export function readLog(
  pool: BufferPool,
  segments: LogSegments,
  read: LogRead,
  index = segments.indexOf(read.offset),
): LogSlice | Promise<LogSlice> {
  const { offset, maxBytes, upToOffset, minOneBatch } = read
  const segment = segments.at(index)
  if (segment === undefined || segment.baseOffset >= upToOffset) return EMPTY_SLICE
  const next = segments.at(index + 1)
  const endsHere = upToOffset < (next?.baseOffset ?? read.logEndOffset)
  const slice = readSegment(pool, {
    segment,
    offset,
    maxBytes,
    endPosition: endsHere ? segment.positionOf(upToOffset) : segment.visibleSize,
    minOneBatch,
    isOld: next !== undefined,
  })
  if (!(slice instanceof Promise)) return slice ?? readLog(pool, segments, read, index + 1)
  return slice.then((found) => {
    if (found !== undefined || next === undefined) return found ?? EMPTY_SLICE
    // The next one may have another place by now, or be part of one that begins earlier.
    return readLog(pool, segments, read, Math.max(0, segments.indexOf(next.baseOffset)))
  })
}

/**
 * Reads a slice of one segment: from the first batch that ends at the offset or later. The batch is
 * looked for in the same read that fetches the slice, from where the index points.
 *
 * @returns undefined when there is no such batch before the end position
 */
function readSegment(
  pool: BufferPool,
  read: SegmentRead,
): LogSlice | undefined | Promise<LogSlice | undefined> {
  const { segment, offset } = read
  const index = segment.offsetIndex
  let from = index.lookup(offset).position
  let gap = (index.positionAfter(offset) ?? from + UNKNOWN_GAP_BYTES) - from
  if (gap > MAX_GAP_BYTES) {
    from = segment.positionOf(offset)
    gap = 0
  }
  return readFrom(pool, read, from, gap, read.maxBytes)
}

/** Reads from a position at most `gap` bytes before the slice, which is of `sliceBytes`. */
function readFrom(
  pool: BufferPool,
  read: SegmentRead,
  from: number,
  gap: number,
  sliceBytes: number,
): LogSlice | undefined | Promise<LogSlice | undefined> {
  // It went while it was read. The client asks again, and gets what has taken its place.
  if (read.segment.isDeleted) return EMPTY_SLICE
  const wanted = Math.min(read.endPosition - from, gap + Math.max(sliceBytes, HEADER_SIZE))
  if (wanted < HEADER_SIZE) return undefined
  const buffer = pool.take(wanted)
  const isHot =
    !read.isOld &&
    wanted <= MAX_SYNC_READ_BYTES &&
    read.segment.visibleSize - from <= HOT_TAIL_BYTES
  let result: LogSlice | undefined | Promise<LogSlice | undefined>
  let failure: Error | null = null
  let isDone = false
  let settle: (() => void) | undefined
  read.segment.file.read(buffer, 0, wanted, from, isHot, (error, length) => {
    failure = error
    if (error === null) {
      try {
        result = slice(pool, read, from, buffer, length, sliceBytes)
      } catch (corruption) {
        failure = corruption as Error
      }
    } else pool.give(buffer)
    isDone = true
    settle?.()
  })
  if (isDone) {
    if (failure !== null) throw failure
    return result
  }
  return new Promise((resolve, reject) => {
    settle = () => {
      if (failure !== null) reject(failure)
      else resolve(result)
    }
  })
}

/**
 * Cuts the slice out of what was read, or reads again if that wasn't what was looked for.
 *
 * @throws KafkaError CORRUPT_MESSAGE where the file has something else than a batch
 */
function slice(
  pool: BufferPool,
  read: SegmentRead,
  from: number,
  buffer: Buffer,
  length: number,
  sliceBytes: number,
): LogSlice | undefined | Promise<LogSlice | undefined> {
  let at = 0
  while (length - at >= HEADER_SIZE && lastOffset(buffer, at) < read.offset) {
    const size = batchSize(buffer, at)
    if (size < HEADER_SIZE) throw corrupt(pool, buffer, size)
    at += size
  }
  const position = from + at
  if (length - at < HEADER_SIZE) {
    // The gap was larger than thought. Each attempt gets on by a batch at least.
    pool.give(buffer)
    if (at === 0) return undefined
    return readFrom(pool, read, position, UNKNOWN_GAP_BYTES, sliceBytes)
  }
  const firstBytes = batchSize(buffer, at)
  if (firstBytes < HEADER_SIZE) throw corrupt(pool, buffer, firstBytes)
  const allowed = read.minOneBatch ? Math.max(read.maxBytes, firstBytes) : read.maxBytes
  const bytes = Math.min(allowed, read.endPosition - position)
  if (bytes > length - at) {
    pool.give(buffer)
    return readFrom(pool, read, position, 0, bytes)
  }
  return new PooledSlice(buffer.subarray(at, at + bytes), allowed < firstBytes, buffer, pool)
}

function corrupt(pool: BufferPool, buffer: Buffer, size: number): KafkaError {
  pool.give(buffer)
  return new KafkaError(ErrorCode.CORRUPT_MESSAGE, `a batch of ${size} bytes in the log's file`)
}
