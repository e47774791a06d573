import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { consumerGroup, transactions } from './newer-scenarios.js'
import type { Session, ToolOptions } from './session.js'

const line = (values: readonly string[]): string => `${values.join('\n')}\n`
const numbered = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => `key-${(i + from) % 5}:value ${i + from}`)

/** Speeds and times gone, what was counted kept. */
const withoutSpeeds = (lines: readonly string[]): string[] =>
  lines.map((text) => text.replace(/-?\d+\.\d+/g, '<x>').replace(/\b\d+ ms\b/g, '<x> ms'))

/** Runs `use` with a file of `content`, which the tools take their longer arguments from. */
async function withFile(content: string, use: (path: string) => Promise<unknown>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'tool-'))
  try {
    await writeFile(join(directory, 'file'), content)
    await use(join(directory, 'file'))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function topics(s: Session): Promise<void> {
  const use = (...args: string[]) => s.use('topics', args)
  await use('--create', '--topic', 'a', '--partitions', '3')
  await use('--create', '--topic', 'b.c', '--config', 'retention.ms=5000')
  await use('--create', '--topic', 'a')
  await use('--create', '--topic', 'a', '--if-not-exists')
  await use('--create', '--topic', 'no good')
  await use('--create', '--topic', 'many', '--replication-factor', '3')
  await use('--create', '--topic', 'odd', '--config', 'no.such=1')
  await use('--create', '--topic', 'placed', '--replica-assignment', '1,1')
  await use('--list')
  await use('--describe')
  await use('--describe', '--topic', 'no')
  await use('--describe', '--topics-with-overrides')
  await use('--describe', '--under-replicated-partitions')
  await use('--alter', '--topic', 'a', '--partitions', '5')
  await use('--alter', '--topic', 'a', '--partitions', '2')
  await use('--describe', '--topic', 'a')
  await use('--delete', '--topic', 'a')
  await use('--delete', '--topic', 'a')
  await use('--list', '--exclude-internal')
}

async function configs(s: Session): Promise<void> {
  await s.use('topics', ['--create', '--topic', 'a', '--config', 'cleanup.policy=compact'])
  const use = (...args: string[]) => s.use('configs', args, { sorted: true })
  const topic = ['--entity-type', 'topics', '--entity-name', 'a']
  const broker = ['--entity-type', 'brokers', '--entity-name', '1']
  await use('--describe', ...topic)
  await use('--describe', '--all', ...topic)
  await use(
    '--alter',
    ...topic,
    '--add-config',
    'retention.ms=5000,cleanup.policy=[compact,delete]',
  )
  await use('--describe', ...topic)
  await use('--alter', ...topic, '--delete-config', 'retention.ms')
  await use('--alter', ...topic, '--add-config', 'retention.ms=soon')
  await use('--alter', ...topic, '--add-config', 'no.such=1')
  await use('--describe', '--entity-type', 'topics', '--entity-name', 'no')
  await use('--alter', ...broker, '--add-config', 'log.cleaner.threads=2')
  await use('--describe', ...broker)
  await use('--alter', ...broker, '--delete-config', 'log.cleaner.threads')
  await use('--alter', ...broker, '--add-config', 'node.id=7')
  await use(
    '--alter',
    '--entity-type',
    'brokers',
    '--entity-default',
    '--add-config',
    'retention.ms=1',
  )
}

async function console(s: Session): Promise<void> {
  await s.use('topics', ['--create', '--topic', 'a', '--partitions', '2'])
  const parsed = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    const args = ['--topic', 'a', '--compression-codec', codec, ...parsed]
    await s.use('console-producer', args, { input: line(numbered(20)) })
  }
  const shown = ['key', 'partition', 'offset', 'headers', 'timestamp', 'epoch'].flatMap((what) => [
    '--formatter-property',
    `print.${what}=true`,
  ])
  const read = (...args: string[]) =>
    s.use('console-consumer', ['--topic', 'a', '--timeout-ms', '20000', ...args], { sorted: true })
  await read('--from-beginning', '--max-messages', '100', ...shown)
  await read('--partition', '0', '--offset', '1', '--max-messages', '3', ...shown)
  await read('--group', 'g', '--from-beginning', '--max-messages', '100')
  await s.use('console-producer', ['--topic', 'made', '--sync'], { input: 'a\nb\n' })
  await s.use('get-offsets', ['--topic', 'made'])
  await s.use('console-consumer', ['--topic', 'no', '--timeout-ms', '2000'])
}

