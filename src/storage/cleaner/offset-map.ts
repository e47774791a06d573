import { createHash } from 'node:crypto'
import { readInt64, writeInt64 } from '../../protocol/records/int64.js'

/** Of MD5, bytes. */
const HASH_SIZE = 16
/** A hash and an int64 offset, bytes. */
export const BYTES_PER_KEY = HASH_SIZE + 8

/**
 * The last offset of each key (Kafka's `SkimpyOffsetMap`): a table of hashes in one stretch of memory,
 * in which keys are found by probing and from which they are never removed. Two keys with the same
 * MD5 hash would be taken for one.
 */
export class OffsetMap {
  readonly slots: number
  /** Everything up to here has been put in; -1 for nothing. */
  latestOffset = -1
  readonly #table: Buffer
  #size = 0

  /** @param bytes of memory */
  constructor(bytes: number) {
    this.slots = Math.floor(bytes / BYTES_PER_KEY)
    this.#table = Buffer.alloc(this.slots * BYTES_PER_KEY)
  }

  /** How many keys are in it. */
  get size(): number {
    return this.#size
  }

  /** @throws RangeError when the key is new and the map is full */
  put(key: Buffer, offset: number): void {
    const hash = hashOf(key)
    const slot = this.#find(hash)
    if (slot === undefined) throw new RangeError(`the offset map is full with ${this.#size} keys`)
    const at = slot * BYTES_PER_KEY
    if (this.#isEmpty(at)) {
      hash.copy(this.#table, at)
      this.#size++
    }
    writeInt64(this.#table, at + HASH_SIZE, offset)
    this.latestOffset = offset
  }

  /** The key's last offset, -1 if it isn't in here. */
  get(key: Buffer): number {
    const slot = this.#find(hashOf(key))
    if (slot === undefined) return -1
    const at = slot * BYTES_PER_KEY
    return this.#isEmpty(at) ? -1 : readInt64(this.#table, at + HASH_SIZE)
  }

  /** The slot with this hash, or the empty one where it would go; undefined if all others are taken. */
  #find(hash: Buffer): number | undefined {
    const attempts = this.slots + HASH_SIZE - 4
    for (let attempt = 0; attempt < attempts; attempt++) {
      const slot = this.#probe(hash, attempt)
      const at = slot * BYTES_PER_KEY
      if (this.#isEmpty(at) || hash.compare(this.#table, at, at + HASH_SIZE) === 0) return slot
    }
    return undefined
  }

  /** First the integers within the hash, then one slot after the other. */
  #probe(hash: Buffer, attempt: number): number {
    const within = Math.min(attempt, HASH_SIZE - 4)
    return (hash.readUInt32BE(within) + attempt - within) % this.slots
  }

  #isEmpty(at: number): boolean {
    for (let i = at; i < at + BYTES_PER_KEY; i += 4) {
      if (this.#table.readInt32BE(i) !== 0) return false
    }
    return true
  }
}

function hashOf(key: Buffer): Buffer {
  return createHash('md5').update(key).digest()
}
