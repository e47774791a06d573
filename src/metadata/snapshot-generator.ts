import type { Clock, Timer } from '../env/clock.js'
import type { Logger } from '../env/logger.js'
import type { CommittedBatch, RaftClient } from '../raft/client.js'
import type { MetadataDelta } from './delta.js'
import type { MetadataImage } from './image.js'
import type { MetadataPublisher } from './loader.js'
import { encodeRecord } from './record.js'
import { snapshotRecords } from './snapshot-records.js'

/** Records of a snapshot's batch, Kafka's `RecordsBatchWriter.MAX_RECORDS_PER_BATCH`. */
const RECORDS_PER_BATCH = 1024

export interface SnapshotGeneratorOptions {
  readonly raft: Pick<RaftClient, 'createSnapshot' | 'latestSnapshotId'>
  readonly clock: Clock
  readonly logger: Logger
  /** `metadata.log.max.record.bytes.between.snapshots` */
  readonly maxRecordBytes: number
  /** `metadata.log.max.snapshot.interval.ms`, 0 for never */
  readonly maxIntervalMs: number
}

/** Writes a snapshot of the metadata when enough log or time has passed (Kafka's class of that name). */
export class SnapshotGenerator implements MetadataPublisher {
  #bytes = 0
  #image: MetadataImage | undefined
  #timer: Timer | undefined
  #writing: Promise<void> | undefined
  #closed = false

  constructor(private readonly options: SnapshotGeneratorOptions) {}

  onBatchCommitted(batch: CommittedBatch): void {
    for (const record of batch.records) this.#bytes += record.length
  }

  onMetadataUpdate(_delta: MetadataDelta, image: MetadataImage): void {
    if (this.#closed) return
    const first = this.#image === undefined
    this.#image = image
    if (first) this.#startTimer()
    if (this.#bytes >= this.options.maxRecordBytes) this.#generate('enough was written')
  }

  /** Stops, when a snapshot that is being written is complete. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await this.#writing
  }

  #startTimer(): void {
    const { clock, maxIntervalMs } = this.options
    if (maxIntervalMs <= 0 || this.#closed) return
    this.#timer?.cancel()
    this.#timer = clock.after(maxIntervalMs, () => this.#generate('enough time has passed'))
  }

  #generate(reason: string): void {
    this.#startTimer()
    if (this.#writing || this.#closed || !this.#image) return
    this.#bytes = 0
    this.#writing = this.#write(this.#image, reason)
      .catch((error: unknown) => {
        this.options.logger.error({ err: error }, 'could not write a snapshot of the metadata')
      })
      .finally(() => {
        this.#writing = undefined
      })
  }

  /** The image may change as soon as this waits, so that all records are made before. */
  async #write(image: MetadataImage, reason: string): Promise<void> {
    const { offset, epoch, timestampMs } = image.provenance
    const id = { offset: offset + 1, epoch }
    if (this.options.raft.latestSnapshotId?.offset === id.offset) return
    const writer = this.options.raft.createSnapshot(id, timestampMs)
    if (!writer) return
    try {
      let batch: Buffer[] = []
      for (const record of snapshotRecords(image)) {
        batch.push(encodeRecord(record))
        if (batch.length < RECORDS_PER_BATCH) continue
        writer.append(batch)
        batch = []
      }
      if (batch.length > 0) writer.append(batch)
      await writer.freeze()
      this.options.logger.info({ ...id, reason }, 'wrote a snapshot of the metadata')
    } finally {
      writer.close()
    }
  }
}
