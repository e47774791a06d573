import t from 'tap'
import type { Disk } from '../../../src/env/disk.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import type { Log } from '../../../src/storage/log.js'
import type { LogManager } from '../../../src/storage/log-manager.js'
import { TransactionIndex } from '../../../src/storage/transaction-index.js'
import { copyOf, endTxn, keyed } from './cleaner-fixture.js'
import {
  append,
  logConfig,
  MEGABYTE,
  managerOptions,
  namesIn,
  startManager,
  TOPIC_ID,
} from './storage-fixture.js'

const LOG = '/data/pets-0'
const config = logConfig({ segmentBytes: 400, indexIntervalBytes: 100, retentionMs: -1 })
const id = { topic: 'pets', partition: 0 }

const open = async (disk: Disk, more = {}): Promise<{ manager: LogManager; log: Log }> => {
  const defaultConfig = { ...config, ...more }
  const manager = await startManager(managerOptions({ disk, defaultConfig }))
  return { manager, log: manager.getOrCreateLog(id, { topicId: TOPIC_ID, config: defaultConfig }) }
}

const transactional = (producerId: number, baseSequence = 0): Buffer =>
  keyed([[`key of ${producerId}`, 'x'.repeat(60)]], {
    producerId,
    producerEpoch: 0,
    baseSequence,
    transactional: true,
  })

/**
 * Producer 1 aborts from 0 to 4, 2 commits from 1 to 3, 3 aborts from 2 to 6 and 4 from 7 to 8; what
 * follows fills segments of its own.
 */
async function fill(log: Log): Promise<void> {
  for (const producer of [1, 2, 3]) await append(log, transactional(producer))
  await endTxn(log, 'COMMIT', 2)
  await endTxn(log, 'ABORT', 1)
  await append(log, transactional(3, 1))
  await endTxn(log, 'ABORT', 3)
  await append(log, transactional(4))
  await endTxn(log, 'ABORT', 4)
  for (let i = 0; i < 6; i++) await append(log, keyed([['plain', 'y'.repeat(60)]]))
}

const ONE = { producerId: 1, firstOffset: 0, lastOffset: 4, lastStableOffset: 2 }
const THREE = { producerId: 3, firstOffset: 2, lastOffset: 6, lastStableOffset: 7 }
const FOUR = { producerId: 4, firstOffset: 7, lastOffset: 8, lastStableOffset: 9 }

t.test('the index of aborted transactions is laid out as in Kafka', (t) => {
  const index = new TransactionIndex()
  index.append(ONE)
  const bytes = index.toBuffer()
  t.equal(
    bytes.toString('hex'),
    '0000' + '0000000000000001' + '0000000000000000' + '0000000000000004' + '0000000000000002',
  )
  t.strictSame(TransactionIndex.load(0, Buffer.from(bytes))?.search(0, 10).transactions, [ONE])
  t.equal(TransactionIndex.load(0, bytes.subarray(1)), undefined, 'a torn entry')
  t.equal(TransactionIndex.load(5, Buffer.from(bytes)), undefined, 'an end before the segment')
  const later = Buffer.from(bytes)
  later[1] = 1
  t.equal(TransactionIndex.load(0, later), undefined, 'a later version')
  t.end()
})

t.test('a search ends where no later marker can matter', (t) => {
  const index = new TransactionIndex()
  for (const txn of [ONE, THREE, FOUR]) index.append(txn)
  t.strictSame(index.search(0, 2), { transactions: [ONE], isComplete: true })
  t.strictSame(index.search(0, 3), { transactions: [ONE, THREE], isComplete: true })
  t.strictSame(index.search(5, 8), { transactions: [THREE, FOUR], isComplete: true })
  t.strictSame(index.search(5, 20), { transactions: [THREE, FOUR], isComplete: false })
  t.strictSame(index.search(9, 20), { transactions: [], isComplete: false })
  index.truncateTo(6)
  t.strictSame(index.search(0, 20).transactions, [ONE])
  t.end()
})

