import t from 'tap'
import { startBroker } from '../../../src/index.js'
import { runTool, startApacheKafka } from '../../support/apache-kafka/apache-kafka.js'
import { dumpDataDirectory } from '../../support/apache-kafka/dump-log.js'
import { temporaryDirectory } from '../../support/teardown.js'

const HEAP = '384m'
const TOPIC = 'handed-over'
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const RECORDS = 2000

const valuesOf = (who: string) => Array.from({ length: RECORDS }, (_, i) => `${who} ${i}`)

async function produce(bootstrap: string, values: readonly string[], codec: string): Promise<void> {
  const { code, stderr } = await runTool(
    'console-producer',
    ['--bootstrap-server', bootstrap, '--topic', TOPIC, '--compression-codec', codec],
    { input: `${values.join('\n')}\n` },
  )
  if (code !== 0) throw new Error(stderr)
}

/** All values in the topic, sorted. */
async function consume(bootstrap: string, count: number): Promise<string[]> {
  const { stdout } = await runTool('console-consumer', [
    ...['--bootstrap-server', bootstrap, '--topic', TOPIC, '--from-beginning'],
    ...['--max-messages', `${count}`, '--timeout-ms', '60000'],
  ])
  return stdout.trimEnd().split('\n').sort()
}

t.test('a directory goes from a killed Apache Kafka to samsa, and back', async (t) => {
  const directory = temporaryDirectory(t)
  const expected: string[] = []

  const first = await startApacheKafka({ directory, heap: HEAP })
  t.teardown(() => first.stop('SIGKILL'))
  for (const codec of CODECS) {
    const values = valuesOf(`kafka ${codec}`)
    await produce(first.bootstrapServers, values, codec)
    expected.push(...values)
  }
  await first.stop('SIGKILL')

  const broker = await startBroker({ profile: 'kafka', directory: first.dataDirectory })
  t.teardown(() => broker.close())
  t.strictSame(await consume(broker.bootstrapServers, expected.length), [...expected].sort())
  const ours = valuesOf('samsa')
  await produce(broker.bootstrapServers, ours, 'lz4')
  expected.push(...ours)
  await broker.close()

  const dump = await dumpDataDirectory(first.dataDirectory)
  t.strictSame(dump.problems, [])
  t.ok(dump.records >= expected.length)

  const last = await startApacheKafka({ directory, heap: HEAP })
  t.teardown(() => last.stop('SIGKILL'))
  t.strictSame(await consume(last.bootstrapServers, expected.length), [...expected].sort())
  await last.stop()
})
