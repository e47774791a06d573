import fs from 'node:fs'
import { type DiskCallback, DiskError, type DiskFile, type DiskReadCallback } from './disk.js'
import { attempt, diskError } from './disk-node-error.js'
import { monotonicMs } from './machine-time.js'
import type { Evictable, OpenFiles } from './open-files.js'
import type { PageCache } from './page-cache.js'

/** A larger write, or one after a slow one, goes through the thread pool. */
const MAX_SYNC_WRITE_BYTES = 8 * 1024 * 1024
/** A write into the page cache that took longer found the system throttling its writers. */
const SLOW_WRITE_MS = 5
/** How long writes keep off the event loop after a slow one. */
const SLOW_PERIOD_MS = 1000

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
export class WritePace {
  #slowUntil = 0

  mayWait(bytes: number): boolean {
    if (bytes > MAX_SYNC_WRITE_BYTES) return true
    return this.#slowUntil !== 0 && monotonicMs() < this.#slowUntil
  }

  note(startedAt: number): void {
    const now = monotonicMs()
    this.#slowUntil = now - startedAt > SLOW_WRITE_MS ? now + SLOW_PERIOD_MS : 0
  }
}

/** `buffers` undefined for a sync. */
interface Operation {
  readonly buffers: readonly Buffer[] | undefined
  readonly position: number
  readonly done: DiskCallback
}

/** A file of the machine's, whose descriptor may be closed for a while when it isn't used. */
export class NodeFile implements DiskFile, Evictable {
  length: number
  wasUsed = true
  readonly #number: number
  #fd: number | undefined
  /** The first one is under way. */
  readonly #queue: Operation[] = []
  #reads = 0
  #isMoved = false
  #isClosing = false

  constructor(
    readonly path: string,
    create: boolean,
    private readonly pace: WritePace,
    private readonly openFiles: OpenFiles,
    private readonly pageCache: PageCache,
  ) {
    this.#number = pageCache.addFile()
    const flags = fs.constants.O_RDWR | (create ? fs.constants.O_CREAT : 0)
    this.#fd = attempt(() => fs.openSync(path, flags))
    this.length = attempt(() => fs.fstatSync(this.#fd!).size)
    openFiles.add(this)
  }

  get isPinned(): boolean {
    return this.#isMoved || this.#queue.length > 0 || this.#reads > 0
  }

  pin(): void {
    this.#isMoved = true
  }

  closeDescriptor(): void {
    if (this.#fd === undefined) return
    this.openFiles.remove(this)
    const fd = this.#fd
    this.#fd = undefined
    fs.closeSync(fd)
  }

  write(buffers: readonly Buffer[], position: number, done: DiskCallback): void {
    const bytes = byteLength(buffers)
    if (position + bytes > this.length) this.length = position + bytes
    this.pageCache.used(this.#number, position, bytes)
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
    if (likelyCached || this.pageCache.holds(this.#number, position, length)) {
      this.#readNow(buffer, offset, length, position, done)
      return
    }
    let fd: number
    try {
      fd = this.#descriptor()
    } catch (error) {
      done(diskError(error), 0)
      return
    }
    this.#reads++
    this.#readOn(fd, buffer, offset, length, position, 0, done)
  }

  readSync(buffer: Buffer, offset: number, length: number, position: number): number {
    let total = 0
    try {
      while (total < length) {
        const count = fs.readSync(
          this.#descriptor(),
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
    attempt(() => fs.ftruncateSync(this.#descriptor(), length))
    this.length = length
  }

  close(): void {
    this.#isClosing = true
    this.#closeIfIdle()
  }

  #readNow(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    done: DiskReadCallback,
  ): void {
    const startedAt = monotonicMs()
    let bytesRead: number
    try {
      bytesRead = this.readSync(buffer, offset, length, position)
    } catch (error) {
      done(error as DiskError, 0)
      return
    }
    this.pageCache.note(monotonicMs() - startedAt)
    done(null, bytesRead)
  }

  #writeNow(buffers: readonly Buffer[], bytes: number, position: number): DiskError | null {
    const startedAt = monotonicMs()
    try {
      const fd = this.#descriptor()
      let written =
        buffers.length === 1
          ? fs.writeSync(fd, buffers[0]!, 0, bytes, position)
          : fs.writevSync(fd, buffers, position)
      while (written < bytes) {
        written += fs.writevSync(fd, skip(buffers, written), position + written)
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
    let fd: number
    try {
      fd = this.#descriptor()
    } catch (error) {
      this.#ended(error as Error)
      return
    }
    if (operation.buffers === undefined) fs.fdatasync(fd, (error) => this.#ended(error))
    else this.#writeOn(fd, operation.buffers, operation.position)
  }

  // writev may write less than asked; the system says why only at the next attempt.
  #writeOn(fd: number, buffers: readonly Buffer[], position: number): void {
    fs.writev(fd, buffers, position, (error, written) => {
      if (error !== null || written === byteLength(buffers)) this.#ended(error)
      else this.#writeOn(fd, skip(buffers, written), position + written)
    })
  }

  #ended(error: Error | null): void {
    // Taken off only after its callback: what that asks for has to queue up behind the others.
    this.#queue[0]!.done(error === null ? null : diskError(error))
    this.#queue.shift()
    this.#next()
  }

  #readOn(
    fd: number,
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    already: number,
    done: DiskReadCallback,
  ): void {
    fs.read(fd, buffer, offset, length, position, (error, count) => {
      const total = already + count
      if (error === null && count > 0 && count < length) {
        this.#readOn(fd, buffer, offset + count, length - count, position + count, total, done)
        return
      }
      this.#reads--
      if (error === null) this.pageCache.used(this.#number, position + count - total, total)
      done(error === null ? null : diskError(error), error === null ? total : 0)
      this.#closeIfIdle()
    })
  }

  #closeIfIdle(): void {
    if (this.#queue.length > 0 || this.#reads > 0) return
    if (this.#isClosing) this.closeDescriptor()
    else this.openFiles.trim()
  }

  /** @throws the error of node:fs where the file can't be opened again */
  #descriptor(): number {
    this.wasUsed = true
    if (this.#fd !== undefined) return this.#fd
    if (this.#isClosing) throw new DiskError('EBADF', `${this.path} is closed`)
    this.#fd = fs.openSync(this.path, fs.constants.O_RDWR)
    this.openFiles.add(this)
    return this.#fd
  }
}
