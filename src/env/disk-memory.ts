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
import { setImmediate, wallClockMs } from './machine-time.js'

const MIN_CHUNK_BYTES = 1024
const CHUNK_BYTES = 256 * 1024

/** Counts the bytes of all chunks against the disk's bound. */
class Space {
  used = 0

  constructor(readonly capacity: number) {}

  take(bytes: number): void {
    if (this.used + bytes > this.capacity) {
      throw new DiskError('ENOSPC', `the in-memory disk of ${this.capacity} bytes is full`)
    }
    this.used += bytes
  }
}

/** The bytes of a file: whole chunks but for the last, which doubles until it is one. */
class Content {
  length = 0
  modifiedMs = 0
  #chunks: Buffer[] = []

  constructor(private readonly space: Space) {}

  write(source: Buffer, position: number): void {
    this.#reserve(position + source.length)
    let done = 0
    while (done < source.length) {
      const at = position + done
      const chunk = this.#chunks[Math.floor(at / CHUNK_BYTES)]!
      done += source.copy(chunk, at % CHUNK_BYTES, done)
    }
    this.length = Math.max(this.length, position + source.length)
  }

  read(target: Buffer, offset: number, length: number, position: number): number {
    const end = Math.min(this.length, position + length)
    let at = position
    while (at < end) {
      const chunk = this.#chunks[Math.floor(at / CHUNK_BYTES)]!
      const from = at % CHUNK_BYTES
      const upTo = Math.min(chunk.length, from + (end - at))
      at += chunk.copy(target, offset + at - position, from, upTo)
    }
    return Math.max(0, end - position)
  }

  truncate(length: number): void {
    if (length > this.length) {
      this.#reserve(length)
    } else {
      const keep = Math.ceil(length / CHUNK_BYTES)
      for (const chunk of this.#chunks.splice(keep)) this.space.used -= chunk.length
      // What is cut off must read as zeros if the file grows over it again.
      this.#chunks[keep - 1]?.fill(0, length - (keep - 1) * CHUNK_BYTES)
    }
    this.length = length
  }

  free(): void {
    for (const chunk of this.#chunks.splice(0)) this.space.used -= chunk.length
    this.length = 0
  }

  #reserve(length: number): void {
    for (;;) {
      const last = this.#chunks.at(-1)
      const whole = last === undefined ? 0 : this.#chunks.length - 1
      const reserved = whole * CHUNK_BYTES + (last?.length ?? 0)
      if (reserved >= length) return
      if (last === undefined || last.length === CHUNK_BYTES) {
        const missing = length - reserved
        let size = MIN_CHUNK_BYTES
        while (size < missing && size < CHUNK_BYTES) size *= 2
        this.space.take(size)
        this.#chunks.push(Buffer.alloc(size))
      } else {
        this.space.take(last.length)
        const grown = Buffer.alloc(last.length * 2)
        last.copy(grown)
        this.#chunks[this.#chunks.length - 1] = grown
      }
    }
  }
}

class MemoryFile implements DiskFile {
  constructor(
    readonly path: string,
    private readonly content: Content,
    private readonly now: () => number,
  ) {}

  get length(): number {
    return this.content.length
  }

  write(buffers: readonly Buffer[], position: number, done: DiskCallback): void {
    try {
      let at = position
      for (const buffer of buffers) {
        this.content.write(buffer, at)
        at += buffer.length
      }
    } catch (error) {
      done(error as DiskError)
      return
    }
    this.content.modifiedMs = this.now()
    done(null)
  }

  sync(done: DiskCallback): void {
    done(null)
  }

  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    _likelyCached: boolean,
    done: DiskReadCallback,
  ): void {
    done(null, this.content.read(buffer, offset, length, position))
  }

  readSync(buffer: Buffer, offset: number, length: number, position: number): number {
    return this.content.read(buffer, offset, length, position)
  }

  truncate(length: number): void {
    this.content.truncate(length)
    this.content.modifiedMs = this.now()
  }

  close(): void {}
}

/**
 * Files in memory, all together bounded: what doesn't fit fails with ENOSPC. Every operation ends at
 * once.
 */
export class MemoryDisk implements Disk {
  readonly #files = new Map<string, Content>()
  readonly #directories = new Set<string>(['/'])
  readonly #locked = new Set<string>()
  readonly #space: Space

