import t from 'tap'
import { bootstrapFor } from '../../support/bootstrap.js'
import { run } from '../../support/run.js'
import { PROMPT } from '../java-client/prompt.js'
import { unique } from '../kafkajs/client.js'

const bootstrap = await bootstrapFor(t, PROMPT)

/** What a user of @confluentinc/kafka-javascript saw in a scenario of scenarios.mjs. */
async function seenIn(scenario: string): Promise<unknown> {
  const program = 'test/compat/confluent-node/scenarios.mjs'
  const args = [program, bootstrap, scenario, unique('topic')]
  const { code, stdout, stderr } = await run(process.execPath, args, { timeoutMs: 90_000 })
  if (code !== 0) throw new Error(`${scenario} ended with ${code}: ${stderr}${stdout}`)
  return JSON.parse(stdout)
}

/** For each scenario what Apache Kafka makes the client see. */
const EXPECTED: Record<string, unknown> = {
  produce_and_consume: { created: true, same: true },
  classic_group: { protocol: 'range', members: 2, committed: 60, deleted: [0] },
  consumer_group: { protocol: 'uniform', members: 2, committed: 60, deleted: [0] },
  transactions: { committed: true, rest: ['new'], all: 42, offset: '20', fenced: 'ERR__FENCED' },
  admin: {
    again: false,
    offsets: [
      [0, '0', '3'],
      [1, '0', '3'],
    ],
    partitions: 2,
    no_group: ['ERR_GROUP_ID_NOT_FOUND'],
    gone: 'ERR_UNKNOWN_TOPIC_OR_PART',
  },
}

for (const [scenario, expected] of Object.entries(EXPECTED)) {
  t.test(scenario, async (t) => t.strictSame(await seenIn(scenario), expected))
}
