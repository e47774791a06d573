import type { AnyField, WireType } from '../../protocol/codec/field.js'
import type { AnyMessage, Fields } from '../../protocol/codec/index.js'
import { ZERO_UUID } from '../../protocol/codec/index.js'
import { ErrorCode } from '../../protocol/errors.js'
import {
  type Entity,
  type EntityKind,
  type EntityReader,
  identityOf,
  isEntryArray,
  type Struct,
} from './entities.js'

/** `errorCode`, `partitionErrorCode`: what an entry came to. Others of that ending say more of it. */
const ERROR_CODES = new Set(['errorCode', 'partitionErrorCode'])
const ERROR_MESSAGE = 'errorMessage'
/** What isn't known when something has failed, which Kafka writes as -1. */
const UNKNOWN_WHEN_FAILED = /offset|timestamp|leader|watermark|epoch|producerid|timems/i

export interface InjectedError {
  readonly code: number
  /** Null where there is nothing to be said beside the code. */
  readonly message: string | null
  /**
   * What has failed: entries about that, and not those that they are in. Undefined: the outermost
   * entries that have a place for an error.
   */
  readonly level: EntityKind | undefined
}

const isErrorCode = (name: string): boolean => ERROR_CODES.has(name)

function errorCodeOf(fields: Fields): string | undefined {
  return Object.keys(fields).find(isErrorCode)
}

/** Whether a struct, or one in it, says what became of it. */
function tellsErrors(type: WireType): boolean {
  if (type.kind === 'array') return tellsErrors(type.element)
  if (type.kind !== 'struct') return false
  return errorCodeOf(type.fields) !== undefined || Object.values(type.fields).some(fieldTellsErrors)
}

/** The field of an entry that says what became of it, unless that is to be said of entries in it. */
function ownErrorOf(
  arrayName: string,
  fields: Fields,
  level: EntityKind | undefined,
): string | undefined {
  const own = errorCodeOf(fields)
  if (own === undefined || level === undefined) return own
  const kinds = Object.keys(fields).map((name) => identityOf(arrayName, name))
  if (kinds.includes(level) || (level === 'topic' && kinds.includes('topicId'))) return own
  const isInside = Object.values(fields).some(
    ({ type }) => type.kind === 'array' && tellsErrors(type),
  )
  return isInside ? undefined : own
}

const fieldTellsErrors = ({ type }: AnyField): boolean => tellsErrors(type)

/** Whether a response has places for errors at entries that say what they are about. */
export function tellsOfEntries({ fields }: AnyMessage): boolean {
  return hasEntriesWithErrors(fields)
}

function hasEntriesWithErrors(fields: Fields): boolean {
  return Object.entries(fields).some(([name, { type }]) => {
    if (type.kind !== 'array' || type.element.kind !== 'struct' || !tellsErrors(type)) return false
    const { fields: inside } = type.element
    const kinds = Object.keys(inside).map((each) => identityOf(name, each))
    return kinds.some((kind) => kind !== undefined) || hasEntriesWithErrors(inside)
  })
}

/**
 * The same entries, failed: an error stands at the entry itself if it has a place for one, else at
 * those in it. What they are about stays, and what isn't known of something that failed goes.
 *
 * @param isWhole the message's own error is set too
 */
export function failEntries(
  message: AnyMessage,
  value: unknown,
  error: InjectedError,
  isWhole: boolean,
): Struct {
  const failed: Record<string, unknown> = { ...(value as Struct) }
  for (const [name, { type }] of Object.entries(message.fields)) {
    if (isWhole && isErrorCode(name)) failed[name] = error.code
    if (type.kind !== 'array' || !tellsErrors(type) || !Array.isArray(failed[name])) continue
    failed[name] = failArray(name, type, failed[name] as unknown[], error)
  }
  return failed
}

/** A message that says nothing of what it is about: no entries, and no error of all of it. */
export function withoutFailures(value: Struct): Struct {
  const emptied = Object.entries(value).map(([name, each]) => {
    if (Array.isArray(each)) return [name, []]
    if (isErrorCode(name)) return [name, ErrorCode.NONE]
    return [name, name === ERROR_MESSAGE ? null : each]
  })
  return Object.fromEntries(emptied)
}

function failArray(
  name: string,
  type: WireType,
  values: unknown[],
  error: InjectedError,
): unknown[] {
  const element = type.kind === 'array' ? type.element : type
  if (element.kind !== 'struct') return values
  return values.map((value) => failStruct(name, element.fields, value as Struct, error))
}

function failStruct(
  arrayName: string,
  fields: Fields,
  value: Struct,
  error: InjectedError,
): Struct {
  const ownError = ownErrorOf(arrayName, fields, error.level)
  const failed: Record<string, unknown> = { ...value }
  for (const [name, { type }] of Object.entries(fields)) {
    if (name === ownError) failed[name] = error.code
    else if (name === ERROR_MESSAGE) failed[name] = error.message
    else if (type.kind === 'array' && tellsErrors(type) && Array.isArray(value[name])) {
      failed[name] = ownError === undefined ? failArray(name, type, value[name], error) : []
    } else if (ownError !== undefined && identityOf(arrayName, name) === undefined) {
      failed[name] = whenFailed(name, type, value[name])
    }
  }
  return failed
}

