import t from 'tap'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { setBaseOffset } from '../../../src/protocol/records/batch.js'
import { BufferPool } from '../../../src/storage/buffer-pool.js'
import {
  deletedDirectoryName,
  fileName,
  offsetOfFile,
  parseLogDirectoryName,
} from '../../../src/storage/file-names.js'
import { IndexCache } from '../../../src/storage/index-cache.js'
import { LeaderEpochCache } from '../../../src/storage/leader-epoch-cache.js'
import { AppendOrigin } from '../../../src/storage/log.js'
import { decodeMetaProperties, encodeMetaProperties } from '../../../src/storage/meta-properties.js'
import { OffsetCheckpoint } from '../../../src/storage/offset-checkpoint.js'
import { OffsetIndex } from '../../../src/storage/offset-index.js'
import {
  decodePartitionMetadata,
  encodePartitionMetadata,
} from '../../../src/storage/partition-metadata.js'
import { ProducerState } from '../../../src/storage/producer-state.js'
import { TimeIndex } from '../../../src/storage/time-index.js'
import { type BatchOptions, batchOf, errorOf, MEGABYTE, START_MS } from './storage-fixture.js'

t.test('an offset index', async (t) => {
  const index = new OffsetIndex(100)
  t.strictSame(index.lookup(150), { offset: 100, position: 0 }, 'points to the begin when empty')
  t.equal(index.lastOffset, 100)
  for (const [offset, position] of [
    [110, 500],
    [120, 900],
    [135, 1400],
  ] as const) {
    index.append(offset, position)
  }
  t.strictSame(index.lookup(109), { offset: 100, position: 0 })
  t.strictSame(index.lookup(110), { offset: 110, position: 500 })
  t.strictSame(index.lookup(134), { offset: 120, position: 900 })
  t.strictSame(index.lookup(9999), { offset: 135, position: 1400 })
  t.equal(index.positionAfter(110), 900)
  t.equal(index.positionAfter(135), undefined)
  t.throws(() => index.append(135, 2000), RangeError)
  t.ok(index.canHold(100 + 2 ** 31 - 1))
  t.notOk(index.canHold(100 + 2 ** 31))
  t.notOk(index.canHold(99))
  t.notOk(index.isFull(32))
  t.ok(index.isFull(31))

  t.equal(index.toBuffer().toString('hex'), '0000000a000001f4000000140000038400000023' + '00000578')
  const load = (tail: number) =>
    OffsetIndex.load(100, Buffer.concat([index.toBuffer(), Buffer.alloc(tail)]))
  for (const tail of [0, 8, 80, 10 * MEGABYTE - 24]) {
    t.match(load(tail), { entryCount: 3, lastOffset: 135 }, `with ${tail} zeros behind it`)
  }
  t.equal(load(3), undefined, 'is damaged when it ends within an entry')
  const backwards = Buffer.from('0000002300000578' + '0000000a000001f4', 'hex')
  t.equal(OffsetIndex.load(100, backwards), undefined, 'is damaged when it goes backwards')
  t.match(OffsetIndex.load(100, Buffer.alloc(80)), { entryCount: 0 })

  index.truncateTo(121)
  t.match(index, { entryCount: 2, lastOffset: 120 })
  index.truncateTo(110)
  t.equal(index.entryCount, 0)
})

t.test('a time index', async (t) => {
  const index = new TimeIndex(100)
  t.strictSame(index.last, { timestamp: -1, offset: 100 })
  index.maybeAppend(1000, 110)
  index.maybeAppend(1000, 115)
  index.maybeAppend(900, 118)
  index.maybeAppend(2000, 120)
  t.equal(index.entryCount, 2, 'has only entries that are younger than the last')
  t.strictSame(index.lookup(999), { timestamp: -1, offset: 100 })
  t.strictSame(index.lookup(1999), { timestamp: 1000, offset: 110 })
  t.strictSame(index.lookup(2000), { timestamp: 2000, offset: 120 })
  t.notOk(index.isFull(48))
  t.ok(index.isFull(47))
  const load = (tail: number) =>
    TimeIndex.load(100, Buffer.concat([index.toBuffer(), Buffer.alloc(tail)]))
  for (const tail of [0, 12, 1200]) {
    t.match(load(tail), { entryCount: 2, last: { timestamp: 2000, offset: 120 } })
  }
  t.equal(load(5), undefined)
  index.truncateTo(120)
  t.strictSame(index.last, { timestamp: 1000, offset: 110 })
})

