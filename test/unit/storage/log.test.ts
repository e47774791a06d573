import t from 'tap'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { CompressionType } from '../../../src/protocol/records/batch.js'
import { AppendOrigin, type Log } from '../../../src/storage/log.js'
import {
  append,
  batchOf,
  errorOf,
  logConfig,
  ManualClock,
  MEGABYTE,
  managerOptions,
  manualClocks,
  namesIn,
  openMemoryLog,
  START_MS,
  startManager,
  TOPIC_ID,
  valuesOf,
} from './storage-fixture.js'

const padded = (i: number) => `${i}`.padEnd(100, '.')
const flush = (log: Log) =>
  new Promise<void>((resolve, reject) => {
    log.flush((error) => (error === null ? resolve() : reject(error)))
  })

t.test('appends', async (t) => {
  t.test('get offsets at once and are seen only when they are written', async (t) => {
    const { log } = await openMemoryLog()
    const order: string[] = []
    const first = log.append(batchOf(['a', 'b']), 3, AppendOrigin.CLIENT, () => order.push('first'))
    const second = log.append(batchOf(['c']), 3, AppendOrigin.CLIENT, () => order.push('second'))
    t.match(first, { firstOffset: 0, lastOffset: 1, maxTimestamp: START_MS, duplicate: false })
    t.match(second, { firstOffset: 2, lastOffset: 2 })
    t.equal(log.nextOffset, 3)
    t.equal(log.logEndOffset, 0)
    t.strictSame(await valuesOf(log), [])
    await append(log, batchOf(['d']), 3)
    t.strictSame(order, ['first', 'second'])
    t.equal(log.logEndOffset, 4)
    t.equal(log.latestEpoch, 3)
    t.strictSame(await valuesOf(log), ['a', 'b', 'c', 'd'])
  })

  t.test(
    'are refused when they are not whole batches, too large, or more than a segment',
    async (t) => {
      const { log } = await openMemoryLog({ maxMessageBytes: 150, segmentBytes: 300 })
      const code = async (batches: Buffer) => (await errorOf(() => append(log, batches))).code
      t.equal(await code(batchOf(['x']).subarray(0, 50)), ErrorCode.CORRUPT_MESSAGE)
      t.equal(await code(batchOf([padded(1)])), ErrorCode.MESSAGE_TOO_LARGE)
      const many = Buffer.concat(Array.from({ length: 5 }, () => batchOf(['x'])))
      t.equal(await code(many), ErrorCode.RECORD_LIST_TOO_LARGE)
      t.equal(log.nextOffset, 0)
      t.notOk(log.offline)
      await append(log, batchOf(['x']))
      t.strictSame(await valuesOf(log), ['x'])
    },
  )

  t.test('of a follower keep their offsets, and may not go back', async (t) => {
    const { log: leader } = await openMemoryLog()
    for (let i = 0; i < 5; i++) await append(leader, batchOf([`${i}`]), i < 3 ? 1 : 4)
    const slice = await leader.read(0, MEGABYTE, 5, true)
    const { log: follower } = await openMemoryLog()
    const copy = Buffer.concat([slice.records, slice.records.subarray(0, 30)])
    const info = await new Promise((resolve) => {
      follower.appendAsFollower(copy, (_, info) => resolve(info))
    })
    t.match(info, { firstOffset: 0, lastOffset: 4 })
    t.strictSame(await valuesOf(follower), ['0', '1', '2', '3', '4'])
    t.strictSame(follower.endOffsetForEpoch(1), { leaderEpoch: 1, endOffset: 3 })
    t.equal(follower.epochForOffset(3), 4)
    const again = await errorOf(() => follower.appendAsFollower(copy, () => {}))
    t.equal(again.code, ErrorCode.OFFSET_OUT_OF_RANGE)
    t.equal(follower.nextOffset, 5)
  })

  t.test(
    'fail together with the write, take the directory offline, and lose nothing before',
    async (t) => {
      const clock = new ManualClock()
      const disk = new MemoryDisk(200 * 1024)
      const offline: string[] = []
      const options = managerOptions({
        disk,
        clocks: manualClocks(clock),
        directories: ['/data', '/other'],
        onDirectoryOffline: ({ path }) => offline.push(path),
      })
      const manager = await startManager(options)
      const [home] = manager.directories
      const config = logConfig()
      const named = { topicId: TOPIC_ID, config, directoryId: home!.directoryId }
      const log = manager.getOrCreateLog({ topic: 'pets', partition: 0 }, named)
      const neighbour = manager.getOrCreateLog({ topic: 'pets', partition: 1 }, named)
      await append(log, batchOf(['kept']))
      const lost = batchOf(['x'.repeat(150_000)])
      const codes: unknown[] = []
      for (const batches of [lost, batchOf(['with it'])]) {
        log.append(batches, 0, AppendOrigin.CLIENT, (error) => codes.push(error?.code))
      }
      await errorOf(() => append(log, batchOf(['and this'])))
      t.strictSame(codes, [ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.KAFKA_STORAGE_ERROR])
      t.strictSame(offline, ['/data'])
      t.ok(log.offline && neighbour.offline)
      t.equal(log.logEndOffset, 1)
      const refused = await errorOf(() => append(neighbour, batchOf(['x'])))
      t.equal(refused.code, ErrorCode.KAFKA_STORAGE_ERROR)
      t.equal((await errorOf(() => log.read(0, 100, 1, true))).code, ErrorCode.KAFKA_STORAGE_ERROR)

      const elsewhere = manager.getOrCreateLog(
        { topic: 'cars', partition: 0 },
        { topicId: TOPIC_ID, config },
      )
      t.equal(manager.directoryOf(elsewhere).path, '/other')
      await append(elsewhere, batchOf(['runs on']))
      await manager.close()
      t.notOk(namesIn(disk, '/data').includes('.kafka_cleanshutdown'))
      t.ok(namesIn(disk, '/other').includes('.kafka_cleanshutdown'))

      const again = await startManager({ ...options, disk })
      t.strictSame(await valuesOf(again.log('pets', 0)!), ['kept'])
      t.strictSame(await valuesOf(again.log('cars', 0)!), ['runs on'])
      await again.close()
    },
  )
})

