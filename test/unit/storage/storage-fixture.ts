import type { Clock, Clocks, Timer } from '../../../src/env/clock.js'
import type { Disk } from '../../../src/env/disk.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { silentLogger } from '../../../src/env/logger.js'
import { seededRandom } from '../../../src/env/random.js'
import {
  baseSequence,
  batchSize,
  CompressionType,
  isControl,
  isTransactional,
  producerEpoch,
  producerId,
} from '../../../src/protocol/records/batch.js'
import { buildBatch } from '../../../src/protocol/records/builder.js'
import { recordsOf } from '../../../src/protocol/records/record.js'
import { openLogManager } from '../../../src/storage/disk-log-manager.js'
import {
  type AppendCallback,
  AppendOrigin,
  type Log,
  type LogAppendInfo,
} from '../../../src/storage/log.js'
import { DEFAULT_LOG_CONFIG, type LogConfig } from '../../../src/storage/log-config.js'
import type { LogManager, LogManagerOptions } from '../../../src/storage/log-manager.js'
import type { VerificationGuard } from '../../../src/storage/transaction-verification.js'

export const TOPIC_ID = 'cG9zc2libHktYS10b3BpYw'
export const MEGABYTE = 1024 * 1024
/** What the tests' clocks begin at. */
export const START_MS = 1_700_000_000_000

/** A clock that moves only when it is told to. */
export class ManualClock implements Clock {
  #nowMs = START_MS
  readonly #timers = new Set<{ dueMs: number; callback: () => void }>()

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#nowMs + delayMs, callback }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Lets the time pass, and what is due happen in its order. */
  advance(ms: number): void {
    const end = this.#nowMs + ms
    for (;;) {
      const due = [...this.#timers].filter(({ dueMs }) => dueMs <= end)
      const next = due.sort((a, b) => a.dueMs - b.dueMs)[0]
      if (next === undefined) break
      this.#timers.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      next.callback()
    }
    this.#nowMs = end
  }
}

/** Both clocks in one. */
export function manualClocks(clock: ManualClock): Clocks {
  return { logical: clock, pacing: clock }
}

export function logConfig(changes: Partial<LogConfig> = {}): LogConfig {
  return { ...DEFAULT_LOG_CONFIG, ...changes }
}

/** Options of a manager in memory, with what a test says otherwise. */
export function managerOptions(changes: Partial<LogManagerOptions> = {}): LogManagerOptions {
  return {
    disk: new MemoryDisk(64 * MEGABYTE),
    clocks: manualClocks(new ManualClock()),
    random: seededRandom(7),
    logger: silentLogger,
    directories: ['/data'],
    nodeId: 1,
    clusterId: undefined,
    defaultConfig: DEFAULT_LOG_CONFIG,
    ...changes,
  }
}

/** A manager that has started. */
export async function startManager(options: LogManagerOptions): Promise<LogManager> {
  const manager = await openLogManager(options)
  await manager.start()
  return manager
}

export interface BatchOptions {
  readonly timestamp?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly transactional?: boolean
  readonly compression?: CompressionType
}

/** A batch with a record for each value. */
export function batchOf(values: readonly string[], options: BatchOptions = {}): Buffer {
  const { timestamp = START_MS, compression = CompressionType.NONE, ...rest } = options
  return buildBatch({
    records: values.map((value) => ({ key: null, value: Buffer.from(value), timestamp })),
    compression,
    ...rest,
  })
}

/** Appends as the leader of `epoch` and waits until it is written. */
export function append(
  log: Log,
  batches: Buffer,
  epoch = 0,
  origin: AppendOrigin = AppendOrigin.CLIENT,
): Promise<LogAppendInfo> {
  return new Promise((resolve, reject) => {
    const done: AppendCallback = (error, info) => {
      if (error === null) resolve(info)
      else reject(error)
    }
    log.append(batches, epoch, origin, done, { guard: verify(log, batches) })
  })
}

/** As if the transaction coordinator had been asked about a batch, and had said yes. */
export function verify(log: Log, batch: Buffer): VerificationGuard | undefined {
  if (!isTransactional(batch, 0) || isControl(batch, 0)) return undefined
  return log.beginVerification({
    producerId: producerId(batch, 0),
    producerEpoch: producerEpoch(batch, 0),
    sequence: baseSequence(batch, 0),
    supportsEpochBump: false,
  })
}

/** The values of all records from `from` on. */
export async function valuesOf(log: Log, from = log.logStartOffset): Promise<string[]> {
  const values: string[] = []
  for (let offset = from; offset < log.logEndOffset; ) {
    const slice = await log.read(offset, MEGABYTE, log.logEndOffset, true)
    for (let at = 0; at + 12 <= slice.records.length; at += batchSize(slice.records, at)) {
      if (at + batchSize(slice.records, at) > slice.records.length) break
      for (const record of recordsOf(slice.records, at)) {
        if (record.offset >= offset) values.push(record.value?.toString() ?? '')
        offset = record.offset + 1
      }
    }
    slice.release()
  }
  return values
}

/** The error that `work` throws or rejects with. */
export async function errorOf(work: () => unknown): Promise<Error & { code?: unknown }> {
  try {
    await work()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

/** What a directory of the disk holds, sorted. */
export function namesIn(disk: Disk, path: string): string[] {
  return (disk.list(path) ?? []).map(({ name }) => name).sort()
}

/** A log in memory, and what it lives on. */
export interface OpenedLog {
  readonly log: Log
  readonly manager: LogManager
  readonly disk: MemoryDisk
  readonly clock: ManualClock
}

/** A log without files yet, of a manager of its own. */
export async function openMemoryLog(changes: Partial<LogConfig> = {}): Promise<OpenedLog> {
  const clock = new ManualClock()
  const disk = new MemoryDisk(64 * MEGABYTE, () => clock.now())
  const manager = await startManager(managerOptions({ disk, clocks: manualClocks(clock) }))
  const log = manager.getOrCreateLog(
    { topic: 'pets', partition: 0 },
    { topicId: TOPIC_ID, config: logConfig(changes) },
  )
  return { log, manager, disk, clock }
}
