import t from 'tap'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { type Random, seededRandom } from '../../../src/env/random.js'
import { CompressionType } from '../../../src/protocol/records/batch.js'
import { DEFAULT_CLEANER_CONFIG } from '../../../src/storage/cleaner/cleaner-config.js'
import type { Log } from '../../../src/storage/log.js'
import type { LogManager } from '../../../src/storage/log-manager.js'
import type { PartitionLog } from '../../../src/storage/partition-log.js'
import {
  BACKOFF_MS,
  clean,
  copyOf,
  endTxn,
  keyed,
  readCommitted,
  type Seen,
} from './cleaner-fixture.js'
import {
  append,
  logConfig,
  ManualClock,
  MEGABYTE,
  managerOptions,
  manualClocks,
  namesIn,
  startManager,
  TOPIC_ID,
} from './storage-fixture.js'

const SEEDS = 25
const STEPS = 250
const KEYS = 12
const PRODUCERS = [11, 12, 13]
const DELETE_RETENTION_MS = 5000
const config = logConfig({
  compact: true,
  delete: false,
  segmentBytes: 1500,
  indexIntervalBytes: 200,
  minCleanableDirtyRatio: 0,
  deleteRetentionMs: DELETE_RETENTION_MS,
  fileDeleteDelayMs: 10,
})
const id = { topic: 'pets', partition: 0 }

type Fate = 'open' | 'committed' | 'aborted'

interface ModelRecord extends Seen {
  readonly batch: ModelBatch
}

interface ModelBatch {
  readonly lastOffset: number
  fate: Fate
  /** From when on its tombstones may go; set by the first cleaning that keeps one. */
  horizonMs: number | undefined
}

/** What the log should hold, by the rules of KIP-98 and KIP-534 and nothing of the cleaner's own. */
class Model {
  #records: ModelRecord[] = []

  add(records: readonly Seen[], fate: Fate): ModelBatch {
    const lastOffset = records.at(-1)!.offset
    const batch: ModelBatch = { lastOffset, fate, horizonMs: undefined }
    for (const record of records) this.#records.push({ ...record, batch })
    return batch
  }

  clean(cleanedTo: number, nowMs: number): void {
    const newest = new Map<string, number>()
    for (const { key, offset, batch } of this.#records) {
      if (offset < cleanedTo && batch.fate === 'committed') newest.set(key, offset)
    }
    this.#records = this.#records.filter(({ offset, key, value, batch }) => {
      if (offset >= cleanedTo) return true
      if (batch.fate === 'aborted' || offset < newest.get(key)!) return false
      return value !== null || batch.horizonMs === undefined || nowMs < batch.horizonMs
    })
    for (const { offset, value, batch } of this.#records) {
      if (offset < cleanedTo && value === null) batch.horizonMs ??= nowMs + DELETE_RETENTION_MS
    }
  }

  visible(lastStableOffset: number): Seen[] {
    return this.#records
      .filter(({ offset, batch }) => offset < lastStableOffset && batch.fate === 'committed')
      .map(({ offset, key, value }) => ({ offset, key, value }))
  }

  /** The last value of each key that has one. */
  latest(lastStableOffset: number): [string, string][] {
    return latestOf(this.visible(lastStableOffset))
  }
}

function latestOf(seen: readonly Seen[]): [string, string][] {
  const values = new Map<string, string | null>()
  for (const { key, value } of seen) values.set(key, value)
  return [...values].filter((each): each is [string, string] => each[1] !== null).sort()
}

/** A log with what should be in it. */
class Rig {
  readonly clock = new ManualClock()
  readonly model = new Model()
  readonly #sequences = new Map<number, number>()
  readonly #open = new Map<number, ModelBatch[]>()
  #count = 0
  /** What the clock moves on by when the log is cleaned next. */
  #laterMs = 0

  private constructor(
    readonly random: Random,
    public disk: MemoryDisk,
    readonly dedupeBufferBytes: number,
  ) {}

  manager!: LogManager
  log!: Log

  static async create(seed: number, dedupeBufferBytes: number): Promise<Rig> {
    const rig = new Rig(seededRandom(seed), new MemoryDisk(64 * MEGABYTE), dedupeBufferBytes)
    await rig.boot()
    return rig
  }

  async boot(disk = this.disk): Promise<void> {
    this.disk = disk
    const options = managerOptions({
      disk,
      clocks: manualClocks(this.clock),
      defaultConfig: config,
      cleanerConfig: () => ({
        ...DEFAULT_CLEANER_CONFIG,
        backoffMs: BACKOFF_MS,
        ioBufferBytes: 1000,
        dedupeBufferBytes: this.dedupeBufferBytes,
      }),
    })
    this.manager = await startManager(options)
    this.log = this.manager.getOrCreateLog(id, { topicId: TOPIC_ID, config })
    this.log.updateHighWatermark(this.log.logEndOffset)
  }

