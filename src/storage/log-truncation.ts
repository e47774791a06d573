import type { Disk } from '../env/disk.js'
import { type LoadedLog, replayProducers } from './log-loader.js'
import type { Slices } from './slices.js'

/**
 * Removes everything from `offset` on, which lies within the log. Producer state is rebuilt from the
 * newest snapshot before it.
 *
 * @throws DiskError
 */
export function* truncateLog(
  files: LoadedLog,
  offset: number,
  logStartOffset: number,
  nowMs: number,
): Slices<void> {
  const { segments, epochs, producers, snapshots } = files
  for (const segment of segments.removeFrom(offset + 1)) segment.removeFiles()
  const active = segments.active!
  active.activate()
  active.truncateTo(offset)
  epochs.truncateFromEnd(offset)
  snapshots.removeAfter(offset)
  snapshots.loadInto(producers, Math.min(logStartOffset, offset), offset, nowMs)
  yield* replayProducers(producers, segments, offset)
}

/**
 * Writes what a log that is to be closed has only in memory: its indexes and producers.
 *
 * @throws DiskError
 */
export function finishLog(
  disk: Disk,
  files: LoadedLog,
  log: { readonly logStartOffset: number; readonly logEndOffset: number },
): void {
  const endOffset = log.logEndOffset
  const { segments, producers, snapshots } = files
  for (const segment of segments.all) segment.writeIndexes()
  producers.endOffset = endOffset
  if (snapshots.latest === endOffset || endOffset <= log.logStartOffset) return
  disk.writeFile(snapshots.path(endOffset), producers.snapshot())
  snapshots.add(endOffset)
}

/** Removes everything; what comes next is at `offset`. */
export function truncateLogFully(files: LoadedLog, offset: number): void {
  for (const segment of files.segments.removeFrom(0)) segment.removeFiles()
  files.epochs.clear()
  files.snapshots.removeAll()
  files.producers.clear(offset)
}
