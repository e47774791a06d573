import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startBroker } from '../../../src/index.js'
import { installApacheKafka } from '../../support/apache-kafka/apache-kafka.js'
import { readGolden } from './golden.js'
import { scenarios } from './scenarios.js'
import { Session } from './session.js'

t.before(() => installApacheKafka())

/** What the tools said when they were used on a samsa of its own. */
async function stepsOf(scenario: (s: Session) => Promise<void>) {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'samsa-tools-'))
  const config = { 'group.initial.rebalance.delay.ms': '0' }
  const broker = await startBroker({ profile: 'kafka', directory: dataDirectory, config })
  const { bootstrapServers } = broker
  const session = new Session({ bootstrapServers, dataDirectory, stop: () => broker.close() })
  try {
    await scenario(session)
    return session.steps
  } finally {
    await broker.close()
    await rm(dataDirectory, { recursive: true, force: true })
  }
}

for (const [name, scenario] of Object.entries(scenarios)) {
  t.test(`${name}: as on Apache Kafka`, async (t) => {
    const [ours, theirs] = [await stepsOf(scenario), await readGolden(name)]
    for (const [at, step] of theirs.entries()) {
      const expected = name === 'api-versions' ? onlyWhatIsServed(step, ours[at]) : step
      t.strictSame(ours[at], expected, step.command)
    }
    t.equal(ours.length, theirs.length)
  })
}

/** samsa doesn't list what it doesn't serve; what it lists must be as Apache Kafka has it. */
function onlyWhatIsServed<T extends { output: readonly string[] }>(theirs: T, ours?: T): T {
  const unserved = (ours?.output ?? []).filter((line) => line.includes(': UNSUPPORTED'))
  const replaced = new Map(unserved.map((line) => [line.split(':')[0], line]))
  return {
    ...theirs,
    output: theirs.output.map((line) => replaced.get(line.split(':')[0]) ?? line),
  }
}
