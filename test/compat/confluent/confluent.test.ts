import { fileURLToPath } from 'node:url'
import t from 'tap'
import { bootstrapFor } from '../../support/bootstrap.js'
import { run } from '../../support/run.js'
import { PROMPT } from '../java-client/prompt.js'
import { unique } from '../kafkajs/client.js'

const bootstrap = await bootstrapFor(t, PROMPT)
const python = process.env.SAMSA_TEST_PYTHON ?? 'python3'
const scenarios = fileURLToPath(new URL('./scenarios.py', import.meta.url))

/** What a user of confluent-kafka saw in a scenario of scenarios.py. */
async function seenIn(scenario: string): Promise<unknown> {
  const args = [scenarios, bootstrap, scenario, unique('topic')]
  const { code, stdout, stderr } = await run(python, args, { timeoutMs: 90_000 })
  if (code !== 0) throw new Error(`${scenario} ended with ${code}: ${stderr}${stdout}`)
  return JSON.parse(stdout)
}

/** For each scenario what Apache Kafka makes the client see. */
const EXPECTED: Record<string, unknown> = {
  produce_and_consume: {
    delivered: 500,
    failed: [],
    left: 0,
    same: true,
    ordered: true,
    assigned: [0, 1, 2],
  },
  codecs: { same: true },
  headers: {
    key: '00ff',
    value: null,
    headers: [
      ['trace', 'x'],
      ['none', null],
      ['trace', 'y'],
    ],
    timestamp: [1, 1_700_000_000_000],
    leader_epoch: 0,
  },
  group_of_two: {
    shared: [0, 1, 2, 3],
    read: 40,
    state: 'STABLE',
    assignor: 'range',
    members: [2, 2],
    committed: 40,
  },
  cooperative: {
    shared: [0, 1, 2, 3],
    read: 40,
    state: 'STABLE',
    assignor: 'cooperative-sticky',
    members: [2, 2],
    committed: 40,
  },
  consumer_protocol: {
    shared: [0, 1, 2, 3],
    read: 40,
    state: 'STABLE',
    assignor: 'uniform',
    members: [2, 2],
    committed: 40,
  },
  transactions: {
    copied: true,
    rest: ['of the new one'],
    all: 92,
    committed: 60,
    fenced: ['_FENCED', true, false],
  },
  static_member: {
    after_close: [['instance', 2]],
    seventh: 'seventh',
    fenced: 'FENCED_INSTANCE_ID',
    members: [['instance', 2]],
  },
  offsets: {
    before: -1001,
    after: [4, 'note'],
    watermarks: [0, 10],
    at_time: 0,
    first: 4,
    sought: 8,
    paused: null,
    resumed: 9,
  },
  admin: {
    again: 'TOPIC_ALREADY_EXISTS',
    illegal: 'TOPIC_EXCEPTION',
    replicated: 'INVALID_REPLICATION_FACTOR',
    grown: null,
    shrunk: 'INVALID_PARTITIONS',
    altered: null,
    refused: 'INVALID_CONFIG',
    retention: ['12345', 1],
    written: 5,
    low: [2],
    partitions: [0, 1, 2],
    brokers: [1],
    controller: 1,
    no_group: 'GROUP_ID_NOT_FOUND',
    gone: null,
    gone_again: 'UNKNOWN_TOPIC_OR_PART',
  },
  errors: {
    large: ['MSG_SIZE_TOO_LARGE'],
    out_of_range: '_AUTO_OFFSET_RESET',
    unknown_topic: 'UNKNOWN_TOPIC_OR_PART',
    same_error: true,
  },
}

for (const [scenario, expected] of Object.entries(EXPECTED)) {
  t.test(scenario, async (t) => t.strictSame(await seenIn(scenario), expected))
}
