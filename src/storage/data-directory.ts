import type { Disk, DiskError, DiskLock } from '../env/disk.js'
import { CleanShutdownFile } from './clean-shutdown.js'
import { HIGH_WATERMARK_FILE, LOG_START_FILE, RECOVERY_POINT_FILE } from './file-names.js'
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

  /** Writes all checkpoints, after what is under way of them. */
  checkpointAll(): Promise<void> {
    for (const file of [this.recoveryPoints, this.logStarts, this.highWatermarks]) file.invalidate()
    return new Promise((resolve, reject) => {
      this.checkpointLogs((error) => {
        if (error !== null) reject(error)
        else this.checkpointHighWatermarks((failure) => (failure ? reject(failure) : resolve()))
      })
    })
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
