// Uses the tools on Apache Kafka (a new one for each scenario) and keeps what they said:
//   npx tsx test/compat/java/record.ts [SCENARIO ...]
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installApacheKafka, startApacheKafka } from '../../support/apache-kafka/apache-kafka.js'
import { writeGolden } from './golden.js'
import { scenarios } from './scenarios.js'
import { Session } from './session.js'

const names = process.argv.slice(2)
installApacheKafka()
for (const [name, scenario] of Object.entries(scenarios)) {
  if (names.length > 0 && !names.includes(name)) continue
  const directory = await mkdtemp(join(tmpdir(), 'tools-'))
  const kafka = await startApacheKafka({ directory, heap: '512m' })
  try {
    const session = new Session(kafka)
    await scenario(session)
    await writeGolden(name, session.steps)
    console.log(`${name}: ${session.steps.length} uses`)
  } finally {
    await kafka.stop('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  }
}
