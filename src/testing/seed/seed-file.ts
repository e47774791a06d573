import { checkRecord, checkSeed, type RecordSeed, type Seed, type TopicSeed } from './seed.js'

/** How a seed is written down. */
export type SeedFormat = 'yaml' | 'json' | 'jsonl' | 'csv'

const SUFFIXES: Readonly<Record<string, SeedFormat>> = {
  yaml: 'yaml',
  yml: 'yaml',
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  csv: 'csv',
}
/** What some editors begin a file with. */
const BYTE_ORDER_MARK = '\ufeff'
/** Of columns of a CSV file that are headers of the records: `header.trace-id`. */
const HEADER_COLUMN = 'header.'

/** @throws TypeError when the file's name doesn't say */
export function seedFormatOf(path: string): SeedFormat {
  const format = SUFFIXES[/\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? '']
  if (format !== undefined) return format
  throw new TypeError(
    `${path}: a seed is a file that ends in .${Object.keys(SUFFIXES).join(', .')}`,
  )
}

/**
 * Reads a seed's file.
 *
 * @param readFile what a file of that path holds; throws when it can't be read
 * @throws TypeError that says what is wrong, and where
 */
export async function readSeedFile(
  path: string,
  readFile: (path: string) => string,
): Promise<Seed> {
  const format = seedFormatOf(path)
  return parseSeed(readFile(path), format, path)
}

/**
 * Reads what a seed's file holds: YAML and JSON have the form of a {@link Seed}; JSONL has a record a
 * line, and CSV one a row below the names of its fields.
 *
 * @param at what to call it when something is wrong: its path, if it is a file
 * @param topic of records that don't say theirs: those of `orders.csv` are of `orders`
 * @throws TypeError that says what is wrong, and where
 */
export async function parseSeed(
  content: string,
  format: SeedFormat,
  at: string,
  topic: string = topicIn(at),
): Promise<Seed> {
  const text = content.startsWith(BYTE_ORDER_MARK) ? content.slice(1) : content
  try {
    switch (format) {
      case 'yaml':
        return checkSeed(await parseYaml(text))
      case 'json':
        return checkSeed(JSON.parse(text))
      case 'jsonl':
        return ofRecords(parseLines(text), topic)
      case 'csv':
        return ofRecords(await parseRows(text), topic)
    }
  } catch (error) {
    throw new TypeError(`${at}: ${(error as Error).message}`, { cause: error })
  }
}

type PlacedRecord = RecordSeed & { readonly topic?: string }

interface RecordLine {
  /** Of the file; of a record of several lines, its last. */
  readonly line: number
  readonly placed: PlacedRecord
}

function ofRecords(records: readonly RecordLine[], defaultTopic: string): Seed {
  const topics: Record<string, { records: RecordSeed[] }> = {}
  for (const { line, placed } of records) {
    checkRecord(`line ${line}: the record`, placed, ['topic'])
    const { topic = defaultTopic, ...record } = placed
    topics[topic] ??= { records: [] }
    topics[topic].records.push(record)
  }
  return { topics: topics satisfies Record<string, TopicSeed> }
}

async function parseYaml(text: string): Promise<unknown> {
  // A CommonJS package: that is what it exports in every bundle, by name it does so in some only.
  const { default: yaml } = await import('yaml')
  // What it would warn of on stderr is refused for its form. A file with nothing in it asks for nothing.
  return yaml.parse(text, { logLevel: 'error' }) ?? {}
}

function parseLines(text: string): RecordLine[] {
  return text.split(/\r?\n/).flatMap((line, i) => {
    return line.trim() === '' ? [] : [{ line: i + 1, placed: parseLine(line, i + 1) }]
  })
}

function parseLine(line: string, number: number): PlacedRecord {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw new TypeError(`line ${number}: ${(error as Error).message}`, { cause: error })
  }
}

async function parseRows(text: string): Promise<RecordLine[]> {
  const { parse } = await import('csv-parse/sync')
  const form = { columns: true, skip_empty_lines: true, trim: true, info: true } as const
  const rows = parse(text, form) as unknown as readonly {
    readonly record: Record<string, string>
    readonly info: { readonly lines: number }
  }[]
  return rows.map(({ record, info: { lines } }) => ({ line: lines, placed: ofRow(record) }))
}

/** An empty field is one that isn't there, except for a value, which is then empty text. */
function ofRow(row: Readonly<Record<string, string>>): PlacedRecord {
  const record: Record<string, unknown> = {}
  const headers: Record<string, string> = {}
  for (const [column, text] of Object.entries(row)) {
    if (text === '' && column !== 'value') continue
    if (column.startsWith(HEADER_COLUMN)) headers[column.slice(HEADER_COLUMN.length)] = text
    else if (column === 'partition') record.partition = Number(text)
    else if (column === 'timestamp') record.timestamp = /^-?\d+$/.test(text) ? Number(text) : text
    else record[column] = text
  }
  if (Object.keys(headers).length > 0) record.headers = headers
  return record as PlacedRecord
}

/** The topic of records that don't say theirs. */
export function topicIn(path: string): string {
  return path.replace(/^.*[/\\]/, '').replace(/\.[^.]*$/, '')
}

/**
 * The topics that `KAFKA_CREATE_TOPICS` asks for, as images of Kafka have it: `name:partitions:replicas`,
 * perhaps with `:cleanup.policy`, several with commas between.
 *
 * @throws TypeError
 */
export function seedOfTopicList(text: string): Seed {
  const topics: Record<string, TopicSeed> = {}
  for (const entry of text.split(/[,\n]/)) {
    if (entry.trim() === '') continue
    const [name, partitions = '1', replicas = '1', policy, ...rest] = entry.trim().split(':')
    if (!/^[1-9]\d*$/.test(partitions) || replicas !== '1' || rest.length > 0) {
      throw new TypeError(
        `${entry.trim()}: a topic to create is name:partitions:1, perhaps with :cleanup.policy`,
      )
    }
    topics[name!] = {
      partitions: Number(partitions),
      ...(policy === undefined ? {} : { configs: { 'cleanup.policy': policy } }),
    }
  }
  return { topics }
}
