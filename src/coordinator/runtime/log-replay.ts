import type { Clock } from '../../env/clock.js'
import type { Logger } from '../../env/logger.js'
import {
  batchesOf,
  ControlRecordType,
  controlRecordType,
  isControl,
  isTransactional,
  type LogRecord,
  NO_PRODUCER_ID,
  nextOffset,
  producerId,
  recordsOf,
} from '../../protocol/records/index.js'
import type { CoordinatorLog } from './coordinator-log.js'
import { type CoordinatorRecordTypes, decodeCoordinatorRecord } from './record.js'
import type { StateMachine } from './state-machine.js'

/** So much is replayed before others get their turn on the event loop. */
const SLICE_BYTES = 128 * 1024

export interface LogReplayOptions {
  readonly log: CoordinatorLog
  readonly machine: StateMachine
  readonly recordTypes: CoordinatorRecordTypes
  /** The most that is read at a time (`offsets.load.buffer.size`). */
  readonly readBytes: number
  /** The pacing one. */
  readonly clock: Clock
  readonly logger: Logger
}

/** Takes a partition's log into a state machine, slice by slice. */
export class LogReplay {
  #cancelled = false

  constructor(private readonly options: LogReplayOptions) {}

  /** Nothing more is replayed, and `run` never resolves with true. */
  cancel(): void {
    this.#cancelled = true
  }

  /**
   * Runs without a pause while the log is short and at hand.
   *
   * @param done called when the log's end is reached, in the turn in which that happens
   * @returns rejects with what storage says, or with what is wrong with a record
   */
  async run(done: (endOffset: number) => void): Promise<void> {
    const { log, clock } = this.options
    const readBytes = Math.min(this.options.readBytes, SLICE_BYTES)
    let offset = log.logStartOffset
    while (offset < log.logEndOffset) {
      const read = log.read(offset, readBytes)
      const slice = read instanceof Promise ? await read : read
      let next: number
      try {
        if (this.#cancelled) return
        next = this.#replaySlice(slice.records, offset)
      } finally {
        slice.release()
      }
      if (next === offset) break
      offset = next
      if (offset < log.logEndOffset) {
        await new Promise<void>((resolve) => {
          clock.after(0, resolve)
        })
      }
      if (this.#cancelled) return
    }
    done(Math.max(offset, log.logEndOffset))
  }

  /** @returns the offset after the last whole batch */
  #replaySlice(records: Buffer, from: number): number {
    let next = from
    for (const at of batchesOf(records)) {
      for (const record of recordsOf(records, at)) {
        // The log may start within a batch.
        if (record.offset < from) continue
        if (isControl(records, at)) this.#replayMarker(record, producerId(records, at))
        else {
          const owner = isTransactional(records, at) ? producerId(records, at) : NO_PRODUCER_ID
          this.#replayRecord(record, owner)
        }
      }
      next = nextOffset(records, at)
    }
    return next
  }

  #replayMarker(record: LogRecord, owner: number): void {
    const type = controlRecordType(record.key)
    if (type !== ControlRecordType.COMMIT && type !== ControlRecordType.ABORT) return
    this.options.machine.replayEndTransaction?.(owner, type === ControlRecordType.COMMIT)
  }

  #replayRecord({ key, value, offset }: LogRecord, owner: number): void {
    const { log, machine, recordTypes, logger } = this.options
    const decoded = key === null ? undefined : decodeCoordinatorRecord(recordTypes, { key, value })
    if (decoded !== undefined) machine.replay(decoded, { offset, producerId: owner })
    else logger.warn({ log: log.name, offset }, 'skipping a record of an unknown type')
  }
}
