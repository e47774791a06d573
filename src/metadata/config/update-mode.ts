import { withoutListenerPrefix } from './synonyms.js'

/** Can be changed for one running broker or for all (`DynamicBrokerConfig.ALL_DYNAMIC_CONFIGS`). */
const CLUSTER_WIDE: ReadonlySet<string> = new Set([
  'background.threads',
  'compression.gzip.level',
  'compression.lz4.level',
  'compression.type',
  'compression.zstd.level',
  'config.providers',
  'follower.fetch.last.tiered.offset.enable',
  'follower.replication.throttled.rate',
  'group.consumer.assignment.interval.ms',
  'group.coordinator.cached.buffer.max.bytes',
  'group.share.assignment.interval.ms',
  'group.streams.assignment.interval.ms',
  'leader.replication.throttled.rate',
  'log.cleaner.backoff.ms',
  'log.cleaner.dedupe.buffer.size',
  'log.cleaner.delete.retention.ms',
  'log.cleaner.io.buffer.load.factor',
  'log.cleaner.io.buffer.size',
  'log.cleaner.io.max.bytes.per.second',
  'log.cleaner.max.compaction.lag.ms',
  'log.cleaner.min.cleanable.ratio',
  'log.cleaner.min.compaction.lag.ms',
  'log.cleaner.threads',
  'log.cleanup.policy',
  'log.flush.interval.messages',
  'log.flush.interval.ms',
  'log.index.interval.bytes',
  'log.index.size.max.bytes',
  'log.local.retention.bytes',
  'log.local.retention.ms',
  'log.message.timestamp.after.max.ms',
  'log.message.timestamp.before.max.ms',
  'log.message.timestamp.type',
  'log.preallocate',
  'log.retention.bytes',
  'log.retention.ms',
  'log.roll.jitter.ms',
  'log.roll.ms',
  'log.segment.bytes',
  'log.segment.delete.delay.ms',
  'max.connection.creation.rate',
  'max.connections',
  'max.connections.per.ip',
  'max.connections.per.ip.overrides',
  'message.max.bytes',
  'metric.reporters',
  'min.insync.replicas',
  'num.io.threads',
  'num.network.threads',
  'num.recovery.threads.per.data.dir',
  'num.replica.fetchers',
  'producer.id.expiration.ms',
  'remote.fetch.max.wait.ms',
  'remote.list.offsets.request.timeout.ms',
  'remote.log.index.file.cache.total.size.bytes',
  'remote.log.manager.copier.thread.pool.size',
  'remote.log.manager.copy.max.bytes.per.second',
  'remote.log.manager.expiration.thread.pool.size',
  'remote.log.manager.fetch.max.bytes.per.second',
  'remote.log.manager.follower.thread.pool.size',
  'remote.log.reader.threads',
  'replica.alter.log.dirs.io.max.bytes.per.second',
  'share.coordinator.cached.buffer.max.bytes',
  'transaction.partition.verification.enable',
  'unclean.leader.election.enable',
])

/** Can be changed for one running broker only. */
const PER_BROKER: ReadonlySet<string> = new Set([
  'cordoned.log.dirs',
  'listener.security.protocol.map',
  'listeners',
  'principal.builder.class',
  'sasl.enabled.mechanisms',
  'sasl.jaas.config',
  'sasl.kerberos.kinit.cmd',
  'sasl.kerberos.min.time.before.relogin',
  'sasl.kerberos.principal.to.local.rules',
  'sasl.kerberos.service.name',
  'sasl.kerberos.ticket.renew.jitter',
  'sasl.kerberos.ticket.renew.window.factor',
  'sasl.login.refresh.buffer.seconds',
  'sasl.login.refresh.min.period.seconds',
  'sasl.login.refresh.window.factor',
  'sasl.login.refresh.window.jitter',
  'sasl.mechanism.inter.broker.protocol',
  'ssl.cipher.suites',
  'ssl.client.auth',
  'ssl.enabled.protocols',
  'ssl.endpoint.identification.algorithm',
  'ssl.engine.factory.class',
  'ssl.keymanager.algorithm',
  'ssl.protocol',
  'ssl.provider',
  'ssl.secure.random.implementation',
  'ssl.trustmanager.algorithm',
])

/** Can be changed for one listener of one running broker only. */
const PER_LISTENER: ReadonlySet<string> = new Set([
  'ssl.key.password',
  'ssl.keystore.certificate.chain',
  'ssl.keystore.key',
  'ssl.keystore.location',
  'ssl.keystore.password',
  'ssl.keystore.type',
  'ssl.truststore.certificates',
  'ssl.truststore.location',
  'ssl.truststore.password',
  'ssl.truststore.type',
])

/** Settings of a listener that may be changed for all brokers at once. */
const CLUSTER_WIDE_OF_LISTENER: ReadonlySet<string> = new Set([
  'max.connections',
  'max.connection.creation.rate',
  'num.network.threads',
])

/** Whether a running broker can't be told another value, so that DescribeConfigs says read-only. */
export function isReadOnly(name: string): boolean {
  return !CLUSTER_WIDE.has(name) && !PER_BROKER.has(name) && !PER_LISTENER.has(name)
}

/** Whether it can be changed with a listener's prefix only. */
export function needsListenerPrefix(name: string): boolean {
  return PER_LISTENER.has(name)
}

/** Whether it can't be changed for all brokers at once. */
export function isPerBroker(name: string): boolean {
  if (PER_BROKER.has(name) || PER_LISTENER.has(name)) return true
  const ofListener = withoutListenerPrefix(name)
  return ofListener !== undefined && !CLUSTER_WIDE_OF_LISTENER.has(ofListener)
}
