import t from 'tap'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { deleteHorizonMs } from '../../../src/protocol/records/batch.js'
import {
  type CleanerConfig,
  DEFAULT_CLEANER_CONFIG,
} from '../../../src/storage/cleaner/cleaner-config.js'
import { BYTES_PER_KEY, OffsetMap } from '../../../src/storage/cleaner/offset-map.js'
import type { Log } from '../../../src/storage/log.js'
import type { LogConfig } from '../../../src/storage/log-config.js'
import type { LogManager } from '../../../src/storage/log-manager.js'
import type { PartitionLog } from '../../../src/storage/partition-log.js'
import { BACKOFF_MS, clean, endTxn, keyed, nextTurn, readCommitted } from './cleaner-fixture.js'
import {
  append,
  logConfig,
  ManualClock,
  MEGABYTE,
  managerOptions,
  manualClocks,
  namesIn,
  START_MS,
  startManager,
  TOPIC_ID,
} from './storage-fixture.js'

const FIRST = '/data/pets-0/00000000000000000000'
const compact = {
  compact: true,
  delete: false,
  segmentBytes: 400,
  indexIntervalBytes: 100,
  minCleanableDirtyRatio: 0,
  fileDeleteDelayMs: 10,
}

interface Rig {
  readonly disk: MemoryDisk
  readonly clock: ManualClock
  readonly manager: LogManager
  readonly log: PartitionLog
}

async function open(
  changes: Partial<LogConfig> = {},
  cleaner: Partial<CleanerConfig> = {},
  disk = new MemoryDisk(64 * MEGABYTE),
  clock = new ManualClock(),
): Promise<Rig> {
  const config = logConfig({ ...compact, ...changes })
  const manager = await startManager(
    managerOptions({
      disk,
      clocks: manualClocks(clock),
      defaultConfig: config,
      cleanerConfig: () => ({ ...DEFAULT_CLEANER_CONFIG, backoffMs: BACKOFF_MS, ...cleaner }),
    }),
  )
  const log = logOf(manager, 'pets', config)
  log.updateHighWatermark(log.logEndOffset)
  return { disk, clock, manager, log }
}

function logOf(manager: LogManager, topic: string, config: LogConfig): PartitionLog {
  return manager.getOrCreateLog(
    { topic, partition: 0 },
    { topicId: TOPIC_ID, config },
  ) as PartitionLog
}

/** Appends a record, in a segment that ends with it. */
async function put(log: Log, key: string, value: string | null, timestamp = START_MS) {
  await append(log, keyed([[key, value]], { timestamp }))
  log.roll()
  log.updateHighWatermark(log.logEndOffset)
}

async function pairs(log: Log): Promise<string[]> {
  return (await readCommitted(log, MEGABYTE)).map(({ key, value }) => `${key}=${value}`)
}

/** Gives the cleaner the time to do what it should not. */
async function wait(clock: ManualClock, ms = BACKOFF_MS): Promise<void> {
  clock.advance(ms)
  for (let i = 0; i < 30; i++) await nextTurn()
}

t.test('the offset map finds what was put, up to its last slot', (t) => {
  const map = new OffsetMap(50 * BYTES_PER_KEY)
  t.equal(map.slots, 50)
  for (let i = 0; i < 50; i++) map.put(Buffer.from(`key ${i}`), i)
  for (let i = 0; i < 50; i++) t.equal(map.get(Buffer.from(`key ${i}`)), i)
  t.equal(map.get(Buffer.from('another')), -1)
  map.put(Buffer.from('key 7'), 99)
  t.equal(map.get(Buffer.from('key 7')), 99)
  t.equal(map.size, 50)
  t.throws(() => map.put(Buffer.from('another'), 100), /full with 50 keys/)
  t.end()
})

