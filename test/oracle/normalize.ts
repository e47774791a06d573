const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
const UUID_FIELDS = new Set(['topicId', 'clusterId', 'directoryId', 'incarnationId'])
const KAFKA_UUID = /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])/g
const RFC_UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
/** The times between which a broker takes a record now, as its message says them. */
const TIME_RANGE = /\[-?\d{13,}, \d{13,}\]/g
/** Apart from the time, these are in versions only that Apache Kafka 4.3 doesn't have. */
const LEFT_OUT = new Set(['throttleTimeMs', 'isDefault', 'oldStyleOffsets'])
const PLACEHOLDERS: Record<string, string> = {
  port: '<port>',
  logAppendTimeMs: '<time>',
  sessionId: '<session>',
  finalizedFeaturesEpoch: '<epoch>',
  totalBytes: '<bytes>',
  usableBytes: '<bytes>',
  logDir: '<path>',
}

/**
 * Rewrites answers so that two brokers' can be compared: what each draws or measures for itself
 * (ids, times, ports, paths) becomes a placeholder, the same one wherever the same value comes
 * back, so that mixing up two ids still shows. Everything else stays as it was answered.
 */
export class Normalizer {
  readonly #symbols = new Map<string, string>()

  /** `unordered` sorts every array of objects, for answers whose order is a hash table's. */
  normalize(value: unknown, unordered = false): unknown {
    return this.#rewrite(unordered ? sorted(value) : value, '')
  }

  #rewrite(value: unknown, field: string): unknown {
    if (Buffer.isBuffer(value)) return value.toString('hex')
    if (Array.isArray(value)) return value.map((item) => this.#rewrite(item, field))
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value === 'string') return this.#text(value, field)
    if (typeof value === 'number') return this.#number(value, field)
    if (typeof value !== 'object' || value === null) return value
    const out: Record<string, unknown> = {}
    for (const [name, item] of Object.entries(value)) {
      if (!LEFT_OUT.has(name)) out[name] = this.#rewrite(item, name)
    }
    return out
  }

  #text(value: string, field: string): string {
    if (field === 'logDir') return '<path>'
    // Each says in its own words what a configuration is for.
    if (field === 'documentation') return value === '' ? value : '<text>'
    if (UUID_FIELDS.has(field)) return value === ZERO_UUID ? value : this.#symbol('uuid', value)
    return value
      .replace(TIME_RANGE, '[<time>, <time>]')
      .replace(RFC_UUID, (uuid) => this.#symbol('uuid', uuid))
      .replace(KAFKA_UUID, (uuid) => this.#symbols.get(uuid) ?? uuid)
  }

  #number(value: number, field: string): unknown {
    if (value <= 0) return value
    if (field === 'producerId') return this.#symbol('producer', String(value))
    return PLACEHOLDERS[field] ?? value
  }

  #symbol(kind: string, value: string): string {
    const known = this.#symbols.get(value)
    if (known) return known
    const symbol = `<${kind} ${this.#symbols.size + 1}>`
    this.#symbols.set(value, symbol)
    return symbol
  }
}

function sorted(value: unknown): unknown {
  if (Buffer.isBuffer(value) || typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, sorted(item)]))
  }
  const items = value.map(sorted)
  return items
    .map((item) => ({ item, key: sortKey(item) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ item }) => item)
}

// Ids differ from one broker to the next, so they must not decide the order.
function sortKey(item: unknown): string {
  return JSON.stringify(item, (name, value) =>
    UUID_FIELDS.has(name) ? '' : typeof value === 'bigint' ? `${value}n` : value,
  ).replace(RFC_UUID, '')
}
