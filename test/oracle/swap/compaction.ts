import { recordsOf } from '../../../src/protocol/records/index.js'
import { until } from '../../support/until.js'
import type { Conversation } from '../conversation.js'
import { type Ledger, textOf } from './ledger.js'
import { COMPACTED } from './names.js'
import { readPartition } from './partition-log.js'
import type { Complain } from './workload.js'

const KEYS = 30
const BATCHES = 6
const RECORDS_A_BATCH = 20
/** Every so manieth record is a tombstone. */
const TOMBSTONE_EVERY = 17

/** A topic whose log is compacted, and what must be left of it. */
export class Compaction {
  /** By offset: key and value. */
  readonly #written = new Map<number, string>()
  readonly #latest = new Map<string, string | null>()
  #count = 0

  constructor(private readonly ledger: Ledger) {}

  async write(c: Conversation): Promise<void> {
    for (let i = 0; i < BATCHES; i++) {
      const records = Array.from({ length: RECORDS_A_BATCH }, () => this.#next())
      const base = await this.ledger.produce(c, COMPACTED, 0, this.ledger.batchOf(records))
      for (const [index, { key, value }] of records.entries()) {
        this.#written.set(base + index, `${key} ${value}`)
        this.#latest.set(`${key}`, value === null ? null : `${value}`)
      }
    }
  }

  #next(): { key: Buffer; value: Buffer | null } {
    const count = this.#count++
    const key = Buffer.from(`key ${(count * 7) % KEYS}`)
    return { key, value: count % TOMBSTONE_EVERY ? textOf(`${count}`, 100) : null }
  }

  /** Waits until each key is there once, but for what is in the segment that is written to. */
  async waitUntilCompacted(c: Conversation): Promise<void> {
    await until(
      async () => (await this.#recordsIn(c)).length <= KEYS + RECORDS_A_BATCH,
      'the log to be compacted',
    )
  }

  async check(c: Conversation, complain: Complain): Promise<void> {
    const left = new Map<string, string | null>()
    for (const { offset, key, value } of await this.#recordsIn(c)) {
      if (this.#written.get(offset) !== `${key} ${value}`) {
        complain(`nobody wrote the record at ${offset}: ${key} ${value}`)
      }
      left.set(`${key}`, value === null ? null : `${value}`)
    }
    for (const [key, value] of this.#latest) {
      if ((left.get(key) ?? null) !== value) complain(`${key} is ${left.get(key)}, not ${value}`)
    }
  }

  async #recordsIn(c: Conversation) {
    const { batches } = await readPartition(c, COMPACTED, 0)
    return batches.flatMap((batch) => [...recordsOf(batch, 0)])
  }
}
