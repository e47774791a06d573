import type { OffsetAndEpoch, Snapshot, SnapshotWriter } from './client.js'
import {
  buildDataBatch,
  committedBatch,
  encodeSnapshotFooter,
  encodeSnapshotHeader,
  entryBatches,
  readControlState,
} from './records.js'
import type { Done, SnapshotFile, SnapshotStore } from './storage.js'
import type { VoterSet } from './voter-set.js'

/** How much of the past is kept once newer snapshots hold it. */
export interface SnapshotRetention {
  /** Of log and snapshots together (`metadata.max.retention.bytes`). */
  readonly bytes: number
  /** Age of the newest record of a snapshot (`metadata.max.retention.ms`). */
  readonly ms: number
}

/** A snapshot's first batch is smaller, whatever the voters' endpoints. */
const HEADER_BYTES_MAX = 64 * 1024

/** Kafka's defaults: 100 MiB, a week. */
export const defaultSnapshotRetention: SnapshotRetention = {
  bytes: 100 * 1024 * 1024,
  ms: 7 * 24 * 3600 * 1000,
}

/** The replica's snapshots: its own, and the one that it fetches from the leader. */
export class Snapshots {
  #ids: OffsetAndEpoch[]
  #fetching: SnapshotFile | undefined

  constructor(
    private readonly store: SnapshotStore,
    private readonly retention: SnapshotRetention,
  ) {
    this.#ids = store.list()
  }

  get latestId(): OffsetAndEpoch | undefined {
    return this.#ids.at(-1)
  }

  has(id: OffsetAndEpoch): boolean {
    return this.#ids.some((other) => other.offset === id.offset && other.epoch === id.epoch)
  }

  /** The whole snapshot is read at once. */
  open(id: OffsetAndEpoch): Snapshot {
    const bytes = this.store.read(id, 0, Number.MAX_SAFE_INTEGER)
    const batches = entryBatches(bytes)
    const { lastContainedLogTimestamp } = readControlState(batches)
    return {
      id,
      lastContainedLogTimestamp,
      *batches() {
        for (const batch of batches) {
          const data = committedBatch(batch)
          if (data) yield data.records
        }
      },
    }
  }

  /**
   * @param voters written into the snapshot in a dynamic quorum
   * @param frozen called when the snapshot is complete
   */
  create(
    id: OffsetAndEpoch,
    lastContainedLogTimestamp: number,
    voters: VoterSet | undefined,
    now: () => number,
    frozen: (id: OffsetAndEpoch) => void,
  ): SnapshotWriter {
    const file = this.store.create(id)
    let nextOffset = voters ? 3 : 1
    let ended = false
    file.append(encodeSnapshotHeader(id.epoch, now(), lastContainedLogTimestamp, voters))
    return {
      id,
      append: (records) => {
        if (ended) throw new Error('the snapshot is complete')
        file.append(
          buildDataBatch(records, { baseOffset: nextOffset, epoch: id.epoch, timestampMs: now() }),
        )
        nextOffset += records.length
      },
      freeze: () =>
        new Promise((resolve, reject) => {
          if (ended) throw new Error('the snapshot is complete')
          ended = true
          file.append(encodeSnapshotFooter(id.epoch, now(), nextOffset))
          file.freeze((error) => {
            if (error) {
              reject(error)
              return
            }
            this.#add(id)
            frozen(id)
            resolve()
          })
        }),
      close: () => {
        if (!ended) file.discard()
        ended = true
      },
    }
  }

  #add(id: OffsetAndEpoch): void {
    if (!this.has(id)) this.#ids.push(id)
    this.#ids.sort((a, b) => a.offset - b.offset)
  }

  /** A piece of the leader's snapshot. @throws Error when it doesn't follow the last one */
  storePiece(id: OffsetAndEpoch, position: number, bytes: Buffer): void {
    if (position === 0) {
      this.#fetching?.discard()
      this.#fetching = this.store.create(id)
    }
    if (this.#fetching?.size !== position) {
      throw new Error(
        `a piece of snapshot ${id.offset}-${id.epoch} doesn't begin where the last one ended`,
      )
    }
    this.#fetching.append(bytes)
  }

  /** Completes the snapshot whose pieces have been stored. */
  install(id: OffsetAndEpoch, done: Done): void {
    const file = this.#fetching
    this.#fetching = undefined
    if (!file) {
      done(new Error(`no piece of snapshot ${id.offset}-${id.epoch} has been stored`))
      return
    }
    file.freeze((error) => {
      if (!error) this.#add(id)
      done(error)
    })
  }

  size(id: OffsetAndEpoch): number | undefined {
    return this.has(id) ? this.store.size(id) : undefined
  }

  read(id: OffsetAndEpoch, position: number, maxBytes: number): Buffer {
    return this.store.read(id, position, maxBytes)
  }

  /** Deletes the snapshots before the offset; a fetch that isn't complete goes on. */
  removeBefore(offset: number): void {
    for (const id of this.#ids) if (id.offset < offset) this.store.remove(id)
    this.#ids = this.#ids.filter((id) => id.offset >= offset)
  }

  /**
   * The snapshot that the log may follow next, once the oldest one is too old or there is too much
   * of everything (`KafkaRaftLog.maybeClean`). The newest snapshot always stays.
   */
  nextLogStart(logSize: number, nowMs: number): OffsetAndEpoch | undefined {
    const [oldest, next] = this.#ids
    if (!oldest || !next) return undefined
    let total = logSize
    for (const id of this.#ids) total += this.store.size(id) ?? 0
    if (total > this.retention.bytes) return next
    const header = entryBatches(this.store.read(oldest, 0, HEADER_BYTES_MAX))
    const { lastContainedLogTimestamp } = readControlState(header)
    return nowMs - lastContainedLogTimestamp > this.retention.ms ? next : undefined
  }
}
