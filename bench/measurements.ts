import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Contender } from './brokers.js'
import type { Throughput } from './load/loads.js'
import { createTopic, deleteTopic } from './load/requests.js'
import { cpuSeconds } from './process-stats.js'

const LOAD = new URL('./load.js', import.meta.url).pathname
const FETCHED_BYTES = 512 * 1024 * 1024
const RATE_PER_SECOND = 500
const MEGABYTE = 1e6

/** Figures of one round, by name. */
export type Figures = Readonly<Record<string, number>>

async function load<Result>(
  broker: Contender,
  name: string,
  topic: string,
  ...numbers: readonly number[]
): Promise<Result> {
  const args = [LOAD, name, String(broker.port), topic, ...numbers.map(String)]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    maxBuffer: 64 * 1024 * 1024,
  })
  return JSON.parse(stdout) as Result
}

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
export async function measure(broker: Contender, round: number, seconds: number): Promise<Figures> {
  const produced = `produced-${round}`
  await createTopic(broker.port, produced, 4)
  const produce = await measured(broker, () => load(broker, 'produce', produced, seconds))
  await deleteTopic(broker.port, produced)

  const fetched = `fetched-${round}`
  await createTopic(broker.port, fetched, 1)
  const records = await load<number>(broker, 'fill', fetched, FETCHED_BYTES)
  const fetch = await measured(broker, () => load(broker, 'fetch', fetched, records, seconds))
  await deleteTopic(broker.port, fetched)

  const timed = `timed-${round}`
  await createTopic(broker.port, timed, 1)
  const latencies = await load<number[]>(broker, 'latency', timed, RATE_PER_SECOND, seconds)
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
