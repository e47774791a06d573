import type { DiskError } from '../env/disk.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type { BatchAnalysis } from './batch-analysis.js'
import { PARTITION_METADATA_FILE } from './file-names.js'
import { type LogConfig, maxSegmentMs } from './log-config.js'
import type { LogContext } from './log-context.js'
import type { LogFlusher } from './log-flusher.js'
import type { LoadedLog } from './log-loader.js'
import { encodePartitionMetadata } from './partition-metadata.js'
import { LogSegment } from './segment.js'

/** What the roller asks of its log. */
export interface RollerOwner {
  readonly directory: string
  readonly config: LogConfig
  readonly topicId: string | undefined
  readonly nextOffset: number
  /** The files of a segment couldn't be finished. */
  failed(error: DiskError): unknown
}

/** A segment that another follows, to be finished once its last write has completed. */
interface UnsealedSegment {
  readonly segment: LogSegment
  readonly endOffset: number
  readonly snapshot: Buffer
}

/** Begins a log's segments, and finishes those that another one follows. */
export class SegmentRoller {
  readonly #unsealed: UnsealedSegment[] = []
  #jitterMs: number

  constructor(
    private readonly context: LogContext,
    private readonly owner: RollerOwner,
    private readonly files: LoadedLog,
    private readonly flusher: LogFlusher,
  ) {
    this.#jitterMs = this.#drawJitter()
  }

  /**
   * The segment that what is to be appended goes to, a new one if need be.
   *
   * @throws KafkaError RECORD_LIST_TOO_LARGE; DiskError
   */
  segmentFor({ bytes, firstOffset, lastOffset, maxTimestamp }: BatchAnalysis): LogSegment {
    const { config, nextOffset } = this.owner
    if (bytes > config.segmentBytes) {
      throw new KafkaError(
        ErrorCode.RECORD_LIST_TOO_LARGE,
        `${bytes} bytes of records are more than a segment holds (${config.segmentBytes})`,
      )
    }
    const active = this.files.segments.active ?? this.#createFiles()
    const maxAgeMs = maxSegmentMs(config) - this.#jitterMs
    if (!active.shouldRoll(bytes, lastOffset, maxTimestamp, config, maxAgeMs)) return active
    return this.rollAt(Math.max(firstOffset, nextOffset))
  }

  /** Adds a segment that begins at `baseOffset`; the log's directory is there. */
  addSegment(baseOffset: number): LogSegment {
    const segment = LogSegment.create(this.context, this.owner.directory, baseOffset)
    this.files.segments.push(segment)
    this.flusher.directoryChanged()
    return segment
  }

  /** Follows the active segment by another one. */
  rollAt(baseOffset: number): LogSegment {
    const { segments, producers, snapshots } = this.files
    const segment = segments.active!
    // An empty segment can only be too full for an offset beyond its range: it begins anew.
    if (segment.size === 0) {
      segments.removeFrom(segment.baseOffset)
      segment.removeFiles()
      return this.addSegment(baseOffset)
    }
    producers.endOffset = baseOffset
    this.#unsealed.push({ segment, endOffset: baseOffset, snapshot: producers.snapshot() })
    snapshots.add(baseOffset)
    this.#jitterMs = this.#drawJitter()
    const next = this.addSegment(baseOffset)
    this.sealWritten()
    return next
  }

  /** Finishes the segments whose last write has completed. */
  sealWritten(): void {
    for (;;) {
      const head = this.#unsealed[0]
      if (head === undefined || head.segment.visibleSize < head.segment.size) return
      this.#unsealed.shift()
      const snapshot = {
        path: this.files.snapshots.path(head.endOffset),
        content: head.snapshot,
      }
      const { directory } = this.owner
      this.flusher.seal(directory, head.segment, head.endOffset, snapshot, (error) => {
        if (error !== null) this.owner.failed(error)
      })
    }
  }

  /** Ties the log's directory to its topic. */
  writeMetadata(topicId: string): void {
    const path = `${this.owner.directory}/${PARTITION_METADATA_FILE}`
    this.flusher.replaceFile(path, encodePartitionMetadata(topicId), (error) => {
      if (error !== null) this.owner.failed(error)
    })
  }

  #createFiles(): LogSegment {
    const { directory, topicId, nextOffset } = this.owner
    this.context.disk.makeDirectory(directory)
    this.flusher.directoryMade()
    if (topicId !== undefined) this.writeMetadata(topicId)
    return this.addSegment(nextOffset)
  }

  #drawJitter(): number {
    const { segmentJitterMs, segmentMs } = this.owner.config
    const bound = Math.min(segmentJitterMs, segmentMs)
    return bound <= 0 ? 0 : Math.floor(this.context.random.fraction() * bound)
  }
}