async function groups(s: Session): Promise<void> {
  await s.use('topics', ['--create', '--topic', 'a', '--partitions', '2'])
  const parsed = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']
  const input = line(numbered(20))
  await s.use('console-producer', ['--topic', 'a', ...parsed], { input })
  const classic = ['--consumer-property', 'group.protocol=classic']
  const read = ['--topic', 'a', '--group', 'g', '--from-beginning', '--max-messages', '20']
  await s.use('console-consumer', [...read, ...classic], { sorted: true })
  const use = (...args: string[]) => s.use('consumer-groups', args, { sorted: true })
  await use('--list')
  await use('--list', '--state')
  await use('--describe', '--group', 'g')
  await use('--describe', '--group', 'g', '--state')
  await use('--describe', '--group', 'g', '--members')
  await use('--describe', '--group', 'no')
  await use('--reset-offsets', '--group', 'g', '--topic', 'a', '--to-earliest', '--dry-run')
  await use('--reset-offsets', '--group', 'g', '--topic', 'a:0', '--shift-by', '-3', '--execute')
  await use('--reset-offsets', '--group', 'new', '--topic', 'a', '--to-latest', '--execute')
  await use('--describe', '--all-groups')
  await use('--delete-offsets', '--group', 'g', '--topic', 'a:1')
  await use('--delete', '--group', 'g')
  await use('--delete', '--group', 'g')
  await use('--list')
}

async function offsets(s: Session): Promise<void> {
  await s.use('topics', ['--create', '--topic', 'a'])
  await s.use('topics', ['--create', '--topic', 'b', '--partitions', '2'])
  await s.use('console-producer', ['--topic', 'a'], { input: line(numbered(20)) })
  const get = (...args: string[]) => s.use('get-offsets', args)
  await get()
  await get('--topic', 'a', '--time', 'earliest')
  await get('--topic', 'a', '--time', '1000')
  await get('--topic-partitions', 'a:0,b:1')
  await get('--topic', 'no')
  const wanted = (offset: number) =>
    JSON.stringify({ version: 1, partitions: [{ topic: 'a', partition: 0, offset }] })
  for (const content of [wanted(7), wanted(99), wanted(-1)]) {
    await withFile(content, async (path) => {
      await s.use('delete-records', ['--offset-json-file', path], {
        keep: (lines) => lines.map((text) => text.replaceAll(path, '<file>')),
      })
      s.steps.push({ ...s.steps.pop()!, command: `delete-records ${content}` })
    })
  }
  await get('--topic', 'a', '--time', 'earliest')
  await s.use('log-dirs', ['--describe', '--topic-list', 'b'], { keep: partitionsSorted })
}

/** The partitions of a log directory come in no particular order. */
function partitionsSorted(lines: readonly string[]): string[] {
  return lines.map((text) =>
    text.replace(/"partitions":\[(.*?)\]/g, (_, partitions: string) => {
      const sorted = partitions.split(/(?<=\}),/).sort()
      return `"partitions":[${sorted}]`
    }),
  )
}

async function speed(s: Session): Promise<void> {
  await s.use('topics', ['--create', '--topic', 'a', '--partitions', '2'])
  const settings = ['--record-size', '200', '--throughput', '-1', '--num-records', '20000']
  const broker = ['--bootstrap-server', s.subject.bootstrapServers]
  await s.useAlone('producer-perf-test', ['--topic', 'a', ...settings, ...broker], {
    keep: (lines) => withoutSpeeds(lines).filter((text) => text.startsWith('20000 ')),
  })
  const times = /\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}:\d{3}/g
  await s.use('consumer-perf-test', ['--topic', 'a', '--num-records', '20000'], {
    keep: (lines) =>
      lines.map((text) =>
        text
          .replace(times, '<time>')
          .replace(/^(<time>, <time>, )[\d.]+, [\d.]+, (\d+),.*/, '$1$2 records'),
      ),
  })
}

