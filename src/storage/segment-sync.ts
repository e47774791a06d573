import type { DiskCallback } from '../env/disk.js'
import type { LogSegment } from './segment.js'

/** Makes all of the segment that may be read survive a crash. */
export function syncSegment(segment: LogSegment, done: DiskCallback): void {
  const size = segment.visibleSize
  segment.file.sync((error) => {
    if (error === null) segment.syncedSize = Math.max(segment.syncedSize, size)
    done(error)
  })
}

/**
 * The same for the last segment when its end was cut off: a crash must not bring that back behind
 * what has been written in its place.
 *
 * @throws DiskError
 */
export function syncIfCut(segment: LogSegment): Promise<void> {
  if (segment.syncedSize >= 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    syncSegment(segment, (error) => (error === null ? resolve() : reject(error)))
  })
}
