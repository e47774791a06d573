import t from 'tap'
import { DiskError } from '../../../src/env/disk.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { type Logger, silentLogger } from '../../../src/env/logger.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { openLogManager } from '../../../src/storage/disk-log-manager.js'
import type { LogManagerOptions } from '../../../src/storage/log-manager.js'
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

const config = logConfig({ segmentBytes: 500 })
const created = { topicId: TOPIC_ID, config }
const pets = (partition: number) => ({ topic: 'pets', partition })

/** A disk that fails at what the test says, with EIO. */
class FailingDisk extends MemoryDisk {
  fails: (operation: string, path: string) => boolean = () => false
  readonly opened: string[] = []

  #check(operation: string, path: string): void {
    if (this.fails(operation, path)) throw new DiskError('EIO', `${operation} ${path}: I/O error`)
  }
  override makeDirectory(path: string): void {
    this.#check('makeDirectory', path)
    super.makeDirectory(path)
  }
  override readFile(path: string) {
    this.#check('readFile', path)
    return super.readFile(path)
  }
  override list(path: string) {
    this.#check('list', path)
    return super.list(path)
  }
  override replaceFile(...args: Parameters<MemoryDisk['replaceFile']>): void {
    const [path, , done] = args
    if (this.fails('replaceFile', path)) done(new DiskError('EIO', `${path}: I/O error`))
    else super.replaceFile(...args)
  }
  override open(...args: Parameters<MemoryDisk['open']>) {
    this.opened.push(args[0])
    return super.open(...args)
  }
}

function optionsWith(changes: Partial<LogManagerOptions> = {}) {
  const disk = new FailingDisk(64 * MEGABYTE)
  return { disk, options: managerOptions({ disk, ...changes }) }
}

t.test('a directory that is no data directory is refused, and left as it is', async (t) => {
  const { disk, options } = optionsWith()
  disk.makeDirectory('/data')
  disk.writeFile('/data/thesis.tex', Buffer.from('ten years of work'))
  const refused = await errorOf(() => openLogManager(options))
  t.match(refused.message, /holds thesis.tex but no meta.properties: it is no data directory/)
  t.strictSame(namesIn(disk, '/data'), ['thesis.tex'])
  disk.remove('/data/thesis.tex')
  disk.makeDirectory('/data/lost+found')
  disk.writeFile('/data/meta.properties.tmp', Buffer.from('half'))
  await (await startManager(options)).close()
  t.ok(disk.stat('/data/meta.properties'))
})

t.test('what meta.properties says is checked, and nothing is held after a refusal', async (t) => {
  const { disk, options } = optionsWith({ directories: ['/a', '/b'] })
  const content = (fields: string) => Buffer.from(`version=1\n${fields}`)
  disk.makeDirectory('/a')
  disk.makeDirectory('/b')
  disk.writeFile('/a/meta.properties', Buffer.from('version=7\nnode.id=1\ncluster.id=x\n'))
  const refusal = async () => (await errorOf(() => openLogManager(options))).message
  t.match(await refusal(), /^\/a\/meta.properties is of version 7; only version 1 is known/)
  disk.writeFile('/a/meta.properties', content('node.id=1\ncluster.id=x\n'))
  disk.writeFile('/b/meta.properties', content('node.id=1\ncluster.id=y\n'))
  t.match(await refusal(), /^\/b belongs to the cluster y, but this node to x/)
  const same = 'node.id=1\ncluster.id=x\ndirectory.id=eQBNvAxX6qKBprrVVUCtmA\n'
  disk.writeFile('/a/meta.properties', content(same))
  disk.writeFile('/b/meta.properties', content(same))
  t.match(await refusal(), /^\/a and \/b both have the id eQBNvAxX6qKBprrVVUCtmA/)
  disk.writeFile('/b/meta.properties', content('node.id=1\ncluster.id=x\n'))
  const manager = await openLogManager(options)
  t.equal(manager.clusterId, 'x')
  t.match(disk.readFile('/b/meta.properties')!.toString(), /^directory.id=[\w-]{22}$/m)
  await manager.close()
  t.match(
    (await errorOf(() => openLogManager({ ...options, directories: ['/a', '/a'] }))).message,
    /names a directory twice/,
  )
})

