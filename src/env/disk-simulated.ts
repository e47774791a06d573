import type { Clock } from './clock.js'
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
} from './disk.js'
import { randomLosses } from './losses.js'
import type { Random } from './random.js'
import { SimulatedFile } from './simulated-file.js'
import { Namespace, parentOf } from './simulated-namespace.js'

/** How the disk behaves while a process works on it. */
export interface DiskBehaviour {
  /** Longest time that a write, sync or uncached read takes, ms. */
  readonly slowestMs: number
  /** Chance that a write or a sync fails. */
  readonly failure: number
}

const WELL: DiskBehaviour = { slowestMs: 2, failure: 0 }

/**
 * A machine's disk in a simulation. Files and directory entries survive a crash only as far as they
 * were synced; of everything else any part may.
 */
export class SimulatedDisk {
  readonly #names = new Namespace()
  #process: SimulatedProcessDisk | undefined
  behaviour: DiskBehaviour = WELL

  constructor(private readonly random: Random) {}

  /** The disk as a new process sees it; the one before has ended, or crashes now. */
  mount(clock: Clock): Disk {
    this.crash()
    this.#process = new SimulatedProcessDisk(this.#names, clock, this.random, this)
    return this.#process
  }

  /** Power is lost: nothing under way completes, and what wasn't synced may be gone. */
  crash(): void {
    if (this.#process === undefined) return
    this.#process.end(this.random)
    this.#process = undefined
    this.#names.crash(randomLosses(this.random))
  }
}

class SimulatedProcessDisk implements Disk {
  #ended = false
  /** The last operation of a file or path ends then: completions keep their order. */
  readonly #busyUntilMs = new Map<SimulatedFile | string, number>()
  /** Replacements of files that have begun. */
  readonly #replacing = new Set<() => void>()
  #locked = new Set<string>()

  constructor(
    private readonly names: Namespace,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly machine: { readonly behaviour: DiskBehaviour },
  ) {}

  /** @param random decides whether a replacement that has begun survives */
  end(random: Random): void {
    this.#ended = true
    for (const replace of this.#replacing) if (random.int(2) === 0) replace()
    this.#replacing.clear()
  }

  /** Calls `done` later, after everything of that key that was asked for before. */
  complete(key: SimulatedFile | string, done: (error: DiskError | null) => void): void {
    const { slowestMs, failure } = this.machine.behaviour
    const delayMs = this.random.fraction() * slowestMs
    const now = this.clock.now()
    const at = Math.max(this.#busyUntilMs.get(key) ?? now, now + delayMs)
    this.#busyUntilMs.set(key, at)
    const failed = failure > 0 && this.random.fraction() < failure
    this.clock.after(at - now, () => {
      if (this.#ended) return
      done(failed ? new DiskError('EIO', 'the simulated disk failed') : null)
    })
  }

  open(path: string, options: { readonly create?: boolean } = {}): DiskFile {
    this.#needProcess()
    let file = this.names.file(path)
    if (file === undefined) {
      if (options.create !== true) throw new DiskError('ENOENT', `no such file: ${path}`)
      file = this.#create(path)
    }
    return new OpenFile(path, file, this)
  }

  readFile(path: string): Buffer | undefined {
    const file = this.names.file(path)
    return file === undefined ? undefined : Buffer.from(file.view())
  }

  writeFile(path: string, content: Buffer): void {
    this.#needProcess()
    this.#create(path).write(content, 0)
  }

  replaceFile(path: string, content: Buffer, done: DiskCallback): void {
    this.#needProcess()
    const copy = Buffer.from(content)
    const replace = (): void => this.#replaceNow(path, copy)
    this.#replacing.add(replace)
    this.complete(path, (error) => {
      this.#replacing.delete(replace)
      if (error === null && !this.names.isDirectory(parentOf(path))) {
        done(new DiskError('ENOENT', `no such directory: ${parentOf(path)}`))
        return
      }
      if (error === null) replace()
      done(error)
    })
  }

  replaceFileSync(path: string, content: Buffer): void {
    this.#needProcess()
    this.#replaceNow(path, Buffer.from(content))
  }

  #replaceNow(path: string, content: Buffer): void {
    const file = new SimulatedFile()
    file.write(content, 0)
    file.synced(file.syncMark())
    file.modifiedMs = this.clock.now()
    this.names.link(path, file)
    this.names.syncDirectory(parentOf(path))
  }

  list(path: string): DiskEntry[] | undefined {
    return this.names.list(path)
  }

  stat(path: string): DiskStat | undefined {
    if (this.names.isDirectory(path)) return { isDirectory: true, size: 0, modifiedMs: 0 }
    const file = this.names.file(path)
    if (file === undefined) return undefined
    return { isDirectory: false, size: file.length, modifiedMs: file.modifiedMs }
  }

  space(): DiskSpace {
    return { totalBytes: Number.MAX_SAFE_INTEGER, usableBytes: Number.MAX_SAFE_INTEGER }
  }

  makeDirectory(path: string): void {
    this.#needProcess()
    this.names.makeDirectory(path)
  }

  rename(from: string, to: string): void {
    this.#needProcess()
    if (!this.names.rename(from, to)) throw new DiskError('ENOENT', `no such file: ${from}`)
  }

  discard(path: string, done: DiskCallback): void {
    this.remove(path)
    done(null)
  }

  remove(path: string): void {
    this.#needProcess()
    this.names.remove(path)
  }

  syncDirectory(path: string): void {
    this.#needProcess()
    this.names.syncDirectory(path)
  }

  lock(path: string): Promise<DiskLock> {
    if (this.#locked.has(path)) {
      return Promise.reject(new DiskError('ELOCKED', `${path} is in use by another broker`))
    }
    this.#locked.add(path)
    return Promise.resolve({ release: () => this.#locked.delete(path) })
  }

  atTurnEnd(task: () => void): void {
    this.clock.after(0, () => {
      if (!this.#ended) task()
    })
  }

  now(): number {
    return this.clock.now()
  }

  #create(path: string): SimulatedFile {
    if (!this.names.isDirectory(parentOf(path))) {
      throw new DiskError('ENOENT', `no such directory: ${parentOf(path)}`)
    }
    const file = new SimulatedFile()
    file.modifiedMs = this.clock.now()
    this.names.link(path, file)
    return file
  }

  #needProcess(): void {
    if (this.#ended) throw new DiskError('EIO', 'the process has ended')
  }
}

class OpenFile implements DiskFile {
  constructor(
    readonly path: string,
    private readonly file: SimulatedFile,
    private readonly disk: SimulatedProcessDisk,
  ) {}

  get length(): number {
    return this.file.length
  }

  write(buffers: readonly Buffer[], position: number, done: DiskCallback): void {
    let at = position
    for (const buffer of buffers) {
      this.file.write(buffer, at)
      at += buffer.length
    }
    this.file.modifiedMs = this.disk.now()
    this.disk.complete(this.file, done)
  }

  sync(done: DiskCallback): void {
    const mark = this.file.syncMark()
    this.disk.complete(this.file, (error) => {
      if (error === null) this.file.synced(mark)
      done(error)
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
    else this.disk.complete(this.file, (error) => done(error, error === null ? bytesRead : 0))
  }

  readSync(buffer: Buffer, offset: number, length: number, position: number): number {
    const end = Math.min(this.file.length, position + length)
    return position >= end ? 0 : this.file.view().copy(buffer, offset, position, end)
  }

  truncate(length: number): void {
    this.file.truncate(length)
    this.file.modifiedMs = this.disk.now()
  }

  close(): void {}
}
