// Asks Apache Kafka (a new one for each script) and keeps its answers in recordings/:
//   npx tsx test/oracle/record.ts [SCRIPT ...]
import { advertisedBy, writeAdvertised } from './advertised.js'
import { apacheKafka, withApacheKafka } from './brokers.js'
import { writeRecording } from './recordings.js'
import { scriptsNamed } from './scripts/index.js'

const names = process.argv.slice(2)
if (names.length === 0) await writeAdvertised(await withApacheKafka({}, advertisedBy))
for (const script of scriptsNamed(names)) {
  const exchanges = await apacheKafka(script)
  await writeRecording(script.name, exchanges)
  console.log(`${script.name}: ${exchanges.length} exchanges`)
}
