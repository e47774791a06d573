import { readdirSync } from 'node:fs'
import t from 'tap'
import { VirtualClock } from '../../../src/env/clock-virtual.js'
import { type Disk, DiskError, type DiskFile } from '../../../src/env/disk.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { NodeDisk } from '../../../src/env/disk-node.js'
import { SimulatedDisk } from '../../../src/env/disk-simulated.js'
import { seededRandom } from '../../../src/env/random.js'
import { type Teardown, temporaryDirectory } from '../../support/teardown.js'

const MEGABYTE = 1024 * 1024

/** A disk, a directory on it that is empty, and what makes its operations end. */
interface Place {
  readonly disk: Disk
  readonly root: string
  settle(): void
}

const places: Record<string, (t: Teardown) => Place> = {
  memory: () => {
    const disk = new MemoryDisk(64 * MEGABYTE)
    disk.makeDirectory('/data')
    return { disk, root: '/data', settle: () => {} }
  },
  files: (t) => {
    const path = temporaryDirectory(t)
    return { disk: new NodeDisk(), root: path, settle: () => {} }
  },
  'files, few of them open': (t) => {
    const path = temporaryDirectory(t)
    return { disk: new NodeDisk(1), root: path, settle: () => {} }
  },
  simulation: () => {
    const clock = new VirtualClock(1_700_000_000_000)
    const disk = new SimulatedDisk(seededRandom(4)).mount(clock)
    disk.makeDirectory('/data')
    const settle = () => {
      while (clock.runNext()) {
        // Everything under way ends.
      }
    }
    return { disk, root: '/data', settle }
  },
}

const text = (file: DiskFile) => {
  const buffer = Buffer.alloc(file.length)
  file.readSync(buffer, 0, buffer.length, 0)
  return buffer.toString()
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return error instanceof DiskError ? error.code : `${error}`
  }
}

