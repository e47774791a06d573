/** What of a topic's config its logs act on. Kafka's names, without the dots. */
export interface LogConfig {
  /** Bytes after which a new segment begins. */
  readonly segmentBytes: number
  /** Milliseconds after which a new segment begins even if the old one isn't full. */
  readonly segmentMs: number
  /** Up to so many milliseconds earlier than `segmentMs`, so that not all logs roll at once. */
  readonly segmentJitterMs: number
  /** Largest size of an index file, bytes. */
  readonly segmentIndexBytes: number
  /** Bytes of log between two entries of the indexes. */
  readonly indexIntervalBytes: number
  /** Appended records after which the log is synced. */
  readonly flushMessages: number
  /** Milliseconds after which appended records are synced. */
  readonly flushMs: number
  /** Bytes of log kept, -1 for no bound. */
  readonly retentionBytes: number
  /** Milliseconds a record is kept, -1 for no bound. */
  readonly retentionMs: number
  /** Largest record batch, bytes. */
  readonly maxMessageBytes: number
  /** Milliseconds between a segment's or log's deletion and that of its files. */
  readonly fileDeleteDelayMs: number
  /** Part of the log that has to be dirty for it to be compacted, 0 to 1. */
  readonly minCleanableDirtyRatio: number
  /** Milliseconds that a record stays uncompacted at least. */
  readonly minCompactionLagMs: number
  /** Milliseconds after which a record has to be compacted. */
  readonly maxCompactionLagMs: number
  /** Milliseconds for which compaction keeps a tombstone. */
  readonly deleteRetentionMs: number
  /** `cleanup.policy` contains `delete`. */
  readonly delete: boolean
  /** `cleanup.policy` contains `compact`. */
  readonly compact: boolean
}

/** Milliseconds after which a new segment begins: only what isn't written to can be compacted. */
export function maxSegmentMs({ compact, maxCompactionLagMs, segmentMs }: LogConfig): number {
  return compact && maxCompactionLagMs > 0 ? Math.min(maxCompactionLagMs, segmentMs) : segmentMs
}

/** Kafka's defaults of the topic configs. */
export const DEFAULT_LOG_CONFIG: LogConfig = {
  segmentBytes: 1024 * 1024 * 1024,
  segmentMs: 7 * 24 * 60 * 60 * 1000,
  segmentJitterMs: 0,
  segmentIndexBytes: 10 * 1024 * 1024,
  indexIntervalBytes: 4096,
  flushMessages: Number.MAX_SAFE_INTEGER,
  flushMs: Number.MAX_SAFE_INTEGER,
  retentionBytes: -1,
  retentionMs: 7 * 24 * 60 * 60 * 1000,
  maxMessageBytes: 1024 * 1024 + 12,
  fileDeleteDelayMs: 60_000,
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  deleteRetentionMs: 24 * 60 * 60 * 1000,
  delete: true,
  compact: false,
}
