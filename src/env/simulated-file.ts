import type { Losses } from './losses.js'

interface Write {
  readonly kind: 'write'
  readonly position: number
  readonly bytes: Buffer
}

interface Truncate {
  readonly kind: 'truncate'
  readonly length: number
}

type Change = Write | Truncate

/** Bytes that grow. */
class Bytes {
  #buffer = Buffer.alloc(0)
  length = 0

  apply(change: Change): void {
    if (change.kind === 'truncate') this.#truncate(change.length)
    else this.#write(change.bytes, change.position)
  }

  #write(bytes: Buffer, position: number): void {
    const end = position + bytes.length
    if (end > this.length) this.#grow(end)
    bytes.copy(this.#buffer, position)
  }

  #truncate(length: number): void {
    if (length > this.length) {
      this.#grow(length)
      return
    }
    this.#buffer.fill(0, length, this.length)
    this.length = length
  }

  #grow(length: number): void {
    if (length > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(length, 2 * this.#buffer.length))
      this.#buffer.copy(larger, 0, 0, this.length)
      this.#buffer = larger
    }
    this.length = length
  }

  view(): Buffer {
    return this.#buffer.subarray(0, this.length)
  }

  copy(): Bytes {
    const copy = new Bytes()
    copy.apply({ kind: 'write', position: 0, bytes: this.view() })
    return copy
  }
}

/** A file's content as processes see it, and what of it a crash would leave. */
export class SimulatedFile {
  modifiedMs = 0
  #content = new Bytes()
  #durable = new Bytes()
  /** Changes since the last sync, in order. */
  #unsynced: Change[] = []
  /** How many changes came before those. */
  #syncedChanges = 0

  get length(): number {
    return this.#content.length
  }

  /** Valid until the next change. */
  view(): Buffer {
    return this.#content.view()
  }

  write(bytes: Buffer, position: number): void {
    // The bytes are the writer's again after the write; what survives is decided later.
    this.#change({ kind: 'write', position, bytes: Buffer.from(bytes) })
  }

  truncate(length: number): void {
    this.#change({ kind: 'truncate', length })
  }

  #change(change: Change): void {
    this.#content.apply(change)
    this.#unsynced.push(change)
  }

  /** How far a sync that begins now will reach. */
  syncMark(): number {
    return this.#syncedChanges + this.#unsynced.length
  }

  /** A sync that began at the mark has ended. */
  synced(mark: number): void {
    const changes = this.#unsynced.splice(0, Math.max(0, mark - this.#syncedChanges))
    for (const change of changes) this.#durable.apply(change)
    this.#syncedChanges += changes.length
  }

  /**
   * What has been synced stays. Of the rest each change may have reached the disk or not, a write also
   * in part, or only its length, so that it reads as zeros.
   */
  crash(losses: Losses): void {
    for (const change of this.#unsynced) {
      if (change.kind === 'truncate') {
        if (losses.truncate()) this.#durable.apply(change)
        continue
      }
      const { position, bytes } = change
      const remains = losses.write(bytes.length)
      if (remains === 'all') this.#durable.apply(change)
      else if (remains === 'length') {
        const end = position + bytes.length
        if (end > this.#durable.length) this.#durable.apply({ kind: 'truncate', length: end })
      } else if (remains !== 'none') {
        this.#durable.apply({ kind: 'write', position, bytes: bytes.subarray(0, remains) })
      }
    }
    this.#unsynced = []
    this.#content = this.#durable.copy()
  }
}
