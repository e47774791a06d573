/** A record to begin with. What isn't text or null is written as JSON. */
export interface RecordSeed {
  /** By the key's hash, as the Java client has it, unless said; one after the other without a key. */
  readonly partition?: number
  readonly key?: SeedValue
  /** Null is a tombstone. */
  readonly value?: SeedValue
  readonly headers?: Readonly<Record<string, SeedValue>>
  /** Milliseconds since the Unix epoch, or a date, also in ISO 8601; the time of seeding unless said. */
  readonly timestamp?: number | string | Date
}

/** Text, bytes (in files those of Base64), or what is written as JSON. */
export type SeedValue =
  | null
  | string
  | number
  | boolean
  | object
  | Uint8Array
  | { readonly base64: string }

export interface TopicSeed {
  /** `num.partitions` unless said. */
  readonly partitions?: number
  readonly configs?: Readonly<Record<string, string | number | boolean>>
  readonly records?: readonly RecordSeed[]
}

export interface GroupSeed {
  /** Committed offsets by topic, then by partition; a number alone is for each of its partitions. */
  readonly offsets: Readonly<Record<string, number | Readonly<Record<number, number>>>>
}

/** What a broker begins with, and goes back to with `reset()`. */
export interface Seed {
  /**
   * By name. Topics that are there already get what is said of them, and the records; at the start of
   * a broker, only topics that have never had any get records.
   */
  readonly topics?: Readonly<Record<string, TopicSeed | null>>
  /** By group id. */
  readonly groups?: Readonly<Record<string, GroupSeed>>
}

const TOPIC_FIELDS = ['partitions', 'configs', 'records']
const RECORD_FIELDS = ['partition', 'key', 'value', 'headers', 'timestamp']

/**
 * A seed out of what a file or a request holds.
 *
 * @throws TypeError that says what is wrong, and where
 */
export function checkSeed(value: unknown): Seed {
  const seed = objectAt('the seed', value, ['topics', 'groups'])
  for (const [name, topic] of Object.entries(objectAt('topics', seed.topics ?? {}))) {
    if (topic !== null) checkTopic(`topics.${name}`, topic)
  }
  for (const [groupId, group] of Object.entries(objectAt('groups', seed.groups ?? {}))) {
    checkGroup(`groups.${groupId}`, group)
  }
  return seed as Seed
}

/** A seed without records for topics that have had some, and without offsets of groups that there are. */
export function withoutWhatIsThere(
  { topics = {}, groups = {} }: Seed,
  hasHadRecords: (topic: string) => boolean,
  isKnown: (groupId: string) => boolean,
): Seed {
  const kept = Object.entries(topics).map(([name, topic]) => [
    name,
    topic?.records !== undefined && hasHadRecords(name) ? { ...topic, records: [] } : topic,
  ])
  return {
    topics: Object.fromEntries(kept),
    groups: Object.fromEntries(Object.entries(groups).filter(([groupId]) => !isKnown(groupId))),
  }
}

function checkTopic(at: string, value: unknown): void {
  const { partitions, configs, records } = objectAt(at, value, TOPIC_FIELDS)
  if (partitions !== undefined) requireWhole(`${at}.partitions`, partitions, 1)
  for (const [name, config] of Object.entries(objectAt(`${at}.configs`, configs ?? {}))) {
    if (['string', 'number', 'boolean'].includes(typeof config)) continue
    throw new TypeError(`${at}.configs.${name} has to be text, a number, true or false`)
  }
  if (records === undefined) return
  if (!Array.isArray(records)) throw new TypeError(`${at}.records has to be a list`)
  for (const [i, record] of records.entries()) checkRecord(`${at}.records[${i}]`, record)
}

/** @throws TypeError */
export function checkRecord(at: string, value: unknown, moreFields: readonly string[] = []): void {
  const fields = [...RECORD_FIELDS, ...moreFields]
  const { partition, headers, timestamp } = objectAt(at, value, fields)
  if (partition !== undefined) requireWhole(`${at}.partition`, partition, 0)
  if (headers !== undefined) objectAt(`${at}.headers`, headers)
  if (timestamp === undefined || Number.isSafeInteger(timestamp)) return
  const isDate = typeof timestamp === 'string' || isDateObject(timestamp)
  if (isDate && !Number.isNaN(timestampMs(timestamp))) return
  throw new TypeError(`${at}.timestamp has to be milliseconds, or a date in ISO 8601`)
}

/** Not instanceof: test runners that isolate modules have dates of several realms. */
function isDateObject(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]'
}

export function timestampMs(timestamp: number | string | Date): number {
  return typeof timestamp === 'string' ? Date.parse(timestamp) : Number(timestamp)
}

function checkGroup(at: string, value: unknown): void {
  const { offsets } = objectAt(at, value, ['offsets'])
  for (const [topic, given] of Object.entries(objectAt(`${at}.offsets`, offsets))) {
    if (typeof given === 'number') requireWhole(`${at}.offsets.${topic}`, given, 0)
    else {
      const partitions = objectAt(`${at}.offsets.${topic}`, given)
      for (const [partition, offset] of Object.entries(partitions)) {
        requireWhole(`a partition of ${at}.offsets.${topic}`, Number(partition), 0)
        requireWhole(`${at}.offsets.${topic}.${partition}`, offset, 0)
      }
    }
  }
}

/** @param fields those that there may be; any unless said */
function objectAt(at: string, value: unknown, fields?: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${at} has to be an object`)
  }
  const unknown = fields && Object.keys(value).find((name) => !fields.includes(name))
  if (unknown !== undefined) {
    throw new TypeError(`${at} has a field ${unknown}; there are ${fields!.join(', ')}`)
  }
  return value as Record<string, unknown>
}

function requireWhole(at: string, value: unknown, min: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= min) return
  throw new TypeError(`${at} has to be a whole number from ${min}`)
}
