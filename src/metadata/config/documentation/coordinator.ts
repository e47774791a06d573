import type { coordinatorConfigs } from '../broker/coordinator.js'

/** What the configurations of coordinators are for that groups don't have themselves. */
export const coordinatorDocumentation: Readonly<
  Partial<Record<keyof typeof coordinatorConfigs, string>>
> = {
  'add.partitions.to.txn.retry.backoff.max.ms':
    'Milliseconds for which a broker goes on asking whether a partition may join a transaction.',
  'add.partitions.to.txn.retry.backoff.ms':
    'Milliseconds between two questions whether a partition may join a transaction.',
  'group.consumer.assignors':
    'Assignors of consumer groups, the first of which is the default: uniform, range.',
  'group.consumer.migration.policy':
    'Whether live groups may go from the classic protocol to the consumer protocol and back: bidirectional, upgrade, downgrade or disabled.',
  'group.consumer.regex.refresh.interval.ms':
    'Milliseconds after which it is looked up again which topics a regular expression matches.',
  'group.coordinator.append.linger.ms':
    'Milliseconds that the group coordinator gathers records for before it appends them; -1 adapts.',
  'group.coordinator.background.threads': 'Threads for the slow work of the group coordinator.',
  'group.coordinator.cached.buffer.max.bytes':
    'The largest buffer that the group coordinator keeps for its next append, in bytes.',
  'group.coordinator.rebalance.protocols':
    'Which protocols groups may have: classic, consumer, share, streams.',
  'group.coordinator.threads': 'Threads of the group coordinator.',
  'group.initial.rebalance.delay.ms':
    'Milliseconds that a new classic group waits for more members before its first rebalance.',
  'group.max.session.timeout.ms':
    'The largest session timeout that a member of a classic group may ask for, in milliseconds.',
  'group.max.size': 'Members that a classic group may have.',
  'group.min.session.timeout.ms':
    'The smallest session timeout that a member of a classic group may ask for, in milliseconds.',
  'group.share.assignors': 'Assignors of share groups.',
  'group.share.initialize.retry.interval.ms':
    'Milliseconds between two attempts to set up a partition for a share group.',
  'group.share.max.share.sessions': 'Share sessions that a broker has at once.',
  'group.share.persister.class.name': 'Java class that keeps the state of share groups.',
  'offset.metadata.max.bytes': 'The longest text that may be committed with an offset, in bytes.',
  'offsets.commit.timeout.ms':
    'Milliseconds in which a commit of offsets has to reach all replicas.',
  'offsets.load.buffer.size': 'Bytes that are read at a time when groups and offsets are loaded.',
  'offsets.retention.check.interval.ms':
    'Milliseconds between two searches for offsets that have expired.',
  'offsets.retention.minutes':
    'Minutes for which committed offsets are kept after a group has lost its last member.',
  'offsets.topic.compression.codec':
    'Codec of __consumer_offsets: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.',
  'offsets.topic.num.partitions': 'Partitions of __consumer_offsets. Not to be changed later.',
  'offsets.topic.replication.factor': 'Replicas of __consumer_offsets.',
  'offsets.topic.segment.bytes': 'Size of the segments of __consumer_offsets.',
  'producer.id.expiration.check.interval.ms':
    'Milliseconds between two searches for producer ids that have expired.',
  'producer.id.expiration.ms':
    'Milliseconds after its last write after which a partition forgets a producer id.',
  'share.coordinator.append.linger.ms':
    'Milliseconds that the share coordinator gathers records for before it appends them; -1 adapts.',
  'share.coordinator.cached.buffer.max.bytes':
    'The largest buffer that the share coordinator keeps for its next append, in bytes.',
  'share.coordinator.cold.partition.snapshot.interval.ms':
    'Milliseconds between two snapshots of share partitions that nothing happens to.',
  'share.coordinator.load.buffer.size':
    'Bytes that are read at a time when the state of share groups is loaded.',
  'share.coordinator.snapshot.update.records.per.snapshot':
    'Updates of the state of a share partition until the next snapshot of it.',
  'share.coordinator.state.topic.compression.codec':
    'Codec of __share_group_state: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.',
  'share.coordinator.state.topic.min.isr': 'min.insync.replicas of __share_group_state.',
  'share.coordinator.state.topic.num.partitions': 'Partitions of __share_group_state.',
  'share.coordinator.state.topic.prune.interval.ms':
    'Milliseconds between two searches for what is not needed any more in __share_group_state.',
  'share.coordinator.state.topic.replication.factor': 'Replicas of __share_group_state.',
  'share.coordinator.state.topic.segment.bytes': 'Size of the segments of __share_group_state.',
  'share.coordinator.threads': 'Threads of the share coordinator.',
  'share.coordinator.write.timeout.ms':
    'Milliseconds in which a write of the share coordinator has to reach all replicas.',
  'share.fetch.purgatory.purge.interval.requests':
    'Waiting share fetches after which those that are answered are cleared away.',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms':
    'Milliseconds between two searches for transactions that have timed out.',
  'transaction.max.timeout.ms':
    'The largest timeout that a transactional producer may ask for, in milliseconds.',
  'transaction.partition.verification.enable':
    'Whether a partition asks the coordinator if a transaction is open before it takes its records.',
  'transaction.remove.expired.transaction.cleanup.interval.ms':
    'Milliseconds between two searches for transactional ids that have expired.',
  'transaction.state.log.load.buffer.size':
    'Bytes that are read at a time when transactions are loaded.',
  'transaction.state.log.min.isr': 'min.insync.replicas of __transaction_state.',
  'transaction.state.log.num.partitions':
    'Partitions of __transaction_state. Not to be changed later.',
  'transaction.state.log.replication.factor': 'Replicas of __transaction_state.',
  'transaction.state.log.segment.bytes': 'Size of the segments of __transaction_state.',
  'transaction.two.phase.commit.enable':
    'Whether producers may take part in a two-phase commit, whose transactions do not time out.',
  'transactional.id.expiration.ms':
    'Milliseconds without a transaction after which a transactional id is forgotten.',
}
