import type { BrokerConfig } from './broker-config.js'
import { ConfigException } from './config-exception.js'

const MEBIBYTE = 1024 * 1024
/** Of `log.retention.*` */
const UNLIMITED = -1
/** Of `log.local.retention.*` */
const SAME_AS_RETENTION = -2

function demand(condition: boolean, message: string): void {
  if (!condition) throw new ConfigException(message)
}

/** Checks what settings demand of each other (Kafka's `KafkaConfig.validateValues`). */
export function requireConsistent(config: BrokerConfig): void {
  demand(
    config.get('broker.id') === config.nodeId,
    'You must set `node.id` to the same value as `broker.id`.',
  )
  requireLogs(config)
  requireFetching(config)
  requireQuorum(config)
  if (config.hasRole('broker')) requireBrokerListeners(config)
  requireRoutable(config)
  requireConnections(config)
  requireGroups(config)
}

function requireLogs(config: BrokerConfig): void {
  demand(config.logRollMs >= 1, 'log.roll.ms must be greater than or equal to 1')
  demand(config.logRollJitterMs >= 0, 'log.roll.jitter.ms must be greater than or equal to 0')
  const retentionMs = config.get('log.retention.ms') ?? config.logRetentionMs
  demand(
    retentionMs !== 0 && config.logRetentionMs !== 0,
    'log.retention.ms must be unlimited (-1) or, greater than or equal to 1',
  )
  demand(config.get('log.cleaner.threads') > 0, 'log.cleaner.threads must be at least 1')
  demand(
    config.get('log.cleaner.dedupe.buffer.size') / config.get('log.cleaner.threads') > MEBIBYTE,
    'log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.',
  )
}

function requireFetching(config: BrokerConfig): void {
  const waitMs = config.get('replica.fetch.wait.max.ms')
  demand(
    waitMs <= config.get('replica.socket.timeout.ms'),
    'replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket timeouts',
  )
  demand(
    waitMs <= config.get('replica.lag.time.max.ms'),
    'replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent changes in ISR',
  )
}

function requireQuorum(config: BrokerConfig): void {
  const voters = config.quorumVoters.map(({ id }) => id)
  demand(
    voters.length > 0 || config.get('controller.quorum.bootstrap.servers').length > 0,
    'If using process.roles, either controller.quorum.bootstrap.servers must contain the set of ' +
      'bootstrap controllers or controller.quorum.voters must contain a parseable set of controllers.',
  )
  const isVoter = voters.includes(config.nodeId)
  const votersText = `controller.quorum.voters=Set(${voters.join(', ')})`
  if (!config.hasRole('controller')) {
    demand(
      !isVoter,
      `If process.roles contains just the 'broker' role, the node id ${config.nodeId} must not be included in the set of voters ${votersText}`,
    )
    demand(
      config.controllerListeners.length === 0,
      "controller.listener.names must not contain a value appearing in the 'listeners' configuration when running KRaft with just the broker role",
    )
    return
  }
  if (!config.hasRole('broker')) {
    demand(
      config.brokerListeners.length === 0,
      'The listeners config must only contain KRaft controller listeners from controller.listener.names when process.roles=controller',
    )
  }
  demand(
    isVoter || voters.length === 0,
    `If process.roles contains the 'controller' role, the node id ${config.nodeId} must be included in the set of voters ${votersText}`,
  )
  demand(
    config.advertisedControllerListeners.length > 0,
    "controller.listener.names must contain at least one value appearing in the 'listeners' configuration when running the KRaft controller role",
  )
  const names = config.listeners.map(({ name }) => name)
  demand(
    config.get('controller.listener.names').every((name) => names.includes(name)),
    "controller.listener.names must only contain values appearing in the 'listeners' configuration when running the KRaft controller role",
  )
}