t.test('new logs go where there are fewest, or to the directory that is named', async (t) => {
  const { disk, options } = optionsWith({ directories: ['/a', '/b', '/c'] })
  const manager = await startManager(options)
  const [a] = manager.directories
  for (let i = 0; i < 4; i++) {
    manager.getOrCreateLog(pets(i), { ...created, directoryId: a!.directoryId })
  }
  for (let i = 4; i < 12; i++) {
    await append(manager.getOrCreateLog(pets(i), created), batchOf([`${i}`]))
  }
  const count = (path: string) =>
    [...manager.logs()].filter((log) => manager.directoryOf(log).path === path).length
  t.strictSame(['/a', '/b', '/c'].map(count), [4, 4, 4])
  const unknown = { ...created, directoryId: 'AAAAAAAAAAAAAAAAAAAAAQ' }
  t.ok(manager.getOrCreateLog(pets(20), unknown))
  await manager.close()
  const again = await startManager(options)
  t.equal([...again.logs()].length, 8)
  for (let i = 4; i < 12; i++) t.strictSame(await valuesOf(again.log('pets', i)!), [`${i}`])
  await again.close()
  // The same log twice can't be told apart.
  disk.makeDirectory('/a/pets-4')
  disk.makeDirectory('/b/pets-4')
  disk.makeDirectory('/c/pets-4')
  const twice = await openLogManager(options)
  await t.rejects(twice.start(), /pets-4 and \/.\/pets-4 are of the same partition/)
  await twice.close()
})

t.test('a log stays its topic’s', async (t) => {
  const { disk, options } = optionsWith()
  const manager = await startManager(options)
  const log = manager.getOrCreateLog(pets(0), created)
  await append(log, batchOf(['a']))
  const other = 'TF-LcwAlSwySI-sjCnxBzw'
  const refused = await errorOf(() => manager.getOrCreateLog(pets(0), { config, topicId: other }))
  t.equal(refused.code, ErrorCode.INCONSISTENT_TOPIC_ID)
  const changed = logConfig({ retentionMs: 5 })
  t.equal(manager.getOrCreateLog(pets(0), { topicId: TOPIC_ID, config: changed }), log)
  t.equal(log.config, changed)
  await manager.close()
  disk.remove('/data/pets-0/partition.metadata')
  const again = await startManager(options)
  t.equal(again.log('pets', 0)!.topicId, undefined)
  again.getOrCreateLog(pets(0), { topicId: other, config })
  t.match(disk.readFile('/data/pets-0/partition.metadata')!.toString(), other)
  await again.close()
})

