/** Sizes of the buffers kept: a fetch's usual maxima and some room for what is read before it. */
const CLASS_BYTES = [16, 80, 320, 1088, 4160].map((kilobytes) => kilobytes * 1024)
const DEFAULT_MAX_IDLE_BYTES = 32 * 1024 * 1024

/**
 * Buffers for reading, used again and again: fresh memory costs more than reading into it. The bound
 * is on what lies idle; what is in use is bounded by those who use it.
 */
export class BufferPool {
  readonly #idle: Buffer[][] = CLASS_BYTES.map(() => [])
  #idleBytes = 0

  constructor(private readonly maxIdleBytes = DEFAULT_MAX_IDLE_BYTES) {}

  get idleBytes(): number {
    return this.#idleBytes
  }

  /** A buffer of at least `size` bytes, holding whatever was in it. */
  take(size: number): Buffer {
    const sizeClass = CLASS_BYTES.findIndex((bytes) => bytes >= size)
    if (sizeClass === -1) return Buffer.allocUnsafeSlow(size)
    const buffer = this.#idle[sizeClass]!.pop()
    if (buffer === undefined) return Buffer.allocUnsafeSlow(CLASS_BYTES[sizeClass]!)
    this.#idleBytes -= buffer.length
    return buffer
  }

  /** Gives back a buffer that {@link take} gave; nobody may look at it any more. */
  give(buffer: Buffer): void {
    const sizeClass = CLASS_BYTES.indexOf(buffer.length)
    if (sizeClass === -1 || this.#idleBytes + buffer.length > this.maxIdleBytes) return
    this.#idle[sizeClass]!.push(buffer)
    this.#idleBytes += buffer.length
  }
}
