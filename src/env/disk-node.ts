import fs from 'node:fs'
import { dirname } from 'node:path'
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
import { lockDirectory } from './disk-lock.js'

/** A larger write, or one after a slow one, goes through the thread pool. */
const MAX_SYNC_WRITE_BYTES = 8 * 1024 * 1024
/** A write into the page cache that took longer found the system throttling its writers. */
const SLOW_WRITE_MS = 5
/** How long writes keep off the event loop after a slow one. */
const SLOW_PERIOD_MS = 1000

/** The error of an operation of node:fs as a {@link DiskError}. */
export function diskError(cause: unknown): DiskError {
  if (cause instanceof DiskError) return cause
  const error = cause as NodeJS.ErrnoException
  return new DiskError(error.code ?? 'EIO', error.message, { cause })
}

function attempt<T>(operation: () => T): T {
  try {
    return operation()
  } catch (error) {
    throw diskError(error)
  }
}

function isAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function byteLength(buffers: readonly Buffer[]): number {
  let total = 0
  for (let i = 0; i < buffers.length; i++) total += buffers[i]!.length
  return total
}

/** What is left of the buffers after `count` bytes of them. */
function skip(buffers: readonly Buffer[], count: number): Buffer[] {
  let left = count
  let first = 0
  while (left >= buffers[first]!.length) left -= buffers[first++]!.length
  return [buffers[first]!.subarray(left), ...buffers.slice(first + 1)]
}

/**
 * When writing at once would stall the event loop. Copying into the page cache on the loop costs less
 * than half the CPU of a trip through the thread pool, until the system makes writers wait for the
 * disk; then the wait belongs on the pool.
 */
class WritePace {
  #slowUntil = 0

  mayWait(bytes: number): boolean {
    if (bytes > MAX_SYNC_WRITE_BYTES) return true
    return this.#slowUntil !== 0 && performance.now() < this.#slowUntil
  }

  note(startedAt: number): void {
    const now = performance.now()
    this.#slowUntil = now - startedAt > SLOW_WRITE_MS ? now + SLOW_PERIOD_MS : 0
  }
}

/** `buffers` undefined for a sync. */
interface Operation {
  readonly buffers: readonly Buffer[] | undefined
  readonly position: number
  readonly done: DiskCallback
}

class NodeFile implements DiskFile {
  length: number
  readonly #fd: number
  /** The first one is under way. */
  readonly #queue: Operation[] = []
  #reads = 0
  #closing = false
  #closed = false

  constructor(
    readonly path: string,
    fd: number,
    private readonly pace: WritePace,
  ) {
    this.#fd = fd
    this.length = fs.fstatSync(fd).size
  }

  write(buffers: readonly Buffer[], position: number, done: DiskCallback): void {
    const bytes = byteLength(buffers)
    if (position + bytes > this.length) this.length = position + bytes
    if (this.#queue.length === 0 && !this.pace.mayWait(bytes)) {
      const error = this.#writeNow(buffers, bytes, position)
      done(error)
      return
    }
    this.#enqueue({ buffers, position, done })
  }

  sync(done: DiskCallback): void {
    this.#enqueue({ buffers: undefined, position: 0, done })
  }

  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    likelyCached: boolean,
    done: DiskReadCallback,
  ): void {
    if (likelyCached) {
      let bytesRead: number
      try {
        bytesRead = this.readSync(buffer, offset, length, position)
      } catch (error) {
        done(error as DiskError, 0)
        return
      }
      done(null, bytesRead)
      return
    }
    this.#reads++
    this.#readOn(buffer, offset, length, position, 0, done)
  }

  readSync(buffer: Buffer, offset: number, length: number, position: number): number {
    let total = 0
    try {
      while (total < length) {
        const count = fs.readSync(
          this.#fd,
          buffer,
          offset + total,
          length - total,
          position + total,
        )
        if (count === 0) break
        total += count
      }
    } catch (error) {
      throw diskError(error)
    }
    return total
  }

  truncate(length: number): void {
    attempt(() => fs.ftruncateSync(this.#fd, length))
    this.length = length
  }

  close(): void {
    this.#closing = true
    this.#closeIfIdle()
  }

  #writeNow(buffers: readonly Buffer[], bytes: number, position: number): DiskError | null {
    const startedAt = performance.now()
    try {
      let written =
        buffers.length === 1
          ? fs.writeSync(this.#fd, buffers[0]!, 0, bytes, position)
          : fs.writevSync(this.#fd, buffers, position)
      while (written < bytes) {
        written += fs.writevSync(this.#fd, skip(buffers, written), position + written)
      }
    } catch (error) {
      return diskError(error)
    }
    this.pace.note(startedAt)
    return null
  }

  #enqueue(operation: Operation): void {
    this.#queue.push(operation)
    if (this.#queue.length === 1) this.#next()
  }

  #next(): void {
    const operation = this.#queue[0]
    if (operation === undefined) {
      this.#closeIfIdle()
      return
    }
    if (operation.buffers === undefined) {
      fs.fdatasync(this.#fd, (error) => this.#ended(error))
    } else {
      this.#writeOn(operation.buffers, operation.position)
    }
  }

  // writev may write less than asked; the system says why only at the next attempt.
  #writeOn(buffers: readonly Buffer[], position: number): void {
    fs.writev(this.#fd, buffers, position, (error, written) => {
      if (error !== null || written === byteLength(buffers)) this.#ended(error)
      else this.#writeOn(skip(buffers, written), position + written)
    })
  }

  #ended(error: Error | null): void {
    // Taken off only after its callback: what that asks for has to queue up behind the others.
    this.#queue[0]!.done(error === null ? null : diskError(error))
    this.#queue.shift()
    this.#next()
  }

  #readOn(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    already: number,
    done: DiskReadCallback,
  ): void {
    fs.read(this.#fd, buffer, offset, length, position, (error, count) => {
      const total = already + count
      if (error === null && count > 0 && count < length) {
        this.#readOn(buffer, offset + count, length - count, position + count, total, done)
        return
      }
      this.#reads--
      done(error === null ? null : diskError(error), error === null ? total : 0)
      this.#closeIfIdle()
    })
  }

  #closeIfIdle(): void {
    if (!this.#closing || this.#closed || this.#queue.length > 0 || this.#reads > 0) return
    this.#closed = true
    fs.closeSync(this.#fd)
  }
}

