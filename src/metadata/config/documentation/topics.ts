import type { TopicConfigName } from '../synonyms.js'

/** What the configurations of a topic are for. */
export const topicDocumentation: Readonly<Record<TopicConfigName, string>> = {
  'cleanup.policy':
    'What becomes of old records: "delete" drops old segments, "compact" keeps the last record of each key; both may be given, and none keeps everything.',
  'compression.gzip.level': 'Level of gzip where the broker compresses; -1 is its own default.',
  'compression.lz4.level': 'Level of lz4 where the broker compresses.',
  'compression.type':
    'How batches are compressed on disk: one of the codecs, "uncompressed", or "producer" to leave them as they come.',
  'compression.zstd.level': 'Level of zstd where the broker compresses.',
  'delete.retention.ms':
    'Milliseconds for which tombstones of a compacted topic stay, so that consumers get to see them.',
  'file.delete.delay.ms': 'Milliseconds from when a file is given up to when it is removed.',
  'flush.messages': 'A log is flushed to disk after as many records.',
  'flush.ms':
    'A log is flushed to disk when it has held unflushed records for as many milliseconds.',
  'follower.replication.throttled.replicas':
    'Replicas whose following is throttled: partition:broker pairs, or * for all.',
  'index.interval.bytes': 'About how many bytes of records there are between two index entries.',
  'internal.segment.bytes': 'Size of a segment, without a lower limit. For tests.',
  'leader.replication.throttled.replicas':
    'Replicas whose leaders are throttled in serving them: partition:broker pairs, or * for all.',
  'local.retention.bytes':
    'With remote storage: bytes of a partition that stay on the broker; -2 takes retention.bytes.',
  'local.retention.ms':
    'With remote storage: milliseconds for which segments stay on the broker; -2 takes retention.ms.',
  'max.compaction.lag.ms': 'Milliseconds after which a record may not stay uncompacted any longer.',
  'max.message.bytes': 'The largest batch of records that is taken, in bytes, compressed as it is.',
  'message.timestamp.after.max.ms':
    'How far ahead of the clock of the broker the timestamp of a record may be, in milliseconds.',
  'message.timestamp.before.max.ms':
    'How far behind the clock of the broker the timestamp of a record may be, in milliseconds.',
  'message.timestamp.type':
    'Whether timestamps are those of the producer (CreateTime) or of the append (LogAppendTime).',
  'min.cleanable.dirty.ratio':
    'A log is compacted once this part of it has not been compacted yet.',
  'min.compaction.lag.ms': 'Milliseconds for which a record is safe from compaction.',
  'min.insync.replicas': 'In-sync replicas that a produce with acks=all needs to be accepted.',
  preallocate: 'Whether the file of a new segment is given its full size at once.',
  'remote.log.copy.disable': 'Whether segments are no longer copied to remote storage.',
  'remote.log.delete.on.disable':
    'Whether what is in remote storage is deleted when remote storage is turned off.',
  'remote.storage.enable': 'Whether old segments go to remote storage.',
  'retention.bytes': 'Bytes that a partition keeps before its oldest segments go; -1 for no limit.',
  'retention.ms': 'Milliseconds for which records are kept; -1 for no limit.',
  'segment.bytes': 'Size at which a new segment is begun.',
  'segment.index.bytes': 'The largest size of the index of a segment.',
  'segment.jitter.ms': 'At most so many milliseconds are taken off segment.ms at random.',
  'segment.ms': 'Milliseconds after which a new segment is begun though the last is not full.',
  'unclean.leader.election.enable':
    'Whether a replica that is not in sync may lead when there is no other, at the cost of records.',
}