/** The events of the verifiable clients by name, and what those of records counted. */
function eventsOf(lines: readonly string[]): string[] {
  const events = lines.filter((text) => text.startsWith('{')).map((text) => JSON.parse(text))
  const names = [...new Set(events.map((event) => event.name))].sort()
  const sent = events.filter((event) => event.name === 'producer_send_success')
  const read = events.filter((event) => event.name === 'records_consumed')
  const total = (each: { count: number }[]) => each.reduce((sum, { count }) => sum + count, 0)
  return [...names, `${sent.length} sent`, `${total(read)} consumed`]
}

async function verifiable(s: Session): Promise<void> {
  await s.use('topics', ['--create', '--topic', 'a', '--partitions', '3'])
  const max = ['--topic', 'a', '--max-messages', '500']
  await s.use('verifiable-producer', max, { keep: eventsOf })
  const group = ['--group-id', 'g', '--group-protocol', 'classic']
  await s.use('verifiable-consumer', [...max, ...group], { keep: eventsOf })
  await s.use('get-offsets', ['--topic', 'a'], {
    keep: (lines) => [
      `${lines.reduce((sum, text) => sum + Number(text.split(':')[2]), 0)} records`,
    ],
  })
}

async function dump(s: Session): Promise<void> {
  await s.use('topics', ['--create', '--topic', 'a', '--config', 'index.interval.bytes=100'])
  const parsed = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']
  for (const codec of ['none', 'gzip', 'zstd']) {
    const args = ['--topic', 'a', '--compression-codec', codec, ...parsed]
    await s.use('console-producer', args, { input: line(numbered(10)) })
  }
  const read = ['--topic', 'a', '--group', 'g', '--from-beginning', '--max-messages', '30']
  await s.use('console-consumer', read, { sorted: true })
  await s.subject.stop()
  const dumped = (partition: string, file: string, more: string[], options: ToolOptions = {}) => {
    const path = join(s.subject.dataDirectory, partition, `00000000000000000000.${file}`)
    return s.useAlone('dump-log', ['--files', path, ...more], options)
  }
  const sizes = /(position|size|crc): \d+/g
  await dumped('a-0', 'log', ['--print-data-log', '--deep-iteration'], {
    keep: (lines) => lines.map((text) => text.replace(sizes, '$1: <x>')),
  })
  await dumped('a-0', 'index', ['--index-sanity-check'])
  await dumped('a-0', 'timeindex', ['--index-sanity-check'])
  // Which records there are, and in which order, is the broker's own affair: they must be readable.
  const complaints = (lines: readonly string[]) =>
    lines.filter((text) => /exception|error|could not|corrupt|unknown/i.test(text))
  const metadata = ['--cluster-metadata-decoder', '--skip-record-metadata']
  await dumped('__cluster_metadata-0', 'log', metadata, { keep: complaints })
  await dumped(`__consumer_offsets-${GROUP_PARTITION}`, 'log', ['--offsets-decoder'], {
    keep: committed,
  })
}

/** Where the group `g` is kept: 'g'.hashCode() % 50. */
const GROUP_PARTITION = 'g'.charCodeAt(0) % 50

/** The committed offsets among dumped records, without their times. */
function committed(lines: readonly string[]): string[] {
  const record = /"group":"(\w+)","topic":"(\w+)","partition":(\d+)\}.*"offset":(\d+)/
  return lines.flatMap((text) => {
    const [, group, topic, partition, offset] = record.exec(text) ?? []
    return group ? [`${group} ${topic}-${partition} ${offset}`] : []
  })
}

async function apiVersions(s: Session): Promise<void> {
  await s.use('api-versions', [], {
    keep: (lines) => lines.map((text) => text.replace(/ \[usable: \d+\],?$/, '')),
  })
}

/** What the command-line tools are used for; each on a broker of its own. */
export const scenarios: Readonly<Record<string, (s: Session) => Promise<void>>> = {
  topics,
  configs,
  console,
  groups,
  offsets,
  speed,
  verifiable,
  dump,
  'api-versions': apiVersions,
  'consumer-group': consumerGroup,
  transactions,
}