for (const [name, placeFor] of Object.entries(places)) {
  t.test(`a disk: ${name}`, async (t) => {
    const { disk, root, settle } = placeFor(t)
    const path = (name: string) => `${root}/${name}`
    /** Waits for an operation that calls back. */
    const done = <T extends unknown[]>(start: (callback: (...args: T) => void) => void) =>
      new Promise<T>((resolve) => {
        start((...args) => resolve(args))
        settle()
      })

    t.test('opens what is there, and makes what is not if asked to', async (t) => {
      t.equal(
        codeOf(() => disk.open(path('new'))),
        'ENOENT',
      )
      const file = disk.open(path('new'), { create: true })
      t.equal(file.length, 0)
      t.equal(file.path, path('new'))
      file.close()
      disk.open(path('new')).close()
      t.equal(
        codeOf(() => disk.open(path('no/such'), { create: true })),
        'ENOENT',
      )
    })

    t.test('writes anywhere, and ends what it was asked for in order', async (t) => {
      const file = disk.open(path('written'), { create: true })
      const order: string[] = []
      const note = (what: string) => (error: DiskError | null) => {
        order.push(error === null ? what : error.code)
      }
      file.write([Buffer.from('ab'), Buffer.alloc(0), Buffer.from('cd')], 0, note('first'))
      file.sync(note('sync'))
      file.write([Buffer.from('EF')], 3, note('second'))
      t.equal(file.length, 5)
      await done<[DiskError | null]>((callback) => file.sync(callback))
      t.strictSame(order, ['first', 'sync', 'second'])
      t.equal(text(file), 'abcEF')
      file.write([Buffer.from('x')], 7, note('gap'))
      await done<[DiskError | null]>((callback) => file.sync(callback))
      t.equal(text(file), 'abcEF\0\0x')
      file.close()
      file.close()
      t.equal(disk.readFile(path('written'))!.toString(), 'abcEF\0\0x')
    })

    t.test('takes writes of many buffers and of many megabytes', async (t) => {
      const file = disk.open(path('large'), { create: true })
      const pieces = Array.from({ length: 3000 }, (_, i) => Buffer.from(`${i},`))
      await done((callback) => file.write(pieces, 0, callback))
      t.equal(text(file), pieces.join(''))
      const large = Buffer.alloc(9 * MEGABYTE, 'large')
      const [error] = await done<[DiskError | null]>((callback) =>
        file.write([large], 10, callback),
      )
      t.equal(error, null)
      t.equal(file.length, large.length + 10)
      const back = Buffer.alloc(large.length)
      t.equal(file.readSync(back, 0, back.length, 10), large.length)
      t.ok(back.equals(large))
      file.close()
    })

    t.test('reads what there is', async (t) => {
      disk.writeFile(path('read'), Buffer.from('0123456789'))
      const file = disk.open(path('read'))
      for (const likelyCached of [true, false]) {
        const buffer = Buffer.alloc(10, '.')
        const [error, count] = await done<[DiskError | null, number]>((callback) => {
          file.read(buffer, 2, 5, 7, likelyCached, callback)
        })
        t.equal(error, null)
        t.equal(count, 3)
        t.equal(buffer.toString(), '..789.....')
      }
      t.equal(file.readSync(Buffer.alloc(4), 0, 4, 10), 0)
      t.equal(file.readSync(Buffer.alloc(4), 0, 4, 99), 0)
      file.close()
    })

    t.test('cuts and extends a file', async (t) => {
      disk.writeFile(path('cut'), Buffer.from('0123456789'))
      const file = disk.open(path('cut'))
      file.truncate(4)
      t.equal(file.length, 4)
      t.equal(text(file), '0123')
      file.truncate(6)
      t.equal(text(file), '0123\0\0', 'what was cut off does not come back')
      await done((callback) => file.write([Buffer.from('x')], 6, callback))
      t.equal(text(file), '0123\0\0x')
      file.close()
    })

    t.test('replaces files whole, in the order asked for', async (t) => {
      const order: number[] = []
      for (let i = 0; i < 5; i++) {
        disk.replaceFile(path('replaced'), Buffer.from(`content ${i}`), () => order.push(i))
      }
      await done((callback) => disk.replaceFile(path('replaced'), Buffer.from('last'), callback))
      t.strictSame(order, [0, 1, 2, 3, 4])
      t.equal(disk.readFile(path('replaced'))!.toString(), 'last')
      disk.replaceFileSync(path('replaced'), Buffer.from('later'))
      t.equal(disk.readFile(path('replaced'))!.toString(), 'later')
      t.equal(disk.stat(path('replaced.tmp')), undefined)
      const [error] = await done<[DiskError | null]>((callback) => {
        try {
          disk.replaceFile(path('no/such'), Buffer.alloc(1), callback)
        } catch (thrown) {
          callback(thrown as DiskError)
        }
      })
      t.equal(error?.code, 'ENOENT')
    })

    t.test('has directories', async (t) => {
      disk.makeDirectory(path('a/b/c'))
      disk.makeDirectory(path('a/b/c'))
      disk.writeFile(path('a/b/file'), Buffer.from('12345'))
      disk.syncDirectory(path('a/b'))
      t.strictSame(
        disk.list(path('a/b'))!.sort((x, y) => x.name.localeCompare(y.name)),
        [
          { name: 'c', isDirectory: true },
          { name: 'file', isDirectory: false },
        ],
      )
      t.equal(disk.list(path('none')), undefined)
      t.match(disk.stat(path('a/b')), { isDirectory: true, size: 0 })
      t.match(disk.stat(path('a/b/file')), { isDirectory: false, size: 5 })
      t.ok(disk.stat(path('a/b/file'))!.modifiedMs > 1_600_000_000_000)
      t.equal(disk.stat(path('none')), undefined)
      t.equal(disk.readFile(path('none')), undefined)
      t.equal(
        codeOf(() => disk.writeFile(path('none/file'), Buffer.alloc(1))),
        'ENOENT',
      )
      t.ok(disk.space(root).usableBytes > MEGABYTE)
    })

    t.test('renames and removes files and directories with all they hold', async (t) => {
      disk.makeDirectory(path('from/deep'))
      disk.writeFile(path('from/deep/file'), Buffer.from('kept'))
      disk.writeFile(path('from/other'), Buffer.from('old'))
      disk.rename(path('from'), path('to'))
      t.equal(disk.list(path('from')), undefined)
      t.equal(disk.readFile(path('to/deep/file'))!.toString(), 'kept')
      disk.rename(path('to/deep/file'), path('to/other'))
      t.equal(disk.readFile(path('to/other'))!.toString(), 'kept', 'what was there is replaced')
      t.equal(
        codeOf(() => disk.rename(path('none'), path('any'))),
        'ENOENT',
      )
      disk.remove(path('to'))
      disk.remove(path('to'))
      t.equal(disk.stat(path('to')), undefined)
      t.equal(disk.readFile(path('to/other')), undefined)
    })

    t.test('discards what nobody uses any more', async (t) => {
      disk.makeDirectory(path('unused/deep'))
      disk.writeFile(path('unused/deep/file'), Buffer.from('old'))
      const discarded = () =>
        new Promise<DiskError | null>((resolve) => disk.discard(path('unused'), resolve))
      t.equal(await discarded(), null)
      t.equal(disk.stat(path('unused')), undefined)
      t.equal(await discarded(), null, 'what is gone already is no error')
    })

    t.test('a file that is open keeps its content under another name and none', async (t) => {
      disk.writeFile(path('named'), Buffer.from('content'))
      const file = disk.open(path('named'))
      disk.rename(path('named'), path('renamed'))
      const other = disk.open(path('other'), { create: true })
      t.equal(text(file), 'content')
      other.close()
      file.close()
    })

    t.test('is held by one at a time', async (t) => {
      const lock = await disk.lock(root)
      await t.rejects(disk.lock(root), { code: 'ELOCKED' })
      lock.release()
      for (let attempt = 0; attempt < 3; attempt++) (await disk.lock(root)).release()
    })

    t.test('calls at the end of a turn', async (t) => {
      const order: string[] = []
      await new Promise<void>((resolve) => {
        disk.atTurnEnd(() => {
          order.push('turn end')
          resolve()
        })
        order.push('now')
        settle()
      })
      t.strictSame(order, ['now', 'turn end'])
    })
  })
}

