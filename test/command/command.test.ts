import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { NodeDisk } from '../../src/env/disk-node.js'
import { bootstrapRecords } from '../../src/metadata/bootstrap.js'
import { encodeRecord } from '../../src/metadata/record.js'
import { ApiKey } from '../../src/protocol/api-keys.js'
import { formatMetadataDirectory } from '../../src/raft/format.js'
import { LOOPBACK_ADDRESSES } from '../support/loopback.js'
import { temporaryDirectory } from '../support/teardown.js'
import { ask, Samsa, samsa } from './samsa.js'

t.jobs = 2

const SHUTDOWN_MARK = '.kafka_cleanshutdown'

/** Makes a topic. */
const createTopic = (port: number, name: string) =>
  ask(port, ApiKey.CreateTopics, 7, {
    topics: [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 10_000,
    validateOnly: false,
  })

async function topicNames(port: number): Promise<unknown[]> {
  const { topics } = await ask(port, ApiKey.Metadata, 9, {
    topics: null,
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  })
  return (topics as { name: string }[]).map(({ name }) => name)
}

t.test('--version and --help', async (t) => {
  const directory = temporaryDirectory(t)
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  const versioned = await samsa(t, directory, '--version')
  t.match(versioned, { stdout: `${version}\n`, stderr: '', exitCode: 0 })
  const helped = await samsa(t, directory, '--help')
  t.match(helped, { stdout: /^samsa: .*\n\nUsage: samsa \[start\]/, stderr: '', exitCode: 0 })
  t.strictSame(readdirSync(directory), [])
})

t.test(
  'what cannot be done ends in one line and exit code 1; 2 for what is not understood',
  async (t) => {
    const directory = temporaryDirectory(t)
    writeFileSync(join(directory, 'bad.properties'), 'process.roles=broker\\u12')
    writeFileSync(join(directory, 'foreign.txt'), 'somebody else')
    const cases: [args: string[], line: RegExp][] = [
      [['--frobnicate'], /Unknown option '--frobnicate'/],
      [['stop'], /there is no command stop/],
      [['--port', '65536'], /--port 65536: a port is a number from 0 to 65535/],
      [['--control-port', 'x'], /--control-port x: a port is a number from 0 to 65535/],
      [['--profile', 'fast'], /--profile fast: it has to be one of test, kafka/],
      [['--clock', 'sun'], /--clock sun: it has to be one of system, virtual/],
      [['--fault', 'error:Produce'], /--fault: fault error: it needs error/],
      [['--fault', 'mishap'], /--fault: fault mishap: it begins with one of error, delay/],
      [['--memory', '--port', '0', '--as-version', '9.9'], /release 9.9: it has to be one of/],
      [['--memory', '--port', '0', '--seed', 'none.yaml'], /none.yaml: there is no such file/],
      [
        ['--memory', '--port', '0', '--seed', 'foreign.txt'],
        /foreign.txt: a seed is a file that ends/,
      ],
      [['--set', 'x'], /--set x: it has to be of the form key=value/],
      [['--log-level', 'loud'], /--log-level loud: it has to be one of/],
      [['--memory', '--data-dir', 'x'], /exclude each other/],
      [['--config', 'none.properties'], /--config none.properties: there is no such file/],
      [['--config', 'bad.properties'], /--config bad.properties: Malformed/],
      [['--config', '.'], /--config .: EISDIR/],
      [
        ['--memory', '--set', 'num.partitions=many'],
        /Invalid value many for configuration num.part/,
      ],
      [['--memory', '--set', 'process.roles=broker'], /./],
      [['--memory', '--set', 'authorizer.class.name=X'], /authorizer.class.name is not supported/],
      [
        ['--data-dir', '.', '--port', '0'],
        /holds .* but no meta.properties: it is no data directory/,
      ],
      [['--data-dir', 'foreign.txt', '--port', '0'], /foreign.txt can't be used/],
    ]
    const runs = await Promise.all(cases.map(([args]) => samsa(t, directory, ...args)))
    for (const [i, [args, line]] of cases.entries()) {
      const { stdout, stderr, exitCode } = runs[i]!
      const isUsage = /--help says what is possible/.test(stderr)
      t.equal(exitCode, isUsage ? 2 : 1, `${args.join(' ')}: exit code`)
      t.match(stderr, line)
      t.match(stderr, /^samsa: [^\n]+\n$/, 'one line')
      t.equal(stdout, '')
    }
  },
)

t.test('it formats, says where it is, stops cleanly and goes on where it was', async (t) => {
  const directory = temporaryDirectory(t)
  const first = new Samsa(t, directory, ['--port', '0'])
  const { host, port } = await first.ready()
  t.equal(host, 'localhost')
  t.match(first.stdout, /^samsa is ready at localhost:\d+, its data in samsa-data\. [^\n]*\n$/)
  await createTopic(port, 'kept')
  t.equal(await first.kill('SIGINT'), 130)
  t.equal(readdirSync(join(directory, 'samsa-data')).includes(SHUTDOWN_MARK), true)
  t.match(first.logged, [], 'what is logged is JSON')

  const second = new Samsa(t, directory, ['start', '--port', '0'])
  const again = await second.ready()
  t.strictSame(await topicNames(again.port), ['kept'])
  await second.kill('SIGKILL')

  const third = new Samsa(t, directory, ['start', '--port', '0', '--log-level', 'silent'])
  t.strictSame(await topicNames((await third.ready()).port), ['kept'], 'after kill -9 too')
  t.equal(await third.kill('SIGTERM'), 143)
  t.equal(third.stderr, '')
})

t.test('both loopback addresses', async (t) => {
  const directory = temporaryDirectory(t)
  const broker = new Samsa(t, directory, ['--memory', '--port', '0'])
  const { port } = await broker.ready()
  for (const host of LOOPBACK_ADDRESSES) {
    t.match(await ask(port, ApiKey.ApiVersions, 0, {}, host), { errorCode: 0 }, host)
  }
  await broker.kill('SIGTERM')
  t.match(broker.stdout, /, its data in memory\./)
  t.strictSame(readdirSync(directory), [], 'nothing is left of it')
})

t.test('a directory has one user at a time', async (t) => {
  const directory = temporaryDirectory(t)
  const args = ['--data-dir', 'data', '--port', '0']
  const first = new Samsa(t, directory, args)
  await first.ready()
  const second = await samsa(t, directory, ...args)
  t.equal(second.exitCode, 1)
  t.match(second.stderr, /^samsa: [^\n]*data is in use by another [^\n]*\n$/)
  await first.kill('SIGKILL')
  const third = new Samsa(t, directory, args)
  await third.ready()
  t.equal(await third.kill('SIGTERM'), 143)
})

t.test('a port that is in use', async (t) => {
  const directory = temporaryDirectory(t)
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const { port } = taken.address() as { port: number }
  const broker = await samsa(t, directory, '--port', String(port))
  t.equal(broker.exitCode, 1)
  t.match(broker.stderr, new RegExp(`^samsa: cannot listen on .*: port ${port} is in use\n$`))
})

t.test("somebody else's directory", async (t) => {
  const directory = temporaryDirectory(t)
  for (const data of ['a', 'b']) {
    const broker = new Samsa(t, directory, ['--data-dir', data, '--port', '0'])
    await broker.ready()
    await broker.kill('SIGTERM')
  }
  const otherNode = await samsa(
    t,
    directory,
    ...['--data-dir', 'a', '--port', '0', '--set', 'node.id=7'],
  )
  t.match(otherNode, {
    exitCode: 1,
    stderr: /^samsa: .*a belongs to node 1, but this is node 7\n$/,
  })
  const dirs = `log.dirs=${join(directory, 'a')},${join(directory, 'b')}`
  const otherCluster = await samsa(t, directory, '--data-dir', 'a', '--port', '0', '--set', dirs)
  t.match(otherCluster, { exitCode: 1, stderr: /^samsa: .*b belongs to the cluster [^\n]+\n$/ })
})

t.test('the node that a directory belongs to is taken from it', async (t) => {
  const directory = temporaryDirectory(t)
  const args = ['--data-dir', 'data', '--port', '0']
  const first = new Samsa(t, directory, [...args, '--set', 'node.id=7'])
  await first.ready()
  await first.kill('SIGTERM')
  const second = new Samsa(t, directory, args)
  const { port } = await second.ready()
  const cluster = await ask(port, ApiKey.DescribeCluster, 1, {
    includeClusterAuthorizedOperations: false,
    endpointType: 1,
  })
  t.match(cluster, { brokers: [{ brokerId: 7 }] })
  await second.kill('SIGTERM')
})

t.test('feature levels that it does not know', async (t) => {
  const directory = temporaryDirectory(t)
  const data = join(directory, 'data')
  mkdirSync(data)
  const levels = new Map([['metadata.version', 99]])
  const bootstrap = bootstrapRecords(levels).map(encodeRecord)
  formatMetadataDirectory(new NodeDisk(), { logDirectory: data, bootstrap, nowMs: Date.now() })
  const lines = ['version=1', 'cluster.id=MkU3OEVBNTcwNTJENDM2Qg', 'node.id=1']
  writeFileSync(join(data, 'meta.properties'), `${lines.join('\n')}\n`)
  const broker = await samsa(
    t,
    directory,
    ...['--data-dir', 'data', '--port', '0', '--log-level', 'silent'],
  )
  t.equal(broker.exitCode, 1)
  t.match(
    broker.stderr,
    /^samsa: [^\n]*metadata.version has level 99; levels \d+ to \d+ are supported[^\n]*\n$/,
  )
})

t.test("Kafka's configuration file, and what is said over it", async (t) => {
  const directory = temporaryDirectory(t)
  const lines = [
    'process.roles=broker,controller',
    'node.id=3',
    'controller.quorum.bootstrap.servers=localhost:9093',
    'listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
    'advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093',
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    `log.dirs=${join(directory, 'never')}`,
    'num.network.threads=3',
    'num.io.threads=9',
    'num.partition=2',
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
  ]
  writeFileSync(join(directory, 'server.properties'), lines.join('\n'))
  const args = ['--config', 'server.properties', '--data-dir', 'data', '--port', '0']
  const first = new Samsa(t, directory, [...args, '--set', 'num.partitions=4'])
  const { port } = await first.ready()
  await ask(port, ApiKey.Metadata, 9, {
    topics: [{ name: 'made-unasked' }],
    allowAutoTopicCreation: true,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  })
  t.strictSame(await topicNames(port), ['made-unasked'])
  await first.kill('SIGTERM')
  const warnings = first.logged.filter(({ level }) => level === 40).map(({ msg }) => msg)
  t.strictSame(warnings, [
    'no such configuration: num.partition',
    'samsa does not act on: num.io.threads',
  ])
  t.strictSame(readdirSync(directory).sort(), ['data', 'server.properties'])
  const files = readdirSync(join(directory, 'data'))
  t.ok(files.includes('bootstrap.checkpoint') && files.includes('meta.properties'))
  const quorum = readdirSync(join(directory, 'data/__cluster_metadata-0'))
  t.ok(quorum.includes('00000000000000000000-0000000000.checkpoint'), 'a quorum that can grow')
  const second = new Samsa(t, directory, args)
  t.strictSame(await topicNames((await second.ready()).port), ['made-unasked'])
  await second.kill('SIGTERM')
})
