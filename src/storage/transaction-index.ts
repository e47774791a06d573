import { readInt64, writeInt64 } from '../protocol/records/int64.js'
import { IndexEntries } from './index-entries.js'

/** An int16 version, then int64 producer id, first offset, last offset and last stable offset. */
const ENTRY_SIZE = 34
const VERSION = 0
const PRODUCER_ID = 2
const FIRST_OFFSET = 10
const LAST_OFFSET = 18
const LAST_STABLE_OFFSET = 26

/** A transaction that was aborted. */
export interface AbortedTxn {
  readonly producerId: number
  /** Of its first record. */
  readonly firstOffset: number
  /** Of the marker that ended it. */
  readonly lastOffset: number
  /** The log's last stable offset once it had ended. */
  readonly lastStableOffset: number
}

/** What a segment's index has of a range. */
export interface AbortedTxnSearch {
  readonly transactions: AbortedTxn[]
  /** No later segment has any more of the range. */
  readonly isComplete: boolean
}

/**
 * The transactions whose abort marker is in a segment, in the order of the markers (Kafka's
 * `TransactionIndex`). Most segments have none, and no file then.
 */
export class TransactionIndex {
  readonly #entries: IndexEntries

  constructor(entries = new IndexEntries(ENTRY_SIZE)) {
    this.#entries = entries
  }

  /** @returns undefined when the file is damaged and must be built anew */
  static load(baseOffset: number, bytes: Buffer): TransactionIndex | undefined {
    if (bytes.length % ENTRY_SIZE !== 0) return undefined
    for (let at = 0; at < bytes.length; at += ENTRY_SIZE) {
      if (bytes.readInt16BE(at) !== VERSION || readInt64(bytes, at + LAST_OFFSET) < baseOffset) {
        return undefined
      }
    }
    return new TransactionIndex(new IndexEntries(ENTRY_SIZE, bytes))
  }

  get isEmpty(): boolean {
    return this.#entries.count === 0
  }

  get memoryBytes(): number {
    return this.#entries.capacity
  }

  /** Appends a transaction that ended after all others in here. */
  append(txn: AbortedTxn): void {
    const at = this.#entries.add()
    const bytes = this.#entries.buffer
    bytes.writeInt16BE(VERSION, at)
    writeInt64(bytes, at + PRODUCER_ID, txn.producerId)
    writeInt64(bytes, at + FIRST_OFFSET, txn.firstOffset)
    writeInt64(bytes, at + LAST_OFFSET, txn.lastOffset)
    writeInt64(bytes, at + LAST_STABLE_OFFSET, txn.lastStableOffset)
  }

  /** The transactions with records between `offset` and `upToOffset`, which isn't part of the range. */
  search(offset: number, upToOffset: number): AbortedTxnSearch {
    const transactions: AbortedTxn[] = []
    for (let i = 0; i < this.#entries.count; i++) {
      const txn = this.#read(this.#entries.at(i))
      if (txn.lastOffset >= offset && txn.firstOffset < upToOffset) transactions.push(txn)
      // What ended later began at or after this offset.
      if (txn.lastStableOffset >= upToOffset) return { transactions, isComplete: true }
    }
    return { transactions, isComplete: false }
  }

  /** Removes what ended at `offset` or later. */
  truncateTo(offset: number): void {
    const bytes = this.#entries.buffer
    const isKept = (at: number): boolean => readInt64(bytes, at + LAST_OFFSET) < offset
    this.#entries.count = this.#entries.lastWhere(isKept) + 1
  }

  toBuffer(): Buffer {
    return this.#entries.toBuffer()
  }

  #read(at: number): AbortedTxn {
    const bytes = this.#entries.buffer
    return {
      producerId: readInt64(bytes, at + PRODUCER_ID),
      firstOffset: readInt64(bytes, at + FIRST_OFFSET),
      lastOffset: readInt64(bytes, at + LAST_OFFSET),
      lastStableOffset: readInt64(bytes, at + LAST_STABLE_OFFSET),
    }
  }
}
