import type { Clock } from '../../src/env/clock.js'
import {
  type Disk,
  type DiskCallback,
  type DiskEntry,
  DiskError,
  type DiskFile,
  type DiskLock,
  type DiskReadCallback,
  type DiskSpace,
  type DiskStat,
} from '../../src/env/disk.js'
import type { SimulatedFile } from '../../src/env/simulated-file.js'
import { parentOf } from '../../src/env/simulated-namespace.js'
import type { DiskChange, DiskImage } from './disk-image.js'

/** How long whatever doesn't work at once takes. */
const OPERATION_MS = 1

/**
 * A process' disk that tells each step it takes, those too that the real disk takes within one call:
 * a replacement is a file made, written, synced and renamed, and a directory synced.
 */
export class RecordedDisk implements Disk {
  readonly #replacements = new Map<string, (() => void)[]>()
  #ended = false

  constructor(
    private readonly image: DiskImage,
    private readonly clock: Clock,
    private readonly changed: (change: DiskChange) => void,
  ) {}

  /** The process has ended: whatever of it still runs finds no disk. */
  end(): void {
    this.#ended = true
  }

  change(change: DiskChange): void {
    if (this.#ended) throw new DiskError('EIO', 'the process has ended')
    this.image.apply(change)
    this.changed(change)
  }

  later(task: () => void): void {
    this.clock.after(OPERATION_MS, () => {
      if (!this.#ended) task()
    })
  }

  now(): number {
    return this.clock.now()
  }

  open(path: string, options: { readonly create?: boolean } = {}): DiskFile {
    let number = this.image.numberOf(path)
    if (number === undefined) {
      if (options.create !== true) throw new DiskError('ENOENT', `no such file: ${path}`)
      number = this.#create(path)
    }
    return new RecordedFile(path, number, this.image.file(number), this)
  }

  readFile(path: string): Buffer | undefined {
    const file = this.image.names.file(path)
    return file && Buffer.from(file.view())
  }

  writeFile(path: string, content: Buffer): void {
    const number = this.image.numberOf(path)
    if (number === undefined) this.#write(this.#create(path), content)
    else {
      this.change({ kind: 'truncate', file: number, length: 0 })
      this.#write(number, content)
    }
  }

  replaceFile(path: string, content: Buffer, done: DiskCallback): void {
    const copy = Buffer.from(content)
    const waiting = this.#replacements.get(path)
    const begin = (): void => this.#replace(path, copy, done)
    if (waiting !== undefined) waiting.push(begin)
    else {
      this.#replacements.set(path, [])
      begin()
    }
  }

  #replace(path: string, content: Buffer, done: DiskCallback): void {
    const ended = (error: DiskError | null): void => {
      const next = this.#replacements.get(path)?.shift()
      if (next === undefined) this.#replacements.delete(path)
      done(error)
      next?.()
    }
    const attempt = (work: () => void): void => {
      try {
        work()
      } catch (error) {
        if (!(error instanceof DiskError)) throw error
        this.later(() => ended(error))
      }
    }
    attempt(() => {
      const file = this.#writeAside(path, content)
      const mark = this.image.file(file).syncMark()
      this.later(() =>
        attempt(() => {
          this.change({ kind: 'sync', file, mark })
          this.rename(`${path}.tmp`, path)
          this.later(() =>
            attempt(() => {
              this.syncDirectory(parentOf(path))
              ended(null)
            }),
          )
        }),
      )
    })
  }

  replaceFileSync(path: string, content: Buffer): void {
    const file = this.#writeAside(path, Buffer.from(content))
    this.change({ kind: 'sync', file, mark: this.image.file(file).syncMark() })
    this.rename(`${path}.tmp`, path)
    this.syncDirectory(parentOf(path))
  }

  #writeAside(path: string, content: Buffer): number {
    const aside = `${path}.tmp`
    this.writeFile(aside, content)
    return this.image.numberOf(aside)!
  }

  #write(file: number, content: Buffer): void {
    this.change({ kind: 'write', file, position: 0, bytes: Buffer.from(content) })
  }

  list(path: string): DiskEntry[] | undefined {
    return this.image.names.list(path)
  }

  stat(path: string): DiskStat | undefined {
    const { names } = this.image
    if (names.isDirectory(path)) return { isDirectory: true, size: 0, modifiedMs: 0 }
    const file = names.file(path)
    return file && { isDirectory: false, size: file.length, modifiedMs: file.modifiedMs }
  }

  space(): DiskSpace {
    return { totalBytes: Number.MAX_SAFE_INTEGER, usableBytes: Number.MAX_SAFE_INTEGER }
  }

  makeDirectory(path: string): void {
    if (this.image.names.isDirectory(path)) return
    if (path !== '/') this.makeDirectory(parentOf(path))
    this.change({ kind: 'makeDirectory', path })
  }

  rename(from: string, to: string): void {
    if (this.stat(from) === undefined) throw new DiskError('ENOENT', `no such file: ${from}`)
    this.change({ kind: 'rename', from, to })
  }

  discard(path: string, done: DiskCallback): void {
    this.remove(path)
    done(null)
  }

  remove(path: string): void {
    for (const { name } of this.list(path) ?? []) this.remove(`${path}/${name}`)
    if (this.stat(path) !== undefined) this.change({ kind: 'remove', path })
  }

  syncDirectory(path: string): void {
    this.change({ kind: 'syncDirectory', path })
  }

  lock(): Promise<DiskLock> {
    return Promise.resolve({ release: () => {} })
  }

  atTurnEnd(task: () => void): void {
    this.clock.after(0, () => {
      if (!this.#ended) task()
    })
  }

  #create(path: string): number {
    if (!this.image.names.isDirectory(parentOf(path))) {
      throw new DiskError('ENOENT', `no such directory: ${parentOf(path)}`)
    }
    const file = this.image.nextFile
    this.change({ kind: 'create', path, file })
    this.image.file(file).modifiedMs = this.now()
    return file
  }
}

class RecordedFile implements DiskFile {
  constructor(
    readonly path: string,
    private readonly number: number,
    private readonly file: SimulatedFile,
    private readonly disk: RecordedDisk,
  ) {}

  get length(): number {
    return this.file.length
  }

  write(buffers: readonly Buffer[], position: number, done: DiskCallback): void {
    this.disk.change({
      kind: 'write',
      file: this.number,
      position,
      bytes: Buffer.concat(buffers),
    })
    this.file.modifiedMs = this.disk.now()
    this.disk.later(() => done(null))
  }

  sync(done: DiskCallback): void {
    const mark = this.file.syncMark()
    this.disk.later(() => {
      this.disk.change({ kind: 'sync', file: this.number, mark })
      done(null)
    })
  }

  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    likelyCached: boolean,
    done: DiskReadCallback,
  ): void {
    const bytesRead = this.readSync(buffer, offset, length, position)
    if (likelyCached) done(null, bytesRead)
    else this.disk.later(() => done(null, bytesRead))
  }

  readSync(buffer: Buffer, offset: number, length: number, position: number): number {
    const end = Math.min(this.file.length, position + length)
    return position >= end ? 0 : this.file.view().copy(buffer, offset, position, end)
  }

  truncate(length: number): void {
    this.disk.change({ kind: 'truncate', file: this.number, length })
    this.file.modifiedMs = this.disk.now()
  }

  close(): void {}
}
