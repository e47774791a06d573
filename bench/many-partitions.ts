import { join } from 'node:path'
import type { Benchmark } from './benchmark.js'
import { starters } from './brokers.js'
import { load } from './load/load.js'
import { createTopic, leaderCount } from './load/requests.js'
import { openFiles, residentBytes } from './process-stats.js'

const TOPICS = 10
const PARTITIONS = 1000

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedNs = process.hrtime.bigint()
  await run()
  return Number(process.hrtime.bigint() - startedNs) / 1e6
}

/** 10,000 partitions: made, written to, stopped and started again. */
export const manyPartitions: Benchmark = async ({ directory, report }) => {
  const topics = Array.from({ length: TOPICS }, (_, index) => `many-${index}`)
  for (const [index, start] of starters.entries()) {
    const at = join(directory, String(index))
    let broker = await start(at)
    const createMs = await timed(async () => {
      for (const topic of topics) await createTopic(broker.port, topic, PARTITIONS)
    })
    const createdBytes = residentBytes(broker.pid)
    const writeMs = await timed(async () => {
      for (const topic of topics) await load(broker.port, 'each', topic, PARTITIONS)
    })
    const { name } = broker
    const figures = {
      'create 10,000 partitions, ms': createMs,
      'MB resident with them': createdBytes / 1e6,
      'a batch to each, ms': writeMs,
      'open files': openFiles(broker.pid),
      'MB resident, written': residentBytes(broker.pid) / 1e6,
    }
    const stopMs = await timed(() => broker.stop())
    broker = await start(at)
    const startMs = broker.startMs
    const leadMs = await timed(async () => {
      for (const topic of topics) {
        while ((await leaderCount(broker.port, topic)) < PARTITIONS) {
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
      }
    })
    report.add(name, {
      ...figures,
      'stop, ms': stopMs,
      'start until all have a leader, ms': startMs + leadMs,
      'MB resident after the start': residentBytes(broker.pid) / 1e6,
    })
    await broker.stop()
  }
}
