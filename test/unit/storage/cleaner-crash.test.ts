import t from 'tap'
import { ProcessClock, VirtualClock } from '../../../src/env/clock-virtual.js'
import { type Disk, DiskError, type DiskFile } from '../../../src/env/disk.js'
import { SimulatedDisk } from '../../../src/env/disk-simulated.js'
import { seededRandom } from '../../../src/env/random.js'
import { DEFAULT_CLEANER_CONFIG } from '../../../src/storage/cleaner/cleaner-config.js'
import { openLogManager } from '../../../src/storage/disk-log-manager.js'
import type { Log } from '../../../src/storage/log.js'
import type { LogManager } from '../../../src/storage/log-manager.js'
import type { PartitionLog } from '../../../src/storage/partition-log.js'
import { endTxn, keyed, readCommitted, type Seen } from './cleaner-fixture.js'
import {
  append,
  logConfig,
  MEGABYTE,
  managerOptions,
  namesIn,
  START_MS,
  TOPIC_ID,
} from './storage-fixture.js'

/** What a crash leaves of that which wasn't synced is drawn anew for each. */
const DRAWS = 3
const BACKOFF_MS = 60_000
const FILE_CHANGES = ['write', 'sync', 'truncate']
const DISK_CHANGES = [
  'writeFile',
  'replaceFile',
  'replaceFileSync',
  'makeDirectory',
  'rename',
  'remove',
  'syncDirectory',
]
const id = { topic: 'pets', partition: 0 }
const compacted = logConfig({
  compact: true,
  delete: false,
  segmentBytes: 600,
  indexIntervalBytes: 100,
  minCleanableDirtyRatio: 0,
  fileDeleteDelayMs: 10,
})
const config = { ...compacted, segmentBytes: 250 }

/** These say by a callback how they ended; of a process that has ended none is called. */
const CALL_BACK = ['write', 'sync', 'replaceFile']

/** Calls `mayChange` before anything is changed. */
function watched<T extends object>(
  target: T,
  names: readonly string[],
  mayChange: () => boolean,
): T {
  return new Proxy(target, {
    get(object, name) {
      const member: unknown = Reflect.get(object, name, object)
      if (typeof member !== 'function') return member
      return (...parameters: unknown[]): unknown => {
        if (names.includes(String(name)) && !mayChange()) {
          if (CALL_BACK.includes(String(name))) return undefined
          throw new DiskError('EIO', 'the machine has crashed')
        }
        const result: unknown = Reflect.apply(member, object, parameters)
        return name === 'open' ? watched(result as DiskFile, FILE_CHANGES, mayChange) : result
      }
    },
  })
}

/** One broker process after the other; a process may end before a certain change of its disk. */
class Machine {
  readonly clock = new VirtualClock(START_MS)
  readonly #disk: SimulatedDisk
  #process: ProcessClock | undefined
  /** Changes until the crash; undefined while none is to come. */
  changesLeft: number | undefined
  hasCrashed = false

  constructor(draw: number) {
    this.#disk = new SimulatedDisk(seededRandom(draw))
  }

  async until(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      await new Promise((resolve) => setImmediate(resolve))
      if (!isDone()) this.clock.runNext()
    }
  }

  async finish<T>(promise: Promise<T>): Promise<T> {
    let ended = false
    const end = (): void => {
      ended = true
    }
    promise.then(end, end)
    await this.until(() => ended)
    return promise
  }

  async boot(): Promise<{ manager: LogManager; disk: Disk; log: Log }> {
    this.changesLeft = undefined
    this.hasCrashed = false
    const clock = new ProcessClock(this.clock)
    this.#process = clock
    const disk = watched(this.#disk.mount(clock), DISK_CHANGES, () => {
      if (this.changesLeft === undefined || this.changesLeft-- > 0) return true
      if (!this.hasCrashed) this.crash()
      return false
    })
    const options = managerOptions({
      disk,
      clocks: { logical: clock, pacing: clock },
      random: seededRandom(1),
      defaultConfig: config,
      cleanerConfig: () => ({ ...DEFAULT_CLEANER_CONFIG, backoffMs: BACKOFF_MS }),
    })
    const manager = await this.finish(openLogManager(options))
    await this.finish(manager.start())
    const log = manager.getOrCreateLog(id, { topicId: TOPIC_ID, config })
    log.updateHighWatermark(log.logEndOffset)
    return { manager, disk, log }
  }

  crash(): void {
    this.hasCrashed = true
    this.#process?.kill()
    this.#disk.crash()
  }
}

