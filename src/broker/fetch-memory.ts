import type { FetchedData } from './fetch-reader.js'

const DEFAULT_MAX_BYTES = 128 * 1024 * 1024

/**
 * Bounds the records that are on their way to clients, so that many that don't read can't fill the
 * memory: a fetch gets what room there is, but always one batch, so that every client gets on.
 */
export class FetchMemory {
  #bytes = 0

  constructor(private readonly maxBytes = DEFAULT_MAX_BYTES) {}

  /** Bytes that have been read and not sent. */
  get bytes(): number {
    return this.#bytes
  }

  /** How much a fetch may read that wants so many bytes. */
  limit(bytes: number): number {
    return Math.min(bytes, Math.max(0, this.maxBytes - this.#bytes))
  }

  /** Counts what was read. @returns what gives it back */
  take(data: FetchedData): () => void {
    this.#bytes += data.bytes
    return () => {
      this.#bytes -= data.bytes
      data.release()
    }
  }
}
