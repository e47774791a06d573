import type { DiskFile } from '../../env/disk.js'
import { batchSize, HEADER_SIZE, nextBatch } from '../../protocol/records/batch.js'
import type { LogSegment } from '../segment.js'

/**
 * Reads a segment from a position on, where a batch begins, so many bytes at a time or the one batch
 * that is larger. Each chunk is of whole batches, and good until the next one is asked for.
 *
 * @throws Error where what follows is no whole batch; DiskError
 */
export async function* chunksOf(
  segment: LogSegment,
  from: number,
  chunkBytes: number,
): AsyncGenerator<Buffer> {
  const usualBytes = Math.max(HEADER_SIZE, Math.floor(chunkBytes))
  let buffer = Buffer.allocUnsafeSlow(usualBytes)
  let position = from
  while (position < segment.visibleSize) {
    const wanted = Math.min(buffer.length, segment.visibleSize - position)
    const length = await read(segment.file, buffer, wanted, position)
    const end = endOfBatches(buffer, length)
    if (end > 0) {
      yield buffer.subarray(0, end)
      position += end
      if (buffer.length > usualBytes) buffer = Buffer.allocUnsafeSlow(usualBytes)
      continue
    }
    const size = length < HEADER_SIZE ? 0 : batchSize(buffer, 0)
    if (size <= length || size > segment.visibleSize - position) {
      throw new Error(`${segment.file.path} has no whole batch at position ${position}`)
    }
    buffer = Buffer.allocUnsafeSlow(size)
  }
}

function endOfBatches(buffer: Buffer, length: number): number {
  let end = 0
  for (;;) {
    const next = nextBatch(buffer, end, length)
    if (next === -1) return end
    end = next
  }
}

function read(file: DiskFile, buffer: Buffer, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    file.read(buffer, 0, length, position, false, (error, bytesRead) => {
      if (error === null) resolve(bytesRead)
      else reject(error)
    })
  })
}
