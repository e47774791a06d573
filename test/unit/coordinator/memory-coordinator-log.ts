import type {
  CoordinatorAppendCallback,
  CoordinatorLog,
} from '../../../src/coordinator/runtime/coordinator-log.js'
import {
  type CoordinatorRecord,
  type CoordinatorRecordTypes,
  decodeCoordinatorRecord,
} from '../../../src/coordinator/runtime/record.js'
import type { TransactionalWriter } from '../../../src/coordinator/runtime/transaction.js'
import type { KafkaError } from '../../../src/protocol/errors.js'
import { groupRecords } from '../../../src/protocol/record-types.js'
import { nextOffset, recordsOf, setBaseOffset } from '../../../src/protocol/records/index.js'
import type { LogSlice, TransactionContext } from '../../../src/storage/log.js'
import type { VerificationGuard } from '../../../src/storage/transaction-verification.js'

/** A coordinator's log in memory, which a test can make wait and fail. */
export class MemoryCoordinatorLog implements CoordinatorLog {
  readonly name = '__consumer_offsets-0'
  leaderEpoch = 1
  logStartOffset = 0
  maxBatchBytes = 1_000_000
  /** Appends throw this while it is set. */
  refusal: KafkaError | undefined
  /** While set, appends wait for {@link completeAppends}. */
  holdsAppends = false
  /** While set, the high watermark waits for {@link commit}. */
  holdsCommits = false
  /** How many slices were read. */
  reads = 0
  highWatermark = 0
  /** Who was asked about, in order. */
  readonly verified: TransactionalWriter[] = []
  /** What the transaction coordinator answers; without it, {@link guard}. */
  verificationError: KafkaError | undefined
  readonly guard = Symbol('guard')
  /** Of each append. */
  readonly contexts: (TransactionContext | undefined)[] = []
  readonly #batches: Buffer[] = []
  readonly #inFlight: { readonly batch: Buffer; readonly done: CoordinatorAppendCallback }[] = []
  readonly #listeners = new Set<(highWatermark: number) => void>()

  /** @param recordTypes what its records are, as {@link records} is to have them */
  constructor(private readonly recordTypes: CoordinatorRecordTypes = groupRecords) {}

  get logEndOffset(): number {
    const last = this.#batches.at(-1)
    return last === undefined ? this.logStartOffset : nextOffset(last, 0)
  }

  get listenerCount(): number {
    return this.#listeners.size
  }

  /** The batches on the log. */
  get batches(): readonly Buffer[] {
    return this.#batches
  }

  /** What is on the log, decoded. */
  get records(): CoordinatorRecord[] {
    return this.#batches.flatMap((batch) =>
      [...recordsOf(batch, 0)].flatMap(
        ({ key, value }) => decodeCoordinatorRecord(this.recordTypes, { key: key!, value }) ?? [],
      ),
    )
  }

  read(offset: number, maxBytes: number): LogSlice {
    this.reads++
    const from = this.#batches.findIndex((batch) => nextOffset(batch, 0) > offset)
    const batches: Buffer[] = []
    let size = 0
    for (const batch of this.#batches.slice(from)) {
      size += batch.length
      if (batches.length > 0 && size > maxBytes) break
      batches.push(batch)
    }
    return { records: Buffer.concat(batches), firstEntryIncomplete: false, release: () => {} }
  }

  verifyTransaction(writer: TransactionalWriter): Promise<VerificationGuard | undefined> {
    this.verified.push(writer)
    if (this.verificationError !== undefined) return Promise.reject(this.verificationError)
    return Promise.resolve(this.guard)
  }

  append(batch: Buffer, done: CoordinatorAppendCallback, context?: TransactionContext): number {
    this.contexts.push(context)
    if (this.refusal !== undefined) throw this.refusal
    const last = this.#inFlight.at(-1)?.batch
    setBaseOffset(batch, 0, last === undefined ? this.logEndOffset : nextOffset(last, 0))
    this.#inFlight.push({ batch, done })
    if (!this.holdsAppends) this.completeAppends()
    return nextOffset(batch, 0)
  }

  watchHighWatermark(listener: (highWatermark: number) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What was appended is on the log, or, with an error, has been lost. */
  completeAppends(error: KafkaError | null = null): void {
    const completed = this.#inFlight.splice(0)
    if (error === null) this.#batches.push(...completed.map(({ batch }) => batch))
    for (const { done } of completed) done(error)
    if (!this.holdsCommits) this.commit()
  }

  commit(): void {
    if (this.highWatermark === this.logEndOffset) return
    this.highWatermark = this.logEndOffset
    for (const listener of [...this.#listeners]) listener(this.highWatermark)
  }

  /** Puts what somebody else has written on the log. */
  add(batch: Buffer): void {
    setBaseOffset(batch, 0, this.logEndOffset)
    this.#batches.push(batch)
    this.commit()
  }
}
