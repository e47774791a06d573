import t from 'tap'
import type { DiskCallback, DiskFile } from '../../../src/env/disk.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { buildBatch } from '../../../src/protocol/records/builder.js'
import type { Log } from '../../../src/storage/log.js'
import type { LogConfig } from '../../../src/storage/log-config.js'
import { until } from '../../support/until.js'
import {
  append,
  batchOf,
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

/** As a follower fetches it, at an offset that the leader has given it. */
function replicate(log: Log, baseOffset: number): Promise<unknown> {
  const records = [{ key: null, value: Buffer.from(`${baseOffset}`), timestamp: START_MS }]
  return new Promise((resolve, reject) => {
    log.appendAsFollower(buildBatch({ records, baseOffset }), (error, info) => {
      if (error === null) resolve(info)
      else reject(error)
    })
  })
}

t.test('a segment ends where an offset is too far from its first for the index', async (t) => {
  const { log, disk } = await openMemoryLog()
  const furthest = 2 ** 31 - 1
  await replicate(log, 0)
  await replicate(log, furthest)
  t.equal(log.segmentCount, 1)
  await replicate(log, furthest + 1)
  t.equal(log.segmentCount, 2)
  t.ok(namesIn(disk, '/data/pets-0').includes('00000000002147483648.log'))
  t.strictSame(await valuesOf(log), ['0', String(furthest), String(furthest + 1)])
})

t.test('segment.jitter.ms lets segments end earlier, each by its own', async (t) => {
  const ages = new Set<number>()
  const { log } = await openMemoryLog({ segmentMs: 1000, segmentJitterMs: 900 })
  for (let n = 0; n < 4; n++) {
    const begun = log.segmentCount
    const first = START_MS + n * 10_000
    if (n > 0) log.roll()
    await append(log, batchOf(['first'], { timestamp: first }))
    let age = 0
    for (const before = log.segmentCount; log.segmentCount === before; ) {
      age += 10
      await append(log, batchOf(['next'], { timestamp: first + age }))
    }
    t.ok(log.segmentCount > begun)
    t.ok(age > 100 && age <= 1010, `after ${age} ms`)
    ages.add(age)
  }
  t.ok(ages.size > 1, [...ages].join(' '))
})

t.test('a segment whose records have no time ends by the broker’s clock', async (t) => {
  const { log, clock } = await openMemoryLog({ segmentMs: 1000 })
  await append(log, batchOf(['a'], { timestamp: -1 }))
  clock.advance(1000)
  await append(log, batchOf(['b'], { timestamp: -1 }))
  t.equal(log.segmentCount, 1)
  clock.advance(1)
  await append(log, batchOf(['c'], { timestamp: -1 }))
  t.equal(log.segmentCount, 2)
})

t.test('what is changed of a log’s config counts from the next append on', async (t) => {
  const { log } = await openMemoryLog()
  const change = (changes: Partial<LogConfig>) => {
    log.config = logConfig(changes)
  }
  await append(log, batchOf(['a']))
  change({ segmentBytes: 100 })
  await append(log, batchOf(['b']))
  t.equal(log.segmentCount, 2)
  change({ segmentMs: 10 })
  await append(log, batchOf(['c'], { timestamp: START_MS + 11 }))
  t.equal(log.segmentCount, 3)
  change({ flushMessages: 1 })
  await append(log, batchOf(['d']))
  t.equal(log.recoveryPoint, 4)
})

/** Counts the syncs of logs, and holds them until they are let go. */
class SyncingDisk extends MemoryDisk {
  readonly held: (() => void)[] = []

  override open(path: string, options?: { readonly create?: boolean }): DiskFile {
    return new Proxy(super.open(path, options), {
      get: (file, name) => {
        if (name === 'sync' && path.endsWith('.log')) {
          return (done: DiskCallback) => this.held.push(() => file.sync(done))
        }
        const value: unknown = Reflect.get(file, name)
        return typeof value === 'function' ? value.bind(file) : value
      },
    })
  }
}

t.test('flush.messages and flush.ms sync the file, and only then it is safe', async (t) => {
  const disk = new SyncingDisk(64 * MEGABYTE)
  const clock = new ManualClock()
  const manager = await startManager(managerOptions({ disk, clocks: manualClocks(clock) }))
  const logWith = (topic: string, changes: Partial<LogConfig>) =>
    manager.getOrCreateLog(
      { topic, partition: 0 },
      { topicId: TOPIC_ID, config: logConfig(changes) },
    )
  const plain = logWith('plain', {})
  await append(plain, batchOf(['a']))
  t.equal(disk.held.length, 0, 'by default nothing is')

  const counted = logWith('counted', { flushMessages: 2 })
  await append(counted, batchOf(['a']))
  t.equal(disk.held.length, 0)
  const second = append(counted, batchOf(['b']))
  await until(() => disk.held.length === 1, 'the sync')
  t.equal(counted.logEndOffset, 1, 'what has to be safe is not seen before')
  disk.held.shift()!()
  await second
  t.equal(counted.recoveryPoint, 2)

  const timed = logWith('timed', { flushMs: 500 })
  await append(timed, batchOf(['a']))
  clock.advance(500)
  t.equal(disk.held.length, 1)
  t.equal(timed.recoveryPoint, 0)
  disk.held.shift()!()
  t.equal(timed.recoveryPoint, 1)
})

/** Writes files aside as slowly as a disk does. */
class SlowDisk extends MemoryDisk {
  underWay = 0

  override replaceFile(path: string, content: Buffer, done: DiskCallback): void {
    this.underWay++
    setImmediate(() => {
      this.underWay--
      super.replaceFile(path, content, done)
    })
  }
}

t.test('a segment that ends only to be deleted leaves no indexes behind', async (t) => {
  const clock = new ManualClock()
  const disk = new SlowDisk(64 * MEGABYTE)
  const manager = await startManager(managerOptions({ disk, clocks: manualClocks(clock) }))
  const config = logConfig({ retentionMs: 1000, fileDeleteDelayMs: 60_000 })
  const log = manager.getOrCreateLog({ topic: 'pets', partition: 0 }, { topicId: TOPIC_ID, config })
  await append(log, batchOf(['old'], { timestamp: START_MS }))
  log.updateHighWatermark(1)
  clock.advance(2000)
  t.equal(log.deleteOldSegments(), 1)
  await until(() => disk.underWay === 0, 'the indexes')
  const ofSegment = () =>
    namesIn(disk, '/data/pets-0').filter((name) => name.startsWith('00000000000000000000.'))
  t.strictSame(ofSegment(), ['00000000000000000000.log.deleted'])
  clock.advance(60_000)
  t.strictSame(ofSegment(), [])
})