  async step(): Promise<void> {
    const { random } = this
    const kind = random.int(12)
    if (kind < 5) await this.#append(undefined)
    else if (kind < 9) await this.#append(PRODUCERS[random.int(PRODUCERS.length)]!)
    else if (kind < 11) await this.#end(PRODUCERS[random.int(PRODUCERS.length)]!)
    else this.#laterMs += random.int(2000)
    this.log.updateHighWatermark(this.log.logEndOffset)
  }

  async #append(producerId: number | undefined): Promise<void> {
    const { random, log, clock } = this
    const records = Array.from({ length: 1 + random.int(4) }, () => {
      const value = random.int(4) === 0 ? null : `${this.#count++}`.padEnd(random.int(80), '.')
      return [`key ${random.int(KEYS)}`, value] as const
    })
    const compression = random.int(3) === 0 ? CompressionType.GZIP : CompressionType.NONE
    const options = { timestamp: clock.now(), compression }
    const baseSequence = this.#sequences.get(producerId ?? -1) ?? 0
    const producer = {
      producerId: producerId!,
      producerEpoch: 0,
      baseSequence,
      transactional: true,
    }
    const batch = keyed(records, producerId === undefined ? options : { ...options, ...producer })
    const { firstOffset } = await append(log, batch)
    const seen = records.map(([key, value], i) => ({ offset: firstOffset + i, key, value }))
    const added = this.model.add(seen, producerId === undefined ? 'committed' : 'open')
    if (producerId === undefined) return
    this.#sequences.set(producerId, baseSequence + records.length)
    this.#open.set(producerId, [...(this.#open.get(producerId) ?? []), added])
  }

  async #end(producerId: number): Promise<void> {
    const commits = this.random.int(2) === 0
    const timestamp = this.clock.now()
    await endTxn(this.log, commits ? 'COMMIT' : 'ABORT', producerId, { timestamp })
    for (const batch of this.#open.get(producerId) ?? []) {
      batch.fate = commits ? 'committed' : 'aborted'
    }
    this.#open.delete(producerId)
  }

  async clean(): Promise<void> {
    const before = (this.log as PartitionLog).cleanedTo
    // At other times the cleaner would work unseen.
    await clean(this.log, this.clock, BACKOFF_MS + this.#laterMs)
    this.#laterMs = 0
    const { cleanedTo } = this.log as PartitionLog
    if (cleanedTo !== undefined && cleanedTo !== before)
      this.model.clean(cleanedTo, this.clock.now())
  }

  read(): Promise<Seen[]> {
    return readCommitted(this.log, 100 + this.random.int(3000))
  }

  producers(): unknown {
    return this.log
      .activeProducers()
      .map(({ producerId, producerEpoch, lastSequence }) => [
        producerId,
        producerEpoch,
        lastSequence,
      ])
      .sort()
  }
}

t.test('a compacted log holds what the model keeps, offsets and all', async (t) => {
  let cleanings = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const rig = await Rig.create(seed, MEGABYTE)
    for (let i = 1; i <= STEPS; i++) {
      await rig.step()
      if (rig.random.int(25) !== 0) continue
      await rig.clean()
      cleanings++
      const expected = rig.model.visible(rig.log.lastStableOffset)
      const found = await rig.read()
      if (JSON.stringify(found) !== JSON.stringify(expected)) {
        t.strictSame(found, expected, `seed ${seed}, step ${i}`)
        return
      }
      if (rig.random.int(3) === 0) {
        await rig.manager.close()
        await rig.boot()
      }
    }
    await rig.manager.close()
  }
  t.ok(cleanings > 100)
})

t.test('with little memory for keys it takes several passes, to the same end', async (t) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const rig = await Rig.create(seed, 5 * 24)
    for (let i = 1; i <= STEPS; i++) {
      await rig.step()
      if (rig.random.int(40) !== 0) continue
      await rig.clean()
      const expected = rig.model.latest(rig.log.lastStableOffset)
      t.strictSame(latestOf(await rig.read()), expected, `seed ${seed}, step ${i}`)
    }
    await rig.manager.close()
  }
})

t.test('what a compacted log says of its producers is in its batches', async (t) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const rig = await Rig.create(seed, MEGABYTE)
    for (let i = 1; i <= STEPS; i++) {
      await rig.step()
      if (rig.random.int(30) === 0) await rig.clean()
    }
    const expected = rig.producers()
    const visible = await rig.read()
    const crashed = copyOf(rig.disk)
    for (const name of namesIn(crashed, '/data/pets-0')) {
      if (name.endsWith('.snapshot')) crashed.remove(`/data/pets-0/${name}`)
    }
    await rig.manager.close()
    await rig.boot(crashed)
    t.strictSame(rig.producers(), expected, `seed ${seed}`)
    t.strictSame(await rig.read(), visible, `seed ${seed}`)
    await rig.manager.close()
  }
})
