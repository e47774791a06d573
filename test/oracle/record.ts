// Asks Apache Kafka (a new one for each script) and keeps its answers in recordings/:
//   npx tsx test/oracle/record.ts [SCRIPT ...]
import { apacheKafka } from './brokers.js'
import { writeRecording } from './recordings.js'
import { scriptsNamed } from './scripts/index.js'

for (const script of scriptsNamed(process.argv.slice(2))) {
  const exchanges = await apacheKafka(script)
  await writeRecording(script.name, exchanges)
  console.log(`${script.name}: ${exchanges.length} exchanges`)
}
