// npm run bench [-- --rounds N --seconds S]: samsa and Apache Kafka 4.3.1 side by side.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  installApacheKafka,
  missingForApacheKafka,
} from '../test/support/apache-kafka/apache-kafka.js'
import { type Contender, startApacheKafka, startSamsa } from './brokers.js'
import { type Figures, measure } from './measurements.js'
import { residentBytes } from './process-stats.js'
import { report } from './report.js'

const IDLE_MS = 5_000

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)

const missing = missingForApacheKafka()
if (missing !== undefined) {
  console.error(`The benchmark compares with Apache Kafka, which needs ${missing}.`)
  process.exit(1)
}
installApacheKafka()

const directory = mkdtempSync(join(tmpdir(), 'samsa-bench-'))
const starters = [startSamsa, startApacheKafka]
const figures = new Map<string, Figures[]>()
const running: Contender[] = []

function add(name: string, more: Figures): void {
  figures.set(name, [...(figures.get(name) ?? []), more])
  const text = Object.entries(more).map(([key, value]) => `${key} ${value.toFixed(1)}`)
  console.log(`${name}: ${text.join('; ')}`)
}

try {
  // Each start is that of a new directory and a cold process; the last of each stays for the loads.
  for (let round = 0; round < rounds; round++) {
    for (const [index, start] of starters.entries()) {
      const broker = await start(join(directory, `${index}-${round}`))
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
      add(broker.name, {
        'start to first Metadata, ms': broker.startMs,
        'idle, MB resident': residentBytes(broker.pid) / 1e6,
      })
      if (round === rounds - 1) running.push(broker)
      else await broker.stop()
    }
  }
  // The first round warms up and isn't counted.
  for (let round = 0; round <= rounds; round++) {
    for (const broker of running) {
      const result = await measure(broker, round, seconds)
      if (round > 0) add(broker.name, result)
    }
  }
  const [samsa, kafka] = running.map(({ name }) => figures.get(name)!)
  console.log(report(samsa!, kafka!))
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`)
} finally {
  for (const broker of running) await broker.stop()
  rmSync(directory, { recursive: true, force: true })
}
