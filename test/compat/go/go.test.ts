import { join } from 'node:path'
import t from 'tap'
import { bootstrapFor } from '../../support/bootstrap.js'
import { run } from '../../support/run.js'
import { temporaryDirectory } from '../../support/teardown.js'
import { unique } from '../kafkajs/client.js'

// Compilers take their time on a busy machine.
const BUILD_TIMEOUT_MS = 300_000
const SCENARIO_TIMEOUT_MS = 90_000
const sources = 'test/compat/go'

const bootstrap = await bootstrapFor(t)
const directory = temporaryDirectory(t)
const program = join(directory, 'compat')

/** What a user of a client saw in a scenario of its. */
async function seenIn(client: string, scenario: string): Promise<unknown> {
  const args = [bootstrap, client, scenario, unique('topic')]
  const { code, stdout, stderr } = await run(program, args, { timeoutMs: SCENARIO_TIMEOUT_MS })
  if (code !== 0) throw new Error(`${client} ${scenario} ended with ${code}: ${stderr}${stdout}`)
  return JSON.parse(stdout)
}

const HEADERS = {
  written: [0, 0],
  key: '00ff',
  no_value: true,
  headers: [
    ['trace', 'x'],
    ['none', ''],
    ['trace', 'y'],
  ],
  timestamp: 1_700_000_000_000,
}

const TRANSACTIONS = { copied: true, rest: ['of the new one'], committed: 60 }

/** For each client and scenario what Apache Kafka makes it see. */
const EXPECTED: Record<string, Record<string, unknown>> = {
  'franz-go': {
    codecs: { same: true },
    headers: { ...HEADERS, epoch: 0 },
    group: {
      protocol: 'cooperative-sticky',
      read: 40,
      rest: ['40', '41', '42', '43', '44', '45', '46', '47', '48', '49'],
      lag: 0,
      left: ['Empty', 0],
    },
    offsets: {
      before: 0,
      committed: [4, 'note', 0],
      watermarks: [0, 10],
      after_4500: [5, 5000],
      first: 4,
      sought: 8,
      last: 9,
      deleted: null,
      left: 0,
    },
    admin: {
      again: 'TOPIC_ALREADY_EXISTS',
      replicated: 'INVALID_REPLICATION_FACTOR',
      illegal: 'INVALID_TOPIC_EXCEPTION',
      grown: null,
      altered: null,
      refused: 'INVALID_CONFIG',
      retention: ['12345', 'DYNAMIC_TOPIC_CONFIG'],
      low: 1,
      partitions: [0, 1, 2],
      brokers: 1,
      controller: 1,
      directories: 1,
      no_group: 'GROUP_ID_NOT_FOUND',
      gone: null,
      gone_again: 'UNKNOWN_TOPIC_OR_PARTITION',
    },
    errors: {
      large: 'MESSAGE_TOO_LARGE',
      unknown: 'UNKNOWN_TOPIC_OR_PARTITION',
      after: [null, 0],
      out_of_range: 'OFFSET_OUT_OF_RANGE',
    },
    transactions: { ...TRANSACTIONS, aborted: true, all: true, fenced: 'PRODUCER_FENCED' },
    old_transactions: { ...TRANSACTIONS, aborted: true, all: true, fenced: 'PRODUCER_FENCED' },
  },
  // It gives Kafka's errors as numbers.
  sarama: {
    codecs: { same: true },
    headers: HEADERS,
    group: {
      group: ['Stable', 'range', 2],
      same: true,
      rest: true,
      committed: 50,
      left: ['Empty', 0],
      listed: 'consumer',
      deleted: null,
      again: 69,
    },
    offsets: {
      before: -2,
      committed: [4, 'note', 0],
      watermarks: [0, 10],
      after_4500: 5,
      sought: '8',
      out_of_range: 1,
      deleted: null,
      left: -1,
    },
    admin: {
      again: 36,
      replicated: 38,
      illegal: 17,
      grown: null,
      shrunk: 37,
      altered: null,
      refused: 40,
      retention: ['retention.ms', '12345', 'Topic'],
      trimmed: null,
      low: 1,
      partitions: [0, 1, 2],
      brokers: [1, 1],
      no_group: 69,
      gone: null,
      gone_again: 3,
    },
    errors: { large: 10, illegal: 17, after: [0] },
    transactions: { ...TRANSACTIONS, aborted: 2, all: 82, fenced: 90 },
  },
}

t.test('it builds', async (t) => {
  const { code, stderr } = await run('go', ['build', '-o', program, '.'], {
    cwd: sources,
    timeoutMs: BUILD_TIMEOUT_MS,
  })
  t.equal(code, 0, stderr)
})

for (const [client, scenarios] of Object.entries(EXPECTED)) {
  for (const [scenario, expected] of Object.entries(scenarios)) {
    t.test(`${client}: ${scenario}`, async (t) =>
      t.strictSame(await seenIn(client, scenario), expected),
    )
  }
}