t.test(
  'the last value of a key stays, in few segments; the active one is left alone',
  async (t) => {
    const { log, clock, manager, disk } = await open()
    for (const value of ['1', '2', '3']) await put(log, 'a', value)
    await put(log, 'b', '1')
    await append(log, keyed([['a', 'active']]))
    await append(log, keyed([['a', 'active too']]))
    log.updateHighWatermark(log.logEndOffset)
    await clean(log, clock)
    t.strictSame(await pairs(log), ['a=3', 'b=1', 'a=active', 'a=active too'])
    t.equal(log.segmentCount, 2)
    t.equal(log.logStartOffset, 0)
    t.equal(log.cleanedTo, 4)
    t.ok(namesIn(disk, '/data/pets-0').includes('00000000000000000000.log.deleted'))
    clock.advance(10)
    const names = namesIn(disk, '/data/pets-0')
    t.strictSame(
      names.filter((name) => /deleted|cleaned|swap/.test(name)),
      [],
    )
    t.strictSame(
      names.filter((name) => name.endsWith('.snapshot')),
      ['00000000000000000004.snapshot'],
    )
    await manager.close()
  },
)

t.test('a tombstone stays for delete.retention.ms from the cleaning that found it', async (t) => {
  const { log, clock, manager, disk } = await open({ deleteRetentionMs: 5000 })
  await put(log, 'a', '1')
  await put(log, 'a', null)
  await clean(log, clock)
  t.strictSame(await pairs(log), ['a=null'])
  t.equal(deleteHorizonMs(disk.readFile(`${FIRST}.log`)!, 0), clock.now() + 5000)
  const [first] = await readCommitted(log, MEGABYTE)
  t.equal(first?.offset, 1)
  await put(log, 'b', '1')
  await clean(log, clock, 4000)
  t.strictSame(await pairs(log), ['a=null', 'b=1'], 'not yet')
  await put(log, 'c', '1')
  await clean(log, clock, 1000)
  t.strictSame(await pairs(log), ['b=1', 'c=1'])
  await manager.close()
})

t.test('what is younger than min.compaction.lag.ms stays', async (t) => {
  const { log, clock, manager } = await open({ minCompactionLagMs: 10_000 })
  await put(log, 'a', '1', START_MS)
  await put(log, 'a', '2', START_MS)
  await put(log, 'a', '3', START_MS + 5000)
  await wait(clock)
  t.equal(log.cleanedTo, undefined)
  await wait(clock, 10_000)
  await clean(log, clock)
  t.strictSame(await pairs(log), ['a=2', 'a=3'])
  await wait(clock, 5000)
  await clean(log, clock)
  t.strictSame(await pairs(log), ['a=3'])
  await manager.close()
})

t.test('max.compaction.lag.ms makes it clean, however little is dirty', async (t) => {
  const { log, clock, manager } = await open({
    minCleanableDirtyRatio: 1,
    maxCompactionLagMs: 10_000,
  })
  await put(log, 'a', '1')
  await put(log, 'a', '2')
  await wait(clock)
  t.equal(log.cleanedTo, undefined)
  await wait(clock, 10_000)
  await clean(log, clock)
  t.strictSame(await pairs(log), ['a=2'])
  await manager.close()
})

t.test('nothing is cleaned from an open transaction on', async (t) => {
  const { log, clock, manager } = await open()
  await put(log, 'a', '1')
  await put(log, 'a', '2')
  const producer = { producerId: 5, producerEpoch: 0, baseSequence: 0, transactional: true }
  await append(log, keyed([['a', 'undecided']], producer))
  log.roll()
  await put(log, 'a', '3')
  await clean(log, clock)
  t.equal(log.cleanedTo, 2)
  await endTxn(log, 'ABORT', 5)
  log.roll()
  log.updateHighWatermark(log.logEndOffset)
  await clean(log, clock)
  t.equal(log.cleanedTo, 5)
  t.strictSame(await pairs(log), ['a=3'])
  await manager.close()
})

