const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
const UUID_FIELDS = new Set(['topicId', 'clusterId', 'directoryId', 'incarnationId'])
const KAFKA_UUID = /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])/g
const WHOLE_KAFKA_UUID = /^[A-Za-z0-9_-]{22}$/
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
  transactionStartTimeMs: '<time>',
  totalBytes: '<bytes>',
  usableBytes: '<bytes>',
  logDir: '<path>',
}

/** Since these scripts were written, and as long as they may be of use: a broker's own time. */
const isNow = (ms: number): boolean => ms > 1_750_000_000_000 && ms < 4_000_000_000_000
const BASE_OFFSET_AND_LENGTH = 12
const CONTROL_MASK = 0x20

/** Where the fields of a record batch are that a broker gives its own values to. */
const Batch = { length: 8, crc: 17, attributes: 21, baseTimestamp: 27, producerId: 43, end: 61 }

/**
 * Rewrites answers so that two brokers' can be compared: what each draws or measures for itself
 * (ids, times, ports, paths) becomes a placeholder, the same one wherever the same value comes
 * back, so that mixing up two ids still shows. Everything else stays as it was answered.
 */
export class Normalizer {
  readonly #symbols = new Map<string, string>()

  /** `unordered` sorts every array of objects, for answers whose order is a hash table's. */
  normalize(value: unknown, unordered = false): unknown {
    return this.#rewrite(unordered ? this.#sorted(value) : value, '')
  }

  /** Gives an id its placeholder before an answer has it, for those whose order the ids decide. */
  introduce(id: string): void {
    this.#symbol('uuid', id)
  }

  #rewrite(value: unknown, field: string): unknown {
    if (Buffer.isBuffer(value)) return field === 'records' ? this.#records(value) : hex(value)
    if (Array.isArray(value)) return value.map((item) => this.#rewrite(item, field))
    if (typeof value === 'bigint') return this.#bigint(value, field)
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
    if (field === 'memberId' && WHOLE_KAFKA_UUID.test(value)) return this.#symbol('member', value)
    return value
      .replace(TIME_RANGE, '[<time>, <time>]')
      .replace(RFC_UUID, (uuid) => this.#symbol('uuid', uuid))
      .replace(KAFKA_UUID, (uuid) => this.#symbols.get(uuid) ?? uuid)
  }

  #number(value: number, field: string): unknown {
    if (value <= 0) return value
    if (field === 'producerId') return this.#symbol('producer', String(value))
    if (field === 'lastTimestamp' && isNow(value)) return '<time>'
    return PLACEHOLDERS[field] ?? value
  }

  #bigint(value: bigint, field: string): string {
    return field === 'timestamp' && isNow(Number(value)) ? '<time>' : `${value}n`
  }

  /** Batches with a producer say so in front, since the bytes of its id and of markers are a broker's. */
  #records(value: Buffer): string {
    const parts: string[] = []
    let plainFrom = 0
    let at = 0
    while (at + Batch.end <= value.length) {
      const end = at + BASE_OFFSET_AND_LENGTH + value.readInt32BE(at + Batch.length)
      if (end <= at || end > value.length) break
      if (value.readBigInt64BE(at + Batch.producerId) >= 0n) {
        parts.push(hex(value.subarray(plainFrom, at)))
        parts.push(this.#batch(Buffer.from(value.subarray(at, end))))
        plainFrom = end
      }
      at = end
    }
    return [...parts, hex(value.subarray(plainFrom))].filter((part) => part !== '').join(' ')
  }

  #batch(copy: Buffer): string {
    const producerId = Number(copy.readBigInt64BE(Batch.producerId))
    const control = (copy.readInt16BE(Batch.attributes) & CONTROL_MASK) !== 0
    copy.fill(0, Batch.crc, Batch.crc + 4)
    copy.fill(0, Batch.producerId, Batch.producerId + 8)
    if (control) copy.fill(0, Batch.baseTimestamp, Batch.baseTimestamp + 16)
    return `${this.#number(producerId, 'producerId')}:${hex(copy)}`
  }

  #sorted(value: unknown): unknown {
    if (Buffer.isBuffer(value) || typeof value !== 'object' || value === null) return value
    if (!Array.isArray(value)) {
      const entries = Object.entries(value).map(([name, item]) => [name, this.#sorted(item)])
      return Object.fromEntries(entries)
    }
    const items = value.map((item) => this.#sorted(item))
    return items
      .map((item) => ({ item, key: this.#sortKey(item) }))
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
      .map(({ item }) => item)
  }

  // Ids differ from one broker to the next, so they must not decide the order.
  #sortKey(item: unknown): string {
    return JSON.stringify(item, (name, value) => {
      if (typeof value === 'bigint') return `${value}n`
      if (typeof value !== 'string') return value
      if (UUID_FIELDS.has(name)) return this.#symbols.get(value) ?? ''
      return name === 'memberId' && WHOLE_KAFKA_UUID.test(value) ? '' : value
    }).replace(RFC_UUID, '')
  }

  #symbol(kind: string, value: string): string {
    const known = this.#symbols.get(value)
    if (known) return known
    const symbol = `<${kind} ${this.#symbols.size + 1}>`
    this.#symbols.set(value, symbol)
    return symbol
  }
}

const hex = (bytes: Buffer): string => bytes.toString('hex')
