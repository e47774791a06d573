import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { CONTROL_COMMANDS, UsageError } from '../../../src/cli/arguments.js'
import { ControlFailure } from '../../../src/cli/control/client.js'
import { runControl } from '../../../src/cli/control/run.js'
import { type BrokerOptions, startBroker } from '../../../src/index.js'
import { temporaryDirectory } from '../../support/teardown.js'
import { metadataBody } from '../testing/broker-fixture.js'
import { ControlFixture } from '../testing/control-fixture.js'

/** A broker, and the commands that ask it. */
class Commands {
  static async start(t: Test, options: BrokerOptions = {}) {
    return new Commands(await ControlFixture.start(t, options))
  }

  private constructor(readonly control: ControlFixture) {}

  /** What the command prints. */
  async told(command: string, ...args: string[]): Promise<string> {
    const environment = { SAMSA_CONTROL_URL: this.control.url.href }
    return (await runControl(command, args, environment)).join('\n')
  }

  async json(command: string, ...args: string[]) {
    return JSON.parse(await this.told(command, ...args, '--json'))
  }
}

t.test('topics and records', async (t) => {
  const commands = await Commands.start(t)
  await commands.told('topics', 'create', 'orders', '--partitions', '2', '--set', 'retention.ms=5')
  const described = await commands.told('topics', 'describe', 'orders')
  t.match(described, /^PARTITION .*\n +0 .*\n +1 .*\nretention\.ms=5$/s)
  const produced = await commands.told(
    ...(['records', 'produce', 'orders', 'first', '\u001b[2Jsecond'] as const),
    ...['--partition', '1', '--key', 'k', '--header', 'trace=1'],
  )
  t.equal(produced, 'produced 2 to orders')
  const records = await commands.told('records', 'orders')
  t.match(records, /^PARTITION {2}OFFSET {2}TIME .*\n +1 +0 +\S+Z +k +first\n/)
  t.match(records, /\\x1b\[2Jsecond$/, 'nothing that a terminal would act on')
  t.match(await commands.json('records', '--from', '1', 'orders'), {
    records: [{ offset: 1, value: '\u001b[2Jsecond', headers: [{ name: 'trace', value: '1' }] }],
  })
  t.match(await commands.told('topics'), /^TOPIC +PARTITIONS +MESSAGES\norders +2 +2$/)
  t.equal(await commands.told('topics', 'delete', 'orders'), 'deleted topic orders')
  t.strictSame(await commands.json('topics'), { topics: [] })
  await t.rejects(commands.told('topics', 'describe', 'orders'), {
    message: 'there is no topic orders',
    code: 'UNKNOWN_TOPIC_OR_PARTITION',
  })
})

t.test('groups and transactions', async (t) => {
  const commands = await Commands.start(t)
  await commands.told('topics', 'create', 'orders', '--partitions', '2')
  await commands.told('records', 'produce', 'orders', 'a', 'b', '--partition', '1')
  await commands.told('groups', 'commit', 'a/b', 'orders:1=1')
  t.match(await commands.told('groups'), /^GROUP .*\na\/b +classic +Empty +0$/)
  t.match(await commands.told('groups', 'offsets', 'a/b'), /\norders +1 +1 +1$/)
  t.match(await commands.told('groups', 'offsets', 'a/b', '--topic', 'x'), /^TOPIC[^\n]*$/)
  t.equal(await commands.told('groups', 'describe', 'a/b'), 'a/b: classic, Empty, 0 members')
  t.equal(await commands.told('groups', 'delete', 'a/b'), 'deleted group a/b')
  t.match(await commands.told('transactions', 'fence', 'payer'), /^payer has epoch \d+ now$/)
  t.match(
    await commands.told('transactions'),
    /^TRANSACTIONAL-ID .*\npayer +Empty +\d+ +\d+ +- +-$/,
  )
})

t.test('waits', async (t) => {
  const commands = await Commands.start(t)
  const messages = commands.told('wait', 'messages', 'orders', '2')
  await commands.told('records', 'produce', 'orders', 'a', 'b')
  t.match(await messages, /a\n.*b$/)
  const commit = commands.told('wait', 'commit', 'billing', 'orders', '--offset', '2')
  await commands.told('groups', 'commit', 'billing', 'orders=2')
  t.match(await commit, /\norders +0 +2 +0$/)
  t.match(await commands.told('wait', 'group', 'billing', '--state', 'Empty'), /^billing/)
  await commands.control.fixture.client('shop').ask('Metadata', 9, metadataBody([]))
  t.match(
    await commands.told('wait', 'request', 'Metadata', '--client', '/^sh/'),
    /Metadata v9 +shop/,
  )
  t.match(await commands.told('wait', 'ready'), /^ok/)
  const over: [args: string[], message: RegExp][] = [
    [['group', 'nobody', '--members', '1'], /^waited 50 ms for group nobody .*no such group$/],
    [
      ['assignment', 'nobody', '--topic', 'orders', '--client', 'x'],
      /assignment of orders to client/,
    ],
  ]
  for (const [args, message] of over) {
    const waiting = commands.told('wait', ...args, '--timeout', '50ms')
    await t.rejects(waiting, { message, code: 'WAIT_TIMEOUT' })
  }
})

t.test('the broker need not have started when it is waited for', async (t) => {
  const first = await startBroker({ controlPort: 0 })
  const controlPort = Number(new URL(first.controlUrl!).port)
  await first.close()
  const args = ['ready', '--control', String(controlPort)]
  const waiting = runControl('wait', args, {})
  await Commands.start(t, { controlPort })
  t.match(await waiting, [/^ok: /])
})

t.test('where the broker is may be said in any of the usual ways', async (t) => {
  const { control } = await Commands.start(t)
  const { port, url } = control
  for (const where of [String(port), `localhost:${port}`, url.href, url.origin]) {
    t.match(await runControl('health', ['--control', where], {}), [/^ok: /], where)
  }
})

t.test('another service is not taken for a broker', async (t) => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"UP"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const where = String((server.address() as AddressInfo).port)
  for (const command of ['topics', 'health', 'wait ready --timeout 1ms', 'reset']) {
    const [name = '', ...rest] = `${command} --control ${where}`.split(' ')
    await t.rejects(runControl(name, rest, {}), { message: /is no control API of samsa \(status/ })
  }
})

t.test('a broker that never starts', async (t) => {
  const broker = await startBroker({ controlPort: 0 })
  await broker.close()
  const environment = { SAMSA_CONTROL_URL: broker.controlUrl! }
  const waiting = runControl('wait', ['ready', '--timeout', '50ms'], environment)
  await t.rejects(waiting, { message: /^no control API at .*: ECONNREFUSED$/ })
  await t.rejects(runControl('health', [], environment), ControlFailure)
})

t.test('faults and the journal', async (t) => {
  const commands = await Commands.start(t)
  t.match(await commands.json('faults', 'add', 'error:CreateTopics:41,once'), { id: 1 })
  t.match(
    await commands.told('faults'),
    /\n +1 +error +\{"api":"CreateTopics","error":41,"once":true\}/,
  )
  await t.rejects(commands.control.fixture.createTopic('a'))
  t.match(await commands.told('faults', 'show', '1'), /\n +1 +error .* 1 +1 +no$/)
  await commands.told('faults', 'stop', '1')
  await commands.told('faults', 'add', '{"kind":"drop","api":"*","clientId":"none"}')
  t.equal(await commands.told('faults', 'clear'), 'stopped all faults')
  await commands.control.fixture.createTopic('a')
  const { entries } = await commands.json('journal', '--error', 'NOT_CONTROLLER')
  t.match(entries, [{ api: 'CreateTopics', faults: [1] }])
  t.match(await commands.told('journal', '--max', '1'), /CreateTopics v7 .*answered/)
  await commands.told('journal', 'clear')
  t.match(await commands.json('journal'), { entries: [] })
})

t.test('seeds, reset and snapshots', async (t) => {
  const commands = await Commands.start(t)
  const directory = temporaryDirectory(t)
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const yaml = file('seed.yaml', 'topics:\n  orders:\n    records:\n      - value: seeded\n')
  const jsonl = file('payments.jsonl', '{"value":1}\n')
  const values = async (topic: string) =>
    (await commands.json('records', topic)).records.map((r: { value: string }) => r.value)
  t.equal(await commands.told('seed', yaml, jsonl), `seeded ${yaml}\nseeded ${jsonl}`)
  t.strictSame(await values('orders'), ['seeded'])
  t.strictSame(await values('payments'), ['1'])
  await commands.told('seed', '--topic', 'refunds', file('x.csv', 'key,value\nk,v\n'))
  t.strictSame(await values('refunds'), ['v'])
  await commands.told('records', 'produce', 'orders', 'later')
  t.match(await commands.told('snapshot'), /^SNAPSHOT .*\n1 +3 +0 +\d+$/)
  t.equal(await commands.told('reset'), 'reset')
  t.strictSame(await values('orders'), ['seeded'])
  t.equal(await commands.told('snapshot', 'restore', '1'), 'restored snapshot 1')
  t.strictSame(await values('orders'), ['seeded', 'later'])
  await commands.told('snapshot', 'delete', '1')
  t.strictSame(await commands.json('snapshot', 'list'), { snapshots: [] })
  await commands.told('seed', file('empty.yaml', ''), file('empty.jsonl', ''))
  await commands.told('seed', file('marked.json', '\ufeff{"topics":{"marked":{}}}'))
  t.strictSame(await values('marked'), [])
  const wrong = file('wrong.json', '{"topics":{"a":{"size":1}}}')
  await t.rejects(commands.told('seed', wrong), {
    message: `${wrong}: the seed: topics.a has a field size; there are partitions, configs, records`,
  })
  const latin = file('latin.csv', '')
  writeFileSync(latin, Buffer.from('key,value\n\xe9,x\n', 'latin1'))
  await t.rejects(commands.told('seed', latin), {
    message: `${latin}: the body: it is no UTF-8`,
  })
  const none = join(directory, 'none.yaml')
  await t.rejects(commands.told('seed', none), { message: `${none}: there is no such file` })
})

t.test('the clock, metrics, an address and a restart', async (t) => {
  const commands = await Commands.start(t, { clock: 'virtual' })
  const { nowMs } = await commands.json('clock')
  t.match(await commands.told('clock', 'advance', '1.5h'), /^\S+Z, virtual$/)
  t.equal((await commands.json('clock')).nowMs, nowMs + 5_400_000)
  await commands.control.fixture.client().ask('Metadata', 9, metadataBody([]))
  const metrics = await commands.told('metrics')
  t.match(
    metrics,
    /^kafka_network_requestmetrics_requests_total\{request="Metadata",version="9"\} 1$/m,
  )
  t.equal(await commands.told('advertise', 'kafka.test:9'), 'advertised kafka.test:9')
  t.match(await commands.told('health'), /^ok: kafka\.test:9, cluster \S{22}, profile test$/)
  t.equal(await commands.told('advertise', 'none'), 'nothing is advertised')
  t.equal(await commands.told('restart'), 'restarted')
  t.match(await commands.told('health'), /^ok: 127\.0\.0\.1:/)
})

t.test('what is not understood', async (t) => {
  const cases: [args: string[], message: RegExp][] = [
    [['topics'], /where is the broker\?.*SAMSA_CONTROL_URL/],
    [['topics', '--control', '99999'], /^99999 is neither a port nor a URL/],
    [['topics', '--control', 'https://x'], /https:\/\/x is neither a port nor a URL/],
    [['topics', 'create', '--control', '1'], /samsa topics create needs TOPIC/],
    [['topics', 'describe', 'a', 'b', '--control', '1'], /b is one argument too many/],
    [['topics', 'everything', '--control', '1'], /everything is one argument too many/],
    [
      ['topics', 'everything', '--control', '1'],
      /; there are describe, create, delete \(samsa topics/,
    ],
    [['reset', 'x', '--control', '1'], /x is one argument too many \(samsa reset --help/],
    [['clock', 'advance', '45', '--control', '1'], /^45 is no time such as .*\(samsa clock --help/],
    [['topics', 'create', 'a', '--set', 'b', '--control', '1'], /name=value \(samsa topics --help/],
    [['topics', '--frobnicate'], /Unknown option '--frobnicate' \(samsa topics --help says/],
    [['records', 'a', '--from', 'x', '--control', '1'], /--from x: it has to be a whole number/],
    [['wait', '--control', '1'], /samsa wait needs ready, messages/],
    [['wait', 'messages', 'a', 'many', '--control', '1'], /many is no number of messages/],
    [
      ['wait', 'group', 'g', '--timeout', 'x', '--control', '1'],
      /--timeout x: it has to be a time/,
    ],
    [['faults', 'add', 'x', '--control', '1'], /fault x: it begins with one of/],
    [['groups', 'commit', 'g', 'x', '--control', '1'], /x: it has to be of the form/],
    [['groups', 'commit', 'g', 'x=y', '--control', '1'], /x=y: it has to be of the form/],
    [['seed', 'x.txt', '--control', '1'], /x.txt: a seed is a file that ends in/],
  ]
  for (const [[command, ...args], message] of cases) {
    await t.rejects(runControl(command!, args, {}), message)
    await t.rejects(runControl(command!, args, {}), UsageError)
  }
})

t.test('help', async (t) => {
  for (const command of CONTROL_COMMANDS) {
    const lines = await runControl(command, ['--help'], {})
    t.match(lines, ['Usage:', '', new RegExp(`^  samsa ${command}`)])
    t.notOk(
      lines.some((line) => line.length > 100),
      `${command}: lines are short`,
    )
  }
  t.match(await runControl('wait', ['group', '--help'], {}), ['Usage:'])
})
