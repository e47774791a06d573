import type { Disk, DiskCallback, DiskError } from '../env/disk.js'
import type { KafkaError } from '../protocol/errors.js'
import type { AppendCallback, LogAppendInfo } from './log.js'
import type { LogSegment } from './segment.js'

/** An append on its way to the file. */
export interface PendingAppend {
  /** Undefined for a duplicate, which only waits for its turn. */
  readonly bytes: Buffer | undefined
  readonly segment: LogSegment
  /** Log end offset once this is written. */
  readonly endOffset: number
  readonly info: LogAppendInfo
  readonly done: AppendCallback
}

/** What the queue tells its log. */
export interface AppendQueueOwner {
  /** The appends up to this offset are on their files. */
  written(endOffset: number): void
  /** Whether what is written must be synced before anybody hears of it (`flush.messages`). */
  mustSync(endOffset: number): boolean
  /** Syncs the segment, which has been written up to that offset, and those before it. */
  syncWritten(segment: LogSegment, endOffset: number, done: DiskCallback): void
  /** A write has failed. @returns what the appends in flight and those waiting are told */
  failed(error: DiskError): KafkaError
}

/**
 * Group commit: what is submitted in one turn of the event loop goes to the file in one write, and
 * one write is in flight at a time, so that appends complete in the order they were submitted.
 */
export class AppendQueue {
  #pending: PendingAppend[] = []
  #inFlight: PendingAppend[] = []
  #isWriting = false
  #isScheduled = false
  #isLooping = false
  #failure: KafkaError | undefined
  readonly #whenIdle: (() => void)[] = []

  constructor(
    private readonly disk: Disk,
    private readonly owner: AppendQueueOwner,
  ) {}

  get isIdle(): boolean {
    return !this.#isWriting && this.#pending.length === 0 && this.#inFlight.length === 0
  }

  submit(append: PendingAppend): void {
    this.#pending.push(append)
    if (this.#isWriting || this.#isScheduled) return
    this.#isScheduled = true
    this.disk.atTurnEnd(this.#onTurnEnd)
  }

  /** Fails what is on its way, and all that follows. */
  fail(failure: KafkaError): void {
    this.#failure ??= failure
  }

  /** Calls `task` when nothing is on its way any more; what waits for the turn's end goes now. */
  whenIdle(task: () => void): void {
    this.#whenIdle.push(task)
    this.#writeAll()
  }

  readonly #onTurnEnd = (): void => {
    this.#isScheduled = false
    this.#writeAll()
  }

  #writeAll(): void {
    if (this.#isLooping) return
    this.#isLooping = true
    while (!this.#isWriting && this.#pending.length > 0) this.#writeGroup()
    this.#isLooping = false
    while (this.isIdle && this.#whenIdle.length > 0) this.#whenIdle.shift()!()
  }

  // A group ends where a segment does.
  #writeGroup(): void {
    const { segment } = this.#pending[0]!
    const end = this.#pending.findIndex((append) => append.segment !== segment)
    const group = end === -1 ? this.#pending : this.#pending.splice(0, end)
    if (end === -1) this.#pending = []
    this.#inFlight = group
    this.#isWriting = true
    const buffers: Buffer[] = []
    for (const { bytes } of group) if (bytes !== undefined) buffers.push(bytes)
    if (this.#failure !== undefined || buffers.length === 0) this.#complete(null)
    else segment.file.write(buffers, segment.visibleSize, this.#onWritten)
  }

  readonly #onWritten = (error: DiskError | null): void => {
    const last = this.#inFlight[this.#inFlight.length - 1]!
    if (error === null && this.owner.mustSync(last.endOffset)) {
      this.owner.syncWritten(last.segment, last.endOffset, this.#complete)
    } else this.#complete(error)
  }

  readonly #complete = (error: DiskError | null): void => {
    const group = this.#inFlight
    this.#inFlight = []
    this.#isWriting = false
    if (error !== null) this.#failure ??= this.owner.failed(error)
    if (this.#failure === undefined) this.#advance(group)
    const failure = this.#failure ?? null
    for (const { done, info } of group) done(failure, info)
    this.#writeAll()
  }

  #advance(group: readonly PendingAppend[]): void {
    for (const { segment, bytes } of group) {
      if (bytes !== undefined) segment.visibleSize += bytes.length
    }
    this.owner.written(group[group.length - 1]!.endOffset)
  }
}
