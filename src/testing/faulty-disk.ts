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
} from '../env/disk.js'
import type { DiskOperation } from './faults/fault-spec.js'

/** What is to fail: asked before each operation. @returns the error, or undefined to let it be */
export type DiskFault = (operation: DiskOperation, path: string) => DiskError | undefined

/** A disk whose operations fail when somebody says so; otherwise they go to the disk beneath. */
export class FaultyDisk implements Disk {
  readonly #faults = new Set<DiskFault>()

  constructor(private readonly disk: Disk) {}

  /** @returns what ends it */
  add(fault: DiskFault): () => void {
    this.#faults.add(fault)
    return () => this.#faults.delete(fault)
  }

  /** @returns what the operation is to fail with */
  errorOf(operation: DiskOperation, path: string): DiskError | undefined {
    for (const fault of this.#faults) {
      const error = fault(operation, path)
      if (error !== undefined) return error
    }
    return undefined
  }

  open(path: string, options?: { readonly create?: boolean }): DiskFile {
    if (options?.create === true && this.disk.stat(path) === undefined) this.#check('write', path)
    return new FaultyFile(this.disk.open(path, options), this)
  }

  readFile(path: string): Buffer | undefined {
    this.#check('read', path)
    return this.disk.readFile(path)
  }

  writeFile(path: string, content: Buffer): void {
    this.#check('write', path)
    this.disk.writeFile(path, content)
  }

  replaceFile(path: string, content: Buffer, done: DiskCallback): void {
    const error = this.errorOf('write', path)
    if (error !== undefined) done(error)
    else this.disk.replaceFile(path, content, done)
  }

  replaceFileSync(path: string, content: Buffer): void {
    this.#check('write', path)
    this.disk.replaceFileSync(path, content)
  }

  list(path: string): DiskEntry[] | undefined {
    return this.disk.list(path)
  }

  stat(path: string): DiskStat | undefined {
    return this.disk.stat(path)
  }

  space(path: string): DiskSpace {
    return this.disk.space(path)
  }

  makeDirectory(path: string): void {
    this.#check('write', path)
    this.disk.makeDirectory(path)
  }

  rename(from: string, to: string): void {
    this.#check('write', to)
    this.disk.rename(from, to)
  }

  remove(path: string): void {
    this.disk.remove(path)
  }

  discard(path: string, done: DiskCallback): void {
    this.disk.discard(path, done)
  }

  syncDirectory(path: string): void {
    this.#check('sync', path)
    this.disk.syncDirectory(path)
  }

  lock(path: string): Promise<DiskLock> {
    return this.disk.lock(path)
  }

  atTurnEnd(task: () => void): void {
    this.disk.atTurnEnd(task)
  }

  #check(operation: DiskOperation, path: string): void {
    const error = this.errorOf(operation, path)
    if (error !== undefined) throw error
  }
}

/** Completions come in the order in which operations were asked for, those of failed ones too. */
class FaultyFile implements DiskFile {
  readonly path: string
  #underWay = 0
  /** Failures that wait for what was asked before them: of each, how much of that is left. */
  readonly #failures: { left: number; readonly fail: () => void }[] = []

  constructor(
    private readonly file: DiskFile,
    private readonly disk: FaultyDisk,
  ) {
    this.path = file.path
  }

  get length(): number {
    return this.file.length
  }

  write(buffers: readonly Buffer[], position: number, done: DiskCallback): void {
    if (this.#fails('write', done)) return
    this.#underWay++
    this.file.write(buffers, position, (error) => this.#completed(() => done(error)))
  }

  sync(done: DiskCallback): void {
    if (this.#fails('sync', done)) return
    this.#underWay++
    this.file.sync((error) => this.#completed(() => done(error)))
  }

  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    likelyCached: boolean,
    done: DiskReadCallback,
  ): void {
    const error = this.disk.errorOf('read', this.path)
    if (error !== undefined) done(error, 0)
    else this.file.read(buffer, offset, length, position, likelyCached, done)
  }

  readSync(buffer: Buffer, offset: number, length: number, position: number): number {
    const error = this.disk.errorOf('read', this.path)
    if (error !== undefined) throw error
    return this.file.readSync(buffer, offset, length, position)
  }

  truncate(length: number): void {
    const error = this.disk.errorOf('write', this.path)
    if (error !== undefined) throw error
    this.file.truncate(length)
  }

  close(): void {
    this.file.close()
  }

  #fails(operation: DiskOperation, done: DiskCallback): boolean {
    const error = this.disk.errorOf(operation, this.path)
    if (error === undefined) return false
    if (this.#underWay === 0) done(error)
    else this.#failures.push({ left: this.#underWay, fail: () => done(error) })
    return true
  }

  #completed(tell: () => void): void {
    this.#underWay--
    for (const failure of this.#failures) failure.left--
    tell()
    while (this.#failures.length > 0 && this.#failures[0]!.left === 0) {
      this.#failures.shift()!.fail()
    }
  }
}

/** @param code the system's name, e.g. ENOSPC */
export function injectedDiskError(code: string, path: string): DiskError {
  return new DiskError(code, `${path}: ${code}, injected`)
}
