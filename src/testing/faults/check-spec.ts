import { ApiKey, type ApiName } from '../../protocol/api-keys.js'
import { ErrorCode, type ErrorName } from '../../protocol/errors.js'
import { nameMatcher } from '../name-matcher.js'
import type { ApiSelector, FaultKind, FaultSpec } from './fault-spec.js'

type Check = (value: unknown) => boolean

interface Rule {
  readonly check: Check
  readonly wanted: string
}

const whole: Check = (value) => Number.isSafeInteger(value)
const COUNT: Rule = {
  check: (v) => whole(v) && (v as number) >= 1,
  wanted: 'a whole number from 1',
}
const MS: Rule = { check: (v) => Number.isFinite(v) && (v as number) >= 0, wanted: 'milliseconds' }
const NUMBER: Rule = { check: whole, wanted: 'a whole number' }
const TEXT: Rule = { check: (v) => typeof v === 'string', wanted: 'text' }
const FLAG: Rule = { check: (v) => typeof v === 'boolean', wanted: 'true or false' }
const NAME: Rule = {
  check: isNameSelector,
  wanted: 'a name, or a regular expression between slashes',
}
const API: Rule = { check: isApiSelector, wanted: "an API's name as in Kafka, several, or *" }
const ERROR: Rule = { check: isError, wanted: "an error's name as in Kafka, or its code" }
const PROBABILITY: Rule = {
  check: (v) => typeof v === 'number' && v >= 0 && v <= 1,
  wanted: 'a number from 0 to 1',
}
const oneOf = (...values: readonly string[]): Rule => ({
  check: (value) => values.includes(value as string),
  wanted: values.join(' or '),
})

const SELECTORS: Readonly<Record<string, Rule>> = {
  clientId: NAME,
  topic: NAME,
  partition: NUMBER,
  group: NAME,
  transactionalId: NAME,
  broker: NUMBER,
  connection: TEXT,
}
const TRIGGERS: Readonly<Record<string, Rule>> = {
  once: FLAG,
  times: COUNT,
  onCall: COUNT,
  probability: PROBABILITY,
  seed: NUMBER,
}
const MOMENT = oneOf('before', 'after')

interface KindRules {
  readonly required?: Readonly<Record<string, Rule>>
  readonly optional?: Readonly<Record<string, Rule>>
  /** It has to do with requests, some of which may be picked out. */
  readonly selects: boolean
  readonly triggers: boolean
}

const RULES: Readonly<Record<FaultKind, KindRules>> = {
  error: {
    required: { api: API, error: ERROR },
    optional: { message: TEXT, when: MOMENT },
    selects: true,
    triggers: true,
  },
  delay: {
    required: { api: API, ms: MS },
    optional: { when: MOMENT },
    selects: true,
    triggers: true,
  },
  disconnect: { required: { api: API, when: MOMENT }, selects: true, triggers: true },
  drop: { required: { api: API }, optional: { when: MOMENT }, selects: true, triggers: true },
  throttle: { required: { api: API, ms: MS }, selects: true, triggers: true },
  blackhole: { selects: true, triggers: true },
  corrupt: { selects: true, triggers: true },
  capVersions: {
    required: { api: API, max: NUMBER },
    optional: { min: NUMBER },
    selects: false,
    triggers: false,
  },
  asVersion: { required: { release: TEXT }, selects: false, triggers: false },
  down: { selects: false, triggers: false },
  diskFull: { optional: { path: NAME }, selects: false, triggers: true },
  ioError: {
    optional: { operation: oneOf('read', 'write', 'sync'), path: NAME, code: TEXT },
    selects: false,
    triggers: true,
  },
  fenceBroker: { selects: false, triggers: false },
}

/** Every kind of fault there is. */
export const faultKinds = Object.keys(RULES) as readonly FaultKind[]

/**
 * Sees to it that a description makes sense, wherever it has come from.
 *
 * @returns the same as JSON has it
 * @throws TypeError that names what is wrong
 */
export function checkFaultSpec(spec: FaultSpec): FaultSpec {
  if (typeof spec !== 'object' || spec === null) throw new TypeError('a fault is an object')
  const rules = Object.hasOwn(RULES, spec.kind) ? RULES[spec.kind] : undefined
  if (rules === undefined) {
    throw new TypeError(`fault ${String(spec.kind)}: it has to be one of ${faultKinds.join(', ')}`)
  }
  const known: Record<string, Rule> = {
    ...rules.required,
    ...rules.optional,
    ...(rules.selects ? SELECTORS : {}),
    ...(rules.triggers ? TRIGGERS : {}),
  }
  for (const name of Object.keys(rules.required ?? {})) {
    if ((spec as unknown as Record<string, unknown>)[name] !== undefined) continue
    throw new TypeError(`fault ${spec.kind}: it needs ${name}`)
  }
  for (const [name, value] of Object.entries(spec)) {
    if (name === 'kind' || value === undefined) continue
    const rule = Object.hasOwn(known, name) ? known[name] : undefined
    if (rule === undefined) throw new TypeError(`fault ${spec.kind}: it has no ${name}`)
    if (rule.check(value)) continue
    throw new TypeError(`fault ${spec.kind}: ${name} ${String(value)} has to be ${rule.wanted}`)
  }
  return asJson(spec)
}

/** Regular expressions as text between slashes, so that a description is JSON. */
function asJson(spec: FaultSpec): FaultSpec {
  const fields = Object.entries(spec).map(([name, value]) => [
    name,
    (value as unknown) instanceof RegExp ? String(value) : value,
  ])
  return Object.fromEntries(fields) as FaultSpec
}

/** The APIs that are meant; undefined for all. */
export function selectedApis(selector: ApiSelector): ReadonlySet<number> | undefined {
  if (selector === '*') return undefined
  const names: readonly ApiName[] = typeof selector === 'string' ? [selector] : selector
  return new Set(names.map((name) => ApiKey[name]))
}

export function errorCodeOf(error: ErrorName | number): number {
  return typeof error === 'number' ? error : ErrorCode[error]
}

function isApiSelector(value: unknown): boolean {
  if (value === '*') return true
  const names = Array.isArray(value) ? value : [value]
  return names.length > 0 && names.every((n) => typeof n === 'string' && Object.hasOwn(ApiKey, n))
}

function isError(value: unknown): boolean {
  if (typeof value === 'number') return whole(value) && value !== ErrorCode.NONE
  return typeof value === 'string' && value !== 'NONE' && Object.hasOwn(ErrorCode, value)
}

function isNameSelector(value: unknown): boolean {
  if (value instanceof RegExp) return true
  if (typeof value !== 'string') return false
  try {
    nameMatcher(value)
    return true
  } catch {
    return false
  }
}
