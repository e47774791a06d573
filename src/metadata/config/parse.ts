import type { ConfigKey, ConfigType, ParsedValue } from './config-def.js'
import { ConfigException, invalidValue } from './config-exception.js'
import { javaDouble, javaTrim } from './java-text.js'

const INTEGER_BITS = { SHORT: 16n, INT: 32n, LONG: 64n } as const

/** What a list is split at; blanks are those of Java's regular expressions. */
const COMMA = /[ \t\n\v\f\r]*,[ \t\n\v\f\r]*/

/** How Java's `Double.parseDouble` writes a decimal number (its hexadecimal form is left out). */
const DOUBLE = /^[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?[fd]?)$/i

function parseInteger(name: string, given: string, type: keyof typeof INTEGER_BITS): bigint {
  const text = javaTrim(given)
  if (/^[+-]?\d+$/.test(text)) {
    const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
    if (BigInt.asIntN(Number(INTEGER_BITS[type]), value) === value) return value
  }
  throw invalidValue(name, given, `Not a number of type ${type}`)
}

function parseDouble(name: string, given: string): number {
  const text = javaTrim(given)
  if (!DOUBLE.test(text)) throw invalidValue(name, given, 'Not a number of type DOUBLE')
  return Number(/[fd]$/i.test(text) ? text.slice(0, -1) : text)
}

function parseBoolean(name: string, text: string): boolean {
  const lower = javaTrim(text).toLowerCase()
  if (lower === 'true') return true
  if (lower === 'false') return false
  throw invalidValue(name, text, 'Expected value to be either true or false')
}

/**
 * Reads a value as Kafka's `ConfigDef.parseType` does: blanks around it don't count, a list is
 * split at commas.
 *
 * @throws ConfigException when the text isn't of the type
 */
export function parseType(name: string, text: string | null, type: ConfigType): ParsedValue {
  if (text === null) return null
  const trimmed = javaTrim(text)
  switch (type) {
    case 'BOOLEAN':
      return parseBoolean(name, text)
    case 'INT':
    case 'SHORT':
      return Number(parseInteger(name, text, type))
    case 'LONG':
      return parseInteger(name, text, type)
    case 'DOUBLE':
      return parseDouble(name, text)
    case 'LIST':
      return trimmed === '' ? [] : trimmed.split(COMMA)
    case 'STRING':
    case 'CLASS':
    case 'PASSWORD':
      return trimmed
  }
}

/**
 * Reads and checks one configuration; without a text it takes the default.
 *
 * @throws ConfigException when it isn't acceptable, or is missing and has no default
 */
export function parseKey(
  name: string,
  key: ConfigKey,
  text: string | null | undefined,
): ParsedValue {
  let value: ParsedValue
  if (text !== undefined) {
    value = parseType(name, text, key.type)
  } else if (key.defaultValue !== undefined) {
    value = key.defaultValue
  } else {
    throw new ConfigException(
      `Missing required configuration "${name}" which has no default value.`,
    )
  }
  if (Array.isArray(value) && key.validator?.dropsDuplicates) value = [...new Set(value)]
  key.validator?.(name, value)
  return value
}

/** A value as DescribeConfigs gives it (`ConfigDef.convertToString`); secrets are not told. */
export function formatValue(value: ParsedValue, type: ConfigType): string | null {
  if (value === null) return null
  if (type === 'PASSWORD') return '[hidden]'
  if (type === 'DOUBLE') return javaDouble(Number(value))
  return Array.isArray(value) ? value.join(',') : String(value)
}
