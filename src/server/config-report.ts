import type { Logger } from '../env/logger.js'
import type { BrokerConfig } from '../metadata/config/broker-config.js'
import { type BrokerConfigName, brokerConfigs } from '../metadata/config/broker-configs.js'
import { formatValue } from '../metadata/config/parse.js'

/** The configurations that something in here acts on; the others are taken, and told to clients. */
export const HEEDED_CONFIGS: ReadonlySet<string> = new Set<BrokerConfigName>([
  'add.partitions.to.txn.retry.backoff.max.ms',
  'add.partitions.to.txn.retry.backoff.ms',
  'advertised.listeners',
  'authorizer.class.name',
  'auto.create.topics.enable',
  'broker.heartbeat.interval.ms',
  'broker.id',
  'broker.rack',
  'broker.session.timeout.ms',
  'compression.gzip.level',
  'compression.lz4.level',
  'compression.type',
  'compression.zstd.level',
  'connections.max.idle.ms',
  'controller.listener.names',
  'controller.quorum.bootstrap.servers',
  'controller.quorum.voters',
  'default.replication.factor',
  'delete.topic.enable',
  'fetch.max.bytes',
  'group.consumer.assignment.interval.ms',
  'group.consumer.assignors',
  'group.consumer.heartbeat.interval.ms',
  'group.consumer.max.assignment.interval.ms',
  'group.consumer.max.heartbeat.interval.ms',
  'group.consumer.max.session.timeout.ms',
  'group.consumer.max.size',
  'group.consumer.migration.policy',
  'group.consumer.min.assignment.interval.ms',
  'group.consumer.min.heartbeat.interval.ms',
  'group.consumer.min.session.timeout.ms',
  'group.consumer.regex.refresh.interval.ms',
  'group.consumer.session.timeout.ms',
  'group.coordinator.rebalance.protocols',
  'group.initial.rebalance.delay.ms',
  'group.max.session.timeout.ms',
  'group.max.size',
  'group.min.session.timeout.ms',
  'initial.broker.registration.timeout.ms',
  'inter.broker.listener.name',
  'listener.security.protocol.map',
  'listeners',
  'log.cleaner.backoff.ms',
  'log.cleaner.dedupe.buffer.size',
  'log.cleaner.delete.retention.ms',
  'log.cleaner.enable',
  'log.cleaner.io.buffer.load.factor',
  'log.cleaner.io.buffer.size',
  'log.cleaner.io.max.bytes.per.second',
  'log.cleaner.max.compaction.lag.ms',
  'log.cleaner.min.cleanable.ratio',
  'log.cleaner.min.compaction.lag.ms',
  'log.cleanup.policy',
  'log.dir',
  'log.dirs',
  'log.flush.interval.messages',
  'log.flush.interval.ms',
  'log.flush.offset.checkpoint.interval.ms',
  'log.flush.scheduler.interval.ms',
  'log.index.interval.bytes',
  'log.index.size.max.bytes',
  'log.message.timestamp.after.max.ms',
  'log.message.timestamp.before.max.ms',
  'log.message.timestamp.type',
  'log.retention.bytes',
  'log.retention.check.interval.ms',
  'log.retention.hours',
  'log.retention.minutes',
  'log.retention.ms',
  'log.roll.hours',
  'log.roll.jitter.hours',
  'log.roll.jitter.ms',
  'log.roll.ms',
  'log.segment.bytes',
  'log.segment.delete.delay.ms',
  'max.connections',
  'max.connections.per.ip',
  'max.connections.per.ip.overrides',
  'max.incremental.fetch.session.cache.slots',
  'max.request.partition.size.limit',
  'message.max.bytes',
  'metadata.log.dir',
  'metadata.log.max.record.bytes.between.snapshots',
  'metadata.log.max.snapshot.interval.ms',
  'metadata.log.segment.bytes',
  'metadata.log.segment.ms',
  'metadata.max.idle.interval.ms',
  'min.insync.replicas',
  'node.id',
  'num.partitions',
  'offset.metadata.max.bytes',
  'offsets.commit.timeout.ms',
  'offsets.load.buffer.size',
  'offsets.retention.check.interval.ms',
  'offsets.retention.minutes',
  'offsets.topic.compression.codec',
  'offsets.topic.num.partitions',
  'offsets.topic.replication.factor',
  'offsets.topic.segment.bytes',
  'process.roles',
  'producer.id.expiration.check.interval.ms',
  'producer.id.expiration.ms',
  'queued.max.request.bytes',
  'request.timeout.ms',
  'security.inter.broker.protocol',
  'share.coordinator.state.topic.min.isr',
  'share.coordinator.state.topic.num.partitions',
  'share.coordinator.state.topic.replication.factor',
  'share.coordinator.state.topic.segment.bytes',
  'socket.request.max.bytes',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms',
  'transaction.max.timeout.ms',
  'transaction.partition.verification.enable',
  'transaction.remove.expired.transaction.cleanup.interval.ms',
  'transaction.state.log.load.buffer.size',
  'transaction.state.log.min.isr',
  'transaction.state.log.num.partitions',
  'transaction.state.log.replication.factor',
  'transaction.state.log.segment.bytes',
  'transaction.two.phase.commit.enable',
  'transactional.id.expiration.ms',
  'unclean.leader.election.enable',
])

/** Asks of topics that are made for others more replicas than a single node can give. */
const REPLICATION_FACTORS: readonly BrokerConfigName[] = [
  'offsets.topic.replication.factor',
  'transaction.state.log.replication.factor',
  'default.replication.factor',
]

/** Says what of the configuration will have no effect, or not the one that it seems to. */
export function reportConfig(config: BrokerConfig, logger: Logger): void {
  const unknown = config.unknownNames()
  if (unknown.length > 0) {
    logger.warn({ configs: unknown }, `no such configuration: ${unknown.join(', ')}`)
  }
  const unheeded = [...config.originals.keys()].filter((name) => isSetInVain(config, name))
  if (unheeded.length > 0) {
    logger.warn({ configs: unheeded }, `samsa does not act on: ${unheeded.join(', ')}`)
  }
  for (const name of REPLICATION_FACTORS) {
    const factor = Number(config.get(name))
    if (factor <= 1) continue
    logger.warn(
      { config: name, value: factor },
      `${name}=${factor} can't be met by a single node, so that such topics will not be made; set it to 1`,
    )
  }
}

function isSetInVain(config: BrokerConfig, name: string): boolean {
  if (HEEDED_CONFIGS.has(name) || !Object.hasOwn(brokerConfigs, name)) return false
  const key = brokerConfigs[name as BrokerConfigName]
  return config.text(name) !== formatValue(key.defaultValue ?? null, key.type)
}
