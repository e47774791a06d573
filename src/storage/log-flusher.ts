import type { Disk, DiskCallback, DiskError } from '../env/disk.js'
import { parentOf } from './file-names.js'
import type { LeaderEpochCache } from './leader-epoch-cache.js'
import type { LoadedLog } from './log-loader.js'
import type { LogSegments } from './log-segments.js'
import type { LogSegment } from './segment.js'
import { syncSegment } from './segment-sync.js'

/** Calls `done` when all the steps have called back, with the first error among them. */
function inParallel(steps: readonly ((done: DiskCallback) => void)[], done: DiskCallback): void {
  let left = steps.length
  let first: DiskError | null = null
  if (left === 0) done(null)
  for (const step of steps) {
    step((error) => {
      first ??= error
      if (--left === 0) done(first)
    })
  }
}

/** Brings a log's files to where they survive a crash, and knows up to where they do. */
export class LogFlusher {
  /** Everything before this offset survives a crash. */
  recoveryPoint: number
  /** Segments have been made, cut or removed since the directory was last synced. */
  #directoryChanged = false
  /** The log's directory has been made since the one that it is in was last synced. */
  #isDirectoryNew = false
  #underWay = 0
  readonly #whenIdle: (() => void)[] = []

  readonly #segments: LogSegments
  readonly #epochs: LeaderEpochCache

  constructor(
    private readonly disk: Disk,
    { segments, epochs, recoveryPoint }: LoadedLog,
  ) {
    this.#segments = segments
    this.#epochs = epochs
    this.recoveryPoint = recoveryPoint
  }

  directoryChanged(): void {
    this.#directoryChanged = true
  }

  directoryMade(): void {
    this.#isDirectoryNew = true
  }

  /** Syncs what has been written before `endOffset`; the recovery point moves there. */
  flush(directory: string, endOffset: number, done: DiskCallback): void {
    if (endOffset <= this.recoveryPoint && !this.#directoryChanged) {
      done(null)
      return
    }
    const dirty = this.#segments.all.filter((segment) => segment.syncedSize < segment.visibleSize)
    this.#sync(directory, dirty, [], (error) => {
      if (error === null) this.recoveryPoint = Math.max(this.recoveryPoint, endOffset)
      done(error)
    })
  }

  /** Like {@link flush}, before what was written to the segment last has been made visible. */
  flushWith(segment: LogSegment, directory: string, endOffset: number, done: DiskCallback): void {
    const dirty = this.#segments.all.filter((other) => {
      return other === segment || other.syncedSize < other.visibleSize
    })
    this.#sync(directory, dirty, [], (error) => {
      if (error === null) this.recoveryPoint = Math.max(this.recoveryPoint, endOffset)
      done(error)
    })
  }

  /**
   * Finishes a segment that another one follows: index files, its producer snapshot, and the sync of
   * everything before `endOffset`, where the next one begins.
   */
  seal(
    directory: string,
    segment: LogSegment,
    endOffset: number,
    snapshot: { readonly path: string; readonly content: Buffer },
    done: DiskCallback,
  ): void {
    const indexes = segment.takeIndexFiles() ?? []
    const dirty = this.#segments.all.filter((other) => {
      return other.baseOffset < endOffset && other.syncedSize < other.visibleSize
    })
    const ended = this.#begin(done)
    this.#sync(directory, dirty, [...indexes, snapshot], (error) => {
      if (error !== null) {
        ended(error)
        return
      }
      this.recoveryPoint = Math.max(this.recoveryPoint, endOffset)
      if (segment.isDeleted) ended(this.#removeAll(indexes))
      else {
        segment.seal()
        ended(null)
      }
    })
  }

  /** Retention took the segment meanwhile, and renamed what files it had then. */
  #removeAll(files: readonly { readonly path: string }[]): DiskError | null {
    try {
      for (const { path } of files) this.disk.remove(path)
      return null
    } catch (error) {
      return error as DiskError
    }
  }

  /** Replaces a file of the log's directory, safely. */
  replaceFile(path: string, content: Buffer, done: DiskCallback): void {
    this.disk.replaceFile(path, content, this.#begin(done))
  }

  /** Calls `task` when no file is being written any more. */
  whenIdle(task: () => void): void {
    if (this.#underWay === 0) task()
    else this.#whenIdle.push(task)
  }

  #begin(done: DiskCallback): DiskCallback {
    this.#underWay++
    return (error) => {
      this.#underWay--
      done(error)
      if (this.#underWay === 0) for (const task of this.#whenIdle.splice(0)) task()
    }
  }

  #sync(
    directory: string,
    segments: readonly LogSegment[],
    files: readonly { readonly path: string; readonly content: Buffer }[],
    done: DiskCallback,
  ): void {
    try {
      if (this.#isDirectoryNew) this.disk.syncDirectory(parentOf(directory))
      if (this.#directoryChanged) this.disk.syncDirectory(directory)
    } catch (error) {
      done(error as DiskError)
      return
    }
    this.#isDirectoryNew = false
    this.#directoryChanged = false
    inParallel(
      [
        (stepDone) => this.#epochs.flush(stepDone),
        ...files.map(
          ({ path, content }) =>
            (stepDone: DiskCallback) =>
              this.disk.replaceFile(path, content, stepDone),
        ),
        ...segments.map((segment) => (stepDone: DiskCallback) => syncSegment(segment, stepDone)),
      ],
      done,
    )
  }
}
