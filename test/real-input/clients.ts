import { CompressionTypes } from 'kafkajs'
import { clientOf, producerOf, unique } from '../compat/kafkajs/client.js'
import { runTool } from '../support/apache-kafka/apache-kafka.js'
import { run } from '../support/run.js'
import { until } from '../support/until.js'
import type { Package } from './packages.js'

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** A record as a client gave it back. */
export interface ReadPackage extends Package {
  readonly partition: number
}

/** A client that writes and reads a topic, with the codecs that it has. */
export interface Client {
  readonly name: string
  readonly codecs: readonly Codec[]
  write(bootstrap: string, topic: string, codec: Codec, packages: readonly Package[]): Promise<void>
  read(bootstrap: string, topic: string, count: number): Promise<ReadPackage[]>
}

const ALL_CODECS: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const TIMEOUT_MS = 300_000
const MAX_REQUEST_BYTES = 400_000

// JSON has no tab of its own.
const linesOf = (packages: readonly Package[]): string =>
  packages.map(({ key, value }) => `${key}\t${value}\n`).join('')

function packagesOf(lines: string): ReadPackage[] {
  return lines
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [partition = '', key = '', value = ''] = line.split('\t')
      return { partition: Number(partition.replace('Partition:', '')), key, value }
    })
}

function succeeded(what: string, result: { code: number | null; stderr: string }): void {
  if (result.code !== 0) throw new Error(`${what} ended with ${result.code}: ${result.stderr}`)
}

const kafkajs: Client = {
  name: 'kafkajs',
  codecs: ['none', 'gzip'],
  async write(bootstrap, topic, codec, packages) {
    const producer = producerOf(clientOf(bootstrap), { idempotent: true, maxInFlightRequests: 1 })
    const compression = codec === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None
    await producer.connect()
    let messages: Package[] = []
    let bytes = 0
    const send = async () => {
      if (messages.length > 0) await producer.send({ topic, compression, acks: -1, messages })
      messages = []
      bytes = 0
    }
    for (const each of packages) {
      messages.push(each)
      bytes += each.value.length
      if (bytes > MAX_REQUEST_BYTES) await send()
    }
    await send()
    await producer.disconnect()
  },
  async read(bootstrap, topic, count) {
    const consumer = clientOf(bootstrap).consumer({ groupId: unique('packages') })
    const read: ReadPackage[] = []
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachBatch: async ({ batch }) => {
        for (const { key, value } of batch.messages) {
          read.push({ partition: batch.partition, key: String(key), value: String(value) })
        }
      },
    })
    await until(() => read.length >= count, `${count} records`, TIMEOUT_MS)
    await consumer.disconnect()
    return read
  },
}

const kcat: Client = {
  name: 'kcat',
  codecs: ALL_CODECS,
  async write(bootstrap, topic, codec, packages) {
    const settings = ['-z', codec, '-X', 'enable.idempotence=true', '-X', 'linger.ms=50']
    const args = ['-P', '-b', bootstrap, '-t', topic, '-K\t', ...settings]
    const input = linesOf(packages)
    succeeded('kcat -P', await run('kcat', args, { input, timeoutMs: TIMEOUT_MS }))
  },
  async read(bootstrap, topic) {
    const args = ['-C', '-q', '-e', '-b', bootstrap, '-t', topic, '-f', '%p\t%k\t%s\n']
    const result = await run('kcat', args, { timeoutMs: TIMEOUT_MS })
    succeeded('kcat -C', result)
    return packagesOf(result.stdout)
  },
}

const consoleTools: Client = {
  name: 'console',
  codecs: ALL_CODECS,
  async write(bootstrap, topic, codec, packages) {
    const parsed = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=\t']
    const args = ['--bootstrap-server', bootstrap, '--topic', topic, '--compression-codec', codec]
    const options = { input: linesOf(packages), timeoutMs: TIMEOUT_MS }
    const result = await runTool('console-producer', [...args, ...parsed], options)
    succeeded('console-producer', result)
    if (/ERROR|Exception/.test(result.stderr)) throw new Error(result.stderr)
  },
  async read(bootstrap, topic, count) {
    const shown = ['print.partition=true', 'print.key=true', 'key.separator=\t']
    const args = ['--bootstrap-server', bootstrap, '--topic', topic, '--from-beginning']
    const result = await runTool(
      'console-consumer',
      [
        ...args,
        ...['--max-messages', `${count}`, '--timeout-ms', `${TIMEOUT_MS}`],
        ...shown.flatMap((property) => ['--formatter-property', property]),
      ],
      { timeoutMs: TIMEOUT_MS },
    )
    succeeded('console-consumer', result)
    return packagesOf(result.stdout)
  },
}

export const clients: readonly Client[] = [kafkajs, kcat, consoleTools]