t.test('the index cache lets go of what was used longest ago', async (t) => {
  const unloaded: string[] = []
  const holder = (name: string) => ({
    indexMemoryBytes: 40,
    unloadIndexes: () => unloaded.push(name),
  })
  const [a, b, c] = [holder('a'), holder('b'), holder('c')]
  const cache = new IndexCache(100)
  cache.touch(a)
  cache.touch(b)
  cache.touch(a)
  t.equal(cache.bytes, 80)
  cache.touch(c)
  t.strictSame(unloaded, ['b'])
  cache.remove(a)
  t.equal(cache.bytes, 40)
})

t.test('the buffer pool keeps no more idle than its bound', async (t) => {
  const pool = new BufferPool(200 * 1024)
  const first = pool.take(100_000)
  const second = pool.take(80 * 1024)
  t.ok(first.length >= 100_000)
  pool.give(second)
  pool.give(first)
  t.equal(pool.idleBytes, 80 * 1024)
  t.equal(pool.take(60_000), second)
  t.equal(pool.idleBytes, 0)
  t.equal(pool.take(9 * MEGABYTE).length, 9 * MEGABYTE)
})

t.test('leader epochs', async (t) => {
  const disk = new MemoryDisk(MEGABYTE)
  const cache = new LeaderEpochCache(disk, '/leader-epoch-checkpoint')
  t.equal(cache.latestEpoch, undefined)
  t.strictSame(cache.endOffsetFor(0, 5), { leaderEpoch: -1, endOffset: -1 })
  cache.assign(2, 0)
  cache.assign(4, 10)
  cache.assign(4, 12)
  cache.assign(7, 30)
  t.strictSame(cache.entries, [
    { epoch: 2, startOffset: 0 },
    { epoch: 4, startOffset: 10 },
    { epoch: 7, startOffset: 30 },
  ])
  const end = (epoch: number) => Object.values(cache.endOffsetFor(epoch, 40))
  t.strictSame(end(7), [7, 40], 'the latest ends where the log does')
  t.strictSame(end(8), [-1, -1], 'nothing is known of one yet to come')
  t.strictSame(end(6), [4, 30], 'one that was skipped ends with the one before it')
  t.strictSame(end(4), [4, 30])
  t.strictSame(end(2), [2, 10])
  t.strictSame(end(1), [1, 0], 'one before the first ends where that begins')
  t.strictSame(end(-1), [-1, -1])
  t.equal(cache.epochForOffset(9), 2)
  t.equal(cache.epochForOffset(10), 4)
  t.equal(cache.epochForOffset(99), 7)

  cache.truncateFromStart(15)
  t.strictSame(cache.entries[0], { epoch: 4, startOffset: 15 })
  cache.truncateFromEnd(30)
  t.equal(cache.latestEpoch, 4)
  await new Promise((resolve) => cache.flush(resolve))
  t.equal(disk.readFile('/leader-epoch-checkpoint')!.toString(), '0\n1\n4 15\n')
  const again = new LeaderEpochCache(disk, '/leader-epoch-checkpoint')
  again.load()
  t.strictSame(again.entries, [{ epoch: 4, startOffset: 15 }])
  disk.writeFile('/leader-epoch-checkpoint', Buffer.from('0\n2\n4 15\n'))
  again.load()
  t.strictSame(again.entries, [])
})

