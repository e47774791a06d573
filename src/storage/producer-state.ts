import {
  baseOffset,
  baseSequence,
  isControl,
  isTransactional,
  lastOffset,
  lastSequence,
  maxTimestamp,
  producerEpoch,
  producerId,
} from '../protocol/records/batch.js'
import {
  ControlRecordType,
  controlRecordType,
  endTxnMarkerCoordinatorEpoch,
} from '../protocol/records/control-records.js'
import { type LogRecord, recordsOf } from '../protocol/records/record.js'
import {
  AppendOrigin,
  type ProducerSummary,
  type TransactionalBatch,
  type TransactionContext,
} from './log.js'
import { checkProducerBatch, isInTransaction, requireCurrentEpoch } from './producer-check.js'
import { type ProducerBatch, ProducerEntry } from './producer-entry.js'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.js'
import type { AbortedTxn } from './transaction-index.js'
import { type VerificationGuard, Verifications } from './transaction-verification.js'

/** What the broker's configuration says of producers; may change while logs are open. */
export interface ProducerStateConfig {
  /** `producer.id.expiration.ms` */
  readonly expirationMs: number
  /** `transaction.partition.verification.enable` */
  readonly verifiesTransactions: boolean
}

/** A transaction that has ended, with its marker's offset. */
export interface CompletedTxn {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly isAborted: boolean
}

/** What a producer wrote last, as far as compaction has to keep it. */
export interface LastRecord {
  /** Of its last batch; undefined where its epoch's only trace is a marker. */
  readonly lastDataOffset: number | undefined
  readonly producerEpoch: number
}

/**
 * What the producers of one log have written last (Kafka's `ProducerStateManager`): enough to tell a
 * batch that is sent again from one that is missing its predecessor (KIP-98), and which transactions
 * are open.
 */
export class ProducerState {
  /** The state holds all batches before this offset. */
  endOffset = 0
  readonly #producers = new Map<number, ProducerEntry>()
  /** First offset of each open transaction, in the order they began, to its producer. */
  readonly #ongoing = new Map<number, number>()
  /** Transactions whose marker the high watermark hasn't passed. */
  #unreplicated: CompletedTxn[] = []

  readonly #verifications = new Verifications()

  /** @param config asked again and again */
  constructor(private readonly config: () => ProducerStateConfig) {}

  get size(): number {
    return this.#producers.size
  }

  /** First offset that isn't decided, or whose decision isn't committed yet (KIP-98). */
  get firstUnstableOffset(): number | undefined {
    const ongoing = this.#ongoing.keys().next().value
    let first = ongoing
    for (const txn of this.#unreplicated) {
      if (first === undefined || txn.firstOffset < first) first = txn.firstOffset
    }
    return first
  }

  /**
   * Whether a producer may append this batch.
   *
   * @returns the earlier batch that this one repeats; undefined if it is new
   * @throws KafkaError as {@link checkProducerBatch}
   */
  check(
    batches: Buffer,
    at: number,
    origin: AppendOrigin,
    context: TransactionContext = {},
  ): ProducerBatch | undefined {
    const id = producerId(batches, at)
    const entry = this.#producers.get(id)
    if (origin === AppendOrigin.CLIENT) {
      const sequence = baseSequence(batches, at)
      const epoch = producerEpoch(batches, at)
      const duplicate = entry?.findDuplicate(epoch, sequence, lastSequence(batches, at))
      if (duplicate !== undefined) return duplicate
    }
    checkProducerBatch(batches, at, {
      entry,
      verification: this.#verifications.get(id),
      requiresVerification: isTransactional(batches, at) && this.config().verifiesTransactions,
      origin,
      context,
    })
    return undefined
  }

  /** See `Log.beginVerification`. */
  beginVerification(batch: TransactionalBatch, nowMs: number): VerificationGuard | undefined {
    const entry = this.#producers.get(batch.producerId)
    if (entry !== undefined) requireCurrentEpoch(entry, batch.producerEpoch)
    if (isInTransaction(entry, batch.producerEpoch)) return undefined
    return this.#verifications.begin(batch, nowMs)
  }

  /**
   * Takes in a batch whose offsets are set. Also for the replay of a log, where nothing is refused.
   *
   * @returns the transaction that the batch ends, if it does; then {@link completeTxn} is to be called
   */
  add(batches: Buffer, at: number): CompletedTxn | undefined {
    this.endOffset = lastOffset(batches, at) + 1
    const id = producerId(batches, at)
    if (id < 0) return undefined
    if (isControl(batches, at)) {
      this.#verifications.endBefore(id, producerEpoch(batches, at))
      return this.#addMarker(batches, at, id)
    }
    if (isTransactional(batches, at)) this.#verifications.end(id)
    const first = baseOffset(batches, at)
    const last = lastOffset(batches, at)
    const entry = this.#entryOf(id)
    entry.addBatch(
      producerEpoch(batches, at),
      lastSequence(batches, at),
      last,
      last - first,
      maxTimestamp(batches, at),
    )
    if (entry.currentTxnFirstOffset < 0 && isTransactional(batches, at)) {
      entry.currentTxnFirstOffset = first
      this.#ongoing.set(first, id)
    }
    return undefined
  }

