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
 * @param path tells the topic of records that don't say theirs: `orders.csv` are those of `orders`
 * @throws TypeError that says what is wrong, and where
 */
export async function parseSeed(text: string, format: SeedFormat, path: string): Promise<Seed> {
  switch (format) {
    case 'yaml':
      return checkSeed(await parseYaml(text, path))
    case 'json':
      return checkSeed(parseJson(text, path))
    case 'jsonl':
      return ofRecords(parseLines(text, path), topicIn(path))
    case 'csv':
      return ofRecords(await parseRows(text, path), topicIn(path))
  }
}

type PlacedRecord = RecordSeed & { readonly topic?: string }

function ofRecords(records: readonly PlacedRecord[], defaultTopic: string): Seed {
  const topics: Record<string, { records: RecordSeed[] }> = {}
  for (const [i, placed] of records.entries()) {
    checkRecord(`record ${i + 1}`, placed, ['topic'])
    const { topic = defaultTopic, ...record } = placed
    topics[topic] ??= { records: [] }
    topics[topic].records.push(record)
  }
  return { topics: topics satisfies Record<string, TopicSeed> }
}

async function parseYaml(text: string, path: string): Promise<unknown> {
  // A CommonJS package: that is what it exports in every bundle, by name it does so in some only.
  const { default: yaml } = await import('yaml')
  try {
    // What it would warn of on stderr is refused for its form.
    return yaml.parse(text, { logLevel: 'error' })
  } catch (error) {
    throw asTypeError(path, error)
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw asTypeError(path, error)
  }
}

function parseLines(text: string, path: string): PlacedRecord[] {
  return text.split(/\r?\n/).flatMap((line, i) => {
    return line.trim() === '' ? [] : [parseJson(line, `${path}:${i + 1}`) as PlacedRecord]
  })
}

async function parseRows(text: string, path: string): Promise<PlacedRecord[]> {
  const { parse } = await import('csv-parse/sync')
  try {
    const rows = parse(text, { columns: true, bom: true, skip_empty_lines: true, trim: true })
    return (rows as Record<string, string>[]).map(ofRow)
  } catch (error) {
    throw asTypeError(path, error)
  }
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

function asTypeError(path: string, error: unknown): TypeError {
  return new TypeError(`${path}: ${(error as Error).message}`, { cause: error })
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
