import type { DiskCallback } from '../../env/disk.js'
import { CLEANED_SUFFIX } from '../file-names.js'
import type { LogContext } from '../log-context.js'
import type { PartitionLog } from '../partition-log.js'
import { LogSegment } from '../segment.js'
import type { AbortedTxn } from '../transaction-index.js'

/** What is left of a group of segments, on its way to take their place: in files of its own so far. */
export class CleanedSegment {
  readonly segment: LogSegment
  /** Added and not written yet. */
  #batches: Buffer[] = []

  /** What an earlier cleaning left of that name is gone. */
  constructor(
    private readonly context: LogContext,
    private readonly log: PartitionLog,
    baseOffset: number,
  ) {
    const { directory } = log
    this.segment = LogSegment.create(context, directory, baseOffset, CLEANED_SUFFIX)
  }

  addAbortedTxn(txn: AbortedTxn): void {
    this.segment.addAbortedTxn(txn)
  }

  /** The bytes must not change until they are written. */
  add(batch: Buffer): void {
    this.#batches.push(batch)
  }

  /** Writes what was added. @returns how many bytes; rejects with a DiskError */
  async write(): Promise<number> {
    const { segment } = this
    const batches = this.#batches
    if (batches.length === 0) return 0
    this.#batches = []
    const position = segment.size
    for (const batch of batches) segment.append(batch, 0, this.log.config)
    await ended((done) => segment.file.write(batches, position, done))
    segment.visibleSize = segment.size
    return segment.size - position
  }

  /** Brings it to where it survives a crash. Rejects with a DiskError. */
  async finish(madeOf: readonly LogSegment[]): Promise<void> {
    const { segment, context } = this
    await ended((done) => segment.file.sync(done))
    segment.syncedSize = segment.size
    for (const { path, content } of segment.takeIndexFiles() ?? []) {
      await ended((done) => context.disk.replaceFile(path, content, done))
    }
    segment.seal()
    // Retention goes by this where no record has a timestamp.
    segment.modifiedMs = madeOf.at(-1)!.modifiedMs
  }

  discard(): void {
    this.segment.removeFiles()
  }
}

function ended(begin: (done: DiskCallback) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    begin((error) => {
      if (error === null) resolve()
      else reject(error)
    })
  })
}