t.test('the disk in memory is bounded', async (t) => {
  const disk = new MemoryDisk(100 * 1024)
  disk.writeFile('/small', Buffer.alloc(10))
  const before = disk.usedBytes
  const file = disk.open('/large', { create: true })
  const errors: (string | undefined)[] = []
  file.write([Buffer.alloc(60 * 1024)], 0, (error) => errors.push(error?.code))
  file.write([Buffer.alloc(60 * 1024)], 60 * 1024, (error) => errors.push(error?.code))
  t.strictSame(errors, [undefined, 'ENOSPC'])
  t.equal(
    codeOf(() => disk.writeFile('/other', Buffer.alloc(99 * 1024))),
    'ENOSPC',
  )
  t.match(disk.space(), { totalBytes: 100 * 1024 })
  disk.remove('/large')
  t.equal(disk.usedBytes, before, 'what is removed makes room')
  disk.writeFile('/other', Buffer.alloc(60 * 1024))
  disk.writeFile('/other', Buffer.alloc(10))
  disk.remove('/small')
  disk.remove('/other')
  t.equal(disk.usedBytes, 0)
})

t.test('few descriptors serve many files', async (t) => {
  const path = temporaryDirectory(t)
  const disk = new NodeDisk(10)
  const openHere = () => {
    if (process.platform !== 'linux') return 0
    const directory = readdirSync('/proc/self/fd')
    return directory.length
  }
  const before = openHere()
  const files = Array.from({ length: 100 }, (_, i) => disk.open(`${path}/${i}`, { create: true }))
  t.ok(openHere() - before <= 10)
  for (let round = 0; round < 3; round++) {
    const writes = files.map(
      (file, i) =>
        new Promise<unknown>((resolve) => {
          file.write([Buffer.from(`${i} `)], file.length, () => file.sync(resolve))
        }),
    )
    t.ok((await Promise.all(writes)).every((error) => error === null))
  }
  for (const [i, file] of files.entries()) t.equal(text(file), `${i} `.repeat(3))
  t.ok(openHere() - before <= 11)
  for (const file of files) file.close()
  t.ok(openHere() <= before)
  let most = 0
  const replacements = files.map(
    (_, i) =>
      new Promise<unknown>((resolve) => {
        disk.replaceFile(`${path}/${i}`, Buffer.from('new'), (error) => {
          most = Math.max(most, openHere() - before)
          resolve(error)
        })
      }),
  )
  t.ok((await Promise.all(replacements)).every((error) => error === null))
  t.ok(most <= 20, `${most} descriptors for 100 replacements`)
  await new Promise<void>((resolve) => {
    files[0]!.write([Buffer.from('x')], 0, (error) => {
      t.equal(error?.code, 'EBADF')
      resolve()
    })
  })
  t.equal(
    codeOf(() => files[1]!.readSync(Buffer.alloc(1), 0, 1, 0)),
    'EBADF',
  )
})
