import {
  type AnyField,
  type Fields,
  type PrimitiveKind,
  type WireType,
  ZERO_UUID,
} from './field.js'
import { ALL_VERSIONS, includes } from './versions.js'

/** What one version of a message does with a field. */
export interface FieldPlan {
  readonly name: string
  readonly type: WireType
  /** The version has the field. */
  readonly present: boolean
  readonly nullable: boolean
  readonly compact: boolean
  readonly ignorable: boolean
  /** Its tag, undefined when it stands in line with the others. */
  readonly tag: number | undefined
  /** The default: null, a primitive, or undefined for an empty array, bytes, or struct of defaults. */
  readonly fallback: unknown
  /** Encoding may do without it even if it is an array: there are versions that lack it. */
  readonly mayBeLeftOut: boolean
}

/** One version of a struct: its fields in schema order. */
export interface StructPlan {
  readonly flexible: boolean
  readonly fields: readonly FieldPlan[]
}

export function planStruct(fields: Fields, version: number, flexible: boolean): StructPlan {
  return {
    flexible,
    fields: Object.entries(fields).map(([name, field]) =>
      planField(name, field, version, flexible),
    ),
  }
}

function planField(name: string, field: AnyField, version: number, flexible: boolean): FieldPlan {
  const { versions, nullable, ignorable, tag, fallback, inflexible } = field.modifiers
  const present = includes(versions, version) && (tag === undefined || flexible)
  return {
    name,
    type: field.type,
    present,
    nullable: present && includes(nullable, version),
    compact: flexible && !inflexible,
    ignorable,
    tag,
    fallback: fallback === undefined ? zeroOf(field.type) : fallback,
    mayBeLeftOut: versions !== ALL_VERSIONS,
  }
}

/** What to do with an array's element, which can't be null and has the array's name in errors. */
export function elementPlan(name: string, type: WireType, compact: boolean): FieldPlan {
  return {
    name,
    type,
    present: true,
    nullable: false,
    compact,
    ignorable: false,
    tag: undefined,
    fallback: undefined,
    mayBeLeftOut: false,
  }
}

const ZEROS: Partial<Record<PrimitiveKind, unknown>> = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0,
  bigint: 0n,
  float64: 0,
  uuid: ZERO_UUID,
  string: '',
  records: null,
}

function zeroOf(type: WireType): unknown {
  return type.kind === 'array' || type.kind === 'struct' ? undefined : ZEROS[type.kind]
}

const FIXED_SIZES: Partial<Record<WireType['kind'], number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  bigint: 8,
  float64: 8,
  uuid: 16,
}

/**
 * The fewest bytes that a value of this type takes, at least one: an array can't have more elements
 * than its message has room for.
 */
export function minBytes(type: WireType, version: number, flexible: boolean): number {
  const fixed = FIXED_SIZES[type.kind]
  if (fixed !== undefined) return fixed
  if (type.kind === 'string') return flexible ? 1 : 2
  if (type.kind !== 'struct') return flexible ? 1 : 4
  let total = flexible ? 1 : 0
  for (const field of planStruct(type.fields, version, flexible).fields) {
    if (!field.present || field.tag !== undefined) continue
    const nullableStruct = field.type.kind === 'struct' && field.nullable
    total += nullableStruct ? 1 : minBytes(field.type, version, field.compact)
  }
  return Math.max(total, 1)
}
