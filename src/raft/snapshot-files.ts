import type { Disk, DiskFile } from '../env/disk.js'
import type { OffsetAndEpoch } from './client.js'
import type { Done, SnapshotFile, SnapshotStore } from './storage.js'

const SUFFIX = '.checkpoint'
const PART_SUFFIX = '.checkpoint.part'
const NAME = /^(\d{20})-(\d{10})\.checkpoint$/

/** Kafka's name of a snapshot (`Snapshots.filenameFromSnapshotId`). */
export function snapshotFileName(id: OffsetAndEpoch): string {
  return `${String(id.offset).padStart(20, '0')}-${String(id.epoch).padStart(10, '0')}${SUFFIX}`
}

/** The snapshots in the metadata log's directory. */
export class SnapshotFiles implements SnapshotStore {
  /** The same snapshot may be written here and fetched from the leader at once. */
  #lastPart = 0

  /** Removes what a crash left unfinished. */
  constructor(
    private readonly disk: Disk,
    private readonly directory: string,
  ) {
    for (const { name } of disk.list(directory) ?? []) {
      if (name.endsWith(PART_SUFFIX)) disk.remove(`${directory}/${name}`)
    }
  }

  list(): OffsetAndEpoch[] {
    return (this.disk.list(this.directory) ?? [])
      .map(({ name }) => NAME.exec(name))
      .filter((match) => match !== null)
      .map((match) => ({ offset: Number(match[1]), epoch: Number(match[2]) }))
      .sort((a, b) => a.offset - b.offset || a.epoch - b.epoch)
  }

  #path(id: OffsetAndEpoch): string {
    return `${this.directory}/${snapshotFileName(id)}`
  }

  size(id: OffsetAndEpoch): number | undefined {
    return this.disk.stat(this.#path(id))?.size
  }

  read(id: OffsetAndEpoch, position: number, maxBytes: number): Buffer {
    const file = this.disk.open(this.#path(id))
    try {
      const length = Math.max(0, Math.min(maxBytes, file.length - position))
      const bytes = Buffer.allocUnsafe(length)
      return bytes.subarray(0, file.readSync(bytes, 0, length, position))
    } finally {
      file.close()
    }
  }

  create(id: OffsetAndEpoch): SnapshotFile {
    this.disk.makeDirectory(this.directory)
    return new PartFile(this.disk, this.directory, this.#path(id), ++this.#lastPart, id)
  }

  remove(id: OffsetAndEpoch): void {
    this.disk.remove(this.#path(id))
  }
}

/** Written beside its place, then synced and renamed. */
class PartFile implements SnapshotFile {
  readonly #partPath: string
  readonly #file: DiskFile
  #size = 0
  #error: Error | null = null
  #closed = false

  constructor(
    private readonly disk: Disk,
    private readonly directory: string,
    private readonly path: string,
    part: number,
    readonly id: OffsetAndEpoch,
  ) {
    this.#partPath = `${path.slice(0, -SUFFIX.length)}-${part}${PART_SUFFIX}`
    disk.remove(this.#partPath)
    this.#file = disk.open(this.#partPath, { create: true })
  }

  get size(): number {
    return this.#size
  }

  append(bytes: Buffer): void {
    this.#file.write([bytes], this.#size, (error) => {
      this.#error ??= error
    })
    this.#size += bytes.length
  }

  freeze(done: Done): void {
    this.#file.sync((error) => {
      if (this.#closed) return
      this.#closed = true
      this.#file.close()
      const failure = this.#error ?? error
      if (failure) {
        done(failure)
        return
      }
      try {
        // Whoever fetches a snapshot in pieces must find the same bytes to the end.
        if (this.disk.stat(this.path)) this.disk.remove(this.#partPath)
        else this.disk.rename(this.#partPath, this.path)
        this.disk.syncDirectory(this.directory)
      } catch (cause) {
        done(cause as Error)
        return
      }
      done(null)
    })
  }

  discard(): void {
    if (this.#closed) return
    this.#closed = true
    this.#file.close()
    this.disk.remove(this.#partPath)
  }
}
