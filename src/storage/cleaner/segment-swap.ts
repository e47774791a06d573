import type { Disk } from '../../env/disk.js'
import { SWAP_SUFFIX } from '../file-names.js'
import type { LoadedLog } from '../log-loader.js'
import type { LogSegment } from '../segment.js'

/** Whether these are the log's own, one after the other, and sealed. */
export function canBeReplaced({ segments }: LoadedLog, old: readonly LogSegment[]): boolean {
  const first = segments.all.indexOf(old[0]!)
  if (first === -1 || first + old.length >= segments.count) return false
  return old.every((segment, i) => segments.at(first + i) === segment)
}

/**
 * Puts a cleaned segment in the place of those it was made of (Kafka's `LocalLog.replaceSegments`).
 * The step after which a crash can't undo it is that all of its files are called `.swap`: from there
 * on the next start finishes the swap, before it the start throws the cleaned files away.
 *
 * @throws DiskError; then only the next start can tell what is what
 */
export function swapSegments(
  disk: Disk,
  directory: string,
  { segments, snapshots }: LoadedLog,
  old: readonly LogSegment[],
  cleaned: LogSegment,
): void {
  cleaned.changeSuffix(SWAP_SUFFIX)
  disk.syncDirectory(directory)
  for (const segment of old) segment.markDeleted()
  // Beside what takes their place they would be a log with the same offsets twice.
  disk.syncDirectory(directory)
  segments.replace(old, cleaned)
  cleaned.changeSuffix('')
  disk.syncDirectory(directory)
  for (const { baseOffset } of old.slice(1)) snapshots.remove(baseOffset)
}