  /** The last stable offset as it will be once this transaction is completed (KIP-98). */
  lastStableOffsetAfter(completed: CompletedTxn): number {
    for (const [firstOffset, id] of this.#ongoing)
      if (id !== completed.producerId) return firstOffset
    return completed.lastOffset + 1
  }

  /** @returns what goes to the index of the marker's segment, if the transaction was aborted */
  completeTxn(completed: CompletedTxn): AbortedTxn | undefined {
    const lastStableOffset = this.lastStableOffsetAfter(completed)
    this.#ongoing.delete(completed.firstOffset)
    this.#unreplicated.push(completed)
    const { producerId, firstOffset, lastOffset, isAborted } = completed
    return isAborted ? { producerId, firstOffset, lastOffset, lastStableOffset } : undefined
  }

  onHighWatermarkUpdated(highWatermark: number): void {
    if (this.#unreplicated.length === 0) return
    this.#unreplicated = this.#unreplicated.filter((txn) => txn.lastOffset >= highWatermark)
  }

  removeExpired(nowMs: number): void {
    this.#verifications.removeExpired(nowMs, this.config().expirationMs)
    for (const [id, entry] of this.#producers) {
      if (this.#isExpired(entry, nowMs)) this.#producers.delete(id)
    }
  }

  clear(endOffset: number): void {
    this.#producers.clear()
    this.#ongoing.clear()
    this.#unreplicated = []
    this.endOffset = endOffset
  }

  /** What the snapshot file of {@link endOffset} holds. */
  snapshot(): Buffer {
    return encodeProducerSnapshot(this.#producers)
  }

  /**
   * Takes the state of a snapshot file.
   *
   * @returns false when the file is damaged; then the state is empty
   */
  load(endOffset: number, bytes: Buffer, nowMs: number): boolean {
    this.clear(endOffset)
    const entries = decodeProducerSnapshot(bytes)
    if (entries === undefined) return false
    for (const entry of entries) {
      if (!this.#isExpired(entry, nowMs)) this.#producers.set(entry.producerId, entry)
    }
    const open = entries.filter((entry) => entry.currentTxnFirstOffset >= 0)
    open.sort((a, b) => a.currentTxnFirstOffset - b.currentTxnFirstOffset)
    for (const entry of open) this.#ongoing.set(entry.currentTxnFirstOffset, entry.producerId)
    return true
  }

  /** By producer id. */
  lastRecords(): Map<number, LastRecord> {
    const records = new Map<number, LastRecord>()
    for (const [id, { lastBatch, epoch }] of this.#producers) {
      records.set(id, { lastDataOffset: lastBatch?.lastOffset, producerEpoch: epoch })
    }
    return records
  }

  summaries(): ProducerSummary[] {
    return [...this.#producers.values()].map((entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.epoch,
      lastSequence: entry.lastSequence,
      lastTimestamp: entry.lastTimestamp,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTxnStartOffset: entry.currentTxnFirstOffset,
    }))
  }

  #addMarker(batches: Buffer, at: number, id: number): CompletedTxn | undefined {
    // Compaction may have left a control batch with no record: the transaction is gone altogether.
    const marker = recordsOf(batches, at).next().value as LogRecord | undefined
    if (marker === undefined) return undefined
    const type = controlRecordType(marker.key)
    if (type !== ControlRecordType.COMMIT && type !== ControlRecordType.ABORT) return undefined
    const entry = this.#entryOf(id)
    const firstOffset = entry.currentTxnFirstOffset
    entry.startEpoch(producerEpoch(batches, at))
    entry.coordinatorEpoch = endTxnMarkerCoordinatorEpoch(marker.value)
    entry.lastTimestamp = marker.timestamp
    entry.currentTxnFirstOffset = -1
    if (firstOffset < 0) return undefined
    const isAborted = type === ControlRecordType.ABORT
    return { producerId: id, firstOffset, lastOffset: marker.offset, isAborted }
  }

  #entryOf(id: number): ProducerEntry {
    let entry = this.#producers.get(id)
    if (entry === undefined) {
      entry = new ProducerEntry(id)
      this.#producers.set(id, entry)
    }
    return entry
  }

  #isExpired(entry: ProducerEntry, nowMs: number): boolean {
    if (entry.currentTxnFirstOffset >= 0) return false
    return nowMs - entry.lastTimestamp >= this.config().expirationMs
  }
}