t.test('reads', async (t) => {
  const { log } = await openMemoryLog({ segmentBytes: 1000, indexIntervalBytes: 200 })
  const values = Array.from({ length: 40 }, (_, i) => padded(i))
  for (const value of values) await append(log, batchOf([value]))
  const size = batchOf([padded(0)]).length

  t.test('begin at any offset of any segment', async (t) => {
    t.ok(log.segmentCount > 3)
    for (let from = 0; from <= 40; from++) {
      t.strictSame(await valuesOf(log, from), values.slice(from), `from ${from}`)
    }
  })
  t.test('end at the offset they may go up to', async (t) => {
    for (let upTo = 0; upTo <= 40; upTo++) {
      const slice = await log.read(0, MEGABYTE, upTo, true)
      const inFirstSegment = Math.min(upTo, Math.floor(1000 / size))
      t.equal(slice.records.length, inFirstSegment * size, `up to ${upTo}`)
      slice.release()
    }
  })
  t.test('give the first batch whole if asked to, else no more than max bytes', async (t) => {
    const small = await log.read(3, 10, 40, true)
    t.equal(small.records.length, size)
    t.notOk(small.firstEntryIncomplete)
    small.release()
    const cut = await log.read(3, 10, 40, false)
    t.equal(cut.records.length, 10)
    t.ok(cut.firstEntryIncomplete)
    cut.release()
    const partly = await log.read(0, size + 10, 40, true)
    t.equal(partly.records.length, size + 10)
    partly.release()
  })
  t.test('outside of the log are refused, at its end empty', async (t) => {
    t.equal((await errorOf(() => log.read(41, 100, 40, true))).code, ErrorCode.OFFSET_OUT_OF_RANGE)
    t.equal((await errorOf(() => log.read(-1, 100, 40, true))).code, ErrorCode.OFFSET_OUT_OF_RANGE)
    t.equal((await log.read(40, 100, 40, true)).records.length, 0)
  })
})

t.test('the high watermark stays within the log', async (t) => {
  const { log } = await openMemoryLog()
  await append(log, batchOf(['a', 'b', 'c']))
  t.ok(log.updateHighWatermark(2))
  t.notOk(log.updateHighWatermark(2))
  t.ok(log.updateHighWatermark(9))
  t.equal(log.highWatermark, 3)
  t.equal(log.lastStableOffset, 3)
  t.ok(log.advanceLogStartOffset(2))
  t.notOk(log.advanceLogStartOffset(1))
  t.ok(log.updateHighWatermark(0))
  t.equal(log.highWatermark, 2)
  const beyond = await errorOf(() => log.advanceLogStartOffset(3))
  t.equal(beyond.code, ErrorCode.OFFSET_OUT_OF_RANGE)
})

t.test('an open transaction holds the last stable offset back', async (t) => {
  const { log } = await openMemoryLog()
  await append(log, batchOf(['a']))
  const transactional = { producerId: 9, producerEpoch: 0, baseSequence: 0, transactional: true }
  await append(log, batchOf(['b'], transactional))
  await append(log, batchOf(['c']))
  log.updateHighWatermark(3)
  t.equal(log.lastStableOffset, 1)
  t.match(log.activeProducers(), [{ producerId: 9, currentTxnStartOffset: 1, lastSequence: 0 }])
})

