import type { BrokerConfig } from '../../metadata/config/broker-config.js'

/** The broker's settings of groups and offsets, as Kafka names them. Times are in milliseconds. */
export interface GroupCoordinatorConfig {
  readonly groupInitialRebalanceDelayMs: number
  readonly groupMaxSessionTimeoutMs: number
  readonly groupMaxSize: number
  readonly groupMinSessionTimeoutMs: number
  readonly offsetMetadataMaxBytes: number
  /** How long a request waits until its records are committed. */
  readonly offsetsCommitTimeoutMs: number
  readonly offsetsLoadBufferSize: number
  readonly offsetsRetentionCheckIntervalMs: number
  readonly offsetsRetentionMs: number
  /** A compression type of record batches, by its number. */
  readonly offsetsTopicCompressionCodec: number
  readonly offsetsTopicNumPartitions: number
  readonly offsetsTopicSegmentBytes: number
}

const MINUTE_MS = 60_000

export function groupCoordinatorConfig(config: BrokerConfig): GroupCoordinatorConfig {
  return {
    groupInitialRebalanceDelayMs: config.get('group.initial.rebalance.delay.ms'),
    groupMaxSessionTimeoutMs: config.get('group.max.session.timeout.ms'),
    groupMaxSize: config.get('group.max.size'),
    groupMinSessionTimeoutMs: config.get('group.min.session.timeout.ms'),
    offsetMetadataMaxBytes: config.get('offset.metadata.max.bytes'),
    offsetsCommitTimeoutMs: config.get('offsets.commit.timeout.ms'),
    offsetsLoadBufferSize: config.get('offsets.load.buffer.size'),
    offsetsRetentionCheckIntervalMs: config.get('offsets.retention.check.interval.ms'),
    offsetsRetentionMs: config.get('offsets.retention.minutes') * MINUTE_MS,
    offsetsTopicCompressionCodec: config.get('offsets.topic.compression.codec'),
    offsetsTopicNumPartitions: config.get('offsets.topic.num.partitions'),
    offsetsTopicSegmentBytes: config.get('offsets.topic.segment.bytes'),
  }
}
