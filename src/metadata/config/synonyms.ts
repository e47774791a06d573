import type { BrokerConfigName } from './broker-configs.js'
import type { groupConfigs } from './group-configs.js'
import type { topicConfigs } from './topic-configs.js'

export type TopicConfigName = keyof typeof topicConfigs
export type GroupConfigName = keyof typeof groupConfigs

/**
 * The broker configuration that a topic takes its value from while it has none of its own
 * (Kafka's `ServerTopicConfigSynonyms`).
 */
export const topicConfigSynonyms: Readonly<Partial<Record<TopicConfigName, BrokerConfigName>>> = {
  'cleanup.policy': 'log.cleanup.policy',
  'compression.gzip.level': 'compression.gzip.level',
  'compression.lz4.level': 'compression.lz4.level',
  'compression.type': 'compression.type',
  'compression.zstd.level': 'compression.zstd.level',
  'delete.retention.ms': 'log.cleaner.delete.retention.ms',
  'file.delete.delay.ms': 'log.segment.delete.delay.ms',
  'flush.messages': 'log.flush.interval.messages',
  'flush.ms': 'log.flush.interval.ms',
  'index.interval.bytes': 'log.index.interval.bytes',
  'local.retention.bytes': 'log.local.retention.bytes',
  'local.retention.ms': 'log.local.retention.ms',
  'max.compaction.lag.ms': 'log.cleaner.max.compaction.lag.ms',
  'max.message.bytes': 'message.max.bytes',
  'message.timestamp.after.max.ms': 'log.message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms': 'log.message.timestamp.before.max.ms',
  'message.timestamp.type': 'log.message.timestamp.type',
  'min.cleanable.dirty.ratio': 'log.cleaner.min.cleanable.ratio',
  'min.compaction.lag.ms': 'log.cleaner.min.compaction.lag.ms',
  'min.insync.replicas': 'min.insync.replicas',
  preallocate: 'log.preallocate',
  'retention.bytes': 'log.retention.bytes',
  'retention.ms': 'log.retention.ms',
  'segment.bytes': 'log.segment.bytes',
  'segment.index.bytes': 'log.index.size.max.bytes',
  'segment.jitter.ms': 'log.roll.jitter.ms',
  'segment.ms': 'log.roll.ms',
  'unclean.leader.election.enable': 'unclean.leader.election.enable',
}

/** The broker configuration that a group takes its value from while it has none of its own. */
export const groupConfigSynonyms: Readonly<Partial<Record<GroupConfigName, BrokerConfigName>>> = {
  'consumer.assignment.interval.ms': 'group.consumer.assignment.interval.ms',
  'consumer.heartbeat.interval.ms': 'group.consumer.heartbeat.interval.ms',
  'consumer.session.timeout.ms': 'group.consumer.session.timeout.ms',
  'share.assignment.interval.ms': 'group.share.assignment.interval.ms',
  'share.delivery.count.limit': 'group.share.delivery.count.limit',
  'share.heartbeat.interval.ms': 'group.share.heartbeat.interval.ms',
  'share.partition.max.record.locks': 'group.share.partition.max.record.locks',
  'share.record.lock.duration.ms': 'group.share.record.lock.duration.ms',
  'share.session.timeout.ms': 'group.share.session.timeout.ms',
  'streams.assignment.interval.ms': 'group.streams.assignment.interval.ms',
  'streams.heartbeat.interval.ms': 'group.streams.heartbeat.interval.ms',
  'streams.initial.rebalance.delay.ms': 'group.streams.initial.rebalance.delay.ms',
  'streams.num.standby.replicas': 'group.streams.num.standby.replicas',
  'streams.session.timeout.ms': 'group.streams.session.timeout.ms',
}

/** Settings that exist in several units; the finest that is set wins. */
const UNITS: readonly (readonly string[])[] = [
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
]

/** Configurations that name listener and SASL mechanism, `listener.name.<listener>.<mechanism>.`. */
const LISTENER_MECHANISM_CONFIGS = [
  'sasl.jaas.config',
  'sasl.login.callback.handler.class',
  'sasl.login.class',
  'sasl.server.callback.handler.class',
  'connections.max.reauth.ms',
]

/** The name without a listener's prefix, undefined when it has none. */
export function withoutListenerPrefix(name: string): string | undefined {
  return /^listener\.name\.[^.]*\.(.*)$/.exec(name)?.[1]
}

/**
 * All names from which one broker setting takes its value, the first that is set wins
 * (Kafka's `DynamicBrokerConfig.brokerConfigSynonyms`).
 */
export function brokerConfigSynonyms(name: string): readonly string[] {
  const units = UNITS.find((names) => names.includes(name))
  if (units) return units
  if (name === 'log.flush.interval.ms') return [name, 'log.flush.scheduler.interval.ms']
  const ofListener = withoutListenerPrefix(name)
  if (ofListener === undefined) return [name]
  return [name, LISTENER_MECHANISM_CONFIGS.find((base) => ofListener.endsWith(base)) ?? ofListener]
}
