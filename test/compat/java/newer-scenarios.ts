import { once } from 'node:events'
import { join } from 'node:path'
import { spawnTool } from '../../support/apache-kafka/apache-kafka.js'
import { until } from '../../support/until.js'
import type { Session, ToolOptions } from './session.js'

const RECORDS = 20
const CONSUMER = ['--consumer-property', 'group.protocol=consumer']

async function write(s: Session): Promise<void> {
  await s.use('topics', ['--create', '--topic', 'a', '--partitions', '2'])
  const parsed = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']
  const lines = Array.from({ length: RECORDS }, (_, i) => `key-${i % 5}:value ${i}\n`)
  await s.use('console-producer', ['--topic', 'a', ...parsed], { input: lines.join('') })
}

/** Lets a consumer read in a group while something is asked about it. */
async function whileReading(s: Session, ask: () => Promise<void>): Promise<void> {
  const consumer = spawnTool('console-consumer', [
    ...['--bootstrap-server', s.subject.bootstrapServers, '--topic', 'a', '--group', 'g'],
    ...['--from-beginning', '--consumer-property', 'client.id=reader', ...CONSUMER],
  ])
  const ended = once(consumer, 'close')
  let read = ''
  consumer.stdout.setEncoding('utf8').on('data', (text: string) => {
    read += text
  })
  try {
    await until(() => read.split('\n').length > RECORDS, 'records', 60_000)
    await ask()
  } finally {
    consumer.kill('SIGTERM')
    await ended
  }
}

/** A group of the protocol of KIP-848. */
export async function consumerGroup(s: Session): Promise<void> {
  await write(s)
  const use = (...args: string[]) => s.use('consumer-groups', args, { sorted: true })
  await whileReading(s, async () => {
    await use('--list', '--state')
    await use('--list', '--type')
    await use('--describe', '--group', 'g', '--state', '--verbose')
    await s.use('consumer-groups', ['--describe', '--group', 'g', '--members', '--verbose'], {
      keep: (lines) => lines.map((text) => text.replace(/^g \S+ /, 'g <member> ')),
    })
    await use('--delete', '--group', 'g')
    await use('--reset-offsets', '--group', 'g', '--topic', 'a', '--to-earliest', '--execute')
  })
  await use('--describe', '--group', 'g')
  await use('--describe', '--group', 'g', '--members', '--verbose')
  await use('--list', '--type', 'consumer', '--state', 'empty')
  await use('--list', '--type', 'classic')
  await s.use('groups', ['--list'])
  await s.use('groups', ['--list', '--consumer'])
  await s.use('groups', ['--list', '--group-type', 'classic'])
  await use('--reset-offsets', '--group', 'g', '--topic', 'a:0', '--shift-by', '-3', '--execute')
  await use('--delete-offsets', '--group', 'g', '--topic', 'a:1')
  await use('--describe', '--group', 'g')
  const group = ['--entity-type', 'groups', '--entity-name', 'g']
  const configs = (...args: string[]) => s.use('configs', [...args], { sorted: true })
  await configs('--alter', ...group, '--add-config', 'consumer.session.timeout.ms=50000')
  await configs('--alter', ...group, '--add-config', 'consumer.session.timeout.ms=5')
  await configs('--describe', ...group)
  await use('--delete', '--group', 'g')
  await use('--list')
}

/** What is said of a transaction that is over. */
export async function transactions(s: Session): Promise<void> {
  await s.use('topics', ['--create', '--topic', 'a'])
  const broker = ['--bootstrap-server', s.subject.bootstrapServers]
  const many = ['--num-records', '50', '--record-size', '20', '--throughput', '-1']
  const inTransactions = ['--transactional-id', 't', '--transaction-duration-ms', '60000']
  await s.useAlone('producer-perf-test', ['--topic', 'a', ...many, ...inTransactions, ...broker], {
    keep: (lines) => lines.map((text) => text.replace(/ sent, .*/, ' sent')),
  })
  const times = (lines: readonly string[]) =>
    lines.map((text) => text.replace(/\b\d{13}\b/g, '<time>').replace(/<time> \d+$/, '<time> <x>'))
  const use = (...args: string[]) => s.use('transactions', args, { keep: times })
  await use('list')
  await use('list', '--duration-filter', '3600000')
  await use('describe', '--transactional-id', 't')
  await use('describe', '--transactional-id', 'no')
  await use('describe-producers', '--topic', 'a', '--partition', '0')
  await use('find-hanging', '--broker-id', '1')
  await use('abort', '--topic', 'a', '--partition', '0', '--start-offset', '0')
  await s.use(
    'console-consumer',
    [
      ...['--topic', 'a', '--partition', '0', '--offset', 'earliest', '--isolation-level'],
      ...['read_committed', '--max-messages', '50'],
    ],
    { keep: (lines) => [lines.at(-1) ?? ''] },
  )
  await use('forceTerminateTransaction', '--transactionalId', 't')
  await use('describe', '--transactional-id', 't')
  await s.subject.stop()
  const dumped = (partition: string, more: string[], options: ToolOptions = {}) => {
    const path = join(s.subject.dataDirectory, partition, '00000000000000000000.log')
    return s.useAlone('dump-log', ['--files', path, ...more], options)
  }
  const changing = /(position|size|crc|CreateTime): ?\d+/g
  await dumped('a-0', ['--print-data-log', '--deep-iteration'], {
    keep: (lines) => lines.slice(-1).map((text) => text.replace(changing, '$1: <x>')),
  })
  await dumped(`__transaction_state-${'t'.charCodeAt(0) % 50}`, ['--transaction-log-decoder'], {
    keep: (lines) =>
      lines.map((text) =>
        text.replace(/(position|size|crc|CreateTime|\w*[tT]imestamp(?:Ms)?"?): ?\d+/g, '$1: <x>'),
      ),
  })
}