t.test('flushes', async (t) => {
  t.test('move the recovery point', async (t) => {
    const { log } = await openMemoryLog()
    await append(log, batchOf(['a', 'b']))
    t.equal(log.recoveryPoint, 0)
    await flush(log)
    t.equal(log.recoveryPoint, 2)
  })
  t.test('come by themselves after flush.ms', async (t) => {
    const { log, clock } = await openMemoryLog({ flushMs: 500 })
    await append(log, batchOf(['a']))
    clock.advance(499)
    t.equal(log.recoveryPoint, 0)
    clock.advance(1)
    t.equal(log.recoveryPoint, 1)
  })
  t.test('come after flush.messages', async (t) => {
    const { log } = await openMemoryLog({ flushMessages: 2 })
    await append(log, batchOf(['a']))
    t.equal(log.recoveryPoint, 0)
    await append(log, batchOf(['b']))
    t.equal(log.recoveryPoint, 2)
  })
})

t.test('a segment ends', async (t) => {
  t.test('when it is full', async (t) => {
    const { log, disk } = await openMemoryLog({ segmentBytes: 400 })
    for (let i = 0; i < 6; i++) await append(log, batchOf([padded(i)]))
    t.equal(log.segmentCount, 3)
    t.equal(log.recoveryPoint, 4)
    t.strictSame(namesIn(disk, '/data/pets-0'), [
      '00000000000000000000.index',
      '00000000000000000000.log',
      '00000000000000000000.timeindex',
      '00000000000000000002.index',
      '00000000000000000002.log',
      '00000000000000000002.snapshot',
      '00000000000000000002.timeindex',
      '00000000000000000004.log',
      '00000000000000000004.snapshot',
      'leader-epoch-checkpoint',
      'partition.metadata',
    ])
  })
  t.test('when a record is segment.ms younger than its first', async (t) => {
    const { log } = await openMemoryLog({ segmentMs: 1000 })
    await append(log, batchOf(['a'], { timestamp: START_MS }))
    await append(log, batchOf(['b'], { timestamp: START_MS + 1000 }))
    t.equal(log.segmentCount, 1)
    await append(log, batchOf(['c'], { timestamp: START_MS + 1001 }))
    t.equal(log.segmentCount, 2)
  })
  t.test('when its indexes are full', async (t) => {
    const { log } = await openMemoryLog({ indexIntervalBytes: 0, segmentIndexBytes: 32 })
    for (let i = 0; i < 12; i++) await append(log, batchOf([`${i}`], { timestamp: START_MS + i }))
    t.ok(log.segmentCount > 2)
    t.equal((await valuesOf(log)).length, 12)
  })
  t.test('when it is told to, unless it is empty', async (t) => {
    const { log } = await openMemoryLog()
    log.roll()
    t.equal(log.segmentCount, 0)
    await append(log, batchOf(['a']))
    log.roll()
    log.roll()
    t.equal(log.segmentCount, 2)
  })
})

t.test('timestamps', async (t) => {
  const { log } = await openMemoryLog({ segmentBytes: 700, indexIntervalBytes: 100 })
  t.equal(await log.offsetForTimestamp(0), undefined)
  t.equal(await log.offsetForMaxTimestamp(), undefined)
  const times = [10, 30, 20, 20, 50, 40, 60, 90, 70, 80, 90, 5]
  for (const [i, time] of times.entries()) {
    const compression = i % 2 === 0 ? CompressionType.NONE : CompressionType.GZIP
    await append(log, batchOf([padded(i)], { timestamp: time, compression }), i >> 2)
  }
  t.ok(log.segmentCount > 1)
  t.test('lead to the first record that is as young', async (t) => {
    for (let time = 0; time <= 95; time += 5) {
      const offset = times.findIndex((other) => other >= time)
      const expected =
        offset === -1 ? undefined : { offset, timestamp: times[offset], leaderEpoch: offset >> 2 }
      t.strictSame(await log.offsetForTimestamp(time), expected, `at ${time}`)
    }
  })
  t.test('before the log start are not found', async (t) => {
    log.updateHighWatermark(12)
    log.advanceLogStartOffset(5)
    t.match(await log.offsetForTimestamp(30), { offset: 5, timestamp: 40 })
  })
  t.test('the youngest is the first of its age', async (t) => {
    t.match(await log.offsetForMaxTimestamp(), { offset: 7, timestamp: 90, leaderEpoch: 1 })
  })
})

t.test('a closed log takes nothing more, and leaves its indexes and producers', async (t) => {
  const { log, manager, disk, clock } = await openMemoryLog({ flushMs: 1000 })
  await append(log, batchOf(['a'], { producerId: 1, producerEpoch: 0, baseSequence: 0 }))
  await manager.close()
  t.equal((await errorOf(() => append(log, batchOf(['b'])))).code, ErrorCode.KAFKA_STORAGE_ERROR)
  t.equal((await errorOf(() => log.read(0, 100, 1, true))).code, ErrorCode.KAFKA_STORAGE_ERROR)
  t.equal(clock.pendingTimers, 0)
  t.strictSame(namesIn(disk, '/data/pets-0'), [
    '00000000000000000000.index',
    '00000000000000000000.log',
    '00000000000000000000.timeindex',
    '00000000000000000001.snapshot',
    'leader-epoch-checkpoint',
    'partition.metadata',
  ])
})
