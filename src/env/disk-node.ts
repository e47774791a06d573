import fs from 'node:fs'
import { dirname } from 'node:path'
import type {
  Disk,
  DiskCallback,
  DiskEntry,
  DiskError,
  DiskFile,
  DiskLock,
  DiskSpace,
  DiskStat,
} from './disk.js'
import { lockDirectory } from './disk-lock.js'
import { attempt, diskError } from './disk-node-error.js'
import { setImmediate } from './machine-time.js'
import { NodeFile, WritePace } from './node-file.js'
import { OpenFiles } from './open-files.js'
import { PageCache } from './page-cache.js'

/** Files that are open at a time, unless more are in use at once. */
const MAX_OPEN_FILES = 1024
/** Files that are replaced at a time; each has a descriptor open meanwhile. */
const MAX_REPLACEMENTS = 16

function isAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** As `mkdir -p`. Node's own never ends where the system denies what it has just agreed to (/proc). */
function makeDirectories(path: string): void {
  try {
    fs.mkdirSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(path) !== path) {
      makeDirectories(dirname(path))
      fs.mkdirSync(path)
    } else if (!fs.statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}

/** The machine's file system. */
export class NodeDisk implements Disk {
  readonly #pace = new WritePace()
  readonly #openFiles: OpenFiles
  readonly #pageCache = new PageCache()
  /** Of files, one by one, that wait until fewer are under way. */
  readonly #replacements: (() => Promise<void>)[] = []
  #replacementsUnderWay = 0
  readonly #replacing = new Map<string, { content: Buffer; done: DiskCallback }[]>()

  /** @param maxOpenFiles beyond so many, files that aren't in use are closed until they are again */
  constructor(maxOpenFiles = MAX_OPEN_FILES) {
    this.#openFiles = new OpenFiles(maxOpenFiles)
  }

  open(path: string, options: { readonly create?: boolean } = {}): DiskFile {
    return new NodeFile(path, options.create === true, this.#pace, this.#openFiles, this.#pageCache)
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
    this.#replacements.push(() => this.#replaceAll(path, content, done))
    this.#replaceNext()
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
    attempt(() => makeDirectories(path))
  }

  rename(from: string, to: string): void {
    for (const path of [from, to]) this.#openFiles.pinUnder(path)
    attempt(() => fs.renameSync(from, to))
  }

  remove(path: string): void {
    this.#openFiles.pinUnder(path)
    attempt(() => fs.rmSync(path, { recursive: true, force: true }))
  }

  discard(path: string, done: DiskCallback): void {
    this.#openFiles.pinUnder(path)
    fs.rm(path, { recursive: true, force: true }, (error) => {
      done(error === null ? null : diskError(error))
    })
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

  #replaceNext(): void {
    if (this.#replacementsUnderWay === MAX_REPLACEMENTS) return
    const replacement = this.#replacements.shift()
    if (replacement === undefined) return
    this.#replacementsUnderWay++
    void replacement().finally(() => {
      this.#replacementsUnderWay--
      this.#replaceNext()
    })
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
