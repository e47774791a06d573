import { bool, int, string } from './config-def.js'
import { atLeast, oneOf, shareAutoOffsetReset } from './validators.js'

/** Configurations of a group (Kafka's `GroupConfig`). */
export const groupConfigs = {
  'consumer.assignment.interval.ms': int(1000, 'MEDIUM', atLeast(0)),
  'consumer.heartbeat.interval.ms': int(5000, 'MEDIUM', atLeast(1)),
  'consumer.session.timeout.ms': int(45_000, 'MEDIUM', atLeast(1)),
  'share.assignment.interval.ms': int(1000, 'MEDIUM', atLeast(0)),
  'share.auto.offset.reset': string('latest', 'MEDIUM', shareAutoOffsetReset),
  'share.delivery.count.limit': int(5, 'MEDIUM', atLeast(2)),
  'share.heartbeat.interval.ms': int(5000, 'MEDIUM', atLeast(1)),
  'share.isolation.level': string(
    'read_uncommitted',
    'MEDIUM',
    oneOf('read_committed', 'read_uncommitted'),
  ),
  'share.partition.max.record.locks': int(2000, 'MEDIUM', atLeast(100)),
  'share.record.lock.duration.ms': int(30_000, 'MEDIUM', atLeast(1000)),
  'share.renew.acknowledge.enable': bool(true, 'MEDIUM'),
  'share.session.timeout.ms': int(45_000, 'MEDIUM', atLeast(1)),
  'streams.assignment.interval.ms': int(1000, 'MEDIUM', atLeast(0)),
  'streams.heartbeat.interval.ms': int(5000, 'MEDIUM', atLeast(1)),
  'streams.initial.rebalance.delay.ms': int(3000, 'MEDIUM', atLeast(0)),
  'streams.num.standby.replicas': int(0, 'MEDIUM', atLeast(0)),
  'streams.session.timeout.ms': int(45_000, 'MEDIUM', atLeast(1)),
}
