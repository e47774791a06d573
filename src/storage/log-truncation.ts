import type { LeaderEpochCache } from './leader-epoch-cache.js'
import { replayProducers } from './log-loader.js'
import type { LogSegments } from './log-segments.js'
import type { ProducerSnapshots } from './producer-snapshots.js'
import type { ProducerState } from './producer-state.js'
import type { Slices } from './slices.js'

/** What a log consists of. */
export interface LogFiles {
  readonly segments: LogSegments
  readonly epochs: LeaderEpochCache
  readonly producers: ProducerState
  readonly snapshots: ProducerSnapshots
  readonly logStartOffset: number
  readonly nowMs: number
}

/**
 * Removes everything from `offset` on, which lies within the log. Producer state is rebuilt from the
 * newest snapshot before it.
 *
 * @throws DiskError
 */
export function* truncateLog(files: LogFiles, offset: number): Slices<void> {
  const { segments, epochs, producers, snapshots } = files
  for (const segment of segments.removeFrom(offset + 1)) segment.removeFiles()
  const active = segments.active!
  active.activate()
  active.truncateTo(offset)
  epochs.truncateFromEnd(offset)
  snapshots.removeAfter(offset)
  snapshots.loadInto(producers, Math.min(files.logStartOffset, offset), offset, files.nowMs)
  yield* replayProducers(producers, segments, offset)
}

/** Removes everything; what comes next is at `offset`. */
export function truncateLogFully(files: LogFiles, offset: number): void {
  for (const segment of files.segments.removeFrom(0)) segment.removeFiles()
  files.epochs.clear()
  files.snapshots.removeAll()
  files.producers.clear(offset)
}