  /** @param capacity bytes that the files may take up */
  constructor(
    capacity: number,
    private readonly now: () => number = wallClockMs,
  ) {
    this.#space = new Space(capacity)
  }

  get usedBytes(): number {
    return this.#space.used
  }

  open(path: string, options: { readonly create?: boolean } = {}): DiskFile {
    let content = this.#files.get(path)
    if (content === undefined) {
      if (options.create !== true) throw new DiskError('ENOENT', `no such file: ${path}`)
      this.#needParent(path)
      content = new Content(this.#space)
      content.modifiedMs = this.now()
      this.#files.set(path, content)
    }
    return new MemoryFile(path, content, this.now)
  }

  readFile(path: string): Buffer | undefined {
    const content = this.#files.get(path)
    if (content === undefined) return undefined
    const bytes = Buffer.allocUnsafe(content.length)
    content.read(bytes, 0, bytes.length, 0)
    return bytes
  }

  writeFile(path: string, bytes: Buffer): void {
    this.#needParent(path)
    const content = new Content(this.#space)
    content.write(bytes, 0)
    content.modifiedMs = this.now()
    this.#files.get(path)?.free()
    this.#files.set(path, content)
  }

  replaceFile(path: string, content: Buffer, done: DiskCallback): void {
    try {
      this.writeFile(path, content)
    } catch (error) {
      done(error as DiskError)
      return
    }
    done(null)
  }

  replaceFileSync(path: string, content: Buffer): void {
    this.writeFile(path, content)
  }

  list(path: string): DiskEntry[] | undefined {
    if (!this.#directories.has(path)) return undefined
    const entries: DiskEntry[] = []
    const add = (child: string, isDirectory: boolean): void => {
      if (parentOf(child) === path) entries.push({ name: child.slice(prefix.length), isDirectory })
    }
    const prefix = path === '/' ? '/' : `${path}/`
    for (const file of this.#files.keys()) add(file, false)
    for (const directory of this.#directories) if (directory !== '/') add(directory, true)
    return entries
  }

  stat(path: string): DiskStat | undefined {
    if (this.#directories.has(path)) return { isDirectory: true, size: 0, modifiedMs: 0 }
    const content = this.#files.get(path)
    if (content === undefined) return undefined
    return { isDirectory: false, size: content.length, modifiedMs: content.modifiedMs }
  }

  space(): DiskSpace {
    const { capacity, used } = this.#space
    return { totalBytes: capacity, usableBytes: capacity - used }
  }

  makeDirectory(path: string): void {
    for (let at = path; at !== '/'; at = parentOf(at)) this.#directories.add(at)
  }

  rename(from: string, to: string): void {
    const content = this.#files.get(from)
    if (content !== undefined) {
      this.#files.delete(from)
      this.#files.get(to)?.free()
      this.#files.set(to, content)
      return
    }
    if (!this.#directories.has(from)) throw new DiskError('ENOENT', `no such file: ${from}`)
    for (const path of [...this.#directories].filter((path) => isWithin(path, from))) {
      this.#directories.delete(path)
      this.#directories.add(to + path.slice(from.length))
    }
    for (const [path, file] of [...this.#files].filter(([path]) => isWithin(path, from))) {
      this.#files.delete(path)
      this.#files.set(to + path.slice(from.length), file)
    }
  }

  discard(path: string, done: DiskCallback): void {
    this.remove(path)
    done(null)
  }

  remove(path: string): void {
    for (const file of [...this.#files.keys()].filter((file) => isWithin(file, path))) {
      this.#files.get(file)!.free()
      this.#files.delete(file)
    }
    for (const directory of [...this.#directories]) {
      if (isWithin(directory, path)) this.#directories.delete(directory)
    }
  }

  syncDirectory(): void {}

  lock(path: string): Promise<DiskLock> {
    if (this.#locked.has(path)) {
      return Promise.reject(new DiskError('ELOCKED', `${path} is in use by another broker`))
    }
    this.#locked.add(path)
    return Promise.resolve({ release: () => this.#locked.delete(path) })
  }

  atTurnEnd(task: () => void): void {
    setImmediate(task)
  }

  #needParent(path: string): void {
    if (!this.#directories.has(parentOf(path))) {
      throw new DiskError('ENOENT', `no such directory: ${parentOf(path)}`)
    }
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')))
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`)
}
