const SIZE_BYTES = 4
const MIN_CAPACITY = 1024
/** The whole frame is made room for once this part of it has come. */
const WHOLE_FROM = 1 / 4

const NOTHING = Buffer.alloc(0)

/** A frame that can't be: its connection is to be closed. */
export class FrameError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'FrameError'
  }
}

/**
 * Cuts a stream of bytes into frames: a size of four bytes, then so many bytes. A frame that lies
 * within one chunk is a view of it; what comes in several chunks is copied. Memory is taken for what
 * has come, not for what a size promises.
 */
export class FrameReader {
  /** The beginning of the frame that isn't complete, its size included. */
  #buffer = NOTHING
  #have = 0
  /** Bytes of that frame with its size; 4 until that is known. */
  #need = SIZE_BYTES

  /** @param maxFrameBytes `socket.request.max.bytes` */
  constructor(private readonly maxFrameBytes: number) {}

  /** Bytes kept of a frame that isn't complete. */
  get heldBytes(): number {
    return this.#have
  }

  /**
   * Takes the next bytes of the stream and calls `onFrame` for each frame they complete.
   *
   * @throws FrameError
   */
  push(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    let at = this.#have > 0 ? this.#complete(chunk, onFrame) : 0
    while (chunk.length - at >= SIZE_BYTES) {
      const end = at + SIZE_BYTES + this.#sizeAt(chunk, at)
      if (end > chunk.length) {
        this.#need = end - at
        break
      }
      onFrame(chunk.subarray(at + SIZE_BYTES, end))
      at = end
    }
    if (at < chunk.length) this.#keep(chunk, at, chunk.length)
  }

  /** Adds to the incomplete frame. @returns how much of the chunk that took */
  #complete(chunk: Buffer, onFrame: (frame: Buffer) => void): number {
    let at = 0
    if (this.#have < SIZE_BYTES) {
      at = Math.min(SIZE_BYTES - this.#have, chunk.length)
      this.#keep(chunk, 0, at)
      if (this.#have < SIZE_BYTES) return at
      this.#need = SIZE_BYTES + this.#sizeAt(this.#buffer, 0)
    }
    const end = Math.min(chunk.length, at + this.#need - this.#have)
    this.#keep(chunk, at, end)
    if (this.#have === this.#need) {
      const frame = this.#buffer.subarray(SIZE_BYTES, this.#need)
      this.#buffer = NOTHING
      this.#have = 0
      this.#need = SIZE_BYTES
      onFrame(frame)
    }
    return end
  }

  #keep(chunk: Buffer, from: number, to: number): void {
    const have = this.#have + to - from
    if (have > this.#buffer.length) this.#grow(have)
    chunk.copy(this.#buffer, this.#have, from, to)
    this.#have = have
  }

  #grow(have: number): void {
    const isWhole = have >= this.#need * WHOLE_FROM
    const capacity = isWhole ? Math.max(this.#need, have) : Math.max(2 * have, MIN_CAPACITY)
    const buffer = Buffer.allocUnsafeSlow(capacity)
    this.#buffer.copy(buffer, 0, 0, this.#have)
    this.#buffer = buffer
  }

  #sizeAt(bytes: Buffer, at: number): number {
    const size = bytes.readInt32BE(at)
    if (size < 0 || size > this.maxFrameBytes) {
      throw new FrameError(`a frame of ${size} bytes; 0 to ${this.maxFrameBytes} are allowed`)
    }
    return size
  }
}