t.test('a fetch hears of the aborted transactions that its records may belong to', async (t) => {
  const { log, manager } = await open(new MemoryDisk(64 * MEGABYTE))
  await fill(log)
  t.ok(log.segmentCount >= 4)
  t.strictSame(log.abortedTransactions(0, MEGABYTE)[0], ONE)
  t.strictSame(log.abortedTransactions(4, MEGABYTE)[0], ONE)
  t.strictSame(log.abortedTransactions(5, MEGABYTE)[0], THREE, 'one that ended before is no use')
  t.strictSame(log.abortedTransactions(8, MEGABYTE), [FOUR])
  t.strictSame(log.abortedTransactions(9, MEGABYTE), [])
  t.strictSame(log.abortedTransactions(log.logEndOffset, 0), [])
  await manager.close()
})

t.test(
  'a slice that ends where the first index entry is counts up to the next one, as in Kafka',
  async (t) => {
    const { log, manager } = await open(new MemoryDisk(64 * MEGABYTE), { segmentBytes: 4000 })
    const plain = keyed([['plain', 'y'.repeat(60)]])
    const { length } = plain
    for (let i = 0; i < 2; i++) await append(log, plain)
    await append(
      log,
      keyed(
        [
          ['a', 'x'.repeat(60)],
          ['b', 'x'.repeat(60)],
        ],
        { producerId: 1, producerEpoch: 0, baseSequence: 0, transactional: true },
      ),
    )
    await endTxn(log, 'ABORT', 1)
    t.equal(log.segmentCount, 1)
    t.strictSame(log.abortedTransactions(0, length - 1), [])
    t.match(log.abortedTransactions(0, length), [{ producerId: 1, firstOffset: 2 }])
    await manager.close()
  },
)

t.test('a segment with aborted transactions has an index file, and only such a one', async (t) => {
  const disk = new MemoryDisk(64 * MEGABYTE)
  const first = await open(disk)
  await fill(first.log)
  const found = first.log.abortedTransactions(0, MEGABYTE)
  await first.manager.close()
  const indexes = namesIn(disk, LOG).filter((name) => name.endsWith('.txnindex'))
  t.ok(indexes.length >= 1 && indexes.length < first.log.segmentCount, indexes.join())
  const second = await open(disk)
  t.strictSame(second.log.abortedTransactions(0, MEGABYTE), found, 'read after a clean stop')
  second.log.updateHighWatermark(12)
  second.log.advanceLogStartOffset(12)
  second.log.deleteOldSegments()
  t.strictSame(
    namesIn(disk, LOG).filter((name) => name.endsWith('.txnindex')),
    [],
    'gone with their segments',
  )
  await second.manager.close()
})

t.test('after a crash the index is built anew, whatever its file was', async (t) => {
  const disk = new MemoryDisk(64 * MEGABYTE)
  const { log, manager } = await open(disk)
  await fill(log)
  const expected = log.abortedTransactions(0, MEGABYTE)
  const torn = copyOf(disk)
  await manager.close()
  const files = (of: MemoryDisk) =>
    namesIn(of, LOG)
      .filter((name) => name.endsWith('.txnindex'))
      .map((name) => [name, of.readFile(`${LOG}/${name}`)!.toString('hex')])
  const wanted = files(disk)
  for (const name of namesIn(torn, LOG)) {
    if (name.endsWith('.txnindex')) torn.writeFile(`${LOG}/${name}`, Buffer.from('damaged'))
  }
  const again = await open(torn)
  t.strictSame(again.log.abortedTransactions(0, MEGABYTE), expected)
  t.equal(again.log.lastStableOffset, again.log.highWatermark)
  await again.manager.close()
  t.strictSame(files(torn), wanted)
})

t.test('truncation takes the aborted transactions whose marker it takes', async (t) => {
  const { log, manager } = await open(new MemoryDisk(64 * MEGABYTE))
  await fill(log)
  await new Promise<void>((resolve, reject) => {
    log.truncateTo(6, (error) => (error === null ? resolve() : reject(error)))
  })
  t.strictSame(log.abortedTransactions(0, MEGABYTE), [ONE])
  log.updateHighWatermark(6)
  t.equal(log.lastStableOffset, 2, 'the third producer has its transaction open again')
  await endTxn(log, 'ABORT', 3)
  t.strictSame(log.abortedTransactions(5, MEGABYTE), [THREE])
  await manager.close()
})
