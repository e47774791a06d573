import type { Clocks } from '../../src/env/clock.js'
import { ProcessClock, VirtualClock } from '../../src/env/clock-virtual.js'
import type { Losses } from '../../src/env/losses.js'
import { seededRandom } from '../../src/env/random.js'
import { DEFAULT_CLEANER_CONFIG } from '../../src/storage/cleaner/cleaner-config.js'
import { openLogManager } from '../../src/storage/disk-log-manager.js'
import type { Log } from '../../src/storage/log.js'
import type { LogConfig } from '../../src/storage/log-config.js'
import type { LogManager } from '../../src/storage/log-manager.js'
import { managerOptions, START_MS } from '../unit/storage/storage-fixture.js'
import type { DiskChange, DiskImage } from './disk-image.js'
import { RecordedDisk } from './recorded-disk.js'

/** How often the cleaner looks for work, and checkpoints are written. */
export const UPKEEP_MS = 60_000
/** A wait in which so many timers go off, or turns pass without any, has no end. */
const MAX_STEPS = 20_000

/** One process after the other on one disk. */
export class Machine {
  readonly clock = new VirtualClock(START_MS)
  #process: ProcessClock | undefined
  #disk: RecordedDisk | undefined

  constructor(
    private readonly image: DiskImage,
    private readonly changed: (change: DiskChange) => void = () => {},
  ) {}

  /** Another process starts; what the last one left running is to be ended first. */
  start(): { readonly disk: RecordedDisk; readonly clocks: Clocks } {
    this.#process = new ProcessClock(this.clock)
    this.#disk = new RecordedDisk(this.image, this.#process, this.changed)
    return { disk: this.#disk, clocks: { logical: this.#process, pacing: this.#process } }
  }

  /** Another process starts and opens its logs. */
  async boot(defaultConfig: LogConfig): Promise<Booted> {
    const { disk, clocks } = this.start()
    const options = managerOptions({
      disk,
      clocks,
      random: seededRandom(1),
      defaultConfig,
      checkpointIntervalMs: UPKEEP_MS,
      cleanerConfig: () => ({ ...DEFAULT_CLEANER_CONFIG, backoffMs: UPKEEP_MS }),
    })
    const manager = await this.finish(openLogManager(options))
    await this.finish(manager.start())
    return { manager, disk, clocks }
  }

  crash(losses: Losses): void {
    this.#process?.kill()
    this.#disk?.end()
    this.image.crash(losses)
  }

  /** Lets the virtual time pass until it is so. */
  async until(isDone: () => boolean): Promise<void> {
    for (let step = 0; !isDone(); step++) {
      if (step === MAX_STEPS) throw new Error('nothing comes of it')
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

  async wait(ms: number): Promise<void> {
    const end = this.clock.now() + ms
    this.clock.after(ms, () => {})
    await this.until(() => this.clock.now() >= end)
  }

  flush(log: Log): Promise<void> {
    return this.finish(
      new Promise((resolve, reject) => {
        log.flush((error) => (error === null ? resolve() : reject(error)))
      }),
    )
  }
}

export interface Booted {
  readonly manager: LogManager
  readonly disk: RecordedDisk
  readonly clocks: Clocks
}
