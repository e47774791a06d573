import { putUuid } from './uuid.js'

/** A value that can't be put into the bytes it is for: a mistake of the caller. */
export class EncodeError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'EncodeError'
  }
}

const MAX_STRING_BYTES = 0x7fff
const TWO_32 = 2 ** 32
/** Record bytes shorter than this are copied: that costs less than a buffer more in the `writev`. */
const COPY_RECORDS_BELOW = 512

/**
 * Writes Kafka's primitive types. Record bytes are kept as chunks of their own, everything else goes
 * into buffers that grow. The last argument of a method is the name of the field, for errors.
 */
export class Writer {
  private buffer: Buffer
  /** Where in `buffer` the next byte goes. */
  private position = 0
  /** Where in `buffer` the bytes begin that aren't in `done`. */
  private start = 0
  private readonly done: Buffer[] = []
  private doneBytes = 0

  /** @param sizeHint how many bytes to make room for at first */
  constructor(sizeHint = 256) {
    this.buffer = Buffer.allocUnsafe(sizeHint)
  }

  /** Bytes written so far. */
  get length(): number {
    return this.doneBytes + this.position - this.start
  }

  /** What was written, in order. The writer is used up by it. */
  chunks(): Buffer[] {
    this.cut()
    return this.done
  }

  bool(value: boolean, field: string): void {
    if (typeof value !== 'boolean') failValue(value, 'a boolean', field)
    this.byte(value ? 1 : 0)
  }

  int8(value: number, field: string): void {
    if ((value << 24) >> 24 !== value) failValue(value, 'an int8', field)
    this.byte(value)
  }

  int16(value: number, field: string): void {
    if ((value << 16) >> 16 !== value) failValue(value, 'an int16', field)
    this.put16(value)
  }

  uint16(value: number, field: string): void {
    if ((value & 0xffff) !== value) failValue(value, 'a uint16', field)
    this.put16(value)
  }

  int32(value: number, field: string): void {
    if ((value | 0) !== value) failValue(value, 'an int32', field)
    this.put32(value)
  }

  uint32(value: number, field: string): void {
    if (value >>> 0 !== value) failValue(value, 'a uint32', field)
    this.put32(value)
  }

  int64(value: number, field: string): void {
    if (!Number.isSafeInteger(value)) failValue(value, 'a safe integer', field)
    this.put32(Math.floor(value / TWO_32))
    this.put32(value)
  }

