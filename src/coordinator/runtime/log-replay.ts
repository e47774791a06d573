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
import { type ReplayTurns, SLICE_BYTES } from './replay-turns.js'
import type { StateMachine } from './state-machine.js'

export interface LogReplayOptions {
  readonly log: CoordinatorLog
  readonly machine: StateMachine
  readonly recordTypes: CoordinatorRecordTypes
  /** The most that is read at a time (`offsets.load.buffer.size`). */
  readonly readBytes: number
  readonly turns: ReplayTurns
  readonly logger: Logger
}

/** Takes a partition's log into a state machine, slice by slice. */
export class LogReplay {
  #cancelled = false

  constructor(private readonly options: LogReplayOptions) {}

  /** Nothing more is replayed, and it isn't done. */
  cancel(): void {
    this.#cancelled = true
  }

  /**
   * Runs without a pause while the log is short, at hand, and the only one.
   *
   * @param done called when the log's end is reached, in the turn in which that happens
   * @returns rejects with what storage says, or with what is wrong with a record
   */
  async run(done: (endOffset: number) => void): Promise<void> {
    const { log, turns } = this.options
    if (log.logStartOffset >= log.logEndOffset) {
      done(log.logEndOffset)
      return
    }
    const turn = turns.enter()
    if (turn !== undefined) await turn
    try {
      await this.#run(done)
    } finally {
      turns.leave()
    }
  }

  async #run(done: (endOffset: number) => void): Promise<void> {
    const { log, turns } = this.options
    const readBytes = Math.min(this.options.readBytes, SLICE_BYTES)
    let offset = log.logStartOffset
    while (offset < log.logEndOffset && !this.#cancelled) {
      const read = log.read(offset, readBytes)
      const slice = read instanceof Promise ? await read : read
      const from = offset
      const bytes = slice.records.length
      try {
        if (!this.#cancelled) offset = this.#replaySlice(slice.records, offset)
      } finally {
        slice.release()
      }
      if (offset === from) break
      const pause = turns.replayed(bytes)
      if (pause !== undefined) await pause
    }
    if (!this.#cancelled) done(Math.max(offset, log.logEndOffset))
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