t.test('producer state', async (t) => {
  const HOUR_MS = 60 * 60 * 1000
  const config = () => ({ expirationMs: HOUR_MS, verifiesTransactions: false })
  const state = new ProducerState(config)
  let offset = 0
  const batch = (values: readonly string[], options: BatchOptions) => {
    const bytes = batchOf(values, { producerId: 1, producerEpoch: 0, ...options })
    setBaseOffset(bytes, 0, offset)
    return bytes
  }
  const add = (values: readonly string[], options: BatchOptions) => {
    const bytes = batch(values, options)
    const duplicate = state.check(bytes, 0, AppendOrigin.CLIENT)
    if (duplicate !== undefined) return duplicate
    state.add(bytes, 0)
    offset += values.length
    return undefined
  }
  const codeOf = async (options: BatchOptions, values = ['x']) =>
    (await errorOf(() => add(values, options))).code

  t.test('lets an unknown producer begin anywhere', async (t) => {
    t.equal(add(['a', 'b'], { baseSequence: 40 }), undefined)
    t.equal(add(['c'], { baseSequence: 42 }), undefined)
  })
  t.test('wants each sequence to follow the last', async (t) => {
    t.equal(await codeOf({ baseSequence: 44 }), ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    t.equal(await codeOf({ baseSequence: 41 }), ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    t.equal(add(['d'], { baseSequence: 43 }), undefined)
  })
  t.test('knows the last five batches again, and no more', async (t) => {
    t.match(add(['a', 'b'], { baseSequence: 40 }), { lastOffset: 1, offsetDelta: 1 })
    t.match(add(['d'], { baseSequence: 43 }), { lastOffset: 3, offsetDelta: 0 })
    for (const baseSequence of [44, 45, 46]) add(['e'], { baseSequence })
    t.equal(await codeOf({ baseSequence: 40 }, ['a', 'b']), ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    t.match(add(['c'], { baseSequence: 42 }), { lastOffset: 2 })
  })
  t.test('begins a new epoch at sequence 0, and refuses the old one then', async (t) => {
    const next = { producerEpoch: 1 }
    t.equal(await codeOf({ ...next, baseSequence: 47 }), ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    t.equal(add(['f'], { ...next, baseSequence: 0 }), undefined)
    t.equal(await codeOf({ baseSequence: 47 }), ErrorCode.INVALID_PRODUCER_EPOCH)
  })
  t.test('goes on at 0 after the largest sequence', async (t) => {
    const wrapping = { producerId: 2 }
    add(['a'], { ...wrapping, baseSequence: 2 ** 31 - 2 })
    t.equal(add(['b', 'c', 'd'], { ...wrapping, baseSequence: 2 ** 31 - 1 }), undefined)
    t.match(add(['b', 'c', 'd'], { ...wrapping, baseSequence: 2 ** 31 - 1 }), { offsetDelta: 2 })
    t.equal(add(['e'], { ...wrapping, baseSequence: 2 }), undefined)
  })
  t.test('comes back from its snapshot', async (t) => {
    const bytes = state.snapshot()
    const again = new ProducerState(config)
    t.ok(again.load(offset, bytes, START_MS))
    t.strictSame(again.summaries(), state.summaries())
    t.equal(again.endOffset, offset)
    const damaged = Buffer.from(bytes)
    damaged[damaged.length - 1]! ^= 1
    t.notOk(again.load(offset, damaged, START_MS))
    t.equal(again.size, 0)
    t.ok(again.load(offset, bytes, START_MS + HOUR_MS))
    t.equal(again.size, 0, 'without those that have expired meanwhile')
  })
  t.test('forgets who has not written for long, but not amid a transaction', async (t) => {
    add(['txn'], { producerId: 3, baseSequence: 0, transactional: true })
    t.equal(state.firstUnstableOffset, offset - 1)
    state.removeExpired(START_MS + HOUR_MS - 1)
    t.equal(state.size, 3)
    state.removeExpired(START_MS + HOUR_MS)
    t.match(state.summaries(), [{ producerId: 3 }])
    t.equal(add(['x'], { producerId: 1, baseSequence: 77 }), undefined)
  })
})

t.test('the names of files and directories', async (t) => {
  t.equal(fileName(42, '.log'), '00000000000000000042.log')
  t.equal(offsetOfFile('00000000000000000042.timeindex'), 42)
  t.equal(offsetOfFile('00000000000000000100-0000000002.checkpoint'), undefined)
  t.equal(offsetOfFile('partition.metadata'), undefined)
  t.strictSame(parseLogDirectoryName('my-topic-1-7'), { topic: 'my-topic-1', partition: 7 })
  for (const name of ['topic', 'topic-', '-1', 'a-0.1234-delete', 'a-0.1234-future', 'a-0-stray']) {
    t.equal(parseLogDirectoryName(name), undefined, name)
  }
  t.equal(deletedDirectoryName('a', 3, 'u'), 'a-3.u-delete')
  t.equal(deletedDirectoryName('x'.repeat(249), 0, 'u'.repeat(32)).length, 255)
})

t.test('partition.metadata names the topic', async (t) => {
  const id = 'TF-LcwAlSwySI-sjCnxBzw'
  t.equal(encodePartitionMetadata(id).toString(), `version: 0\ntopic_id: ${id}`)
  t.equal(decodePartitionMetadata(Buffer.from(`version: 0\ntopic_id: ${id}\n`)), id)
  t.equal(decodePartitionMetadata(Buffer.from(`version: 9\ntopic_id: ${id}`)), undefined)
  t.equal(decodePartitionMetadata(Buffer.alloc(0)), undefined)
})

t.test('meta.properties', async (t) => {
  const properties = {
    clusterId: 'sQFJDc7cSXaUKdB9pVHd8A',
    nodeId: 1,
    directoryId: 'eQBNvAxX6qKBprrVVUCtmA',
  }
  t.strictSame(decodeMetaProperties(encodeMetaProperties(properties), 'f'), properties)
  const kafkas = `#
#Wed Nov 25 13:15:59 UTC 2026
node.id=1
directory.id=eQBNvAxX6qKBprrVVUCtmA
version=1
cluster.id=sQFJDc7cSXaUKdB9pVHd8A
`
  t.strictSame(decodeMetaProperties(Buffer.from(kafkas), 'f'), properties)
  const byHand = 'version : 1\r\nnode.id 1\r\n! old\r\ncluster.id = my\\:cluster  \r\n'
  t.strictSame(decodeMetaProperties(Buffer.from(byHand), 'f'), {
    clusterId: 'my:cluster',
    nodeId: 1,
    directoryId: undefined,
  })
  const refused = (text: string) => () =>
    decodeMetaProperties(Buffer.from(text), '/d/meta.properties')
  t.throws(refused('version=2\n'), { message: /^\/d\/meta.properties is of version 2; only/ })
  t.throws(refused(''), { message: /has no version/ })
  t.throws(refused('version=1\nnode.id=1\n'), { message: /has no cluster.id/ })
  t.throws(refused('version=1\ncluster.id=a\nnode.id=x\n'), { message: /node.id that is a number/ })
})

t.test('a checkpoint of offsets', async (t) => {
  const disk = new MemoryDisk(MEGABYTE)
  const file = new OffsetCheckpoint(disk, '/checkpoint')
  t.equal(file.read().size, 0)
  const entries = [
    { topic: 'a-1', partition: 2, offset: 3 },
    { topic: 'b', partition: 0, offset: 2 ** 40 },
  ]
  await new Promise((resolve) => file.write(entries, resolve))
  t.equal(disk.readFile('/checkpoint')!.toString(), `0\n2\na-1 2 3\nb 0 ${2 ** 40}\n`)
  t.strictSame(
    [...file.read()],
    [
      ['a-1-2', 3],
      ['b-0', 2 ** 40],
    ],
  )
  disk.remove('/checkpoint')
  await new Promise((resolve) => file.write(entries, resolve))
  t.equal(disk.stat('/checkpoint'), undefined, 'is not written again when nothing has changed')
  file.invalidate()
  await new Promise((resolve) => file.write(entries, resolve))
  t.ok(disk.stat('/checkpoint'))
  for (const text of ['1\n0\n', '0\n2\na 0 1\n', '0\n1\na 0 x\n']) {
    disk.writeFile('/checkpoint', Buffer.from(text))
    t.throws(() => file.read(), Error, JSON.stringify(text))
  }
})
