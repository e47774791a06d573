const SIZE_BYTES = 4
/** Pieces of at least this size are kept as they came; smaller ones are gathered. */
const PIECE_BYTES = 8 * 1024
/** What small pieces are gathered in: as much as has come so far, within these bounds. */
const MIN_GATHERED_BYTES = 256
const MAX_GATHERED_BYTES = 64 * 1024

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
 * within one chunk is a view of it; what comes in several chunks is put together when it is complete.
 * Until then memory is taken for what has come, not for what a size promises.
 */
export class FrameReader {
  /** The beginning of the frame that isn't complete, its size included: these, then `#gathered`. */
  #pieces: Buffer[] = []
  /** Room for small pieces, of which the first `#gatheredBytes` are taken. */
  #gathered = NOTHING
  #gatheredBytes = 0
  /** Bytes of the incomplete frame that have come. */
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
      this.#need = SIZE_BYTES + this.#sizeAt(this.#gathered, 0)
    }
    const end = Math.min(chunk.length, at + this.#need - this.#have)
    this.#keep(chunk, at, end)
    if (this.#have === this.#need) onFrame(this.#take())
    return end
  }

  #keep(chunk: Buffer, from: number, to: number): void {
    const length = to - from
    this.#have += length
    // A piece mustn't keep a chunk alive that is mostly of other frames.
    if (length >= PIECE_BYTES && 2 * length >= chunk.buffer.byteLength) {
      this.#endGathering()
      this.#pieces.push(chunk.subarray(from, to))
      return
    }
    if (this.#gatheredBytes + length > this.#gathered.length) {
      this.#endGathering()
      const capacity = Math.min(Math.max(2 * this.#have, MIN_GATHERED_BYTES), MAX_GATHERED_BYTES)
      this.#gathered = Buffer.allocUnsafeSlow(Math.max(capacity, length))
    }
    chunk.copy(this.#gathered, this.#gatheredBytes, from, to)
    this.#gatheredBytes += length
  }

  #endGathering(): void {
    if (this.#gatheredBytes > 0) this.#pieces.push(this.#gathered.subarray(0, this.#gatheredBytes))
    this.#gathered = NOTHING
    this.#gatheredBytes = 0
  }

  /** The frame that is complete, without its size. */
  #take(): Buffer {
    this.#endGathering()
    const pieces = this.#pieces
    const whole = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, this.#need)
    this.#pieces = []
    this.#have = 0
    this.#need = SIZE_BYTES
    return whole.subarray(SIZE_BYTES)
  }

  #sizeAt(bytes: Buffer, at: number): number {
    const size = bytes.readInt32BE(at)
    if (size < 0 || size > this.maxFrameBytes) {
      throw new FrameError(`a frame of ${size} bytes; 0 to ${this.maxFrameBytes} are allowed`)
    }
    return size
  }
}
