import type { ParsedValue } from './config-def.js'
import { ConfigException, invalidValue } from './config-exception.js'
import { javaDouble, toJavaText } from './java-text.js'

/** Throws a {@link ConfigException} when the parsed value isn't acceptable. */
export interface Validator {
  (name: string, value: ParsedValue): void
  /** Duplicate entries of a list are dropped before it is checked. */
  readonly dropsDuplicates?: boolean
}

function invalid(name: string, value: ParsedValue, reason: string): ConfigException {
  return invalidValue(name, toJavaText(value), reason)
}

function isNumber(value: ParsedValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** ConfigDef.Range without an upper end. */
export function atLeast(min: number): Validator {
  return between(min, Number.POSITIVE_INFINITY)
}

/** ConfigDef.Range, both ends included. NaN passes, as in Kafka. */
export function between(min: number, max: number): Validator {
  return (name, value) => {
    if (!isNumber(value)) throw invalid(name, value, 'Value must be non-null')
    if (value < min) throw invalid(name, value, `Value must be at least ${min}`)
    if (value > max) throw invalid(name, value, `Value must be no more than ${max}`)
  }
}

/** As {@link between}, of doubles: Java writes them with a fraction. */
export function betweenDoubles(min: number, max: number): Validator {
  return (name, value) => {
    const text = javaDouble(Number(value))
    if (Number(value) < min) throw invalidValue(name, text, `Value must be at least ${min}`)
    if (Number(value) > max) throw invalidValue(name, text, `Value must be no more than ${max}`)
  }
}

/** The levels of gzip: a range, or the codec's own default. */
export function betweenOr(min: number, max: number, also: number): Validator {
  return (name, value) => {
    if (!isNumber(value)) throw invalid(name, value, 'Value must be non-null')
    if ((value < min || value > max) && value !== also) {
      throw invalid(name, value, `Value must be between ${min} and ${max} or equal to ${also}`)
    }
  }
}

/** ConfigDef.ValidString. */
export function oneOf(...allowed: readonly string[]): Validator {
  return (name, value) => {
    if (typeof value === 'string' && allowed.includes(value)) return
    throw invalid(name, value, `String must be one of: ${allowed.join(', ')}`)
  }
}

/** ConfigDef.CaseInsensitiveValidString. */
export function oneOfIgnoringCase(...allowed: readonly string[]): Validator {
  return (name, value) => {
    if (typeof value === 'string' && allowed.includes(value.toUpperCase())) return
    throw invalid(name, value, `String must be one of (case insensitive): ${allowed.join(', ')}`)
  }
}

/** ConfigDef.NonEmptyString: null passes. */
export const nonEmptyString: Validator = (name, value) => {
  if (value === '') throw invalid(name, value, 'String must be non-empty')
}

/** ConfigDef.NonNullValidator. */
export const nonNull: Validator = (name, value) => {
  if (value === null) throw invalid(name, value, 'entry must be non null')
}

interface ListRules {
  /** Empty: any. */
  readonly allowed?: readonly string[]
  readonly emptyAllowed?: boolean
  readonly nullAllowed?: boolean
}

/** ConfigDef.ValidList. */
export function listOf(rules: ListRules): Validator {
  const { allowed = [], emptyAllowed = false, nullAllowed = false } = rules
  const validEntry = oneOf(...allowed)
  const check = (name: string, value: ParsedValue): void => {
    if (value === null) {
      if (nullAllowed) return
      throw new ConfigException(`Configuration '${name}' values must not be null.`)
    }
    if (!Array.isArray(value)) return
    if (value.length === 0 && !emptyAllowed) {
      const valid = allowed.length === 0 ? 'any non-empty value' : `[${allowed.join(', ')}]`
      const message = `Configuration '${name}' must not be empty. Valid values include: ${valid}`
      throw new ConfigException(message)
    }
    for (const entry of value as readonly string[]) {
      if (entry === '') {
        throw new ConfigException(`Configuration '${name}' values must not be empty.`)
      }
      if (allowed.length > 0) validEntry(name, entry)
    }
  }
  return Object.assign(check, { dropsDuplicates: true })
}

/** ThrottledReplicaListValidator: `*`, or partition:broker pairs, of which any may be left out. */
export const throttledReplicas: Validator = (name, value) => {
  if (!Array.isArray(value)) return
  const entries = value as readonly string[]
  if (entries.length === 1 && entries[0] === '*') return
  if (entries.every((entry) => /^([0-9]+:[0-9]+)?$/.test(entry))) return
  throw invalid(
    name,
    value,
    `${name} must be the literal '*' or a list of replicas in the following format: ` +
      '[partitionId]:[brokerId],[partitionId]:[brokerId],...',
  )
}

/** ShareGroupAutoOffsetResetStrategy: earliest, latest or a duration that isn't negative. */
export const shareAutoOffsetReset: Validator = (name, value) => {
  const prefix = 'by_duration:'
  const duration = /^P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+([.,]\d{0,9})?S)?)?$/i
  if (value === 'earliest' || value === 'latest') return
  if (typeof value === 'string' && value.startsWith(prefix)) {
    if (duration.test(value.slice(prefix.length))) return
  }
  throw invalid(
    name,
    value,
    `Invalid value \`${toJavaText(value)}\` for configuration ${name}. The value must be either ` +
      "'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.",
  )
}

/** QuorumConfig.ControllerQuorumVotersValidator: `{id}@{host}:{port}`. */
export const quorumVoters: Validator = (name, value) => {
  if (!Array.isArray(value)) return
  for (const voter of value as readonly string[]) {
    if (!/^\d+@.+:\d+$/.test(voter)) {
      throw new ConfigException(
        `Invalid configuration value for ${name}. ` +
          'Each entry should be in the form `{id}@{host}:{port}`.',
      )
    }
  }
}

/** QuorumConfig.ControllerQuorumBootstrapServersValidator: `{host}:{port}`. */
export const bootstrapServers: Validator = (name, value) => {
  if (!Array.isArray(value)) return
  for (const server of value as readonly string[]) {
    if (!/^.+:\d+$/.test(server)) {
      throw new ConfigException(
        `Failed to parse host name from ${server} for the configuration ${name}. ` +
          'Each entry should be in the form "{host}:{port}"',
      )
    }
  }
}
