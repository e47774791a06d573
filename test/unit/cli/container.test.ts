import t from 'tap'
import { parseArguments, type StartArguments } from '../../../src/cli/arguments.js'
import { configurationOf } from '../../../src/cli/configuration.js'
import { clusterIdIn, containerProperties, type Environment } from '../../../src/cli/container.js'
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

t.test('the map of listeners need not know of the controller, where roles are not told', (t) => {
  const properties = configured({
    KAFKA_ADVERTISED_LISTENERS: 'INSIDE://kafka:9092,OUTSIDE://localhost:19092',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'INSIDE',
  })
  t.equal(
    properties.get('listener.security.protocol.map'),
    'INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT',
  )
  const whole = 'PLAINTEXT:PLAINTEXT, CONTROLLER:PLAINTEXT'
  const unchanged = configured({ KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: whole })
  t.equal(unchanged.get('listener.security.protocol.map'), whole)
  t.end()
})

t.test('values are as in a properties file, which the image makes of them', (t) => {
  const properties = containerProperties({ KAFKA_A: ' b c ', KAFKA_D: 'e\\tf', KAFKA_G: '' })
  t.strictSame(
    [...properties],
    [
      ['a', 'b c '],
      ['d', 'e\tf'],
      ['g', ''],
    ],
  )
  t.end()
})

t.test('the id of the node is that of its quorum, too', (t) => {
  for (const name of ['KAFKA_NODE_ID', 'KAFKA_BROKER_ID']) {
    const properties = configured({ [name]: '7' })
    t.equal(properties.get('node.id'), '7', name)
    t.equal(properties.get('controller.quorum.voters'), '7@localhost:9093', name)
  }
  t.end()
})

t.test('an empty CLUSTER_ID says as much as none', (t) => {
  t.equal(clusterIdIn({ CLUSTER_ID: '' }), undefined)
  t.equal(clusterIdIn({ CLUSTER_ID: 'a' }), 'a')
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
