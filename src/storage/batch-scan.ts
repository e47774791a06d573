import type { DiskFile } from '../env/disk.js'
import { batchSize, HEADER_SIZE } from '../protocol/records/batch.js'

const HEADERS_BYTES = 16 * 1024
const BATCHES_BYTES = 1024 * 1024

/**
 * Called for a batch. Its header is at `at`; it begins at `position` of the file.
 *
 * @returns whether to go on
 */
export type BatchVisitor = (bytes: Buffer, at: number, position: number) => boolean

/**
 * Visits the headers of the batches from `from` on, of which a whole one begins there, up to `to`.
 * Reads at once; for short stretches.
 *
 * @returns the position where it ended: after the last batch that is whole by its length
 */
export function scanHeaders(file: DiskFile, from: number, to: number, visit: BatchVisitor): number {
  let window = Buffer.alloc(0)
  let windowAt = 0
  let position = from
  while (to - position >= HEADER_SIZE) {
    if (position + HEADER_SIZE > windowAt + window.length) {
      window = Buffer.allocUnsafe(Math.min(HEADERS_BYTES, to - position))
      window = window.subarray(0, file.readSync(window, 0, window.length, position))
      windowAt = position
      if (window.length < HEADER_SIZE) break
    }
    const at = position - windowAt
    const size = batchSize(window, at)
    if (size < HEADER_SIZE || position + size > to) break
    if (!visit(window, at, position)) break
    position += size
  }
  return position
}

/**
 * Visits the batches from `from` to `to`, each whole in the buffer. Yields after every slice, so that
 * long work can let others run.
 *
 * @returns the position where it ended: after the last batch that is whole by its length
 */
export function* scanBatches(
  file: DiskFile,
  from: number,
  to: number,
  visit: BatchVisitor,
): Generator<void, number> {
  let buffer = Buffer.allocUnsafe(Math.min(BATCHES_BYTES, Math.max(HEADER_SIZE, to - from)))
  let position = from
  while (to - position >= HEADER_SIZE) {
    const length = file.readSync(buffer, 0, Math.min(buffer.length, to - position), position)
    let at = 0
    let size = 0
    while (length - at >= HEADER_SIZE) {
      size = batchSize(buffer, at)
      if (size < HEADER_SIZE || position + size > to) return position
      if (at + size > length) break
      if (!visit(buffer, at, position)) return position
      at += size
      position += size
    }
    if (at === 0) {
      if (size <= buffer.length) return position
      buffer = Buffer.allocUnsafe(size)
    }
    yield
  }
  return position
}