/** Keys that come again and again, two aborted transactions and a tombstone, all of it synced. */
async function fill(machine: Machine, log: Log): Promise<void> {
  const run = <T>(promise: Promise<T>): Promise<T> => machine.finish(promise)
  for (let round = 0; round < 4; round++) {
    const value = `${round}`.padEnd(30, '.')
    await run(
      append(
        log,
        keyed([
          ['a', value],
          ['b', value],
        ]),
      ),
    )
    const producer = { producerId: 5, producerEpoch: 0, baseSequence: 2 * round }
    const transactional = { ...producer, transactional: true }
    await run(
      append(
        log,
        keyed(
          [
            ['a', 'wrong'],
            ['d', value],
          ],
          transactional,
        ),
      ),
    )
    await run(endTxn(log, round % 2 === 0 ? 'ABORT' : 'COMMIT', 5))
    await run(append(log, keyed([['c', round === 2 ? null : value]])))
  }
  log.roll()
  await run(append(log, keyed([['e', 'last']])))
  log.updateHighWatermark(log.logEndOffset)
  await run(flush(log))
}

function flush(log: Log): Promise<void> {
  return new Promise((resolve, reject) => {
    log.flush((error) => (error === null ? resolve() : reject(error)))
  })
}

function latestOf(seen: readonly Seen[]): string {
  const values = new Map<string, string | null>()
  for (const { key, value } of seen) values.set(key, value)
  return JSON.stringify([...values].sort())
}

interface Content {
  readonly latest: string
  readonly logEndOffset: number
  readonly producers: string
}

async function contentOf(machine: Machine, log: Log): Promise<Content> {
  const seen = await machine.finish(readCommitted(log, MEGABYTE))
  const producers = log
    .activeProducers()
    .map(({ producerId, producerEpoch, lastSequence }) => [producerId, producerEpoch, lastSequence])
  const { logEndOffset } = log
  return { latest: latestOf(seen), logEndOffset, producers: JSON.stringify(producers) }
}

/** @returns how many changes the disk saw, undefined if the machine crashed before the end */
async function cleanAndCrash(
  machine: Machine,
  log: Log,
  afterChanges: number,
): Promise<number | undefined> {
  machine.changesLeft = afterChanges
  const { segmentCount } = log
  const target = log as PartitionLog
  await machine.until(() => machine.hasCrashed || target.cleanedTo === segmentEnd(log))
  if (machine.hasCrashed) return undefined
  // The files of the old segments are still to go, and the checkpoint to be written.
  const later = machine.clock.now() + BACKOFF_MS / 2
  await machine.until(() => machine.hasCrashed || machine.clock.now() >= later)
  if (machine.hasCrashed) return undefined
  t.ok(log.segmentCount < segmentCount)
  const changes = afterChanges - machine.changesLeft
  machine.changesLeft = undefined
  return changes
}

/** Everything but the active segment. */
function segmentEnd(log: Log): number {
  return (log as PartitionLog).files.segments.active!.baseOffset
}

t.test('a crash at any point of a cleaning costs nothing', async (t) => {
  let crashes = 0
  for (let draw = 1; draw <= DRAWS; draw++) {
    for (let cut = 0; ; cut++) {
      const machine = new Machine(1000 * draw + cut)
      const first = await machine.boot()
      await fill(machine, first.log)
      const expected = await contentOf(machine, first.log)
      first.log.config = compacted
      const changes = await cleanAndCrash(machine, first.log, cut)
      if (changes === undefined) crashes++
      else machine.crash()
      for (let life = 0; life < 2; life++) {
        const { log, disk, manager } = await machine.boot()
        const found = await contentOf(machine, log)
        if (JSON.stringify(found) !== JSON.stringify(expected)) {
          t.strictSame(found, expected, `draw ${draw}, crash before change ${cut}, life ${life}`)
          return
        }
        // It is cleaned again, to its end, and the same as ever.
        log.config = compacted
        await machine.finish(flush(log))
        await machine.until(() => (log as PartitionLog).cleanedTo === segmentEnd(log))
        t.strictSame(await contentOf(machine, log), expected)
        const names = namesIn(disk, '/data/pets-0')
        const left = names.filter((name) => /\.(cleaned|swap)$/.test(name))
        if (left.length > 0) t.fail(`crash before change ${cut} left ${left.join()}`)
        await machine.finish(manager.close())
        machine.crash()
      }
      if (changes !== undefined) break
    }
  }
  t.ok(crashes > 30 * DRAWS, `${crashes} crashes`)
})
