/**
 * Called once, when an operation has ended. It may be called before the function that was given it
 * returns: that is the fast path.
 */
export type DiskCallback = (error: DiskError | null) => void

/** Like {@link DiskCallback}, with how many bytes were read (fewer than asked only at the end). */
export type DiskReadCallback = (error: DiskError | null, bytesRead: number) => void

/** A failed disk operation. */
export class DiskError extends Error {
  /**
   * @param code the system's name: ENOSPC, EIO, ENOENT, EEXIST, EROFS, ELOCKED for a directory that
   *   another process holds, and so on
   */
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'DiskError'
  }
}

/**
 * One open file. Positions and lengths are bytes. The completions of the writes and syncs of one file
 * come in the order in which they were asked for, so that a caller may write several times without
 * waiting; what is written is on the way to the disk, and safe only after a {@link DiskFile.sync}.
 */
export interface DiskFile {
  readonly path: string
  /** Length of the file, with what has been asked for but not completed. */
  readonly length: number
  /**
   * Writes the buffers one after the other from `position`. They mustn't change until `done` was
   * called. A failed write may have left any part of its bytes.
   */
  write(buffers: readonly Buffer[], position: number, done: DiskCallback): void
  /** Makes everything written before survive a crash, and the file's length. */
  sync(done: DiskCallback): void
  /**
   * Reads up to `length` bytes into `buffer` at `offset`. With `likelyCached` the bytes are expected
   * in the page cache and are read at once; otherwise the wait is kept off the event loop.
   */
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    likelyCached: boolean,
    done: DiskReadCallback,
  ): void
  /** The same at once, for recovery and small reads. Returns how many bytes were read. */
  readSync(buffer: Buffer, offset: number, length: number, position: number): number
  /**
   * Cuts or extends (with zeros) the file, at once; no write may be in flight.
   *
   * @throws DiskError
   */
  truncate(length: number): void
  /** Closes the file once what is under way has ended. Harmless the second time. */
  close(): void
}

/** What a directory holds. */
export interface DiskEntry {
  readonly name: string
  readonly isDirectory: boolean
}

/** A file or a directory. */
export interface DiskStat {
  readonly isDirectory: boolean
  /** Bytes; 0 for a directory. */
  readonly size: number
  /** Milliseconds since the Unix epoch. */
  readonly modifiedMs: number
}

/** How large a file system is. */
export interface DiskSpace {
  /** Bytes of the whole. */
  readonly totalBytes: number
  /** Bytes that may still be written. */
  readonly usableBytes: number
}

/** A hold on a directory, which ends with {@link DiskLock.release} or with the process. */
export interface DiskLock {
  release(): void
}

/**
 * Files and directories, by absolute path with `/` between the parts. What isn't completion-based
 * here works at once; it is used at start, at a roll, and for small files. Everything throws
 * {@link DiskError}, except that asking for what isn't there is no error where the result says so.
 */
export interface Disk {
  /** Opens a file for reading and writing; with `create` an absent one is made, empty. */
  open(path: string, options?: { readonly create?: boolean }): DiskFile
  /** The whole content, undefined where there is no such file. */
  readFile(path: string): Buffer | undefined
  /** Makes or replaces a file; not atomic and not synced. */
  writeFile(path: string, content: Buffer): void
  /**
   * Replaces a file so that after a crash either the old or the new content is there: written aside
   * as `path` + `.tmp`, synced, renamed, the directory synced. Replacements of one path happen in the
   * order in which they were asked for.
   */
  replaceFile(path: string, content: Buffer, done: DiskCallback): void
  /** The same at once, waiting for the disk; for start and stop, when none of that path is under way. */
  replaceFileSync(path: string, content: Buffer): void
  /** What the directory holds in no particular order, undefined where there is none. */
  list(path: string): DiskEntry[] | undefined
  /** Undefined where there is nothing of that path. */
  stat(path: string): DiskStat | undefined
  /** Of the file system that holds `path`. */
  space(path: string): DiskSpace
  /** Makes a directory, and those above it. */
  makeDirectory(path: string): void
  /** Replaces what is at `to`. */
  rename(from: string, to: string): void
  /** Deletes a file, or a directory with all it holds. Harmless when it isn't there. */
  remove(path: string): void
  /**
   * The same off the event loop, which a large file would hold for long; for what nobody uses any
   * more.
   */
  discard(path: string, done: DiskCallback): void
  /** Makes creations, renames and deletions in the directory survive a crash. */
  syncDirectory(path: string): void
  /**
   * Holds a directory against every other user of it until released.
   *
   * @throws DiskError with code ELOCKED and a message that says who holds it
   */
  lock(path: string): Promise<DiskLock>
  /** Calls `task` once this turn of the event loop has handed out everything that had arrived. */
  atTurnEnd(task: () => void): void
}
