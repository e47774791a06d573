import type { BrokerConfig } from '../metadata/config/broker-config.js'
import { clientMetricsConfigs } from '../metadata/config/client-metrics-configs.js'
import { Config } from '../metadata/config/config.js'
import { ConfigException } from '../metadata/config/config-exception.js'
import { groupConfigs } from '../metadata/config/group-configs.js'
import { ConfigResourceType } from '../metadata/config/resource.js'
import { groupConfigSynonyms } from '../metadata/config/synonyms.js'
import { TopicConfig } from '../metadata/config/topic-config.js'
import { topicConfigs } from '../metadata/config/topic-configs.js'
import { requireTopicName } from '../metadata/topic-name.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'

type Settings = ReadonlyMap<string, string>

function invalidRequest(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message)
}

/**
 * Whether a resource may have these settings (Kafka's `ControllerConfigurationValidator`).
 *
 * @param settings all that would be set on the resource
 * @throws KafkaError or ConfigException when it may not
 */
export function validateConfigs(
  type: number,
  name: string,
  settings: Settings,
  broker: BrokerConfig,
): void {
  switch (type) {
    case ConfigResourceType.TOPIC:
      if (name === '') throw invalidRequest('Default topic resources are not allowed.')
      requireTopicName(name)
      validateTopicConfigs(settings, broker)
      break
    case ConfigResourceType.BROKER:
      requireBrokerName(name)
      break
    case ConfigResourceType.CLIENT_METRICS:
      if (name === '') throw invalidRequest("Subscription name can't be empty")
      validateClientMetrics(settings)
      break
    case ConfigResourceType.GROUP:
      if (name === '') throw invalidRequest('Default group resources are not allowed.')
      validateGroupConfigs(settings, broker)
      break
    default:
      throw invalidRequest(`Unknown resource type ${resourceTypeName(type)}`)
  }
}

/** As Kafka's `ConfigResource.Type` prints it. */
export function resourceTypeName(type: number): string {
  const known = Object.entries(ConfigResourceType).find(([, id]) => id === type)
  return known?.[0] ?? 'UNKNOWN'
}

function requireBrokerName(name: string): void {
  if (name === '') return
  if (!/^[+-]?\d+$/.test(name)) {
    throw invalidRequest('Unable to parse broker name as a base 10 number.')
  }
  if (Number(name) < 0) throw invalidRequest('Invalid negative broker ID.')
}

/** Kafka's `LogConfig.validate`. */
function validateTopicConfigs(settings: Settings, broker: BrokerConfig): void {
  for (const name of settings.keys()) {
    if (!Object.hasOwn(topicConfigs, name)) {
      throw new KafkaError(ErrorCode.INVALID_CONFIG, `Unknown topic config name: ${name}`)
    }
  }
  const config = new TopicConfig(broker, settings)
  const min = config.get('min.compaction.lag.ms')
  const max = config.get('max.compaction.lag.ms')
  if (min > max) {
    throw new ConfigException(
      `conflict topic config setting min.compaction.lag.ms (${min}) > max.compaction.lag.ms (${max})`,
    )
  }
  if (config.get('remote.storage.enable')) {
    throw new ConfigException(
      'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.',
    )
  }
}

const GROUP_BOUNDS = [
  ['consumer.heartbeat.interval.ms', 'group.consumer.', 'heartbeat.interval.ms'],
  ['consumer.session.timeout.ms', 'group.consumer.', 'session.timeout.ms'],
  ['consumer.assignment.interval.ms', 'group.consumer.', 'assignment.interval.ms'],
  ['share.heartbeat.interval.ms', 'group.share.', 'heartbeat.interval.ms'],
  ['share.session.timeout.ms', 'group.share.', 'session.timeout.ms'],
  ['share.record.lock.duration.ms', 'group.share.', 'record.lock.duration.ms'],
  ['share.delivery.count.limit', 'group.share.', 'delivery.count.limit'],
  ['share.partition.max.record.locks', 'group.share.', 'partition.max.record.locks'],
  ['share.assignment.interval.ms', 'group.share.', 'assignment.interval.ms'],
  ['streams.heartbeat.interval.ms', 'group.streams.', 'heartbeat.interval.ms'],
  ['streams.session.timeout.ms', 'group.streams.', 'session.timeout.ms'],
  ['streams.num.standby.replicas', 'group.streams.', 'standby.replicas'],
  ['streams.assignment.interval.ms', 'group.streams.', 'assignment.interval.ms'],
] as const

/** Kafka's `GroupConfig.validate`: the broker sets the bounds of what a group may ask for. */
function validateGroupConfigs(settings: Settings, broker: BrokerConfig): void {
  for (const name of settings.keys()) {
    if (!Object.hasOwn(groupConfigs, name)) {
      throw new KafkaError(ErrorCode.INVALID_CONFIG, `Unknown group config name: ${name}`)
    }
  }
  const inherited = Object.entries(groupConfigSynonyms).flatMap(([name, brokerName]) => {
    const text = broker.text(brokerName)
    return text ? [[name, text] as const] : []
  })
  const config = new Config(groupConfigs, new Map([...inherited, ...settings]))
  for (const [name, prefix, what] of GROUP_BOUNDS) {
    const value = config.get(name)
    const bounds = broker.table as Readonly<Record<string, unknown>>
    for (const end of ['min', 'max'] as const) {
      const bound = `${prefix}${end}.${what}`
      if (!Object.hasOwn(bounds, bound)) continue
      const limit = Number(broker.text(bound))
      if (end === 'min' ? value >= limit : value <= limit) continue
      const must = end === 'min' ? 'greater than or equal to' : 'less than or equal to'
      throw new KafkaError(ErrorCode.INVALID_CONFIG, `${name} must be ${must} ${bound}`)
    }
  }
  for (const kind of ['consumer', 'share', 'streams'] as const) {
    const session = `${kind}.session.timeout.ms` as const
    const heartbeat = `${kind}.heartbeat.interval.ms` as const
    if (config.get(session) > config.get(heartbeat)) continue
    throw new KafkaError(ErrorCode.INVALID_CONFIG, `${session} must be greater than ${heartbeat}`)
  }
}

const CLIENT_MATCH_KEYS = new Set([
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
])

/** Kafka's `ClientMetricsConfigs.validate` (KIP-714). */
function validateClientMetrics(settings: Settings): void {
  for (const name of settings.keys()) {
    if (!Object.hasOwn(clientMetricsConfigs, name)) {
      throw invalidRequest(`Unknown client metrics configuration: ${name}`)
    }
  }
  const config = new Config(clientMetricsConfigs, settings)
  const intervalMs = config.get('interval.ms')
  if (settings.has('interval.ms') && (intervalMs < 100 || intervalMs > 3_600_000)) {
    throw invalidRequest(
      `Invalid value ${intervalMs} for interval.ms, interval must be between 100 and 3600000 (1 hour)`,
    )
  }
  for (const pattern of config.get('match')) {
    const [key, expression, ...rest] = pattern.split('=').map((part) => part.trim())
    const legal = rest.length === 0 && CLIENT_MATCH_KEYS.has(key!) && isRegExp(expression)
    if (!legal) {
      throw new KafkaError(ErrorCode.INVALID_CONFIG, `Illegal client matching pattern: ${pattern}`)
    }
  }
}

function isRegExp(text: string | undefined): boolean {
  if (text === undefined) return false
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}
