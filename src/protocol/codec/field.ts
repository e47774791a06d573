import {
  ALL_VERSIONS,
  NO_VERSIONS,
  parseVersions,
  type Versions,
  type VersionText,
} from './versions.js'

/** The all-zero id, which Kafka writes where there is none. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

/** A tagged field that this schema doesn't know (KIP-482). It is kept, and written back. */
export interface UnknownTag {
  readonly tag: number
  readonly data: Buffer
}

export type PrimitiveKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'bigint'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'

export type WireType =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: 'array'; readonly element: WireType }
  | { readonly kind: 'struct'; readonly fields: Fields }

interface Modifiers {
  readonly versions: Versions
  readonly nullable: Versions
  readonly ignorable: boolean
  readonly tag: number | undefined
  /** The default; undefined when the schema names none, so that it is the type's zero. */
  readonly fallback: unknown
  readonly inflexible: boolean
}

const PLAIN: Modifiers = {
  versions: ALL_VERSIONS,
  nullable: NO_VERSIONS,
  ignorable: false,
  tag: undefined,
  fallback: undefined,
  inflexible: false,
}

/**
 * One field of a message: its type and the rules of Kafka's schema language about it. Immutable;
 * each modifier gives a new field, so that a schema reads `string.in('3+').nullable.default(null)`.
 *
 * `Value` is what decoding gives, `Input` what encoding takes; `Optional` says that encoding may do
 * without it, and takes the default.
 */
export class Field<Value, Input, Optional extends boolean> {
  declare readonly $value: Value
  declare readonly $input: Input
  declare readonly $optional: Optional

  constructor(
    readonly type: WireType,
    readonly modifiers: Modifiers = PLAIN,
  ) {}

  /** The versions that have this field; all of them unless said. */
  in(versions: VersionText): Field<Value, Input, true> {
    return this.with({ versions: parseVersions(versions) })
  }

  /** May be null in every version that has it. */
  get nullable(): Field<Value | null, Input | null, Optional> {
    return this.with({ nullable: ALL_VERSIONS })
  }

  /** May be null in these versions. */
  nullableIn(versions: VersionText): Field<Value | null, Input | null, Optional> {
    return this.with({ nullable: parseVersions(versions) })
  }

  /** The value where the version lacks the field, or where encoding is given none. */
  default(fallback: Value): Field<Value, Input, true> {
    return this.with({ fallback })
  }

  /**
   * A value that a version has no place for is dropped in silence. Without this, encoding anything
   * but the default into such a version is an error.
   */
  get ignorable(): Field<Value, Input, Optional> {
    return this.with({ ignorable: true })
  }

  /** A tagged field of flexible versions: written only when it isn't the default (KIP-482). */
  tagged(tag: number): Field<Value, Input, true> {
    return this.with({ tag })
  }

  /** Keeps the old, not compact form in flexible versions too (the client id of a header). */
  get inflexible(): Field<Value, Input, Optional> {
    return this.with({ inflexible: true })
  }

  private with<V, I, O extends boolean>(change: Partial<Modifiers>): Field<V, I, O> {
    return new Field<V, I, O>(this.type, { ...this.modifiers, ...change })
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a field of any type
export type AnyField = Field<any, any, boolean>
export type Fields = { readonly [name: string]: AnyField }

/** What decoding a struct gives: every field, those that the version lacks with their defaults. */
export type StructValue<F extends Fields> = { -readonly [K in keyof F]: F[K]['$value'] } & {
  unknownTags?: UnknownTag[]
}

type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K]['$optional'] extends true ? K : never
}[keyof F]

/** What encoding a struct takes. */
export type StructInput<F extends Fields> = {
  readonly [K in Exclude<keyof F, OptionalKeys<F>>]: F[K]['$input']
} & {
  readonly [K in OptionalKeys<F>]?: F[K]['$input']
} & { readonly unknownTags?: readonly UnknownTag[] }

type StructField<F extends Fields> = Field<StructValue<F>, StructInput<F>, false>

function primitive<Value, Input = Value>(kind: PrimitiveKind): Field<Value, Input, false> {
  return new Field({ kind })
}

export const bool = primitive<boolean>('bool')
export const int8 = primitive<number>('int8')
export const int16 = primitive<number>('int16')
export const uint16 = primitive<number>('uint16')
export const int32 = primitive<number>('int32')
export const uint32 = primitive<number>('uint32')
/** 64 bits as a number; decoding saturates at `Number.MIN_SAFE_INTEGER` and `MAX_SAFE_INTEGER`. */
export const int64 = primitive<number>('int64')
/** 64 bits exactly, for values that a client stores with us or gets back. */
export const bigint = primitive<bigint>('bigint')
export const float64 = primitive<number>('float64')
/** Kafka's text form: 22 characters of base64url. */
export const uuid = primitive<string>('uuid')
export const string = primitive<string>('string')
/** Decoding gives a view of the message's buffer. */
export const bytes = primitive<Buffer, Uint8Array>('bytes')
/** Record batches: decoding gives a view; encoding doesn't copy them, and takes them in pieces too. */
export const records = primitive<Buffer, Buffer | readonly Buffer[]>('records')

export function struct<F extends Fields>(fields: F): StructField<F> {
  return new Field({ kind: 'struct', fields })
}

/** An array of a field's type, or of a struct with these fields. */
export function array<V, I>(element: Field<V, I, boolean>): Field<V[], readonly I[], false>
export function array<F extends Fields>(
  fields: F,
): Field<StructValue<F>[], readonly StructInput<F>[], false>
export function array(element: AnyField | Fields): AnyField {
  const type: WireType =
    element instanceof Field ? element.type : { kind: 'struct', fields: element }
  return new Field({ kind: 'array', element: type })
}
