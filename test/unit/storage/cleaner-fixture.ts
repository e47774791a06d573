import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { batchSize, CompressionType } from '../../../src/protocol/records/batch.js'
import { buildBatch } from '../../../src/protocol/records/builder.js'
import {
  buildEndTxnMarker,
  ControlRecordType,
} from '../../../src/protocol/records/control-records.js'
import { type LogRecord, recordsOf } from '../../../src/protocol/records/record.js'
import { AppendOrigin, type Log } from '../../../src/storage/log.js'
import { append, MEGABYTE, START_MS } from './storage-fixture.js'

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

/** Calls `visit` with every batch of the log, from its first segment on. */
export async function forEachBatch(
  log: Log,
  visit: (bytes: Buffer, at: number) => void,
): Promise<void> {
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const slice = await log.read(offset, MEGABYTE, log.logEndOffset, true)
    const { records } = slice
    if (records.length === 0) return
    for (let at = 0; at + 61 <= records.length; at += batchSize(records, at)) {
      if (at + batchSize(records, at) > records.length) break
      visit(records, at)
      offset = Math.max(
        offset,
        Number(records.readBigInt64BE(at)) + records.readInt32BE(at + 23) + 1,
      )
    }
    slice.release()
  }
}

/** The records of a batch, with buffers of their own. */
export function copiedRecords(bytes: Buffer, at: number): LogRecord[] {
  const copy = Buffer.from(bytes.subarray(at, at + batchSize(bytes, at)))
  return [...recordsOf(copy, 0)]
}