  bigint(value: bigint, field: string): void {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) {
      failValue(value, 'a bigint of 64 bits', field)
    }
    this.room(8)
    this.position = this.buffer.writeBigInt64BE(value, this.position)
  }

  float64(value: number, field: string): void {
    if (typeof value !== 'number') failValue(value, 'a number', field)
    this.room(8)
    this.position = this.buffer.writeDoubleBE(value, this.position)
  }

  uuid(value: string, field: string): void {
    this.room(16)
    if (typeof value !== 'string' || !putUuid(value, this.buffer, this.position)) {
      failValue(value, 'a uuid', field)
    }
    this.position += 16
  }

  uvarint(value: number): void {
    this.room(5)
    let rest = value
    while (rest > 0x7f || rest < 0) {
      this.buffer[this.position++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.buffer[this.position++] = rest
  }

  string(value: string, field: string): void {
    this.text(value, 2, field)
  }

  nullableString(value: string | null, field: string): void {
    if (value === null) this.put16(-1)
    else this.text(value, 2, field)
  }

  compactString(value: string, field: string): void {
    this.text(value, 1, field)
  }

  nullableCompactString(value: string | null, field: string): void {
    if (value === null) this.byte(0)
    else this.text(value, 1, field)
  }

  bytes(value: Uint8Array, field: string): void {
    if (!(value instanceof Uint8Array)) failValue(value, 'bytes', field)
    this.put32(value.length)
    this.raw(value)
  }

  nullableBytes(value: Uint8Array | null, field: string): void {
    if (value === null) this.put32(-1)
    else this.bytes(value, field)
  }

  compactBytes(value: Uint8Array, field: string): void {
    if (!(value instanceof Uint8Array)) failValue(value, 'bytes', field)
    this.uvarint(value.length + 1)
    this.raw(value)
  }

  nullableCompactBytes(value: Uint8Array | null, field: string): void {
    if (value === null) this.byte(0)
    else this.compactBytes(value, field)
  }

  records(value: Buffer | readonly Buffer[], field: string): void {
    this.put32(recordBytes(value, field))
    this.recordChunks(value)
  }

  nullableRecords(value: Buffer | readonly Buffer[] | null, field: string): void {
    if (value === null) this.put32(-1)
    else this.records(value, field)
  }

  compactRecords(value: Buffer | readonly Buffer[], field: string): void {
    this.uvarint(recordBytes(value, field) + 1)
    this.recordChunks(value)
  }

  nullableCompactRecords(value: Buffer | readonly Buffer[] | null, field: string): void {
    if (value === null) this.byte(0)
    else this.compactRecords(value, field)
  }

  count(length: number): void {
    this.put32(length)
  }

  compactCount(length: number): void {
    this.uvarint(length + 1)
  }

  byte(value: number): void {
    this.room(1)
    this.buffer[this.position++] = value
  }

  raw(bytes: Uint8Array): void {
    this.room(bytes.length)
    this.buffer.set(bytes, this.position)
    this.position += bytes.length
  }

  /** Leaves room for the frame's size at the very beginning; `frame` fills it in. */
  beginFrame(): void {
    this.put32(0)
  }

  /** What was written after `beginFrame`, behind its size. */
  frame(): Buffer[] {
    const chunks = this.chunks()
    chunks[0]!.writeInt32BE(this.doneBytes - 4, 0)
    return chunks
  }

  /**
   * Begins a tagged field; `endTag` writes the size of what came between, which can't be record bytes.
   *
   * @returns what `endTag` wants to know
   */
  beginTag(tag: number): number {
    this.uvarint(tag)
    this.byte(0)
    return this.position - this.start
  }

  endTag(mark: number): void {
    const begin = this.start + mark
    const size = this.position - begin
    if (size < 0x80) {
      this.buffer[begin - 1] = size
      return
    }
    const extra = uvarintSize(size) - 1
    this.room(extra)
    this.moveTag(this.start + mark, size, extra)
  }

  private moveTag(begin: number, size: number, extra: number): void {
    this.buffer.copyWithin(begin + extra, begin, this.position)
    const end = this.position + extra
    this.position = begin - 1
    this.uvarint(size)
    this.position = end
  }

  private put16(value: number): void {
    this.room(2)
    const b = this.buffer
    b[this.position++] = value >> 8
    b[this.position++] = value
  }

  private put32(value: number): void {
    this.room(4)
    const b = this.buffer
    const at = this.position
    b[at] = value >> 24
    b[at + 1] = value >> 16
    b[at + 2] = value >> 8
    b[at + 3] = value
    this.position = at + 4
  }

  /** A string after its length, in two bytes or, with `prefix` 1, as a varint of the length + 1. */
  private text(value: string, prefix: 1 | 2, field: string): void {
    if (typeof value !== 'string') failValue(value, 'a string', field)
    if (value.length > MAX_STRING_BYTES) failLong(value.length, field)
    // Three bytes is the most that a UTF-16 code unit may take; three are for the length.
    this.room(3 + 3 * value.length)
    const begin = this.position
    let at = this.position + (prefix === 1 && value.length >= 0x7f ? 2 : prefix)
    const textAt = at
    const b = this.buffer
    let i = 0
    if (value.length < 32) {
      for (; i < value.length; i++) {
        const code = value.charCodeAt(i)
        if (code >= 0x80) break
        b[at++] = code
      }
    }
    if (i < value.length) at = textAt + b.write(value, textAt, 'utf8')
    this.finishText(begin, textAt, at, prefix, field)
  }

  private finishText(
    begin: number,
    textAt: number,
    end: number,
    prefix: 1 | 2,
    field: string,
  ): void {
    const length = end - textAt
    if (length > MAX_STRING_BYTES) failLong(length, field)
    const b = this.buffer
    if (prefix === 2) {
      b[begin] = length >> 8
      b[begin + 1] = length
      this.position = end
      return
    }
    // The varint's size was guessed from the characters; other than ASCII takes more.
    const needed = uvarintSize(length + 1)
    const moved = begin + needed - textAt
    if (moved !== 0) b.copyWithin(textAt + moved, textAt, end)
    this.position = begin
    this.uvarint(length + 1)
    this.position = end + moved
  }

  private recordChunks(value: Buffer | readonly Buffer[]): void {
    if (Buffer.isBuffer(value)) this.recordChunk(value)
    else for (const chunk of value) this.recordChunk(chunk)
  }

  private recordChunk(chunk: Buffer): void {
    if (chunk.length < COPY_RECORDS_BELOW) {
      this.raw(chunk)
      return
    }
    this.cut()
    this.done.push(chunk)
    this.doneBytes += chunk.length
  }

  /** Moves what is in `buffer` to the finished chunks. */
  private cut(): void {
    if (this.position === this.start) return
    this.done.push(this.buffer.subarray(this.start, this.position))
    this.doneBytes += this.position - this.start
    this.start = this.position
  }

  private room(length: number): void {
    if (this.position + length > this.buffer.length) this.grow(length)
  }

  private grow(length: number): void {
    const used = this.position - this.start
    const next = Buffer.allocUnsafe(Math.max(used + length, 2 * this.buffer.length))
    this.buffer.copy(next, 0, this.start, this.position)
    this.buffer = next
    this.start = 0
    this.position = used
  }
}

function recordBytes(value: Buffer | readonly Buffer[], field: string): number {
  if (Buffer.isBuffer(value)) return value.length
  if (!Array.isArray(value)) failValue(value, 'record batches', field)
  let length = 0
  for (const chunk of value) length += chunk.length
  return length
}

export function uvarintSize(value: number): number {
  let size = 1
  for (let rest = value >>> 7; rest !== 0; rest >>>= 7) size++
  return size
}

function failValue(value: unknown, expected: string, field: string): never {
  throw new EncodeError(`${field} must be ${expected}, not ${String(value)}`)
}

function failLong(length: number, field: string): never {
  throw new EncodeError(`${field} is a string of ${length} bytes, more than ${MAX_STRING_BYTES}`)
}
