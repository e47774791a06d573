import t from 'tap'
import { parseArguments, type StartArguments } from '../../../src/cli/arguments.js'
import { configurationOf, type Environment } from '../../../src/cli/configuration.js'
import { containerProperties } from '../../../src/cli/container.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'

const MEMORY_BYTES = 1_000_000

function configured(environment: Environment, ...args: string[]): Map<string, string> {
  const disk = new MemoryDisk(MEMORY_BYTES)
  const command = parseArguments(['start', '--container', '--data-dir', '/data', ...args])
  return configurationOf(command as StartArguments, disk, disk, environment)
}

t.test('variables are configurations by the rules of the image of Apache Kafka', (t) => {
  const properties = containerProperties({
    KAFKA_LOG_RETENTION_MS: '1000',
    KAFKA_LISTENER_NAME_A__B_SSL_KEY: 'x',
    KAFKA_CONFIG_WITH___DASH: 'y',
    KAFKA_HEAP_OPTS: '-Xmx1g',
    KAFKA_CREATE_TOPICS: 'a:1:1',
    PATH: '/bin',
  })
  t.strictSame(
    [...properties],
    [
      ['log.retention.ms', '1000'],
      ['listener.name.a_b.ssl.key', 'x'],
      ['config.with-dash', 'y'],
    ],
  )
  t.end()
})

t.test('with nothing said, it listens on all interfaces and is found on localhost', (t) => {
  const properties = configured({})
  t.equal(properties.get('listeners'), 'PLAINTEXT://0.0.0.0:9092,CONTROLLER://localhost:9093')
  t.equal(properties.get('advertised.listeners'), 'PLAINTEXT://localhost:9092')
  t.equal(properties.get('log.dirs'), '/data')
  t.end()
})

t.test('advertised listeners alone say on which ports it listens', (t) => {
  const properties = configured({
    KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://kafka:9092,EXTERNAL://[::1]:19092',
  })
  t.equal(
    properties.get('listeners'),
    'PLAINTEXT://0.0.0.0:9092,EXTERNAL://0.0.0.0:19092,CONTROLLER://localhost:9093',
  )
  t.equal(properties.get('advertised.listeners'), 'PLAINTEXT://kafka:9092,EXTERNAL://[::1]:19092')
  t.end()
})

t.test('listeners alone are advertised as they are', (t) => {
  const properties = configured({ KAFKA_LISTENERS: 'PLAINTEXT://:29092' })
  t.equal(properties.get('listeners'), 'PLAINTEXT://:29092,CONTROLLER://localhost:9093')
  t.equal(properties.has('advertised.listeners'), false)
  t.end()
})

t.test('an environment with roles is a whole configuration', (t) => {
  const properties = configured({
    KAFKA_NODE_ID: '7',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
  })
  t.strictSame(
    [...properties.keys()].sort(),
    ['listeners', 'log.dirs', 'node.id', 'process.roles'].sort(),
  )
  const elsewhere = configured({
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_LOG_DIRS: '/mnt/a, /mnt/b',
  })
  t.equal(elsewhere.get('log.dirs'), '/mnt/a,/mnt/b')
  t.end()
})

t.test('what is set on the command line goes over the environment', (t) => {
  const properties = configured({ KAFKA_NUM_PARTITIONS: '3' }, '--set', 'num.partitions=5')
  t.equal(properties.get('num.partitions'), '5')
  t.end()
})
