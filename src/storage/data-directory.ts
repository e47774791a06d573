import type { Disk, DiskError, DiskLock } from '../env/disk.js'
import { CleanShutdownFile } from './clean-shutdown.js'
import {
  CLEANER_OFFSET_FILE,
  HIGH_WATERMARK_FILE,
  LOG_START_FILE,
  RECOVERY_POINT_FILE,
} from './file-names.js'
import type { LogDirectory } from './log-manager.js'
import { OffsetCheckpoint } from './offset-checkpoint.js'
import type { PartitionLog } from './partition-log.js'

/** The id of a directory whose own can't be read (Kafka's `DirectoryId.LOST`). */
export const LOST_DIRECTORY_ID = 'AAAAAAAAAAAAAAAAAAAAAg'

/** One of the `log.dirs`, held by this process, and what is in it. */
export class DataDirectory implements LogDirectory {
  offline = false
  /** All logs that it held at start are open. */
  isLoaded = false
  /** Of partitions; those without files too. */
  readonly logs = new Set<PartitionLog>()
  /** Opened for others than the partitions. */
  readonly otherLogs = new Set<PartitionLog>()
  readonly cleanShutdown: CleanShutdownFile
  readonly recoveryPoints: OffsetCheckpoint
  readonly logStarts: OffsetCheckpoint
  readonly highWatermarks: OffsetCheckpoint
  /** Of logs that were ever compacted. */
  readonly cleanedOffsets: OffsetCheckpoint

  constructor(
    disk: Disk,
    readonly path: string,
    readonly directoryId: string,
    /** The files are as a clean stop left them. */
    readonly hadCleanShutdown: boolean,
    private readonly lock: DiskLock | undefined,
  ) {
    this.cleanShutdown = new CleanShutdownFile(disk, path)
    this.recoveryPoints = new OffsetCheckpoint(disk, `${path}/${RECOVERY_POINT_FILE}`)
    this.logStarts = new OffsetCheckpoint(disk, `${path}/${LOG_START_FILE}`)
    this.highWatermarks = new OffsetCheckpoint(disk, `${path}/${HIGH_WATERMARK_FILE}`)
    this.cleanedOffsets = new OffsetCheckpoint(disk, `${path}/${CLEANER_OFFSET_FILE}`)
  }

  /** Brings the files of recovery points and log starts up to date. */
  checkpointLogs(done: (error: DiskError | null) => void): void {
    const logs = this.#logsWithFiles()
    const recoveryPoints = logs.map((log) => entry(log, log.recoveryPoint))
    // What the first file's name says needs no entry.
    const logStarts = logs
      .filter((log) => log.logStartOffset > log.firstSegmentOffset)
      .map((log) => entry(log, log.logStartOffset))
    this.recoveryPoints.write(recoveryPoints, (error) => {
      if (error === null) this.logStarts.write(logStarts, done)
      else done(error)
    })
  }

  /** Brings the file of high watermarks up to date. */
  checkpointHighWatermarks(done: (error: DiskError | null) => void): void {
    const highWatermarks = this.#logsWithFiles().map((log) => entry(log, log.highWatermark))
    this.highWatermarks.write(highWatermarks, done)
  }

  /** Brings the file of how far logs have been compacted up to date. */
  checkpointCleaned(done: (error: DiskError | null) => void): void {
    const entries = this.#logsWithFiles().flatMap((log) => {
      return log.cleanedTo === undefined ? [] : [entry(log, log.cleanedTo)]
    })
    // Most directories never need the file.
    if (entries.length === 0 && !this.cleanedOffsets.hasEntries) done(null)
    else this.cleanedOffsets.write(entries, done)
  }

  /** Writes all checkpoints, after what is under way of them. */
  async checkpointAll(): Promise<void> {
    for (const file of [this.recoveryPoints, this.logStarts, this.highWatermarks]) file.invalidate()
    const writes: ((done: (error: DiskError | null) => void) => void)[] = [
      (done) => this.checkpointLogs(done),
      (done) => this.checkpointHighWatermarks(done),
      (done) => this.checkpointCleaned(done),
    ]
    for (const write of writes) {
      await new Promise<void>((resolve, reject) => {
        write((error) => (error === null ? resolve() : reject(error)))
      })
    }
  }

  release(): void {
    this.lock?.release()
  }

  #logsWithFiles(): PartitionLog[] {
    return [...this.logs].filter((log) => log.segmentCount > 0)
  }
}

function entry(log: PartitionLog, offset: number) {
  return { topic: log.topic, partition: log.partition, offset }
}