t.test('a failed disk', async (t) => {
  t.test('at the start leaves the other directories', async (t) => {
    const { disk, options } = optionsWith({ directories: ['/a', '/b'] })
    disk.fails = (operation, path) => operation === 'readFile' && path.startsWith('/b')
    const manager = await startManager(options)
    t.match(manager.directories, [{ offline: false }, { offline: true, path: '/b' }])
    await append(manager.getOrCreateLog(pets(0), created), batchOf(['a']))
    t.ok(disk.stat('/a/pets-0'))
    await manager.close()
    disk.fails = (operation, path) => operation === 'makeDirectory' && path.startsWith('/a')
    t.match((await errorOf(() => openLogManager(options))).message, /^\/a can't be used: .*I\/O/)
  })

  t.test('while logs are loaded, or checkpointed, takes its directory offline once', async (t) => {
    for (const broken of ['list', 'replaceFile']) {
      const clock = new ManualClock()
      const offline: string[] = []
      const { disk, options } = optionsWith({
        directories: ['/a', '/b'],
        clocks: manualClocks(clock),
        onDirectoryOffline: ({ path }, cause) => offline.push(`${path} ${cause.message}`),
      })
      const first = await startManager(options)
      for (const partition of [0, 1]) {
        await append(first.getOrCreateLog(pets(partition), created), batchOf(['x']))
      }
      await first.close()
      disk.fails = (operation, path) => operation === broken && path.startsWith('/b')
      const manager = await startManager(options)
      if (broken === 'replaceFile') {
        await append(manager.log('pets', 1)!, batchOf(['y']))
        manager.log('pets', 1)!.updateHighWatermark(2)
        clock.advance(5000)
        t.ok(manager.log('pets', 1)!.offline)
      }
      t.equal(offline.length, 1, broken)
      t.match(offline[0], /^\/b .*I\/O error/)
      t.notOk(manager.log('pets', 0)!.offline)
      clock.advance(120_000)
      await manager.close()
      t.equal(offline.length, 1)
      disk.fails = () => false
      const marked = (path: string) => namesIn(disk, path).includes('.kafka_cleanshutdown')
      // Nothing was written to a directory that could not even be listed.
      t.strictSame([marked('/a'), marked('/b')], [true, false])
    }
  })

  t.test('under every directory leaves nowhere for a new log', async (t) => {
    const { disk, options } = optionsWith()
    const manager = await startManager(options)
    disk.fails = () => true
    const log = manager.getOrCreateLog(pets(0), created)
    const failed = await errorOf(() => append(log, batchOf(['x'])))
    t.equal(failed.code, ErrorCode.KAFKA_STORAGE_ERROR)
    const nowhere = await errorOf(() => manager.getOrCreateLog(pets(1), created))
    t.equal(nowhere.code, ErrorCode.KAFKA_STORAGE_ERROR)
    await manager.close()
  })
})

t.test('checkpoints are written while the broker runs', async (t) => {
  const clock = new ManualClock()
  const { disk, options } = optionsWith({ clocks: manualClocks(clock) })
  const manager = await startManager(options)
  const log = manager.getOrCreateLog(pets(0), created)
  manager.getOrCreateLog(pets(1), created)
  for (let i = 0; i < 12; i++) await append(log, batchOf([`${i}`.padEnd(100)]))
  log.updateHighWatermark(7)
  log.advanceLogStartOffset(1)
  const read = (name: string) => disk.readFile(`/data/${name}-offset-checkpoint`)?.toString()
  clock.advance(5000)
  t.equal(read('replication'), '0\n1\npets 0 7\n')
  clock.advance(55_000)
  t.equal(read('recovery-point'), `0\n1\npets 0 ${log.recoveryPoint}\n`)
  t.ok(log.recoveryPoint > 0 && log.recoveryPoint < 12)
  t.equal(read('log-start'), '0\n1\npets 0 1\n')
  manager.deleteLog('pets', 0)
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(read('log-start'), '0\n0\n')
  t.equal(read('recovery-point'), '0\n0\n')
  await manager.close()
})

t.test('a clean start reads the end of a log, and no more', async (t) => {
  const { disk, options } = optionsWith()
  const manager = await startManager(options)
  const log = manager.getOrCreateLog(pets(0), created)
  for (let i = 0; i < 30; i++) await append(log, batchOf([`${i}`.padEnd(100)]))
  await manager.close()
  disk.opened.length = 0
  const again = await startManager(options)
  t.equal(again.log('pets', 0)!.logEndOffset, 30)
  const names = namesIn(disk, '/data/pets-0').filter((name) => name.endsWith('.log'))
  t.strictSame(disk.opened, [`/data/pets-0/${names.at(-1)}`])
  await again.close()
})

t.test('a start that is cut short leaves no mark of a clean stop', async (t) => {
  const { disk, options } = optionsWith()
  const manager = await startManager(options)
  for (let i = 0; i < 5; i++) {
    await append(manager.getOrCreateLog(pets(i), created), batchOf(['x']))
  }
  await manager.close()
  const again = await openLogManager(options)
  const starting = again.start()
  await again.close()
  await starting
  t.notOk(namesIn(disk, '/data').includes('.kafka_cleanshutdown'))
  t.match(disk.readFile('/data/recovery-point-offset-checkpoint')!.toString(), /^0\n5\n/)
  const third = await startManager(options)
  t.equal([...third.logs()].length, 5)
  await third.close()
})

t.test('the logs of others are opened and recovered from their begin', async (t) => {
  const { disk, options } = optionsWith()
  const id = { topic: '__cluster_metadata', partition: 0 }
  const manager = await openLogManager(options)
  const log = await manager.openLog(id, config)
  t.equal(disk.stat('/data/__cluster_metadata-0'), undefined)
  await append(log, batchOf(['a']), 1)
  await new Promise<void>((resolve) => log.close(() => resolve()))
  await manager.start()
  t.strictSame([...manager.logs()], [])
  await manager.close()
  t.match(
    disk.readFile('/data/__cluster_metadata-0/partition.metadata')!.toString(),
    /topic_id: AAAAAAAAAAAAAAAAAAAAAQ/,
  )
  const again = await openLogManager(options)
  const reopened = await again.openLog(id, config)
  t.strictSame(await valuesOf(reopened), ['a'])
  await new Promise<void>((resolve) => reopened.close(() => resolve()))
  await again.close()
})

t.test('a long recovery says how far it is', async (t) => {
  const clock = new ManualClock()
  const { options } = optionsWith({ clocks: manualClocks(clock) })
  const manager = await startManager(options)
  for (let i = 0; i < 4; i++) {
    await append(manager.getOrCreateLog(pets(i), created), batchOf(['x']))
  }
  await manager.close()
  const said: object[] = []
  const logger: Logger = {
    ...silentLogger,
    info: (fields, message) => {
      said.push({ ...fields, message })
    },
  }
  // Each log that is opened asks for its config, and takes its time.
  const configOf = () => {
    clock.advance(3000)
    return config
  }
  const again = await startManager({ ...options, logger, configOf })
  t.match(said, [
    { message: 'opening logs', done: 2, of: 4, hadCleanShutdown: true },
    { message: 'opening logs', done: 4, of: 4 },
    { message: 'opened the logs', logs: 4, tookMs: 12_000 },
  ])
  await again.close()
})
