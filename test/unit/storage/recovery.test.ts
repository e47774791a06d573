import { join } from 'node:path'
import t from 'tap'
import type { Disk } from '../../../src/env/disk.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { NodeDisk } from '../../../src/env/disk-node.js'
import { CompressionType } from '../../../src/protocol/records/batch.js'
import type { Log } from '../../../src/storage/log.js'
import type { LogManager } from '../../../src/storage/log-manager.js'
import { temporaryDirectory } from '../../support/teardown.js'
import {
  append,
  batchOf,
  logConfig,
  MEGABYTE,
  managerOptions,
  namesIn,
  START_MS,
  startManager,
  TOPIC_ID,
  valuesOf,
} from './storage-fixture.js'

const LOG = '/data/pets-0'
const FIRST = `${LOG}/00000000000000000000`
const config = logConfig({ segmentBytes: 700, indexIntervalBytes: 150 })
const id = { topic: 'pets', partition: 0 }

/** A copy of the files, as a disk of its own. */
function copyOf(disk: MemoryDisk, path = '/', copy = new MemoryDisk(64 * MEGABYTE)): MemoryDisk {
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

const open = async (disk: Disk, root = '/data'): Promise<{ manager: LogManager; log: Log }> => {
  const options = managerOptions({ disk, directories: [root], defaultConfig: config })
  const manager = await startManager(options)
  return { manager, log: manager.getOrCreateLog(id, { topicId: TOPIC_ID, config }) }
}

/** As a crash would leave it: all that was written, but no more than that. */
async function crashed(fill: (log: Log) => Promise<void>): Promise<MemoryDisk> {
  const disk = new MemoryDisk(64 * MEGABYTE)
  const { log } = await open(disk)
  await fill(log)
  return copyOf(disk)
}

t.test('a log that ends anywhere within a batch is cut before it', async (t) => {
  const batches = [
    batchOf(['a', 'bc'], { producerId: 3, producerEpoch: 0, baseSequence: 0 }),
    batchOf(['d'.repeat(40)], { compression: CompressionType.GZIP }),
    batchOf(['e'], { producerId: 3, producerEpoch: 0, baseSequence: 2 }),
  ]
  const disk = await crashed(async (log) => {
    for (const [i, batch] of batches.entries()) await append(log, Buffer.from(batch), i)
  })
  const whole = disk.readFile(`${FIRST}.log`)!
  const ends = batches.map((_, i) => Buffer.concat(batches.slice(0, i + 1)).length)
  const offsets = [2, 3, 4]
  for (let length = 0; length <= whole.length; length++) {
    const torn = copyOf(disk)
    torn.writeFile(`${FIRST}.log`, whole.subarray(0, length))
    const { log, manager } = await open(torn)
    const count = ends.filter((end) => end <= length).length
    const end = count === 0 ? 0 : offsets[count - 1]!
    if (log.logEndOffset !== end || log.size !== (ends[count - 1] ?? 0)) {
      t.fail(`${length} bytes of ${whole.length} gave a log end of ${log.logEndOffset}`)
    }
    if (log.latestEpoch !== (count === 0 ? undefined : count - 1)) {
      t.fail(`${length} bytes gave epoch ${log.latestEpoch}`)
    }
    if (length % 7 === 0) {
      await append(log, batchOf(['new']), 5)
      t.strictSame((await valuesOf(log)).at(-1), 'new')
    }
    await manager.close()
  }
})

t.test('a flipped bit anywhere ends the log before its batch', async (t) => {
  const disk = await crashed(async (log) => {
    for (const value of ['first', 'second', 'third']) await append(log, batchOf([value]))
  })
  const whole = disk.readFile(`${FIRST}.log`)!
  const size = batchOf(['first']).length
  for (let at = size; at < size + batchOf(['second']).length; at++) {
    const damaged = copyOf(disk)
    const bytes = Buffer.from(whole)
    bytes[at]! ^= 0x10
    damaged.writeFile(`${FIRST}.log`, bytes)
    const { log, manager } = await open(damaged)
    // Neither the base offset nor the leader epoch is covered by the checksum.
    const isCovered = at - size >= 16
    if (isCovered && log.logEndOffset !== 1) t.fail(`byte ${at}: log end ${log.logEndOffset}`)
    if (log.logEndOffset < 1) t.fail(`byte ${at} took the first batch along`)
    await manager.close()
  }
})

t.test('only what follows the recovery point is read through', async (t) => {
  const disk = await crashed(async (log) => {
    for (let i = 0; i < 30; i++) await append(log, batchOf([`${i}`.padEnd(60)]))
  })
  const segments = namesIn(disk, LOG).filter((name) => name.endsWith('.log'))
  t.ok(segments.length > 3)
  const second = Number(segments[1]!.slice(0, 20))
  const third = Number(segments[2]!.slice(0, 20))
  // Damage before the recovery point is not looked for; that after it ends the log.
  const path = `${LOG}/${segments[0]}`
  const bytes = disk.readFile(path)!
  bytes[bytes.length - 1]! ^= 1
  disk.writeFile(path, bytes)
  const checkpoint = (offset: number) => Buffer.from(`0\n1\npets 0 ${offset}\n`)
  disk.writeFile('/data/recovery-point-offset-checkpoint', checkpoint(second))
  const kept = await open(copyOf(disk))
  t.equal(kept.log.logEndOffset, 30)
  disk.writeFile('/data/recovery-point-offset-checkpoint', checkpoint(0))
  const cut = await open(copyOf(disk))
  t.equal(cut.log.logEndOffset, second - 1)
  t.equal(cut.log.segmentCount, 1)
  disk.remove(`${LOG}/${segments[0]!.replace('.log', '.index')}`)
  disk.writeFile('/data/recovery-point-offset-checkpoint', checkpoint(third))
  const rebuilt = await open(copyOf(disk))
  t.equal(rebuilt.log.logEndOffset, second - 1, 'a missing index has its segment read')
})

t.test('what Apache Kafka leaves when it is killed is taken as it is', async (t) => {
  const disk = await crashed(async (log) => {
    for (let i = 0; i < 20; i++) {
      await append(log, batchOf([`${i}`.padEnd(60)], { timestamp: START_MS + i }))
    }
  })
  // Index files as long as segment.index.bytes, zero after their last entry.
  const size = 48 * 1024
  const zeroTailed = (content: Buffer | undefined, length: number) => {
    return Buffer.concat([content ?? Buffer.alloc(0), Buffer.alloc(length)], length)
  }
  for (const name of namesIn(disk, LOG).filter((name) => name.endsWith('.log'))) {
    const path = `${LOG}/${name.slice(0, 20)}`
    disk.writeFile(`${path}.index`, zeroTailed(disk.readFile(`${path}.index`), size))
    const times = zeroTailed(disk.readFile(`${path}.timeindex`), size)
    disk.writeFile(`${path}.timeindex`, times)
  }
  for (const file of ['recovery-point', 'log-start', 'cleaner', 'replication']) {
    disk.writeFile(`/data/${file}-offset-checkpoint`, Buffer.alloc(0))
  }
  disk.makeDirectory(`${LOG}-future`)
  const values = Array.from({ length: 20 }, (_, i) => `${i}`.padEnd(60))
  for (const recoveryPoint of [0, 12, 20]) {
    const copy = copyOf(disk)
    const checkpoint = `0\n1\npets 0 ${recoveryPoint}\n`
    copy.writeFile('/data/recovery-point-offset-checkpoint', Buffer.from(checkpoint))
    const { log, manager } = await open(copy)
    t.strictSame(await valuesOf(log), values)
    for (const offset of [3, 11, 19]) {
      t.match(await log.offsetForTimestamp(START_MS + offset), { offset })
    }
    await manager.close()
    for (const name of namesIn(copy, LOG).filter((name) => name.endsWith('index'))) {
      t.ok(copy.stat(`${LOG}/${name}`)!.size < 1000 || recoveryPoint > 0, name)
    }
    t.ok(copy.stat(`${LOG}-future`), 'what is no log is left alone')
    const again = await open(copy)
    t.strictSame(await valuesOf(again.log), values)
    await again.manager.close()
  }
})

t.test(
  'producers are known again after a crash, by their snapshot and by what followed',
  async (t) => {
    const from = (producerId: number, baseSequence: number) => ({
      producerId,
      producerEpoch: 2,
      baseSequence,
    })
    const disk = await crashed(async (log) => {
      for (let i = 0; i < 20; i++) await append(log, batchOf([`${i}`.padEnd(60)], from(8, i)))
      await append(log, batchOf(['other'], from(9, 0)))
    })
    for (const damage of ['none', 'snapshots']) {
      const copy = copyOf(disk)
      if (damage === 'snapshots') {
        for (const name of namesIn(copy, LOG).filter((name) => name.endsWith('.snapshot'))) {
          const bytes = copy.readFile(`${LOG}/${name}`)!
          bytes[bytes.length - 1]! ^= 1
          copy.writeFile(`${LOG}/${name}`, bytes)
        }
      }
      const { log } = await open(copy)
      t.match(log.activeProducers(), [
        { producerId: 8, producerEpoch: 2, lastSequence: 19 },
        { producerId: 9, lastSequence: 0 },
      ])
      // A snapshot has but the last batch of each producer; a replay finds the last five.
      for (let sequence = damage === 'none' ? 19 : 15; sequence < 20; sequence++) {
        const again = await append(log, batchOf([`${sequence}`.padEnd(60)], from(8, sequence)))
        t.match(again, { duplicate: true, firstOffset: sequence }, `sequence ${sequence}`)
      }
      t.match(await append(log, batchOf(['next'], from(8, 20))), { firstOffset: 21 })
    }
  },
)

t.test('files on their way out or not finished go, orphans too', async (t) => {
  const disk = await crashed(async (log) => {
    for (let i = 0; i < 20; i++) await append(log, batchOf([`${i}`.padEnd(60)]))
  })
  const leftovers = [
    '00000000000000000000.log.deleted',
    '00000000000000000003.timeindex.deleted',
    '00000000000000000099.index',
    '00000000000000000000.log.cleaned',
    'leader-epoch-checkpoint.tmp',
  ]
  for (const name of leftovers) disk.writeFile(`${LOG}/${name}`, Buffer.from('what was left'))
  disk.writeFile(`${LOG}/00000000000000000100-0000000002.checkpoint.deleted`, Buffer.alloc(1))
  const { log } = await open(disk)
  const names = namesIn(disk, LOG)
  t.strictSame(
    names.filter((name) => leftovers.includes(name)),
    [],
  )
  t.ok(names.includes('00000000000000000100-0000000002.checkpoint.deleted'))
  t.equal(log.logEndOffset, 20)
})

t.test('a log start beyond all that is left begins the log anew there', async (t) => {
  const disk = await crashed(async (log) => {
    await append(log, batchOf(['a', 'b']))
  })
  disk.writeFile('/data/log-start-offset-checkpoint', Buffer.from('0\n1\npets 0 50\n'))
  const { log } = await open(disk)
  t.match(log, { logStartOffset: 50, logEndOffset: 50 })
  t.match(await append(log, batchOf(['c'])), { firstOffset: 50 })
})

t.test('a log of an older format is refused, not cut', async (t) => {
  const disk = await crashed(async (log) => {
    await append(log, batchOf(['a']))
  })
  const old = Buffer.alloc(34)
  old.writeInt32BE(22, 8)
  old[16] = 1
  disk.writeFile(`${FIRST}.log`, old)
  await t.rejects(open(disk), /format 1; only 2 can be read/)
  t.equal(disk.readFile(`${FIRST}.log`)!.length, 34)
})

t.test('a write torn within its first bytes is cut, not taken for an older format', async (t) => {
  const disk = await crashed(async (log) => {
    await append(log, batchOf(['a']))
  })
  const whole = disk.readFile(`${FIRST}.log`)!
  const torn = Buffer.alloc(whole.length)
  whole.copy(torn, 0, 0, 16)
  disk.writeFile(`${FIRST}.log`, torn)
  const { log } = await open(disk)
  t.equal(log.logEndOffset, 0)
})

t.test('real files are recovered alike', async (t) => {
  const root = temporaryDirectory(t)
  const disk = new NodeDisk()
  const first = await open(disk, join(root, 'a'))
  for (let i = 0; i < 30; i++) await append(first.log, batchOf([`${i}`.padEnd(60)]))
  const names = namesIn(disk, join(root, 'a/pets-0'))
  disk.makeDirectory(join(root, 'b/pets-0'))
  disk.writeFile(join(root, 'b/meta.properties'), disk.readFile(join(root, 'a/meta.properties'))!)
  for (const name of names) {
    const content = disk.readFile(join(root, 'a/pets-0', name))
    // A file that was being replaced may have gone.
    if (content !== undefined) disk.writeFile(join(root, 'b/pets-0', name), content)
  }
  const active = join(root, 'b/pets-0', names.filter((name) => name.endsWith('.log')).at(-1)!)
  disk.writeFile(active, Buffer.concat([disk.readFile(active)!, Buffer.alloc(100)]))
  await first.manager.close()
  const second = await open(disk, join(root, 'b'))
  t.strictSame(
    await valuesOf(second.log),
    Array.from({ length: 30 }, (_, i) => `${i}`.padEnd(60)),
  )
  await second.manager.close()
})
