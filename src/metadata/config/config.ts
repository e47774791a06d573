import type { ConfigTable, ConfigValue, ParsedValue, ValueOf } from './config-def.js'
import { formatValue, parseKey } from './parse.js'

/** As a number; a LONG beyond ±2^53 - 1 becomes that bound. */
function handOut(value: ParsedValue): ConfigValue {
  if (typeof value !== 'bigint') return value
  const { MAX_SAFE_INTEGER, MIN_SAFE_INTEGER } = Number
  return Math.max(MIN_SAFE_INTEGER, Math.min(MAX_SAFE_INTEGER, Number(value)))
}

/** The values of a table of configurations: what was given, and defaults for the rest. */
export class Config<T extends ConfigTable> {
  /** What was given, unknown names among it. */
  readonly originals: ReadonlyMap<string, string>
  readonly #parsed = new Map<string, ParsedValue>()

  /** @throws ConfigException for the first value that isn't acceptable, or that is missing */
  constructor(
    readonly table: T,
    originals: ReadonlyMap<string, string>,
  ) {
    this.originals = originals
    for (const [name, key] of Object.entries(table)) {
      this.#parsed.set(name, parseKey(name, key, originals.get(name)))
    }
  }

  get<K extends keyof T & string>(name: K): ValueOf<T, K> {
    return handOut(this.#parsed.get(name) ?? null) as ValueOf<T, K>
  }

  /** The value as DescribeConfigs prints it; undefined for an unknown name. */
  text(name: string): string | null | undefined {
    const key = this.table[name]
    return key && formatValue(this.#parsed.get(name) ?? null, key.type)
  }

  /** Given names that the table doesn't know. */
  unknownNames(): string[] {
    return [...this.originals.keys()].filter((name) => !Object.hasOwn(this.table, name))
  }
}