/** The machine's file system. */
export class NodeDisk implements Disk {
  readonly #pace = new WritePace()
  readonly #replacing = new Map<string, { content: Buffer; done: DiskCallback }[]>()

  open(path: string, options: { readonly create?: boolean } = {}): DiskFile {
    const flags = fs.constants.O_RDWR | (options.create === true ? fs.constants.O_CREAT : 0)
    return attempt(() => new NodeFile(path, fs.openSync(path, flags), this.#pace))
  }

  readFile(path: string): Buffer | undefined {
    try {
      return fs.readFileSync(path)
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw diskError(error)
    }
  }

  writeFile(path: string, content: Buffer): void {
    attempt(() => fs.writeFileSync(path, content))
  }

  replaceFile(path: string, content: Buffer, done: DiskCallback): void {
    const waiting = this.#replacing.get(path)
    if (waiting !== undefined) {
      waiting.push({ content, done })
      return
    }
    this.#replacing.set(path, [])
    void this.#replaceAll(path, content, done)
  }

  replaceFileSync(path: string, content: Buffer): void {
    attempt(() => {
      const aside = `${path}.tmp`
      const fd = fs.openSync(aside, 'w')
      try {
        fs.writeFileSync(fd, content)
        fs.fsyncSync(fd)
      } finally {
        fs.closeSync(fd)
      }
      fs.renameSync(aside, path)
    })
    this.syncDirectory(dirname(path))
  }

  list(path: string): DiskEntry[] | undefined {
    try {
      return fs
        .readdirSync(path, { withFileTypes: true })
        .map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }))
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw diskError(error)
    }
  }

  stat(path: string): DiskStat | undefined {
    const stat = attempt(() => fs.statSync(path, { throwIfNoEntry: false }))
    if (stat === undefined) return undefined
    const isDirectory = stat.isDirectory()
    return { isDirectory, size: isDirectory ? 0 : stat.size, modifiedMs: stat.mtimeMs }
  }

  space(path: string): DiskSpace {
    const { blocks, bavail, bsize } = attempt(() => fs.statfsSync(path))
    return { totalBytes: blocks * bsize, usableBytes: bavail * bsize }
  }

  makeDirectory(path: string): void {
    attempt(() => fs.mkdirSync(path, { recursive: true }))
  }

  rename(from: string, to: string): void {
    attempt(() => fs.renameSync(from, to))
  }

  remove(path: string): void {
    attempt(() => fs.rmSync(path, { recursive: true, force: true }))
  }

  syncDirectory(path: string): void {
    // Windows has no such thing; its file system journals names.
    if (process.platform === 'win32') return
    attempt(() => {
      const fd = fs.openSync(path, 'r')
      try {
        fs.fsyncSync(fd)
      } finally {
        fs.closeSync(fd)
      }
    })
  }

  lock(path: string): Promise<DiskLock> {
    return lockDirectory(path)
  }

  atTurnEnd(task: () => void): void {
    setImmediate(task)
  }

  async #replaceAll(path: string, content: Buffer, done: DiskCallback): Promise<void> {
    const waiting = this.#replacing.get(path)!
    let next: { content: Buffer; done: DiskCallback } | undefined = { content, done }
    while (next !== undefined) {
      const error: DiskError | null = await replace(path, next.content).then(() => null, diskError)
      next.done(error)
      next = waiting.shift()
    }
    this.#replacing.delete(path)
  }
}

async function replace(path: string, content: Buffer): Promise<void> {
  const aside = `${path}.tmp`
  await fs.promises.writeFile(aside, content, { flush: true })
  await fs.promises.rename(aside, path)
  if (process.platform === 'win32') return
  const directory = await fs.promises.open(dirname(path), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
