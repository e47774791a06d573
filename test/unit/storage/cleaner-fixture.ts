import { MemoryDisk } from '../../../src/env/disk-memory.js'
import {
  batchesOf,
  batchSize,
  CompressionType,
  isControl,
  isTransactional,
  lastOffset,
  producerId,
} from '../../../src/protocol/records/batch.js'
import { buildBatch } from '../../../src/protocol/records/builder.js'
import {
  buildEndTxnMarker,
  ControlRecordType,
  controlRecordType,
} from '../../../src/protocol/records/control-records.js'
import { type LogRecord, recordsOf } from '../../../src/protocol/records/record.js'
import { cleanableRange, isWorthCleaning } from '../../../src/storage/cleaner/log-to-clean.js'
import { AppendOrigin, type Log } from '../../../src/storage/log.js'
import type { PartitionLog } from '../../../src/storage/partition-log.js'
import { append, type ManualClock, MEGABYTE, START_MS } from './storage-fixture.js'

/** How often the tests' cleaner looks for work. */
export const BACKOFF_MS = 100

/** A copy of the files, as a disk of its own. */
export function copyOf(
  disk: MemoryDisk,
  path = '/',
  copy = new MemoryDisk(64 * MEGABYTE),
): MemoryDisk {
  for (const { name, isDirectory } of disk.list(path) ?? []) {
    const child = path === '/' ? `/${name}` : `${path}/${name}`
    if (!isDirectory) copy.writeFile(child, disk.readFile(child)!)
    else {
      copy.makeDirectory(child)
      copyOf(disk, child, copy)
    }
  }
  return copy
}

export interface KeyedOptions {
  readonly timestamp?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly transactional?: boolean
  readonly compression?: CompressionType
}

/** A batch of records with keys; null for a tombstone. */
export function keyed(
  records: readonly (readonly [key: string, value: string | null])[],
  options: KeyedOptions = {},
): Buffer {
  const { timestamp = START_MS, compression = CompressionType.NONE, ...rest } = options
  return buildBatch({
    records: records.map(([key, value]) => ({
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      timestamp,
    })),
    compression,
    ...rest,
  })
}

/** Ends the transaction of a producer. */
export function endTxn(
  log: Log,
  type: 'ABORT' | 'COMMIT',
  producerId: number,
  { producerEpoch = 0, timestamp = START_MS } = {},
): Promise<unknown> {
  const marker = buildEndTxnMarker({
    type: ControlRecordType[type],
    producerId,
    producerEpoch,
    coordinatorEpoch: 1,
    timestamp,
  })
  return append(log, marker, 0, AppendOrigin.COORDINATOR)
}

/** The records of a batch, with buffers of their own. */
export function copiedRecords(bytes: Buffer, at: number): LogRecord[] {
  const copy = Buffer.from(bytes.subarray(at, at + batchSize(bytes, at)))
  return [...recordsOf(copy, 0)]
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Lets the cleaner work until there is nothing worth cleaning in the log. */
export async function clean(log: Log, clock: ManualClock, laterMs = BACKOFF_MS): Promise<void> {
  const target = log as PartitionLog
  const isDirty = (): boolean => {
    return isWorthCleaning(cleanableRange(target, clock.now()), target.config)
  }
  clock.advance(laterMs)
  while (isDirty()) await nextTurn()
  // The round has to end, so that the next one can begin.
  for (let i = 0; i < 3; i++) await nextTurn()
}

/** A record as a consumer sees it. */
export interface Seen {
  readonly offset: number
  readonly key: string
  readonly value: string | null
}

/** What a consumer with `read_committed` makes of the log, asking for so many bytes at a time. */
export async function readCommitted(log: Log, maxBytes: number): Promise<Seen[]> {
  const seen: Seen[] = []
  const end = log.lastStableOffset
  const aborting = new Set<number>()
  for (let offset = log.logStartOffset; offset < end; ) {
    const slice = await log.read(offset, maxBytes, end, true)
    const { records } = slice
    if (records.length === 0) break
    const aborted = log.abortedTransactions(offset, records.length)
    aborted.sort((a, b) => a.firstOffset - b.firstOffset)
    for (const at of batchesOf(records)) {
      const last = lastOffset(records, at)
      while (aborted.length > 0 && aborted[0]!.firstOffset <= last) {
        aborting.add(aborted.shift()!.producerId)
      }
      offset = last + 1
      const id = producerId(records, at)
      if (isControl(records, at)) {
        const [marker] = copiedRecords(records, at)
        if (marker && controlRecordType(marker.key) === ControlRecordType.ABORT) aborting.delete(id)
        continue
      }
      if (isTransactional(records, at) && aborting.has(id)) continue
      for (const record of copiedRecords(records, at)) {
        const { key, value } = record
        seen.push({ offset: record.offset, key: String(key), value: value && String(value) })
      }
    }
    slice.release()
  }
  return seen
}
