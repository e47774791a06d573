import type { BrokerConfig } from '../../metadata/config/broker-config.js'
import { assignorsByName } from './consumer/assignors.js'

/** The broker's settings of groups and offsets, as Kafka names them. Times are in milliseconds. */
export interface GroupCoordinatorConfig {
  readonly consumerGroupAssignmentIntervalMs: number
  /** The names of those that members can ask for; the first is the one of those who don't ask. */
  readonly consumerGroupAssignors: readonly string[]
  readonly consumerGroupHeartbeatIntervalMs: number
  readonly consumerGroupMaxAssignmentIntervalMs: number
  readonly consumerGroupMaxHeartbeatIntervalMs: number
  readonly consumerGroupMaxSessionTimeoutMs: number
  readonly consumerGroupMaxSize: number
  /** In any case: disabled, downgrade, upgrade, bidirectional. */
  readonly consumerGroupMigrationPolicy: string
  readonly consumerGroupMinAssignmentIntervalMs: number
  readonly consumerGroupMinHeartbeatIntervalMs: number
  readonly consumerGroupMinSessionTimeoutMs: number
  readonly consumerGroupRegexRefreshIntervalMs: number
  readonly consumerGroupSessionTimeoutMs: number
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

/** @param current what is in force, of which some may change while the broker runs (KIP-226) */
export function groupCoordinatorConfig(current: () => BrokerConfig): GroupCoordinatorConfig {
  const config = current()
  return {
    get consumerGroupAssignmentIntervalMs() {
      return current().get('group.consumer.assignment.interval.ms')
    },
    consumerGroupAssignors: [...assignorsByName(config.get('group.consumer.assignors')).keys()],
    consumerGroupHeartbeatIntervalMs: config.get('group.consumer.heartbeat.interval.ms'),
    consumerGroupMaxAssignmentIntervalMs: config.get('group.consumer.max.assignment.interval.ms'),
    consumerGroupMaxHeartbeatIntervalMs: config.get('group.consumer.max.heartbeat.interval.ms'),
    consumerGroupMaxSessionTimeoutMs: config.get('group.consumer.max.session.timeout.ms'),
    consumerGroupMaxSize: config.get('group.consumer.max.size'),
    consumerGroupMigrationPolicy: config.get('group.consumer.migration.policy'),
    consumerGroupMinAssignmentIntervalMs: config.get('group.consumer.min.assignment.interval.ms'),
    consumerGroupMinHeartbeatIntervalMs: config.get('group.consumer.min.heartbeat.interval.ms'),
    consumerGroupMinSessionTimeoutMs: config.get('group.consumer.min.session.timeout.ms'),
    consumerGroupRegexRefreshIntervalMs: config.get('group.consumer.regex.refresh.interval.ms'),
    consumerGroupSessionTimeoutMs: config.get('group.consumer.session.timeout.ms'),
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
