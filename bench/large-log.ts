import { join } from 'node:path'
import type { Benchmark } from './benchmark.js'
import { starters } from './brokers.js'
import { load } from './load/load.js'
import { RECORDS_PER_BATCH, type Throughput } from './load/loads.js'
import { BATCHES_A_SECOND } from './load/logs.js'
import { createTopic, offsetAt } from './load/requests.js'
import { residentBytes } from './process-stats.js'

const TOPIC = 'large'
const GIGABYTE = 1e9
const LOOKUPS = 20
const DAY_MS = 86_400_000
const END_OF_LOG = -1n

/** One partition of many gigabytes: killed and started, read whole, and looked up by time. */
export const largeLog: Benchmark = async ({ directory, gigabytes, report }) => {
  for (const [index, start] of starters.entries()) {
    const at = join(directory, String(index))
    let broker = await start(at)
    await createTopic(broker.port, TOPIC, 1)
    const firstMs = Date.now() - DAY_MS
    const bytes = gigabytes * GIGABYTE
    const records = await load<number>(broker.port, 'fill', TOPIC, bytes, firstMs)
    await broker.stop('SIGKILL')

    const startedNs = process.hrtime.bigint()
    broker = await start(at)
    const end = await offsetAt(broker.port, TOPIC, END_OF_LOG)
    const recoveryMs = Number(process.hrtime.bigint() - startedNs) / 1e6
    if (end !== records) throw new Error(`${broker.name} lost records: ${end} of ${records}`)

    const scanned = await load<Throughput>(broker.port, 'scan', TOPIC, records)
    const seconds = Math.floor(records / RECORDS_PER_BATCH / BATCHES_A_SECOND)
    const lookups: number[] = []
    for (let lookup = 0; lookup < LOOKUPS; lookup++) {
      const second = Math.floor((lookup * seconds) / LOOKUPS)
      const lookupNs = process.hrtime.bigint()
      const offset = await offsetAt(broker.port, TOPIC, BigInt(firstMs + second * 1000))
      lookups.push(Number(process.hrtime.bigint() - lookupNs) / 1e6)
      if (offset !== second * BATCHES_A_SECOND * RECORDS_PER_BATCH) {
        throw new Error(`${broker.name} has second ${second} at offset ${offset}`)
      }
    }
    report.add(broker.name, {
      'start after a crash, ms': recoveryMs,
      'read it all, MB/s': scanned.bytes / 1e6 / scanned.seconds,
      'offset by timestamp, p50 ms': lookups.sort((a, b) => a - b)[LOOKUPS / 2]!,
      'MB resident': residentBytes(broker.pid) / 1e6,
    })
    await broker.stop()
  }
}
