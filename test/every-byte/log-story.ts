import type { Losses } from '../../src/env/losses.js'
import { buildEndTxnMarker, ControlRecordType } from '../../src/protocol/records/control-records.js'
import { AppendOrigin, type Log } from '../../src/storage/log.js'
import type { LogConfig } from '../../src/storage/log-config.js'
import type { LogManager } from '../../src/storage/log-manager.js'
import {
  append,
  type BatchOptions,
  batchOf,
  logConfig,
  namesIn,
  START_MS,
  TOPIC_ID,
} from '../unit/storage/storage-fixture.js'
import type { Story } from './cuts.js'
import { checkConsistent, valuesIn } from './log-check.js'
import type { Booted, Machine } from './machine.js'

export const id = { topic: 'pets', partition: 0 }
export const DIRECTORY = '/data/pets-0'
/** All records have the same size, so that one could take another's place unnoticed. */
const VALUE_BYTES = 24
const LATER_EPOCH = 9

/** What has been promised of a log. */
export interface LogPromise {
  /** So many records are safe. */
  readonly safe: number
  /** It holds a beginning of one of these, which grow as the story goes on. */
  readonly histories: readonly (readonly string[])[]
  /** Where it may begin. */
  readonly starts?: readonly number[]
}

/** A process with its log, and what was done to it. */
export class Teller {
  history: string[] = []
  log!: Log
  manager!: LogManager
  #records = 0

  constructor(
    readonly machine: Machine,
    readonly config: LogConfig,
    readonly promise: (promised: LogPromise) => void,
  ) {}

  async boot(): Promise<void> {
    const { manager } = await this.machine.boot(this.config)
    this.manager = manager
    this.log = manager.getOrCreateLog(id, { topicId: TOPIC_ID, config: this.config })
  }

  /** Appends records without waiting. */
  add(count: number, epoch = 1, options: BatchOptions = {}): void {
    const values = Array.from({ length: count }, () => {
      return `record ${this.#records++}`.padEnd(VALUE_BYTES, '.')
    })
    this.history.push(...values)
    const timestamp = START_MS + this.#records
    void append(this.log, batchOf(values, { timestamp, ...options }), epoch)
  }

  /** Ends a transaction without waiting. */
  end(type: 'ABORT' | 'COMMIT', producerId: number, epoch: number): void {
    this.history.push(`marker ${ControlRecordType[type]}`)
    const marker = buildEndTxnMarker({
      type: ControlRecordType[type],
      producerId,
      producerEpoch: 0,
      coordinatorEpoch: 1,
      timestamp: START_MS + ++this.#records,
    })
    void append(this.log, marker, epoch, AppendOrigin.COORDINATOR)
  }

  async written(): Promise<void> {
    await this.machine.until(() => this.log.logEndOffset === this.log.nextOffset)
  }

  async flush(): Promise<void> {
    await this.written()
    await this.machine.flush(this.log)
    this.promise({ safe: this.history.length, histories: [this.history] })
  }
}

export interface LogStoryOptions {
  readonly name: string
  readonly config?: Partial<LogConfig>
  readonly tell: (teller: Teller) => Promise<void>
}

/** A story of one log that is always a beginning of what was appended to it. */
export function logStory({ name, config: changes, tell }: LogStoryOptions): Story<LogPromise> {
  const config = logConfig({
    indexIntervalBytes: 100,
    retentionMs: -1,
    fileDeleteDelayMs: 10,
    ...changes,
  })
  return {
    name,
    tell: async (machine, promise) => {
      const teller = new Teller(machine, config, promise)
      await teller.boot()
      promise({ safe: 0, histories: [teller.history] })
      await tell(teller)
    },
    check: (machine, promised, losses) => checkLog(machine, config, promised, losses),
  }
}

async function checkLog(
  machine: Machine,
  config: LogConfig,
  { safe, histories, starts = [0] }: LogPromise,
  losses: Losses,
): Promise<void> {
  const first = await machine.boot(config)
  const recovered = await valuesOf(machine, first, starts)
  const { start, values } = recovered
  if (start + values.length < safe) {
    throw new Error(`${start + values.length} of ${safe} safe records`)
  }
  const fits = histories.some((history) => isBeginning(values, history.slice(start)))
  if (!fits) throw new Error(`${values.join()} is no beginning of what was appended`)
  await addOne(machine, first, config, 'not flushed')
  machine.crash(losses)

  const second = await machine.boot(config)
  const again = await valuesOf(machine, second, starts)
  const expected = [...values, padded('not flushed')]
  if (again.values.length < values.length || !isBeginning(again.values, expected)) {
    throw new Error(`after another crash ${again.values.join()}, not ${expected.join()}`)
  }
  const log = await addOne(machine, second, config, 'flushed')
  await machine.flush(log)
  machine.crash(losses)

  const third = await valuesOf(machine, await machine.boot(config), starts)
  const all = [...again.values, padded('flushed')]
  if (third.values.join() !== all.join()) {
    throw new Error(`at last ${third.values.join()}, not ${all.join()}`)
  }
}

function padded(value: string): string {
  return value.padEnd(VALUE_BYTES, '.')
}

function isBeginning(values: readonly string[], history: readonly string[]): boolean {
  return values.length <= history.length && values.every((value, i) => value === history[i])
}

async function addOne(
  machine: Machine,
  { manager }: Booted,
  config: LogConfig,
  value: string,
): Promise<Log> {
  const log = manager.getOrCreateLog(id, { topicId: TOPIC_ID, config })
  const timestamp = START_MS + 1000 + log.logEndOffset
  await machine.finish(append(log, batchOf([padded(value)], { timestamp }), LATER_EPOCH))
  return log
}

async function valuesOf(
  machine: Machine,
  { manager, disk }: Booted,
  starts: readonly number[],
): Promise<{ readonly start: number; readonly values: string[] }> {
  const leftovers = namesIn(disk, DIRECTORY).filter((name) => {
    return /\.(tmp|cleaned|swap|deleted)$/.test(name)
  })
  if (leftovers.length > 0) throw new Error(`there still is ${leftovers.join()}`)
  const log = manager.log(id.topic, id.partition)
  if (log === undefined) return { start: 0, values: [] }
  if (!starts.includes(log.logStartOffset)) throw new Error(`it begins at ${log.logStartOffset}`)
  return { start: log.logStartOffset, values: valuesIn(await checkConsistent(machine, log)) }
}
