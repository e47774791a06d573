import { join } from 'node:path'
import type { Benchmark } from './benchmark.js'
import { type Contender, starters } from './brokers.js'
import type { GroupCosts } from './load/group-load.js'
import { load } from './load/load.js'
import { createTopic, deleteTopic } from './load/requests.js'
import { residentBytes } from './process-stats.js'
import type { Figures } from './report.js'

const GROUPS = 1000
const MEMBERS = 3
const PROTOCOLS = ['classic', 'consumer'] as const

/** What the protocols wait for isn't work: no broker waits before it has a group rebalance. */
const PROPERTIES = {
  'group.initial.rebalance.delay.ms': '0',
  'group.consumer.assignment.interval.ms': '0',
}

async function measure(broker: Contender, round: number, seconds: number): Promise<Figures> {
  const figures: Record<string, number> = {}
  for (const protocol of PROTOCOLS) {
    const topic = `groups-${protocol}-${round}`
    // Two members or three have as many partitions each.
    await createTopic(broker.port, topic, MEMBERS * (MEMBERS - 1))
    const numbers = [broker.pid, GROUPS, MEMBERS, seconds]
    const costs = await load<GroupCosts>(broker.port, protocol, topic, ...numbers)
    await deleteTopic(broker.port, topic)
    for (const [key, what] of [
      ['start', 'all come'],
      ['leave', 'one of each leaves'],
      ['join', 'one of each joins'],
    ] as const) {
      figures[`${protocol}: ${what}, until stable, ms`] = costs[key].ms
      figures[`${protocol}: ${what}, ms CPU`] = costs[key].cpuMs
    }
    figures[`${protocol}: µs CPU a heartbeat`] = costs.heartbeatCpuMicros
  }
  return { ...figures, 'MB resident': residentBytes(broker.pid) / 1e6 }
}

/** 1,000 groups of three members that come up, rebalance all at once, and heartbeat. */
export const groups: Benchmark = async ({ directory, rounds, seconds, report }) => {
  const running: Contender[] = []
  try {
    for (const [index, start] of starters.entries()) {
      running.push(await start(join(directory, String(index)), PROPERTIES))
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
