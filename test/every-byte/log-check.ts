import {
  baseOffset,
  batchesOf,
  isControl,
  isTransactional,
  lastOffset,
  lastSequence,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
} from '../../src/protocol/records/batch.js'
import { ControlRecordType, controlRecordType } from '../../src/protocol/records/control-records.js'
import type { Log } from '../../src/storage/log.js'
import { copiedRecords } from '../unit/storage/cleaner-fixture.js'
import { MEGABYTE } from '../unit/storage/storage-fixture.js'
import type { Machine } from './machine.js'

/** A batch of a log, as its bytes have it. */
export interface SeenBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly epoch: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly transactional: boolean
  readonly marker: number | undefined
  readonly records: readonly { readonly timestamp: number; readonly value: string }[]
}

export async function batchesIn(log: Log): Promise<SeenBatch[]> {
  const seen: SeenBatch[] = []
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const slice = await log.read(offset, MEGABYTE, log.logEndOffset, true)
    const { records } = slice
    if (records.length === 0) break
    for (const at of batchesOf(records)) {
      const copied = copiedRecords(records, at)
      seen.push({
        baseOffset: baseOffset(records, at),
        lastOffset: lastOffset(records, at),
        epoch: partitionLeaderEpoch(records, at),
        producerId: producerId(records, at),
        producerEpoch: producerEpoch(records, at),
        lastSequence: lastSequence(records, at),
        transactional: isTransactional(records, at),
        marker: isControl(records, at) ? controlRecordType(copied[0]!.key) : undefined,
        records: copied.map(({ timestamp, value }) => ({ timestamp, value: String(value) })),
      })
      offset = lastOffset(records, at) + 1
    }
    slice.release()
  }
  return seen
}

export function valuesIn(batches: readonly SeenBatch[]): string[] {
  return batches.flatMap(({ marker, records }) =>
    records.map(({ value }) => (marker === undefined ? value : `marker ${marker}`)),
  )
}

function expectSame(found: unknown, expected: unknown, what: string): void {
  const [is, should] = [JSON.stringify(found), JSON.stringify(expected)]
  if (is !== should) throw new Error(`${what}: ${is}, not ${should}`)
}

/** Indexes, epochs, aborted transactions and producers are those of the log's own batches. */
export async function checkConsistent(machine: Machine, log: Log): Promise<SeenBatch[]> {
  const batches = await machine.finish(batchesIn(log))
  const last = batches.at(-1)
  expectSame(log.logEndOffset, last === undefined ? log.logStartOffset : last.lastOffset + 1, 'end')
  for (const batch of batches) {
    const slice = await machine.finish(
      Promise.resolve(log.read(batch.lastOffset, 1, log.logEndOffset, true)),
    )
    expectSame(baseOffset(slice.records, 0), batch.baseOffset, `read at ${batch.lastOffset}`)
    slice.release()
    expectSame(log.epochForOffset(batch.baseOffset), batch.epoch, `epoch at ${batch.baseOffset}`)
    const { timestamp } = batch.records[0]!
    const first = batches.find(({ records }) => records[0]!.timestamp >= timestamp)!
    const found = await machine.finish(log.offsetForTimestamp(timestamp))
    expectSame(found?.offset, first.baseOffset, `offset for ${timestamp}`)
  }
  checkProducers(log, batches)
  return batches
}

function checkProducers(log: Log, batches: readonly SeenBatch[]): void {
  const producers = new Map<number, [epoch: number, lastSequence: number, txnStart: number]>()
  const aborted: string[] = []
  for (const batch of batches) {
    if (batch.producerId < 0) continue
    const known = producers.get(batch.producerId) ?? [batch.producerEpoch, -1, -1]
    if (batch.marker !== undefined) {
      if (batch.marker === ControlRecordType.ABORT && known[2] >= 0) {
        aborted.push(`${batch.producerId} ${known[2]}`)
      }
      producers.set(batch.producerId, [batch.producerEpoch, known[1], -1])
      continue
    }
    const start = known[2] >= 0 || !batch.transactional ? known[2] : batch.baseOffset
    producers.set(batch.producerId, [batch.producerEpoch, batch.lastSequence, start])
  }
  const active = log.activeProducers()
  expectSame(
    active
      .map(({ producerId, producerEpoch, lastSequence, currentTxnStartOffset }) => {
        return [producerId, producerEpoch, lastSequence, currentTxnStartOffset]
      })
      .sort((a, b) => a[0]! - b[0]!),
    [...producers].map(([id, state]) => [id, ...state]).sort((a, b) => a[0]! - b[0]!),
    'producers',
  )
  const listed = new Set<string>()
  for (const { baseOffset } of batches) {
    for (const { producerId, firstOffset } of log.abortedTransactions(baseOffset, 1)) {
      listed.add(`${producerId} ${firstOffset}`)
    }
  }
  expectSame([...listed].sort(), aborted.sort(), 'aborted transactions')
}
