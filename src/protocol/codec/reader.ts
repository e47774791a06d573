import { type UnknownTag, ZERO_UUID } from './field.js'

/** Bytes that aren't the message they should be. */
export class DecodeError extends Error {
  /** Where decoding stopped, in bytes from the start of the buffer. */
  readonly offset: number

  constructor(message: string, offset: number, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DecodeError'
    this.offset = offset
  }
}

/** The longest string of the protocol, in bytes (Kafka's limit, whatever the length prefix). */
const MAX_STRING_BYTES = 0x7fff
/** Up to this many bytes a string is put together faster here than by the runtime. */
const SHORT_STRING = 8
const TWO_32 = 2 ** 32

/**
 * The most array elements and unknown tags, all counted, that one message may have: two bytes on the
 * wire can become an object of a hundred, so the frame's size alone doesn't bound the memory.
 */
export const MAX_ELEMENTS = 1 << 20

/**
 * Reads Kafka's primitive types from a buffer, front to back. Every method checks its bounds and
 * throws {@link DecodeError}; its argument is the name of the field, for the error's text.
 */
export class Reader {
  constructor(
    readonly buffer: Buffer,
    public position = 0,
    private elementsLeft = MAX_ELEMENTS,
  ) {}

  get remaining(): number {
    return this.buffer.length - this.position
  }

  bool(field: string): boolean {
    return this.int8(field) !== 0
  }

  int8(field: string): number {
    const at = this.take(1, field)
    return (this.buffer[at]! << 24) >> 24
  }

  int16(field: string): number {
    const at = this.take(2, field)
    const b = this.buffer
    return ((b[at]! << 24) >> 16) | b[at + 1]!
  }

  uint16(field: string): number {
    return this.int16(field) & 0xffff
  }

  int32(field: string): number {
    const at = this.take(4, field)
    const b = this.buffer
    return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!
  }

  uint32(field: string): number {
    return this.int32(field) >>> 0
  }

  /** Saturates where a number isn't exact any more. */
  int64(field: string): number {
    const high = this.int32(field)
    const value = high * TWO_32 + (this.int32(field) >>> 0)
    if (value > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER
    if (value < Number.MIN_SAFE_INTEGER) return Number.MIN_SAFE_INTEGER
    return value
  }

  bigint(field: string): bigint {
    return this.buffer.readBigInt64BE(this.take(8, field))
  }

  float64(field: string): number {
    return this.buffer.readDoubleBE(this.take(8, field))
  }

  uuid(field: string): string {
    const at = this.take(16, field)
    const b = this.buffer
    if (b[at] === 0 && b[at + 15] === 0 && isZero(b, at, at + 16)) return ZERO_UUID
    return b.toString('base64url', at, at + 16)
  }

  /** As Java's ByteUtils: at most five bytes, of which the low 32 bits count. */
  uvarint(field: string): number {
    let value = this.uint8(field)
    if (value < 0x80) return value
    value &= 0x7f
    for (let shift = 7; shift <= 28; shift += 7) {
      const byte = this.uint8(field)
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    return this.fail(`${field}: varint of more than five bytes`)
  }

  string(field: string): string {
    return this.text(this.int16(field), field)
  }

  nullableString(field: string): string | null {
    const length = this.int16(field)
    return length < 0 ? null : this.text(length, field)
  }

  compactString(field: string): string {
    return this.text(this.uvarint(field) - 1, field)
  }

  nullableCompactString(field: string): string | null {
    const length = this.uvarint(field) - 1
    return length < 0 ? null : this.text(length, field)
  }

  bytes(field: string): Buffer {
    return this.view(this.int32(field), field)
  }

  nullableBytes(field: string): Buffer | null {
    const length = this.int32(field)
    return length < 0 ? null : this.view(length, field)
  }

  compactBytes(field: string): Buffer {
    return this.view(this.uvarint(field) - 1, field)
  }

  nullableCompactBytes(field: string): Buffer | null {
    const length = this.uvarint(field) - 1
    return length < 0 ? null : this.view(length, field)
  }

  /** The length of an array whose elements take at least `minBytes` each; -1 is null. */
  count(field: string, minBytes: number): number {
    return this.checkCount(this.int32(field), field, minBytes)
  }

  compactCount(field: string, minBytes: number): number {
    return this.checkCount(this.uvarint(field) - 1, field, minBytes)
  }

  unknownTag(tag: number, size: number): UnknownTag {
    if (--this.elementsLeft < 0) this.failElements('tagged fields')
    return { tag, data: this.view(size, `tag ${tag}`) }
  }

  fail(message: string): never {
    throw new DecodeError(message, this.position)
  }

  failNull(field: string): never {
    return this.fail(`${field} is null, which this version doesn't allow`)
  }

  private uint8(field: string): number {
    return this.buffer[this.take(1, field)]!
  }

  /** Moves on by `length` bytes and returns where they begin. */
  private take(length: number, field: string): number {
    const at = this.position
    const end = at + length
    if (end > this.buffer.length) this.failShort(length, field)
    this.position = end
    return at
  }

  private failShort(length: number, field: string): never {
    return this.fail(`${field} takes ${length} bytes, of which ${this.remaining} are there`)
  }

  private text(length: number, field: string): string {
    if (length < 0) this.failNull(field)
    if (length > MAX_STRING_BYTES) this.fail(`${field} is a string of ${length} bytes`)
    const at = this.take(length, field)
    if (length <= SHORT_STRING) {
      const short = ascii(this.buffer, at, at + length)
      if (short !== undefined) return short
    }
    return this.buffer.toString('utf8', at, at + length)
  }

  private view(length: number, field: string): Buffer {
    if (length < 0) this.failNull(field)
    const at = this.take(length, field)
    return this.buffer.subarray(at, at + length)
  }

  private checkCount(count: number, field: string, minBytes: number): number {
    if (count < 0) return -1
    if (count * minBytes > this.remaining) {
      this.fail(`${field} claims ${count} elements in the ${this.remaining} bytes that are left`)
    }
    this.elementsLeft -= count
    if (this.elementsLeft < 0) this.failElements(field)
    return count
  }

  private failElements(field: string): never {
    return this.fail(`more elements than a message may have, the last ones in ${field}`)
  }
}

function isZero(bytes: Buffer, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false
  return true
}

function ascii(bytes: Buffer, from: number, to: number): string | undefined {
  let text = ''
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!
    if (byte >= 0x80) return undefined
    text += String.fromCharCode(byte)
  }
  return text
}
