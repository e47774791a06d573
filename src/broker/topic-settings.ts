import type { TopicConfig } from '../metadata/config/topic-config.js'
import { CompressionType, TimestampType } from '../protocol/records/batch.js'
import type { LogConfig } from '../storage/log-config.js'
import type { ValidationConfig } from '../storage/log-validator.js'

/** What partitions act on of their topic's configuration, ready for use. */
export interface TopicSettings {
  readonly log: LogConfig
  readonly validation: ValidationConfig
  /** `min.insync.replicas` */
  readonly minInsyncReplicas: number
  /** Of the codec in `compression.type`; undefined for its default. */
  readonly compressionLevel: number | undefined
}

const COMPRESSION_TYPES: Readonly<Record<string, CompressionType>> = {
  uncompressed: CompressionType.NONE,
  gzip: CompressionType.GZIP,
  snappy: CompressionType.SNAPPY,
  lz4: CompressionType.LZ4,
  zstd: CompressionType.ZSTD,
}

/** Takes them out of a topic's configuration. */
export function topicSettings(config: TopicConfig): TopicSettings {
  const log = config.logConfig
  const type = config.get('compression.type')
  return {
    log,
    validation: {
      maxMessageBytes: log.maxMessageBytes,
      compact: log.compact,
      messageTimestampType:
        config.get('message.timestamp.type') === 'LogAppendTime'
          ? TimestampType.LOG_APPEND_TIME
          : TimestampType.CREATE_TIME,
      messageTimestampBeforeMaxMs: config.get('message.timestamp.before.max.ms'),
      messageTimestampAfterMaxMs: config.get('message.timestamp.after.max.ms'),
      compressionType: COMPRESSION_TYPES[type],
    },
    minInsyncReplicas: config.get('min.insync.replicas'),
    compressionLevel: levelOf(config, type),
  }
}

function levelOf(config: TopicConfig, type: string): number | undefined {
  if (type === 'gzip') return config.get('compression.gzip.level')
  if (type === 'lz4') return config.get('compression.lz4.level')
  return type === 'zstd' ? config.get('compression.zstd.level') : undefined
}
