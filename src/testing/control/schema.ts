import { badRequest } from './control-error.js'

/** As JSON Schema has it, as far as it is used here (OpenAPI 3.1 takes over its words). */
export interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}

declare const described: unique symbol

/** A schema, and the type of what it allows. */
export interface Schema<T> extends JsonSchema {
  readonly [described]?: T
}

/** What a schema allows. */
export type Of<S> = S extends Schema<infer T> ? T : never

type Fields = Readonly<Record<string, Schema<unknown>>>
/** Those of an object, of which only the required ones must be there. */
type ObjectOf<R extends Fields, O extends Fields> = { readonly [K in keyof R]: Of<R[K]> } & {
  readonly [K in keyof O]?: Of<O[K]>
}

export const text = (description?: string): Schema<string> => ({
  type: 'string',
  ...(description === undefined ? {} : { description }),
})

export const whole = (
  description?: string,
  minimum?: number,
  maximum?: number,
): Schema<number> => ({
  type: 'integer',
  ...(description === undefined ? {} : { description }),
  ...(minimum === undefined ? {} : { minimum }),
  ...(maximum === undefined ? {} : { maximum }),
})

export const number = (description?: string): Schema<number> => ({
  type: 'number',
  ...(description === undefined ? {} : { description }),
})

export const flag = (description?: string): Schema<boolean> => ({
  type: 'boolean',
  ...(description === undefined ? {} : { description }),
})

export const oneOf = <const T extends string>(
  values: readonly T[],
  description?: string,
): Schema<T> => ({
  type: 'string',
  enum: values,
  ...(description === undefined ? {} : { description }),
})

export const list = <T>(items: Schema<T>, description?: string): Schema<readonly T[]> => ({
  type: 'array',
  items,
  ...(description === undefined ? {} : { description }),
})

export const object = <R extends Fields, O extends Fields = Record<never, never>>(
  required: R,
  optional?: O,
): Schema<ObjectOf<R, O>> => ({
  type: 'object',
  properties: { ...required, ...optional },
  ...(Object.keys(required).length === 0 ? {} : { required: Object.keys(required) }),
  additionalProperties: false,
})

export const nullable = <T>(schema: Schema<T>): Schema<T | null> => ({
  anyOf: [schema, { type: 'null' }],
})

/** As either of two says; of what is neither, the first tells what it has to be. */
export const either = <A, B>(
  first: Schema<A>,
  second: Schema<B>,
  description?: string,
): Schema<A | B> => ({
  ...(description === undefined ? {} : { description }),
  anyOf: [first, second],
})

/** An object whose fields may have any name, and are alike. */
export const mapOf = <T>(
  values: Schema<T>,
  description?: string,
): Schema<Readonly<Record<string, T>>> => ({
  type: 'object',
  ...(description === undefined ? {} : { description }),
  additionalProperties: values,
})

/** Any JSON. */
export const anything = (description?: string): Schema<unknown> =>
  description === undefined ? {} : { description }

/** Anything that is an object. */
export const anyObject = (description?: string): Schema<Readonly<Record<string, unknown>>> => ({
  type: 'object',
  ...(description === undefined ? {} : { description }),
})

/**
 * Sees to it that a value is what a schema says.
 *
 * @param at what to call it
 * @throws ControlError 400 that names what is wrong
 */
export function checked<T>(schema: Schema<T>, value: unknown, at: string): T {
  const wrong = mistake(schema, value, at)
  if (wrong !== undefined) throw badRequest(wrong)
  return value as T
}

/** What is wrong with a value; undefined when nothing is. */
export function mistake(schema: JsonSchema, value: unknown, at: string): string | undefined {
  const { anyOf, type, minimum = -Infinity, maximum = Infinity } = schema
  if (anyOf !== undefined) {
    const mistakes = anyOf.map((each) => mistake(each, value, at))
    if (mistakes.includes(undefined)) return undefined
    return mistakes.find((each) => each !== `${at} has to be null`)
  }
  if (type !== undefined && !isOfType(type, value)) return `${at} has to be ${told(type)}`
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return `${at} has to be ${choiceText(schema.enum, value)}`
  }
  if (typeof value === 'number' && (value < minimum || value > maximum)) {
    return `${at} has to be ${rangeText(minimum, maximum)}`
  }
  if (Array.isArray(value)) return mistakeInList(schema, value, at)
  if (typeof value === 'object' && value !== null) return mistakeInObject(schema, value, at)
  return undefined
}

function mistakeInList({ items }: JsonSchema, value: readonly unknown[], at: string) {
  if (items === undefined) return undefined
  for (const [i, each] of value.entries()) {
    const wrong = mistake(items, each, `${at}[${i}]`)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function mistakeInObject(schema: JsonSchema, value: object, at: string): string | undefined {
  const { properties = {}, required = [], additionalProperties = true } = schema
  const missing = required.find((name) => !Object.hasOwn(value, name))
  if (missing !== undefined) return `${at} needs ${missing}`
  for (const [name, each] of Object.entries(value)) {
    if (each === undefined) continue
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (known === undefined) {
      if (additionalProperties === true) continue
      if (additionalProperties === false) {
        return `${at} has no ${name}; there are ${Object.keys(properties).join(', ')}`
      }
      const wrong = mistake(additionalProperties, each, `${at}.${name}`)
      if (wrong !== undefined) return wrong
      continue
    }
    const wrong = mistake(known, each, `${at}.${name}`)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isSafeInteger(value)
    default:
      return typeof value === type
  }
}

const TOLD: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}
const told = (type: string): string => TOLD[type] ?? type

/** More than these aren't told one by one. */
const MAX_CHOICES_TOLD = 20
const CHOICES_SHOWN = 3

function choiceText(choices: readonly unknown[], value: unknown): string {
  const meant = choices.find((each) => String(each).toLowerCase() === String(value).toLowerCase())
  if (meant !== undefined) return `${meant}, in these letters`
  if (choices.length <= MAX_CHOICES_TOLD) return `one of ${choices.join(', ')}`
  const shown = choices.slice(0, CHOICES_SHOWN).join(', ')
  return `one of ${shown} and so on, of which /openapi.json lists all`
}

function rangeText(minimum: number, maximum: number): string {
  if (maximum === Infinity) return `${minimum} or more`
  return minimum === -Infinity ? `${maximum} or less` : `from ${minimum} to ${maximum}`
}

/** A query parameter's text as its schema would have it. */
export function queryValue({ type }: JsonSchema, value: string): unknown {
  if (type === 'integer' || type === 'number')
    return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
  if (type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value
  return value
}
