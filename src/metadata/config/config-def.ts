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

/** A parsed value. A LONG beyond ±2^53 saturates here; its exact text is what is reported. */
export type ConfigValue = boolean | number | string | readonly string[] | null

/** A value that can't be used. The message is Kafka's, naming value and configuration. */
export class ConfigException extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ConfigException'
  }
}

/** Says why a parsed value isn't acceptable, as Kafka words it, or undefined when it is. */
export interface Validator {
  check(name: string, value: ConfigValue): void
}

/** One configuration: its type, default (undefined: required), and limits. `V` is what it parses to. */
export interface ConfigKey<V extends ConfigValue = ConfigValue> {
  readonly type: ConfigType
  /** The default as Kafka prints it; null is a legal default; undefined means it must be given. */
  readonly defaultText: string | null | undefined
  readonly importance: Importance
  readonly validator: Validator | undefined
  /** Not shown by tools that list configurations. */
  readonly internal: boolean
  /** Only there for the compiler: the type of the parsed value. */
  readonly parsed?: V
}

/** A table of configurations by name. */
export type ConfigTable = Readonly<Record<string, ConfigKey>>

/** The parsed values of a {@link ConfigTable}. */
export type ConfigValues<T extends ConfigTable> = {
  readonly [K in keyof T]: T[K] extends ConfigKey<infer V> ? V : never
}
