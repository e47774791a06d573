import { corrupt } from './record-error.js'

/** Bytes decompressed so far, in a buffer that grows, but never to more than a cap. */
export class GrowingBuffer {
  bytes: Buffer
  length = 0

  constructor(
    sizeHint: number,
    readonly maxBytes: number,
  ) {
    this.bytes = Buffer.allocUnsafe(Math.min(sizeHint, maxBytes))
  }

  /**
   * Makes room for `size` more bytes.
   *
   * @throws KafkaError CORRUPT_MESSAGE when that would be more than the cap
   */
  reserve(size: number): void {
    const needed = this.length + size
    if (needed > this.maxBytes) throw tooLarge(this.maxBytes)
    if (needed <= this.bytes.length) return
    const grown = Buffer.allocUnsafe(Math.min(this.maxBytes, 2 * needed))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }

  /** Makes room for `size` more bytes, or for what is left below the cap. */
  reserveUpTo(size: number): void {
    this.reserve(Math.min(size, this.maxBytes - this.length))
  }

  append(bytes: Buffer): void {
    this.reserve(bytes.length)
    this.length += bytes.copy(this.bytes, this.length)
  }

  finish(): Buffer {
    return this.bytes.subarray(0, this.length)
  }
}

export function tooLarge(maxBytes: number): Error {
  return corrupt(`compressed records come to more than ${maxBytes} bytes`)
}
