import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ApiKey } from '../../src/protocol/api-keys.js'
import { temporaryDirectory } from '../support/teardown.js'
import { until } from '../support/until.js'
import { ask, Samsa, samsa } from './samsa.js'

const CONTROL = /^its control API is at (http:\/\/127\.0\.0\.1:\d+)$/m

const controlUrl = (broker: Samsa): Promise<string> =>
  until(() => CONTROL.exec(broker.stdout)?.[1], 'the control API')

t.test('a broker that is seeded and has faults from the start', async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(
    join(directory, 'seed.yaml'),
    'topics:\n  orders:\n    records:\n      - value: a\n',
  )
  writeFileSync(join(directory, 'payments.jsonl'), '{"value":1}\n')
  const broker = new Samsa(t, directory, [
    ...['start', '--memory', '--port', '0', '--control-port', '0'],
    ...['--seed', 'seed.yaml', '--seed', 'payments.jsonl', '--clock', 'virtual'],
    ...['--fault', 'error:CreateTopics:POLICY_VIOLATION,once', '--as-version', '2.8'],
  ])
  const { port } = await broker.ready()
  const control = ['--control', await controlUrl(broker)]
  const told = await samsa(t, directory, 'topics', ...control)
  t.match(told, {
    exitCode: 0,
    stdout:
      'TOPIC     PARTITIONS  MESSAGES\norders             1         1\npayments           1         1\n',
    stderr: '',
  })
  const topics = [
    { name: 'a', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
  ]
  const body = { topics, timeoutMs: 10_000, validateOnly: false }
  t.match(await ask(port, ApiKey.CreateTopics, 7, body), { topics: [{ errorCode: 44 }] })
  t.match(await ask(port, ApiKey.CreateTopics, 7, body), { topics: [{ errorCode: 0 }] })
  const { apiKeys } = await ask(port, ApiKey.ApiVersions, 0, {})
  const known = (apiKeys as { apiKey: number }[]).map(({ apiKey }) => apiKey)
  t.notOk(known.includes(ApiKey.DescribeTransactions), 'which came with 3.0')
  const advanced = await samsa(t, directory, 'clock', 'advance', '45s', ...control)
  t.match(advanced, { exitCode: 0, stdout: /Z, virtual\n$/ })
  const json = await samsa(t, directory, 'health', '--json', ...control)
  t.match(JSON.parse(json.stdout), { status: 'ok', profile: 'kafka' })
  const over = await samsa(t, directory, 'wait', 'group', 'x', '--timeout', '20ms', ...control)
  t.match(over, { exitCode: 1, stdout: '' })
  t.match(over.stderr, /^samsa: waited 20 ms for group x[^\n]*there is no such group\n$/)
  t.match(await samsa(t, directory, 'topics', 'all', 'x', ...control), {
    exitCode: 2,
    stdout: '',
    stderr: /^samsa: [^\n]*one argument too many[^\n]*\n$/,
  })
  t.equal(await broker.kill('SIGTERM'), 143)
})

t.test('the topics that the environment of a container asks for', async (t) => {
  const directory = temporaryDirectory(t)
  const environment = { KAFKA_CREATE_TOPICS: 'orders:3:1,state:1:1:compact' }
  const options = ['--container', '--memory', '--port', '0', '--control-port', '0']
  const broker = new Samsa(t, directory, [...options, '--profile', 'test'], environment)
  const SAMSA_CONTROL_URL = await controlUrl(broker)
  const topics = new Samsa(t, directory, ['topics', '--json'], { SAMSA_CONTROL_URL })
  t.equal(await topics.ended(), 0)
  t.match(JSON.parse(topics.stdout).topics, [
    { name: 'orders', partitionCount: 3 },
    { name: 'state', partitionCount: 1 },
  ])
})

t.test('who has the control API has a broker whose disk was full started again', async (t) => {
  const directory = temporaryDirectory(t)
  const options = ['--memory', '--port', '0', '--profile', 'test', '--log-level', 'silent']
  const broker = new Samsa(t, directory, [...options, '--control-port', '0'])
  const control = ['--control', await controlUrl(broker)]
  const told = async (...args: string[]) =>
    (await samsa(t, directory, ...args, ...control)).exitCode
  t.equal(await told('topics', 'create', 'orders'), 0)
  t.equal(await told('faults', 'add', 'diskFull'), 0)
  t.equal(await told('records', 'produce', 'orders', 'a'), 1)
  t.equal(await told('health'), 1)
  t.equal(await told('faults', 'clear'), 0)
  t.equal(await told('restart'), 0)
  t.equal(await told('records', 'produce', 'orders', 'a'), 0)
  t.equal(broker.exitCode, undefined, 'it runs on')
  t.equal(await broker.kill('SIGTERM'), 143)
})

t.test(
  'without a control API the command ends when its disk is full, as Apache Kafka does',
  async (t) => {
    const directory = temporaryDirectory(t)
    const options = ['--memory', '--port', '0', '--log-level', 'silent', '--seed', 'a.csv']
    writeFileSync(join(directory, 'a.csv'), 'value\nx\n')
    const broker = new Samsa(t, directory, [...options, '--fault', 'diskFull'])
    const { port } = await broker.ready()
    const topics = [
      { name: 'b', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
    ]
    ask(port, ApiKey.CreateTopics, 7, { topics, timeoutMs: 10_000, validateOnly: false }).catch(
      () => {},
    )
    t.equal(await broker.ended(), 1)
  },
)

t.test('help', async (t) => {
  const directory = temporaryDirectory(t)
  const helped = await samsa(t, directory, 'faults', '--help')
  t.match(helped, { exitCode: 0, stdout: /^Usage:\n\n {2}samsa faults .*\n {2}samsa faults add/s })
  const misused = await samsa(t, directory, 'faults', '--frobnicate')
  t.match(misused, { exitCode: 2, stderr: /\(samsa faults --help says what is possible\)\n$/ })
})
