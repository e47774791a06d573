// Holds the scripts with two brokers and prints where their answers differ:
//   npx tsx test/oracle/compare.ts [OURS [THEIRS [SCRIPT ...]]]
// A broker is `samsa` or `apache-kafka` (a new one for each script), `recordings` (what Apache Kafka
// answered once), or HOST:PORT of one that the scripts haven't been held with. By default samsa is
// compared with the recordings.
import { interviewerOf } from './brokers.js'
import { differencesOf } from './difference.js'
import { scriptsNamed } from './scripts/index.js'

const [ours = 'samsa', theirs = 'recordings', ...names] = process.argv.slice(2)
let differing = 0
for (const script of scriptsNamed(names)) {
  const [left, right] = [await interviewerOf(ours)(script), await interviewerOf(theirs)(script)]
  const differences = differencesOf(left, right)
  const unexpected = differences.filter((it) => !it.deviation || it.fields.length === 0)
  for (const { label, deviation, fields } of differences) {
    console.log(`${script.name} > ${label}${deviation ? ` (${deviation})` : ''}`)
    for (const line of fields) console.log(`    ${line}`)
    if (fields.length === 0) console.log('    no difference any more')
  }
  differing += unexpected.length
  console.log(`# ${script.name}: ${unexpected.length} of ${left.length} exchanges differ`)
}
process.exitCode = differing === 0 ? 0 : 1
