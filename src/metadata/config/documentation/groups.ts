import type { GroupConfigName } from '../synonyms.js'

/** What the configurations of a group are for. */
export const groupDocumentation: Readonly<Record<GroupConfigName, string>> = {
  'consumer.assignment.interval.ms':
    'Milliseconds between two assignments of a consumer group, at the least.',
  'consumer.heartbeat.interval.ms':
    'How often members of a consumer group are told to heartbeat, in milliseconds.',
  'consumer.session.timeout.ms':
    'Milliseconds without a heartbeat after which a member of a consumer group is removed.',
  'share.assignment.interval.ms':
    'Milliseconds between two assignments of a share group, at the least.',
  'share.auto.offset.reset':
    'Where a share group begins that has no offsets yet: latest, earliest, or by_duration:PT1H for a time ago.',
  'share.delivery.count.limit':
    'How many times a share group is given a record that nobody accepts.',
  'share.heartbeat.interval.ms':
    'How often members of a share group are told to heartbeat, in milliseconds.',
  'share.isolation.level':
    'Whether a share group reads records of transactions that are not committed.',
  'share.partition.max.record.locks':
    'Records of a partition that the members of a share group may hold at once.',
  'share.record.lock.duration.ms':
    'Milliseconds for which a member of a share group holds a record that it was given.',
  'share.renew.acknowledge.enable':
    'Whether members of a share group may hold a record for longer by renewing it.',
  'share.session.timeout.ms':
    'Milliseconds without a heartbeat after which a member of a share group is removed.',
  'streams.assignment.interval.ms':
    'Milliseconds between two assignments of a streams group, at the least.',
  'streams.heartbeat.interval.ms':
    'How often members of a streams group are told to heartbeat, in milliseconds.',
  'streams.initial.rebalance.delay.ms':
    'Milliseconds that a new streams group waits for more members before it assigns tasks.',
  'streams.num.standby.replicas': 'Standby copies of each stateful task of a streams group.',
  'streams.session.timeout.ms':
    'Milliseconds without a heartbeat after which a member of a streams group is removed.',
}

type ClientMetricsConfigName = 'interval.ms' | 'match' | 'metrics'

/** What the configurations of a client metrics subscription are for. */
export const clientMetricsDocumentation: Readonly<Record<ClientMetricsConfigName, string>> = {
  'interval.ms': 'How often clients send their metrics, in milliseconds.',
  match: 'Which clients send metrics: selectors name=pattern, all of which have to match.',
  metrics: 'Prefixes of the names of the metrics that clients send.',
}
