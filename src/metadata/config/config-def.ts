import type { Validator } from './validators.js'

/** Kafka's config types (`org.apache.kafka.common.config.ConfigDef.Type`). */
export type ConfigType =
  | 'BOOLEAN'
  | 'STRING'
  | 'INT'
  | 'SHORT'
  | 'LONG'
  | 'DOUBLE'
  | 'LIST'
  | 'CLASS'
  | 'PASSWORD'

export type Importance = 'HIGH' | 'MEDIUM' | 'LOW'

/** A parsed value. LONG is exact here; a {@link Config} hands it out as a number that saturates. */
export type ParsedValue = boolean | number | bigint | string | readonly string[] | null

/** What a {@link Config} hands out. */
export type ConfigValue = boolean | number | string | readonly string[] | null

/** One configuration. `V` is what it is handed out as. */
export interface ConfigKey<V extends ConfigValue = ConfigValue> {
  readonly type: ConfigType
  /** null is a legal default, undefined means that a value must be given. */
  readonly defaultValue: ParsedValue | undefined
  readonly importance: Importance
  readonly validator: Validator | undefined
  /** Taken, but not shown by DescribeConfigs unless it was set. */
  readonly internal: boolean
  /** Only there for the compiler. */
  readonly handedOutAs?: V
}

/** Configurations by name. */
export type ConfigTable = Readonly<Record<string, ConfigKey>>

/** What the configuration `K` of a table is handed out as. */
export type ValueOf<T extends ConfigTable, K extends keyof T> =
  T[K] extends ConfigKey<infer V> ? V : never

/** Instead of a default: the configuration must be given. */
export const REQUIRED = undefined

/** Java's `Long.MAX_VALUE`, which Kafka's LONG configs use for "never". */
export const LONG_MAX = 2n ** 63n - 1n
/** Java's `Integer.MAX_VALUE`. */
export const INT_MAX = 2 ** 31 - 1

/**
 * What a definition with default `D` is handed out as: `V`, or null too where the default is null
 * (a default of undefined is {@link REQUIRED}).
 */
type Handed<D, V extends ConfigValue> = null extends D ? ConfigKey<V | null> : ConfigKey<V>

function definer<V extends ConfigValue, P extends ParsedValue>(type: ConfigType) {
  return <const D extends P | null | undefined>(
    defaultValue: D,
    importance: Importance,
    validator?: Validator,
  ): Handed<D, V> => {
    const key: ConfigKey = { type, defaultValue, importance, validator, internal: false }
    return key as Handed<D, V>
  }
}

export const bool = definer<boolean, boolean>('BOOLEAN')
export const string = definer<string, string>('STRING')
export const int = definer<number, number>('INT')
export const short = definer<number, number>('SHORT')
export const long = definer<number, number | bigint>('LONG')
export const double = definer<number, number>('DOUBLE')
export const list = definer<readonly string[], readonly string[]>('LIST')
/** A Java class name. It can't be loaded here, so it is taken as it is. */
export const className = definer<string, string>('CLASS')
export const password = definer<string, string>('PASSWORD')

/** Marks a configuration as one of Kafka's internal ones. */
export function internal<K extends ConfigKey>(key: K): K {
  return { ...key, internal: true }
}
