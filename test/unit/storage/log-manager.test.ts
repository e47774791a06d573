import { join } from 'node:path'
import t from 'tap'
import type { Disk } from '../../../src/env/disk.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { NodeDisk } from '../../../src/env/disk-node.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { openLogManager } from '../../../src/storage/disk-log-manager.js'
import { type Teardown, temporaryDirectory } from '../../support/teardown.js'
import { until } from '../../support/until.js'
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
  startManager,
  TOPIC_ID,
  valuesOf,
} from './storage-fixture.js'

/** A disk and an absent directory on it. */
interface Place {
  readonly disk: Disk
  readonly root: string
}

const places: Record<string, (t: Teardown) => Place> = {
  memory: () => ({ disk: new MemoryDisk(64 * MEGABYTE), root: '/data' }),
  files: (t) => {
    const path = temporaryDirectory(t)
    return { disk: new NodeDisk(), root: join(path, 'data') }
  },
}

const config = logConfig({ segmentBytes: 2000 })
const id = { topic: 'pets', partition: 3 }

for (const [name, placeFor] of Object.entries(places)) {
  t.test(`a directory on ${name}`, async (t) => {
    t.test('is formatted when it is absent, and belongs to its node from then on', async (t) => {
      const { disk, root } = placeFor(t)
      const options = managerOptions({ disk, directories: [root] })
      const first = await startManager(options)
      t.match(first.clusterId, /^[\w-]{22}$/)
      t.match(first.directories[0]!.directoryId, /^[\w-]{22}$/)
      await first.close()
      const properties = disk.readFile(`${root}/meta.properties`)!.toString()
      t.match(properties, new RegExp(`^cluster\\.id=${first.clusterId}$`, 'm'))
      t.match(properties, /^node\.id=1$/m)
      t.match(properties, /^version=1$/m)
      const again = await startManager(options)
      t.equal(again.clusterId, first.clusterId)
      t.equal(again.directories[0]!.directoryId, first.directories[0]!.directoryId)
      await again.close()
      const otherNode = await errorOf(() => openLogManager({ ...options, nodeId: 2 }))
      t.match(otherNode.message, /belongs to node 1, but this is node 2/)
      const otherCluster = await errorOf(() => openLogManager({ ...options, clusterId: 'other' }))
      t.match(otherCluster.message, /belongs to the cluster [\w-]{22}, but this node to other/)
      await (await openLogManager(options)).close()
    })

    t.test('is held against a second user until it is closed', async (t) => {
      const { disk, root } = placeFor(t)
      const options = managerOptions({ disk, directories: [root] })
      const holder = await openLogManager(options)
      t.match((await errorOf(() => openLogManager(options))).message, /in use by another/)
      await holder.close()
      await (await openLogManager(options)).close()
    })

    t.test('costs nothing for a partition until its first append', async (t) => {
      const { disk, root } = placeFor(t)
      const manager = await startManager(managerOptions({ disk, directories: [root] }))
      const log = manager.getOrCreateLog(id, { topicId: TOPIC_ID, config })
      t.equal(manager.log('pets', 3), log)
      t.equal(disk.stat(`${root}/pets-3`), undefined)
      await append(log, batchOf(['cat']))
      await until(() => disk.stat(`${root}/pets-3/partition.metadata`))
      t.strictSame(namesIn(disk, `${root}/pets-3`), [
        '00000000000000000000.log',
        'partition.metadata',
      ])
      await manager.close()
    })

    t.test('has all logs after a clean stop, and after a crash', async (t) => {
      const { disk, root } = placeFor(t)
      const options = managerOptions({ disk, directories: [root] })
      const first = await startManager(options)
      const log = first.getOrCreateLog(id, { topicId: TOPIC_ID, config })
      const values = Array.from({ length: 50 }, (_, i) => `${i}`.padEnd(100, '.'))
      for (const value of values) await append(log, batchOf([value]), 4)
      log.updateHighWatermark(50)
      log.advanceLogStartOffset(7)
      t.ok(log.segmentCount > 2)
      await first.close(123)
      t.strictSame(JSON.parse(disk.readFile(`${root}/.kafka_cleanshutdown`)!.toString()), {
        version: 0,
        brokerEpoch: 123,
      })
      const checkpoint = (file: string) => disk.readFile(`${root}/${file}`)!.toString()
      t.equal(checkpoint('recovery-point-offset-checkpoint'), '0\n1\npets 3 50\n')
      t.equal(checkpoint('log-start-offset-checkpoint'), '0\n1\npets 3 7\n')
      t.equal(checkpoint('replication-offset-checkpoint'), '0\n1\npets 3 50\n')

      const second = await openLogManager(options)
      t.equal(second.previousBrokerEpoch, 123)
      await second.start()
      t.equal(disk.stat(`${root}/.kafka_cleanshutdown`), undefined)
      const clean = second.log('pets', 3)!
      t.match(clean, { logStartOffset: 7, logEndOffset: 50, highWatermark: 50, latestEpoch: 4 })
      t.equal(clean.topicId, TOPIC_ID)
      t.strictSame(await valuesOf(clean), values.slice(7))
      await append(clean, batchOf(['last']), 5)
      const directoryId = second.directories[0]!.directoryId
      await second.close()

      // What a crash leaves: no marker, checkpoints from before, half a batch at the end.
      disk.remove(`${root}/.kafka_cleanshutdown`)
      disk.writeFile(`${root}/recovery-point-offset-checkpoint`, Buffer.from('0\n0\n'))
      const active = namesIn(disk, `${root}/pets-3`)
        .filter((n) => n.endsWith('.log'))
        .at(-1)!
      const file = disk.open(`${root}/pets-3/${active}`)
      const torn = batchOf(['torn']).subarray(0, 40)
      await new Promise<void>((resolve) => file.write([torn], file.length, () => resolve()))
      file.close()
      const third = await startManager(options)
      t.equal(third.previousBrokerEpoch, -1)
      t.equal(third.directories[0]!.directoryId, directoryId)
      const recovered = third.log('pets', 3)!
      t.match(recovered, { logStartOffset: 7, logEndOffset: 51, latestEpoch: 5 })
      t.strictSame(await valuesOf(recovered), [...values.slice(7), 'last'])
      await third.close()
    })

    t.test('keeps a deleted log aside until file.delete.delay.ms have passed', async (t) => {
      const { disk, root } = placeFor(t)
      const clock = new ManualClock()
      const options = managerOptions({ disk, directories: [root], clocks: manualClocks(clock) })
      const manager = await startManager(options)
      const log = manager.getOrCreateLog(id, { topicId: TOPIC_ID, config })
      await append(log, batchOf(['cat']))
      const lost = errorOf(() => append(log, batchOf(['too late'])))
      manager.deleteLog('pets', 3)
      t.equal((await lost).code, ErrorCode.KAFKA_STORAGE_ERROR)
      t.equal(manager.log('pets', 3), undefined)
      const directories = () => namesIn(disk, root).filter((name) => name.startsWith('pets'))
      t.match(directories(), [/^pets-3\.\w{22}-delete$/])
      const next = manager.getOrCreateLog(id, { topicId: TOPIC_ID.replace('c', 'd'), config })
      await append(next, batchOf(['dog']))
      clock.advance(59_999)
      t.equal(directories().length, 2)
      clock.advance(1)
      await until(() => directories().length === 1, 'the deleted log to be gone')
      t.strictSame(directories(), ['pets-3'])
      t.strictSame(await valuesOf(next), ['dog'])
      manager.deleteLog('pets', 3)
      await manager.close()
      t.match(directories(), [/-delete$/])
      await (await startManager(options)).close()
      t.strictSame(directories(), [])
    })
  })
}