t.test('a log that is damaged is left alone, others are cleaned', async (t) => {
  const { log, clock, manager, disk } = await open()
  const other = logOf(manager, 'others', log.config)
  for (const each of [log, other]) for (const value of ['1', '2']) await put(each, 'a', value)
  const bytes = disk.readFile(`${FIRST}.log`)!
  bytes[66]! ^= 1
  disk.open(`${FIRST}.log`).write([bytes], 0, () => {})
  await clean(other, clock)
  await wait(clock)
  t.equal(log.cleanedTo, undefined)
  t.notOk(log.offline)
  t.equal(other.cleanedTo, 2)
  t.notOk(namesIn(disk, '/data/pets-0').some((name) => name.endsWith('.cleaned')))
  await manager.close()
})

t.test('how far a log is clean outlives the broker, and goes back with the log', async (t) => {
  const first = await open()
  for (const value of ['1', '2', '3']) await put(first.log, 'a', value)
  await clean(first.log, first.clock)
  const checkpoint = '/data/cleaner-offset-checkpoint'
  t.equal(String(first.disk.readFile(checkpoint)), '0\n1\npets 0 3\n')
  await first.manager.close()
  const second = await open({}, {}, first.disk, first.clock)
  t.equal(second.log.cleanedTo, 3)
  await new Promise<void>((resolve, reject) => {
    second.log.truncateTo(1, (error) => (error === null ? resolve() : reject(error)))
  })
  t.equal(second.log.cleanedTo, 1)
  second.manager.deleteLog('pets', 0)
  await second.manager.close()
  t.equal(String(first.disk.readFile(checkpoint)), '0\n0\n')
})

t.test('without log.cleaner.enable nothing is compacted', async (t) => {
  const { log, clock, manager } = await open({}, { enabled: false })
  for (const value of ['1', '2']) await put(log, 'a', value)
  await wait(clock)
  t.strictSame(await pairs(log), ['a=1', 'a=2'])
  await manager.close()
})

t.test('compact,delete does both', async (t) => {
  const { log, clock, manager } = await open({
    delete: true,
    retentionMs: 10_000,
    segmentBytes: 100,
  })
  for (const value of ['1', '2']) await put(log, 'a', value)
  await clean(log, clock)
  t.strictSame(await pairs(log), ['a=2'])
  await put(log, 'b', '1', START_MS + 15_000)
  await wait(clock, 15_000)
  await wait(clock)
  t.strictSame(await pairs(log), ['b=1'])
  t.ok(log.logStartOffset >= 2)
  await manager.close()
})

t.test('a batch that is kept without its records has no time', async (t) => {
  const { log, clock, manager } = await open()
  const producer = { producerId: 5, producerEpoch: 0, baseSequence: 0 }
  await append(log, keyed([['a', '1']], { ...producer, timestamp: START_MS + 500 }))
  for (const value of ['2', '3']) await put(log, 'a', value)
  await clean(log, clock)
  t.strictSame(await pairs(log), ['a=3'])
  t.strictSame(
    log.activeProducers().map(({ lastSequence }) => lastSequence),
    [0],
  )
  const found = { timestamp: START_MS, offset: 2, leaderEpoch: 0 }
  t.strictSame(await log.offsetForMaxTimestamp(), found)
  t.equal(await log.offsetForTimestamp(START_MS + 1), undefined)
  await manager.close()
})

t.test('a reader that is within a segment as it is replaced goes on', async (t) => {
  const { log, clock, manager } = await open({ fileDeleteDelayMs: 0 })
  for (const value of ['1', '2', '3']) await put(log, 'a', value)
  const slice = await log.read(0, MEGABYTE, log.logEndOffset, true)
  await clean(log, clock)
  clock.advance(1)
  t.ok(slice.records.length > 0)
  slice.release()
  t.strictSame(await pairs(log), ['a=3'])
  t.strictSame(await log.offsetForTimestamp(START_MS), {
    timestamp: START_MS,
    offset: 2,
    leaderEpoch: 0,
  })
  await manager.close()
})
