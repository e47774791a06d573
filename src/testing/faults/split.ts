import type { WireType } from '../../protocol/codec/field.js'
import type { AnyMessage, Fields } from '../../protocol/codec/index.js'
import { type EntityKind, type EntityReader, isEntryArray, type Struct } from './entities.js'

/** What entries are meant: a test for each kind that is named. */
export type EntitySelection = Partial<Record<EntityKind, (name: string | number) => boolean>>

/** A message in two: the entries that are meant, and the others. */
export interface Split<T> {
  /** Undefined when none is. */
  readonly meant: T | undefined
  /** Undefined when all are. */
  readonly rest: T | undefined
}

type Pending = readonly EntityKind[]

/**
 * Splits a request or a response by what its entries are about. What a struct says holds for all that
 * is in it; an entry is meant when everything that the selection names has been said of it or of what
 * it is in.
 */
export class MessageSplitter {
  constructor(
    private readonly reader: EntityReader,
    private readonly selection: EntitySelection,
  ) {}

  split(message: AnyMessage, value: unknown): Split<Struct> {
    const pending = Object.keys(this.selection) as EntityKind[]
    return this.#struct(message.name, '', message.fields, value as Struct, pending)
  }

  #struct(
    message: string,
    arrayName: string,
    fields: Fields,
    value: Struct,
    pending: Pending,
  ): Split<Struct> {
    let left = pending
    for (const { kind, name } of this.reader.entities(arrayName, fields, value)) {
      if (!left.includes(kind)) continue
      if (!this.selection[kind]!(name)) return { meant: undefined, rest: value }
      left = left.filter((each) => each !== kind)
    }
    if (left.length === 0) return { meant: value, rest: undefined }
    const meant: Record<string, unknown> = { ...value }
    const rest: Record<string, unknown> = { ...value }
    let anyMeant = false
    let anyRest = false
    for (const [name, { type }] of Object.entries(fields)) {
      const values = value[name]
      if (!isEntryArray(message, name, type) || !Array.isArray(values)) continue
      const parts = this.#array(message, name, type, values, left)
      meant[name] = parts.meant
      rest[name] = parts.rest
      anyMeant ||= parts.meant.length > 0
      anyRest ||= parts.rest.length > 0
    }
    if (!anyMeant) return { meant: undefined, rest: value }
    return { meant, rest: anyRest ? rest : undefined }
  }

  #array(
    message: string,
    name: string,
    type: WireType,
    values: readonly unknown[],
    pending: Pending,
  ): { readonly meant: unknown[]; readonly rest: unknown[] } {
    const meant: unknown[] = []
    const rest: unknown[] = []
    const element = type.kind === 'array' ? type.element : type
    for (const value of values) {
      const part =
        element.kind === 'struct'
          ? this.#struct(message, name, element.fields, value as Struct, pending)
          : this.#value(name, value, pending)
      if (part.meant !== undefined) meant.push(part.meant)
      if (part.rest !== undefined) rest.push(part.rest)
    }
    return { meant, rest }
  }

  #value(arrayName: string, value: unknown, pending: Pending): Split<unknown> {
    const entity = this.reader.valueEntity(arrayName, value)
    const isMeant =
      entity !== undefined &&
      pending.length === 1 &&
      pending[0] === entity.kind &&
      this.selection[entity.kind]!(entity.name)
    return isMeant ? { meant: value, rest: undefined } : { meant: undefined, rest: value }
  }
}

/**
 * One message of two: arrays of entries hold those of both, and what both have of one entity (a topic
 * with partitions in either) is one entry. Everything else is as in `first`.
 */
export function mergeMessages(
  message: AnyMessage,
  reader: EntityReader,
  first: unknown,
  second: unknown,
): Struct {
  return mergeStructs(message.name, message.fields, reader, first as Struct, second as Struct)
}

function mergeStructs(
  message: string,
  fields: Fields,
  reader: EntityReader,
  first: Struct,
  second: Struct,
): Struct {
  const merged: Record<string, unknown> = { ...first }
  for (const [name, { type }] of Object.entries(fields)) {
    const added = second[name]
    if (!isEntryArray(message, name, type) || !Array.isArray(added)) continue
    const present = Array.isArray(first[name]) ? (first[name] as unknown[]) : []
    merged[name] = mergeArrays(message, name, type, reader, present, added)
  }
  return merged
}

function mergeArrays(
  message: string,
  name: string,
  type: WireType,
  reader: EntityReader,
  first: readonly unknown[],
  second: readonly unknown[],
): unknown[] {
  const element = type.kind === 'array' ? type.element : type
  if (element.kind !== 'struct') return [...first, ...second]
  const { fields } = element
  const keyOf = (value: unknown) => JSON.stringify(reader.entities(name, fields, value as Struct))
  const merged = [...first]
  const places = new Map(merged.map((value, index) => [keyOf(value), index]))
  for (const value of second) {
    const key = keyOf(value)
    const place = places.get(key)
    if (place === undefined || key === '[]') merged.push(value)
    else {
      const present = merged[place] as Struct
      merged[place] = mergeStructs(message, fields, reader, present, value as Struct)
    }
  }
  return merged
}
