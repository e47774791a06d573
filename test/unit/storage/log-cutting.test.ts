import t from 'tap'
import type { Log } from '../../../src/storage/log.js'
import type { LogConfig } from '../../../src/storage/log-config.js'
import { append, batchOf, namesIn, openMemoryLog, START_MS, valuesOf } from './storage-fixture.js'

const padded = (i: number) => `${i}`.padEnd(100, '.')
const truncate = (log: Log, offset: number) =>
  new Promise<void>((resolve, reject) => {
    log.truncateTo(offset, (error) => (error === null ? resolve() : reject(error)))
  })

t.test('retention', async (t) => {
  const fill = async (changes: Partial<LogConfig>) => {
    const opened = await openMemoryLog({ segmentBytes: 400, ...changes })
    for (let i = 0; i < 8; i++) {
      await append(opened.log, batchOf([padded(i)], { timestamp: START_MS + i * 1000 }))
    }
    opened.log.updateHighWatermark(8)
    return opened
  }
  t.test('by time takes whole segments, their files later', async (t) => {
    const { log, clock, disk } = await fill({ retentionMs: 10_000 })
    clock.advance(11_000)
    t.equal(log.deleteOldSegments(), 0)
    clock.advance(1)
    t.equal(log.deleteOldSegments(), 1)
    t.equal(log.logStartOffset, 2)
    t.strictSame(await valuesOf(log), [2, 3, 4, 5, 6, 7].map(padded))
    const deleted = () =>
      namesIn(disk, '/data/pets-0').filter((name) => /deleted/.test(name)).length
    t.equal(deleted(), 3)
    clock.advance(60_000)
    t.equal(deleted(), 0)
    t.equal(log.deleteOldSegments(), 3)
    t.equal(log.segmentCount, 1)
    t.match(log, { logStartOffset: 8, logEndOffset: 8, size: 0 })
  })
  t.test('by size keeps at least so many bytes', async (t) => {
    const { log } = await fill({ retentionBytes: 650 })
    t.equal(log.deleteOldSegments(), 2)
    t.equal(log.logStartOffset, 4)
  })
  t.test('takes what lies before the log start, with cleanup.policy=compact too', async (t) => {
    const { log } = await fill({ delete: false, compact: true, retentionMs: 0, retentionBytes: 0 })
    t.equal(log.deleteOldSegments(), 0)
    log.advanceLogStartOffset(5)
    t.equal(log.deleteOldSegments(), 2)
    t.equal(log.logStartOffset, 5)
    t.strictSame(await valuesOf(log), [5, 6, 7].map(padded))
  })
  t.test('takes nothing that is not committed', async (t) => {
    const { log, clock } = await openMemoryLog({ segmentBytes: 400, retentionMs: 0 })
    for (let i = 0; i < 8; i++) await append(log, batchOf([padded(i)]))
    clock.advance(10_000)
    t.equal(log.deleteOldSegments(), 0)
    log.updateHighWatermark(3)
    t.equal(log.deleteOldSegments(), 1)
  })
  t.test('runs every log.retention.check.interval.ms', async (t) => {
    const { log, clock } = await fill({ retentionMs: 1000 })
    clock.advance(5 * 60_000)
    await new Promise((resolve) => setImmediate(resolve))
    t.equal(log.logStartOffset, 8)
  })
})

t.test('truncation', async (t) => {
  t.test('to any offset leaves what came before, and appends go on there', async (t) => {
    for (const at of [0, 1, 5, 7, 12, 20]) {
      const { log } = await openMemoryLog({ segmentBytes: 600, indexIntervalBytes: 100 })
      for (let i = 0; i < 20; i++) await append(log, batchOf([padded(i)]), i >> 2)
      log.updateHighWatermark(20)
      await truncate(log, at)
      t.match(log, { logEndOffset: at, nextOffset: at, highWatermark: at }, `to ${at}`)
      t.equal(log.latestEpoch, at === 0 ? undefined : (at - 1) >> 2)
      await append(log, batchOf(['new']), 9)
      const kept = Array.from({ length: at }, (_, i) => padded(i))
      t.strictSame(await valuesOf(log), [...kept, 'new'])
    }
  })
  t.test('waits for what is in flight', async (t) => {
    const { log } = await openMemoryLog()
    const appended = append(log, batchOf(['a', 'b']))
    await append(log, batchOf(['c']))
    await appended
    const late = append(log, batchOf(['d']))
    await truncate(log, 3)
    await late
    t.strictSame(await valuesOf(log), ['a', 'b', 'c'])
  })
  t.test('in full begins the log anew at another offset', async (t) => {
    const { log } = await openMemoryLog({ segmentBytes: 400 })
    for (let i = 0; i < 8; i++) await append(log, batchOf([padded(i)]))
    await new Promise<void>((resolve) => log.truncateFullyAndStartAt(100, () => resolve()))
    t.match(log, { logStartOffset: 100, logEndOffset: 100, highWatermark: 100, segmentCount: 1 })
    await append(log, batchOf(['new']), 7)
    t.strictSame(await valuesOf(log), ['new'])
    t.equal(log.epochForOffset(100), 7)
  })
  t.test('before the first append moves the log to its offset', async (t) => {
    const { log, disk } = await openMemoryLog()
    await new Promise<void>((resolve) => log.truncateFullyAndStartAt(42, () => resolve()))
    t.equal(disk.stat('/data/pets-0'), undefined)
    t.equal((await append(log, batchOf(['a']))).firstOffset, 42)
    t.ok(namesIn(disk, '/data/pets-0').includes('00000000000000000042.log'))
  })
  t.test('forgets the batches of producers that it cut off', async (t) => {
    const { log } = await openMemoryLog()
    const from = (baseSequence: number) => ({ producerId: 5, producerEpoch: 0, baseSequence })
    await append(log, batchOf(['a'], from(0)))
    await append(log, batchOf(['b'], from(1)))
    await truncate(log, 1)
    t.match(await append(log, batchOf(['b'], from(1))), { firstOffset: 1, duplicate: false })
  })
})
