import t from 'tap'
import { bootstrapFor } from '../../support/bootstrap.js'
import { run } from '../../support/run.js'
import { unique } from '../kafkajs/client.js'

// The client needs a newer Node than the broker, and packages of its own: it runs as a process.
const findNode = ['-y', '--prefer-offline', '-p', 'node@22', 'sh', '-c', 'command -v node']
const node22 = (await run('npx', findNode)).stdout.trim()
const scenarios = 'test/compat/platformatic/scenarios.mjs'

const bootstrap = await bootstrapFor(t)

/** What a user of @platformatic/kafka saw in a scenario of scenarios.mjs. */
async function seenIn(scenario: string): Promise<unknown> {
  const args = [scenarios, bootstrap, scenario, unique('topic')]
  const { code, stdout, stderr } = await run(node22, args)
  if (code !== 0) throw new Error(`${scenario} ended with ${code}: ${stderr}${stdout}`)
  return JSON.parse(stdout)
}

/** For each scenario what Apache Kafka makes the client see. */
const EXPECTED: Record<string, unknown> = {
  produce_and_consume: { created: [[true, 3, 1]], same: true },
  codecs: { same: true },
  headers: {
    sent: [[0, 0]],
    key: 'k',
    value: 'v',
    headers: { trace: 'x', other: 'y' },
    timestamp: 1_700_000_000_000,
    offset: 0,
  },
  transactions: {
    committed: 20,
    others: ['new'],
    all: 42,
    offset: 20,
    fenced: ['PRODUCER_FENCED'],
  },
  group: {
    first: [['a', 'b', 'c', 'd'], 'Stable', 1],
    second: [['e', 'f'], 'Stable', 1],
    committed: 6,
    listed: 'Empty',
    gone: ['GROUP_ID_NOT_FOUND'],
  },
  offsets: { ends: [0, 5], from: ['3', '4'] },
  admin: {
    again: ['TOPIC_ALREADY_EXISTS'],
    grown: null,
    changed: null,
    refused: ['INVALID_CONFIG'],
    retention: [['retention.ms', '12345']],
    partitions: 3,
    brokers: [1],
    listed: true,
    gone: ['UNKNOWN_TOPIC_OR_PARTITION'],
  },
  errors: { large: ['MESSAGE_TOO_LARGE'], unknown: ['Unknown topic TOPIC-no.'] },
}

for (const [scenario, expected] of Object.entries(EXPECTED)) {
  t.test(scenario, async (t) => t.strictSame(await seenIn(scenario), expected))
}
