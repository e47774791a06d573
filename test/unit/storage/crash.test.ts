import t from 'tap'
import { ProcessClock, VirtualClock } from '../../../src/env/clock-virtual.js'
import type { Disk } from '../../../src/env/disk.js'
import { SimulatedDisk } from '../../../src/env/disk-simulated.js'
import { type Random, seededRandom } from '../../../src/env/random.js'
import { openLogManager } from '../../../src/storage/disk-log-manager.js'
import { AppendOrigin, type Log } from '../../../src/storage/log.js'
import type { LogManager } from '../../../src/storage/log-manager.js'
import { batchOf, logConfig, managerOptions, TOPIC_ID, valuesOf } from './storage-fixture.js'

const SEEDS = 40
const LIVES = 4
const STEPS = 60
const PARTITIONS = 3
const config = logConfig({
  segmentBytes: 1500,
  indexIntervalBytes: 100,
  fileDeleteDelayMs: 10,
  retentionMs: -1,
})

/** What a test knows of a partition, whatever became of its broker. */
interface Known {
  /** Of all records that were ever appended in this life of the log, by offset. */
  readonly appended: string[]
  /** Up to here everything was synced. */
  safe: number
}

/** One broker process after the other on a disk that loses what isn't synced. */
class Machine {
  readonly clock = new VirtualClock(1_700_000_000_000)
  readonly #disk: SimulatedDisk
  #process: ProcessClock | undefined
  #sequence = 0

  constructor(readonly random: Random) {
    this.#disk = new SimulatedDisk(random)
  }

  /** Lets the virtual time pass until the promise has ended. */
  async finish<T>(promise: Promise<T>): Promise<T> {
    let ended = false
    const watched = promise.finally(() => {
      ended = true
    })
    watched.catch(() => {})
    while (!ended) {
      await new Promise((resolve) => setImmediate(resolve))
      if (!ended) this.clock.runNext()
    }
    return watched
  }

  async boot(): Promise<{ manager: LogManager; disk: Disk }> {
    const clock = new ProcessClock(this.clock)
    this.#process = clock
    const disk = this.#disk.mount(clock)
    const clocks = { logical: clock, pacing: clock }
    const options = managerOptions({ disk, clocks, random: this.random, defaultConfig: config })
    const manager = await this.finish(openLogManager(options))
    await this.finish(manager.start())
    return { manager, disk }
  }

  crash(): void {
    this.#process?.kill()
    this.#disk.crash()
  }

  nextValue(): string {
    return `${this.#sequence++}`.padEnd(20 + this.random.int(150), '.')
  }
}

/** What is on the disk must be a beginning of what was appended, and hold all that was synced. */
async function check(machine: Machine, log: Log | undefined, known: Known): Promise<void> {
  const values = log === undefined ? [] : await machine.finish(valuesOf(log, 0))
  const { appended, safe } = known
  if (values.length < safe) throw new Error(`${values.length} of ${safe} safe records are left`)
  for (const [i, value] of values.entries()) {
    if (value !== appended[i]) throw new Error(`at ${i} is ${value}, not ${appended[i]}`)
  }
  known.appended.length = values.length
  known.safe = Math.min(known.safe, values.length)
}

async function step(machine: Machine, log: Log, known: Known): Promise<void> {
  const { random } = machine
  const kind = random.int(10)
  if (kind < 7) {
    const value = machine.nextValue()
    known.appended.push(value)
    log.append(batchOf([value]), 1, AppendOrigin.CLIENT, () => {})
  } else if (kind === 7) {
    const end = log.logEndOffset
    log.flush((error) => {
      if (error === null) known.safe = Math.max(known.safe, end)
    })
  } else if (kind === 8) {
    log.updateHighWatermark(log.logEndOffset)
  } else {
    await new Promise((resolve) => setImmediate(resolve))
    for (let i = random.int(4); i > 0; i--) machine.clock.runNext()
  }
}

async function run(seed: number): Promise<void> {
  const machine = new Machine(seededRandom(seed))
  const known = Array.from({ length: PARTITIONS }, (): Known => ({ appended: [], safe: 0 }))
  for (let life = 0; life < LIVES; life++) {
    const { manager } = await machine.boot()
    for (const [partition, expected] of known.entries()) {
      await check(machine, manager.log('pets', partition), expected)
    }
    const logs = known.map((_, partition) =>
      manager.getOrCreateLog({ topic: 'pets', partition }, { topicId: TOPIC_ID, config }),
    )
    for (let i = 0; i < STEPS; i++) {
      const partition = machine.random.int(PARTITIONS)
      await step(machine, logs[partition]!, known[partition]!)
    }
    if (machine.random.int(3) === 0) {
      await machine.finish(manager.close())
      for (const expected of known) expected.safe = expected.appended.length
    }
    machine.crash()
  }
}

t.test(
  'after any crash a log holds a beginning of its records, and all that were synced',
  async (t) => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      try {
        await run(seed)
      } catch (error) {
        t.fail(`seed ${seed}: ${(error as Error).stack}`)
      }
    }
    t.pass(`${SEEDS} seeds`)
  },
)
