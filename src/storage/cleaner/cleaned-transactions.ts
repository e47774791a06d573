import { isTransactional, lastOffset, producerId } from '../../protocol/records/batch.js'
import { ControlRecordType, controlRecordType } from '../../protocol/records/control-records.js'
import { type LogRecord, recordsOf } from '../../protocol/records/record.js'
import type { AbortedTxn } from '../transaction-index.js'

/** A transaction that is aborted further on. */
interface OngoingAbort {
  readonly txn: AbortedTxn
  /** The cleaner has come across a batch of it. */
  hasBatches: boolean
}

/**
 * Which transactions the cleaner is within as it goes through a log from its start (Kafka's
 * `CleanedTransactionMetadata`): what belongs to an aborted one goes, and a marker goes once nothing
 * of its transaction is left before it.
 */
export class CleanedTransactions {
  /** Producers that have written in a transaction which isn't aborted and hasn't ended yet. */
  readonly #committing = new Set<number>()
  readonly #aborting = new Map<number, OngoingAbort>()
  /** Those that begin further on, the next one last. */
  #ahead: AbortedTxn[] = []

  /** @param keepAborted is given the transactions whose abort marker is still needed */
  constructor(private readonly keepAborted: (txn: AbortedTxn) => void = () => {}) {}

  /** Tells of aborted transactions that reach into what comes next. */
  add(transactions: readonly AbortedTxn[]): void {
    if (transactions.length === 0) return
    this.#ahead = [...this.#ahead, ...transactions]
    this.#ahead.sort((a, b) => b.firstOffset - a.firstOffset)
  }

  /** @returns whether the batch belongs to an aborted transaction and can be discarded */
  onBatch(bytes: Buffer, at: number): boolean {
    this.#enter(lastOffset(bytes, at))
    if (!isTransactional(bytes, at)) return false
    const id = producerId(bytes, at)
    const ongoing = this.#aborting.get(id)
    if (ongoing === undefined) this.#committing.add(id)
    else ongoing.hasBatches = true
    return ongoing !== undefined
  }

  /** @returns whether the control batch can be discarded: no batch of its transaction is left */
  onControlBatch(bytes: Buffer, at: number): boolean {
    this.#enter(lastOffset(bytes, at))
    const marker = recordsOf(bytes, at).next().value as LogRecord | undefined
    // An empty one was cleaned before.
    if (marker === undefined) return true
    const id = producerId(bytes, at)
    const type = controlRecordType(marker.key)
    if (type === ControlRecordType.COMMIT) return !this.#committing.delete(id)
    if (type !== ControlRecordType.ABORT) return false
    const ongoing = this.#aborting.get(id)
    this.#aborting.delete(id)
    if (ongoing?.hasBatches !== true) return true
    this.keepAborted(ongoing.txn)
    return false
  }

  #enter(offset: number): void {
    for (;;) {
      const next = this.#ahead.at(-1)
      if (next === undefined || next.firstOffset > offset) return
      this.#ahead.pop()
      if (this.#aborting.has(next.producerId)) continue
      this.#aborting.set(next.producerId, { txn: next, hasBatches: false })
    }
  }
}
