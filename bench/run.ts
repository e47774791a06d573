// npm run bench [-- NAME] [--rounds N] [--seconds S] [--gigabytes G]: samsa and Apache Kafka 4.3.1 side
// by side. NAME is traffic (if left out), partitions, log or groups; embed is of samsa alone.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  installApacheKafka,
  missingForApacheKafka,
} from '../test/support/apache-kafka/apache-kafka.js'
import type { Benchmark } from './benchmark.js'
import { embedding } from './embedding.js'
import { groups } from './groups.js'
import { largeLog } from './large-log.js'
import { manyPartitions } from './many-partitions.js'
import { Report } from './report.js'
import { traffic } from './traffic.js'

const benchmarks: Readonly<Record<string, Benchmark>> = {
  traffic,
  partitions: manyPartitions,
  log: largeLog,
  groups,
}

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    gigabytes: { type: 'string', default: '10' },
  },
  allowPositionals: true,
})
const [name = 'traffic'] = positionals
if (name === 'embed') {
  await embedding()
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`)
  process.exit()
}
const benchmark = benchmarks[name]
if (benchmark === undefined) {
  console.error(
    `There is no benchmark ${name}; there are ${Object.keys(benchmarks).join(', ')}, embed.`,
  )
  process.exit(2)
}
const missing = missingForApacheKafka()
if (missing !== undefined) {
  console.error(`The benchmark compares with Apache Kafka, which needs ${missing}.`)
  process.exit(1)
}
installApacheKafka()

const directory = mkdtempSync(join(tmpdir(), 'samsa-bench-'))
const report = new Report()
try {
  await benchmark({
    directory,
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    gigabytes: Number(values.gigabytes),
    report,
  })
  console.log(report.table())
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
