import type { Effect } from './core/effects.js'
import type { CommittedRun } from './listener-context.js'
import { committedBatch, encodeEntries, entryBatches } from './records.js'
import type { Done, RaftLog } from './storage.js'
import type { VoterSet } from './voter-set.js'

/** Committed entries that are read at once for a listener, bytes. */
const READ_BYTES = 1024 * 1024

/**
 * The log on its way to the listeners: what this leader appends is kept until it is committed, so
 * that it needn't be read again.
 */
export class CommittedLog {
  /** By base offset, in order. */
  readonly #recent = new Map<number, CommittedRun>()

  constructor(
    private readonly log: RaftLog,
    private readonly voters: VoterSet,
  ) {}

  append(effect: Effect & { type: 'append' }, appendTimestamp: number, done: Done): void {
    const { entries, epoch, baseOffset, endOffset } = effect
    if (entries.kind === 'fetched') {
      this.log.appendFetched(Buffer.concat(entries.batches.map(({ bytes }) => bytes)), done)
      return
    }
    const data = entries.kind === 'data' ? entries.records : undefined
    this.#recent.set(baseOffset, {
      batches: data ? [{ baseOffset, epoch, appendTimestamp, records: data }] : [],
      endOffset,
    })
    const place = { baseOffset, epoch, timestampMs: appendTimestamp }
    this.log.append(encodeEntries(entries, place, this.voters), epoch, done)
  }

  /** What is committed from `offset` on: at least one batch, at most up to the high watermark. */
  read(offset: number, highWatermark: number): CommittedRun | Promise<CommittedRun> {
    const recent = this.#recent.get(offset)
    if (recent && recent.endOffset <= highWatermark) return recent
    const bytes = this.log.read(offset, READ_BYTES, highWatermark)
    return bytes instanceof Promise ? bytes.then((b) => runOf(b, offset)) : runOf(bytes, offset)
  }

  /** Everybody has seen what is before the offset. */
  forgetBefore(offset: number): void {
    for (const baseOffset of this.#recent.keys()) {
      if (baseOffset >= offset) return
      this.#recent.delete(baseOffset)
    }
  }

  /** This node doesn't lead any more: what isn't committed may never be. */
  forgetAll(): void {
    this.#recent.clear()
  }
}

function runOf(bytes: Buffer, offset: number): CommittedRun {
  const batches = entryBatches(bytes)
  const last = batches.at(-1)
  if (!last) throw new Error(`the log has nothing readable at offset ${offset}`)
  const data = batches.map(committedBatch).filter((batch) => batch !== undefined)
  return { batches: data, endOffset: last.endOffset }
}
