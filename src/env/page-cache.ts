import os from 'node:os'

const CHUNK_BYTES = 1024 * 1024
/** A key holds a file's number and, below it, that of a chunk: files of up to 16 TiB. */
const CHUNKS_PER_FILE = 2 ** 24
/** Of the machine's memory, what is taken to be the system's for caching what was read or written. */
const SHARE_OF_MEMORY = 1 / 4
/** A read out of the page cache that took longer wasn't one. */
const SLOW_READ_MS = 5
/** More is better copied by a thread of the pool, while the event loop goes on. */
const MAX_SYNC_READ_BYTES = 256 * 1024

/**
 * An estimate of what the system has in its page cache: what this process has read or written lately.
 * Reading that at once costs less than half of a trip through the thread pool; where the estimate was
 * wrong the event loop has waited for the disk, and everything is forgotten.
 */
export class PageCache {
  /** Keys of chunks, those unused for longest first. */
  readonly #chunks = new Set<number>()
  readonly #maxChunks: number
  #lastFile = 0

  constructor(maxBytes = os.totalmem() * SHARE_OF_MEMORY) {
    this.#maxChunks = Math.floor(maxBytes / CHUNK_BYTES)
  }

  /** A number for a file that is opened; nothing is known of it. */
  addFile(): number {
    return ++this.#lastFile
  }

  /** These bytes of the file have been read or written. */
  used(file: number, position: number, length: number): void {
    const last = Math.floor((position + length - 1) / CHUNK_BYTES)
    for (let chunk = Math.floor(position / CHUNK_BYTES); chunk <= last; chunk++) {
      const key = file * CHUNKS_PER_FILE + chunk
      this.#chunks.delete(key)
      this.#chunks.add(key)
    }
    while (this.#chunks.size > this.#maxChunks) {
      const [oldest] = this.#chunks
      this.#chunks.delete(oldest!)
    }
  }

  /** Whether all of it is likely there, and little enough to be copied at once. */
  holds(file: number, position: number, length: number): boolean {
    if (length > MAX_SYNC_READ_BYTES) return false
    const last = Math.floor((position + length - 1) / CHUNK_BYTES)
    for (let chunk = Math.floor(position / CHUNK_BYTES); chunk <= last; chunk++) {
      if (!this.#chunks.has(file * CHUNKS_PER_FILE + chunk)) return false
    }
    return true
  }

  /** A read that was thought to be cached took so long. */
  note(tookMs: number): void {
    if (tookMs > SLOW_READ_MS) this.#chunks.clear()
  }
}
