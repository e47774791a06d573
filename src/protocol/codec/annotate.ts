import type { Fields, PrimitiveKind, WireType } from './field.js'
import { type AnyMessage, hasVersion } from './message.js'
import { type FieldPlan, minBytes, planStruct, type StructPlan } from './plan.js'
import { DecodeError, Reader } from './reader.js'
import { includes } from './versions.js'

/** What one run of bytes of a message means. */
export interface Annotation {
  /** The field, e.g. `topics[0].partitions[2].index`; empty for what belongs to the whole message. */
  readonly path: string
  /** Bytes from the start of the buffer. */
  readonly offset: number
  readonly length: number
  readonly type: AnnotationType
  /**
   * The decoded value; the number of elements of an array, of tagged fields; the number or the size of
   * a tag; null where a marker or a length says so; the reason of a `malformed` part.
   */
  readonly value: unknown
}

export type AnnotationType =
  | PrimitiveKind
  /** An array's length, or a nullable struct's marker; what is in it follows. */
  | 'array'
  | 'struct'
  /** How many tagged fields follow, and then for each its number and its size. */
  | 'tag count'
  | 'tag'
  | 'tag size'
  | 'unknown tag'
  /** From here on the bytes aren't that message. */
  | 'malformed'
  /** More annotations than were asked for. */
  | 'omitted'

/** The most annotations that {@link annotate} gives unless told otherwise. */
export const DEFAULT_MAX_ANNOTATIONS = 10_000

/**
 * Explains a message byte by byte: the annotations follow each other without a gap from `offset` to
 * the message's end. Of bytes that aren't the message, the last annotation is `malformed` and covers
 * all that is left.
 *
 * @throws RangeError when the message has no such version
 */
export function annotate(
  message: AnyMessage,
  version: number,
  buffer: Buffer,
  offset = 0,
  limit = DEFAULT_MAX_ANNOTATIONS,
): Annotation[] {
  if (!hasVersion(message, version)) {
    const { min, max } = message.versions
    throw new RangeError(`${message.name} has versions ${min} to ${max}, not ${version}`)
  }
  const annotator = new Annotator(version, includes(message.flexible, version), limit)
  return annotator.run(message.fields, new Reader(buffer, offset))
}

/** Thrown when there are as many annotations as asked for. */
class LimitReached extends Error {}

class Annotator {
  private readonly out: Annotation[] = []

  constructor(
    private readonly version: number,
    private readonly flexible: boolean,
    private readonly limit: number,
  ) {}

  run(fields: Fields, reader: Reader): Annotation[] {
    const start = reader.position
    try {
      this.struct(fields, '', reader)
    } catch (error) {
      const last = this.out.at(-1)
      const offset = last === undefined ? start : last.offset + last.length
      const rest = { path: '', offset, length: reader.buffer.length - offset }
      if (error instanceof LimitReached) this.out.push({ ...rest, type: 'omitted', value: null })
      else if (!(error instanceof DecodeError)) throw error
      else this.out.push({ ...rest, type: 'malformed', value: error.message })
    }
    return this.out
  }

  /** Reads something and notes it. */
  private note<T>(path: string, type: AnnotationType, reader: Reader, read: () => T): T {
    if (this.out.length >= this.limit) throw new LimitReached()
    const offset = reader.position
    const value = read()
    this.out.push({ path, offset, length: reader.position - offset, type, value })
    return value
  }

  private struct(fields: Fields, path: string, reader: Reader): void {
    const plan = planStruct(fields, this.version, this.flexible)
    for (const field of plan.fields) {
      if (field.present && field.tag === undefined) this.field(field, path, reader)
    }
    if (plan.flexible) this.taggedFields(plan, path, reader)
  }

  private taggedFields(plan: StructPlan, path: string, reader: Reader): void {
    const uvarint = () => reader.uvarint('tagged fields')
    for (let n = this.note(path, 'tag count', reader, uvarint); n > 0; n--) {
      const tag = this.note(path, 'tag', reader, uvarint)
      const size = this.note(path, 'tag size', reader, uvarint)
      const field = plan.fields.find((each) => each.present && each.tag === tag)
      if (field !== undefined) this.field(field, path, reader)
      else this.note(path, 'unknown tag', reader, () => reader.unknownTag(tag, size).data)
    }
  }

  private field(field: FieldPlan, parent: string, reader: Reader): void {
    const path = parent === '' ? field.name : `${parent}.${field.name}`
    if (field.type.kind === 'struct' && field.nullable) {
      const tagged = field.tag !== undefined
      const marker = () => (tagged ? reader.uvarint(field.name) - 1 : reader.int8(field.name)) >= 0
      const isThere = () => (marker() ? 'present' : null)
      if (this.note(path, 'struct', reader, isThere) === null) return
    }
    this.value(field.type, path, field.nullable, field.compact, reader)
  }

  private value(
    type: WireType,
    path: string,
    nullable: boolean,
    compact: boolean,
    reader: Reader,
  ): void {
    if (type.kind === 'struct') {
      this.struct(type.fields, path, reader)
    } else if (type.kind === 'array') {
      this.array(type.element, path, nullable, compact, reader)
    } else {
      const read = () => readPrimitive(reader, type.kind, path, nullable, compact)
      this.note(path, type.kind, reader, read)
    }
  }

  private array(
    element: WireType,
    path: string,
    nullable: boolean,
    compact: boolean,
    reader: Reader,
  ): void {
    const least = minBytes(element, this.version, this.flexible)
    const count = this.note(path, 'array', reader, () => {
      const n = compact ? reader.compactCount(path, least) : reader.count(path, least)
      if (n >= 0) return n
      return nullable ? null : reader.failNull(path)
    })
    for (let i = 0; i < (count ?? 0); i++) {
      this.value(element, `${path}[${i}]`, false, compact, reader)
    }
  }
}

function readPrimitive(
  reader: Reader,
  kind: PrimitiveKind,
  path: string,
  nullable: boolean,
  compact: boolean,
): unknown {
  switch (kind) {
    case 'string':
      if (compact) return nullable ? reader.nullableCompactString(path) : reader.compactString(path)
      return nullable ? reader.nullableString(path) : reader.string(path)
    case 'bytes':
    case 'records':
      if (compact) return nullable ? reader.nullableCompactBytes(path) : reader.compactBytes(path)
      return nullable ? reader.nullableBytes(path) : reader.bytes(path)
    default:
      return reader[kind](path)
  }
}
