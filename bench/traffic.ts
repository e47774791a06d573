import { join } from 'node:path'
import type { Benchmark } from './benchmark.js'
import { type Contender, starters } from './brokers.js'
import { load } from './load/load.js'
import type { Throughput } from './load/loads.js'
import { createTopic, deleteTopic } from './load/requests.js'
import { cpuSeconds, residentBytes } from './process-stats.js'
import type { Figures } from './report.js'

const IDLE_MS = 5_000
const FETCHED_BYTES = 512 * 1024 * 1024
const RATE_PER_SECOND = 500
const MEGABYTE = 1e6

async function measured(
  broker: Contender,
  run: () => Promise<Throughput>,
): Promise<{ megabytesPerSecond: number; cpuMicros: number }> {
  const before = cpuSeconds(broker.pid)
  const { bytes, seconds, requests } = await run()
  const cpu = cpuSeconds(broker.pid) - before
  return {
    megabytesPerSecond: bytes / MEGABYTE / seconds,
    cpuMicros: (cpu * 1e6) / requests,
  }
}

/** One round of everything that needs a running broker. */
async function measure(broker: Contender, round: number, seconds: number): Promise<Figures> {
  const produced = `produced-${round}`
  await createTopic(broker.port, produced, 4)
  const produce = await measured(broker, () => load(broker.port, 'produce', produced, seconds))
  await deleteTopic(broker.port, produced)

  const fetched = `fetched-${round}`
  await createTopic(broker.port, fetched, 1)
  const records = await load<number>(broker.port, 'fill', fetched, FETCHED_BYTES, Date.now())
  const fetch = await measured(broker, () => load(broker.port, 'fetch', fetched, records, seconds))
  await deleteTopic(broker.port, fetched)

  const timed = `timed-${round}`
  await createTopic(broker.port, timed, 1)
  const latencies = await load<number[]>(broker.port, 'latency', timed, RATE_PER_SECOND, seconds)
  await deleteTopic(broker.port, timed)

  return {
    'produce, MB/s': produce.megabytesPerSecond,
    'produce, µs CPU a request': produce.cpuMicros,
    'fetch, MB/s': fetch.megabytesPerSecond,
    'fetch, µs CPU a request': fetch.cpuMicros,
    'produce to fetch, p50 µs': latencies[Math.floor(latencies.length * 0.5)]!,
    'produce to fetch, p99 µs': latencies[Math.floor(latencies.length * 0.99)]!,
  }
}

/** Starting, idling, producing, fetching, and how long a record takes from one to the other. */
export const traffic: Benchmark = async ({ directory, rounds, seconds, report }) => {
  const running: Contender[] = []
  try {
    // Each start is that of a new directory and a cold process; the last of each stays for the loads.
    for (let round = 0; round < rounds; round++) {
      for (const [index, start] of starters.entries()) {
        const broker = await start(join(directory, `${index}-${round}`))
        await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
        report.add(broker.name, {
          'start to first Metadata, ms': broker.startMs,
          'idle, MB resident': residentBytes(broker.pid) / MEGABYTE,
        })
        if (round === rounds - 1) running.push(broker)
        else await broker.stop()
      }
    }
    // The first round warms up and isn't counted.
    for (let round = 0; round <= rounds; round++) {
      for (const broker of running) {
        const figures = await measure(broker, round, seconds)
        if (round > 0) report.add(broker.name, figures)
      }
    }
  } finally {
    for (const broker of running) await broker.stop()
  }
}