function whenFailed(name: string, { kind }: WireType, value: unknown): unknown {
  if (kind === 'records') return null
  if (!UNKNOWN_WHEN_FAILED.test(name)) return value
  if (kind === 'bigint') return -1n
  return kind === 'int64' || kind === 'int32' ? -1 : value
}

/**
 * The entries that a response has for those of a request, all of them failed: made from the schemas,
 * by what either says that its entries are about.
 */
export function entriesFor(
  request: AnyMessage,
  asked: Struct,
  response: AnyMessage,
  reader: EntityReader,
  error: InjectedError,
): Struct {
  return new EntryMirror(request, response, reader, error).entries(asked)
}

class EntryMirror {
  constructor(
    private readonly request: AnyMessage,
    private readonly response: AnyMessage,
    private readonly reader: EntityReader,
    private readonly error: InjectedError,
  ) {}

  entries(asked: Struct): Struct {
    return this.#arrays(this.request.fields, asked, this.response.fields)
  }

  #arrays(from: Fields, asked: Struct, to: Fields): Record<string, unknown> {
    const made: Record<string, unknown> = {}
    for (const [name, { type }] of Object.entries(to)) {
      if (type.kind !== 'array' || type.element.kind !== 'struct' || !tellsErrors(type)) continue
      const { fields } = type.element
      const kind = kindOf(name, fields)
      if (kind === undefined) continue
      made[name] = this.#askedFor(kind, from, asked).map((entry) =>
        this.#struct(name, fields, entry),
      )
    }
    return made
  }

  /** The entries of a request that say something of that kind. */
  #askedFor(kind: EntityKind, from: Fields, asked: Struct): Asked[] {
    return Object.entries(from).flatMap(([name, { type }]): Asked[] => {
      const values = asked[name]
      if (!isEntryArray(this.request.name, name, type) || !Array.isArray(values)) return []
      const element = (type as { readonly element: WireType }).element
      return values.flatMap((value): Asked[] => {
        const isStruct = element.kind === 'struct'
        const fields = isStruct ? element.fields : {}
        const entities = isStruct
          ? this.reader.entities(name, fields, value as Struct)
          : [this.reader.valueEntity(name, value)].flatMap((each) => each ?? [])
        const isMeant = entities.some((each) => each.kind === kind)
        return isMeant ? [{ entities, fields, value: isStruct ? (value as Struct) : {} }] : []
      })
    })
  }

  #struct(arrayName: string, fields: Fields, { entities, fields: from, value }: Asked): Struct {
    const ownError = ownErrorOf(arrayName, fields, this.error.level)
    const made: Record<string, unknown> =
      ownError === undefined ? this.#arrays(from, value, fields) : {}
    for (const [name, field] of Object.entries(fields)) {
      if (name in made) continue
      const identity = identityOf(arrayName, name)
      if (name === ownError) made[name] = this.error.code
      else if (name === ERROR_MESSAGE) made[name] = this.error.message
      else if (identity === 'topicId') made[name] = value.topicId ?? ZERO_UUID
      else if (identity !== undefined) {
        made[name] = value[name] ?? entities.find(({ kind }) => matches(kind, identity))?.name
      } else made[name] = zeroOf(name, field)
    }
    return made
  }
}

interface Asked {
  readonly entities: readonly Entity[]
  readonly fields: Fields
  readonly value: Struct
}

function matches(kind: EntityKind, identity: string): boolean {
  return identity === kind || identity === 'resource' || identity === 'coordinatorKey'
}

/** What the entries of an array are about first of all. */
function kindOf(arrayName: string, fields: Fields): EntityKind | undefined {
  const kinds = Object.keys(fields).map((name) => identityOf(arrayName, name))
  if (kinds.includes('topic') || kinds.includes('topicId')) return 'topic'
  return (['partition', 'group', 'transactionalId'] as const).find((kind) => kinds.includes(kind))
}

function zeroOf(name: string, { type, modifiers }: AnyField): unknown {
  const { fallback } = modifiers
  if (fallback !== undefined) return fallback
  switch (type.kind) {
    case 'array':
      return []
    case 'string':
      return ''
    case 'uuid':
      return ZERO_UUID
    case 'bool':
      return false
    case 'bytes':
      return Buffer.alloc(0)
    case 'records':
      return null
    case 'struct':
      return Object.fromEntries(Object.entries(type.fields).map(([n, f]) => [n, zeroOf(n, f)]))
    case 'bigint':
      return UNKNOWN_WHEN_FAILED.test(name) ? -1n : 0n
    default:
      return UNKNOWN_WHEN_FAILED.test(name) ? -1 : 0
  }
}