function requireBrokerListeners(config: BrokerConfig): void {
  const advertised = config.advertisedBrokerListeners.map(({ name }) => name)
  const listening = config.listeners.map(({ name }) => name)
  demand(
    advertised.length > 0,
    'There must be at least one broker advertised listener. Perhaps all listeners appear in controller.listener.names?',
  )
  demand(
    advertised.includes(config.interBrokerListenerName),
    'inter.broker.listener.name must be a listener name defined in advertised.listeners. ' +
      `The valid options based on currently configured listeners are ${advertised.join(',')}`,
  )
  demand(
    advertised.every((name) => listening.includes(name)),
    'advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. ' +
      `Found ${advertised.join(',')}. The valid options based on the current configuration are ${listening.join(',')}`,
  )
}

function requireRoutable(config: BrokerConfig): void {
  const advertised = [...config.advertisedBrokerListeners, ...config.advertisedControllerListeners]
  demand(
    advertised.every(({ host }) => host !== '0.0.0.0'),
    'advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.',
  )
}

function requireConnections(config: BrokerConfig): void {
  const queuedBytes = config.get('queued.max.request.bytes')
  demand(
    queuedBytes <= 0 || queuedBytes >= config.get('socket.request.max.bytes'),
    'queued.max.request.bytes must be larger or equal to socket.request.max.bytes',
  )
  demand(
    config.get('max.connections.per.ip') !== 0 ||
      config.get('max.connections.per.ip.overrides') !== '',
    'max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.',
  )
  requireIpOverrides(config.get('max.connections.per.ip.overrides'))
  const delayMs = config.get('connection.failed.authentication.delay.ms')
  const idleMs = config.get('connections.max.idle.ms')
  demand(
    idleMs < 0 || delayMs < idleMs,
    `connection.failed.authentication.delay.ms=${delayMs} should always be less than connections.max.idle.ms=${idleMs} to prevent failed authentication responses from timing out`,
  )
}

function requireIpOverrides(text: string): void {
  for (const entry of text.split(',').filter((part) => part.trim() !== '')) {
    demand(
      /^\s*[^\s].*:\s*[+-]?\d+\s*$/.test(entry),
      "Error parsing configuration property 'max.connections.per.ip.overrides': " +
        `the entry "${entry.trim()}" isn't of the form host:connections`,
    )
  }
}

/**
 * Checks what a node can be started with, but a running broker can't be changed to (Kafka's
 * reconfigurables): that nobody can connect to it any more, for one.
 */
export function requireChangeable(config: BrokerConfig): void {
  for (const name of ['max.connections', 'max.connection.creation.rate'] as const) {
    demand(config.get(name) > 0, `Invalid ${name} ${config.get(name)}`)
  }
  requireLocalRetention(config, 'ms', config.logRetentionMs)
  requireLocalRetention(config, 'bytes', config.get('log.retention.bytes'))
}

function requireLocalRetention(config: BrokerConfig, unit: 'ms' | 'bytes', all: number): void {
  const name = `log.local.retention.${unit}` as const
  const local = config.get(name)
  if (all === UNLIMITED || local === SAME_AS_RETENTION) return
  const prefix = `Invalid value ${local} for configuration ${name}: Value must not be`
  const of = `log.retention.${unit}`
  demand(local !== UNLIMITED, `${prefix} -1 as ${of} value is set as ${all}.`)
  demand(local <= all, `${prefix} more than ${of} property value: ${all}`)
}

function requireGroups(config: BrokerConfig): void {
  demand(
    config.get('group.coordinator.rebalance.protocols').includes('classic'),
    "Disabling the 'classic' protocol is not supported.",
  )
  for (const codec of [
    config.get('offsets.topic.compression.codec'),
    config.get('share.coordinator.state.topic.compression.codec'),
  ]) {
    demand(codec >= 0 && codec <= 4, `Unknown compression type id: ${codec}`)
  }
  for (const kind of ['consumer', 'share', 'streams'] as const) {
    for (const what of ['session.timeout', 'heartbeat.interval', 'assignment.interval'] as const) {
      const name = `group.${kind}.${what}.ms` as const
      const min = `group.${kind}.min.${what}.ms` as const
      const max = `group.${kind}.max.${what}.ms` as const
      demand(config.get(name) >= config.get(min), `${name} must be greater than or equal to ${min}`)
      demand(config.get(name) <= config.get(max), `${name} must be less than or equal to ${max}`)
    }
  }
}
