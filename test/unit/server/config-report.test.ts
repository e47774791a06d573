import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import t from 'tap'
import { type Logger, silentLogger } from '../../../src/env/logger.js'
import { BrokerConfig } from '../../../src/metadata/config/broker-config.js'
import { brokerConfigs } from '../../../src/metadata/config/broker-configs.js'
import { singleNodeProperties } from '../../../src/metadata/config/defaults.js'
import { topicConfigSynonyms } from '../../../src/metadata/config/synonyms.js'
import { HEEDED_CONFIGS, reportConfig } from '../../../src/server/config-report.js'

const sources = resolve('src')
const DEFINITIONS = join('metadata', 'config') + sep

/** Broker configurations whose names stand in the code outside of their definitions. */
function namedInTheCode(): Set<string> {
  const names = new Set<string>()
  for (const file of readdirSync(sources, { recursive: true }) as string[]) {
    const isDefinition = file.startsWith(DEFINITIONS) && !file.endsWith('broker-config.ts')
    if (!file.endsWith('.ts') || isDefinition || file.endsWith('config-report.ts')) continue
    const text = readFileSync(join(sources, file), 'utf8')
    for (const [, name] of text.matchAll(/'([a-z][a-z0-9.]*)'/g)) {
      if (Object.hasOwn(brokerConfigs, name!)) names.add(name!)
    }
  }
  return names
}

const warningsOf = (properties: Record<string, string>): string[] => {
  const warnings: string[] = []
  const logger: Logger = { ...silentLogger, warn: (_, message) => warnings.push(message) }
  const all = new Map([...singleNodeProperties, ...Object.entries(properties)])
  reportConfig(new BrokerConfig(all), logger)
  return warnings
}

t.test('what is said to be heeded is, and what is heeded is said to be', async (t) => {
  const named = namedInTheCode()
  t.strictSame(
    [...named].filter((name) => !HEEDED_CONFIGS.has(name)).sort(),
    [],
    'named in the code, but not in the list',
  )
  const synonyms = new Set<string>(Object.values(topicConfigSynonyms))
  t.strictSame(
    [...HEEDED_CONFIGS].filter((name) => !named.has(name) && !synonyms.has(name)).sort(),
    // They say what the quorum is by not being controller.quorum.voters, and what flush.ms is.
    ['controller.quorum.bootstrap.servers', 'log.flush.scheduler.interval.ms'],
    'in the list, but named nowhere',
  )
})

t.test('a single node runs with nothing to be said', async (t) => {
  t.strictSame(warningsOf({}), [])
})

t.test('unknown configurations are named', async (t) => {
  t.strictSame(warningsOf({ 'num.partition': '3', 'x.y': '' }), [
    'no such configuration: num.partition, x.y',
  ])
})

t.test('known ones that have no effect are named, unless they say what is so anyway', async (t) => {
  const given = { 'num.io.threads': '16', 'num.network.threads': '3', 'num.partitions': '3' }
  t.strictSame(warningsOf(given), ['samsa does not act on: num.io.threads'])
})

t.test('more replicas than there are nodes', async (t) => {
  const [warning, ...others] = warningsOf({ 'offsets.topic.replication.factor': '3' })
  t.match(warning, /^offsets.topic.replication.factor=3 can't be met by a single node/)
  t.strictSame(others, [])
})
