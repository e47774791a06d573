import type { Clocks } from '../env/clock.js'
import type { Disk } from '../env/disk.js'
import type { Logger } from '../env/logger.js'
import type { Random } from '../env/random.js'
import type { CleanerConfig } from './cleaner/cleaner-config.js'
import type { Log } from './log.js'
import type { LogConfig } from './log-config.js'
import type { ProducerStateConfig } from './producer-state.js'

/** A topic's partition. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** One of the `log.dirs`. */
export interface LogDirectory {
  /** Absolute. */
  readonly path: string
  /** Kafka's 22 character id of it, from meta.properties. */
  readonly directoryId: string
  /** Its disk has failed: all its logs are offline. */
  readonly offline: boolean
}

export interface LogManagerOptions {
  readonly disk: Disk
  readonly clocks: Clocks
  readonly random: Random
  readonly logger: Logger
  /** `log.dirs`, absolute. What doesn't exist is made and formatted. */
  readonly directories: readonly string[]
  readonly nodeId: number
  /** Undefined takes what the directories say, or draws one when they are new. */
  readonly clusterId: string | undefined
  /** The broker's defaults of the topic configs. */
  readonly defaultConfig: LogConfig
  /** A topic's own config, asked for when one of its logs is opened at start. */
  readonly configOf?: (topic: string) => LogConfig | undefined
  /** Asked for again and again; Kafka's defaults if left out. */
  readonly producerStateConfig?: () => ProducerStateConfig
  /** `producer.id.expiration.check.interval.ms` */
  readonly producerExpirationCheckIntervalMs?: number
  /** `log.retention.check.interval.ms` */
  readonly retentionCheckIntervalMs?: number
  /** `log.cleaner.*`, asked for again and again; Kafka's defaults if left out. */
  readonly cleanerConfig?: () => CleanerConfig
  /** `log.flush.offset.checkpoint.interval.ms` and the one of log starts and high watermarks. */
  readonly checkpointIntervalMs?: number
  /** Called once for each directory that fails. */
  readonly onDirectoryOffline?: (directory: LogDirectory, cause: Error) => void
}

/** What a log is made with. */
export interface NewLogOptions {
  readonly topicId: string
  readonly config: LogConfig
  /** Where it is to be, if it is new; without one it goes to the directory with the fewest logs. */
  readonly directoryId?: string
}

/** All logs of one node (Kafka's `LogManager`). */
export interface LogManager {
  readonly clusterId: string
  readonly nodeId: number
  readonly directories: readonly LogDirectory[]
  /**
   * The epoch that the broker had when it last stopped cleanly (KIP-966), which it registers with; -1
   * after anything else.
   */
  readonly previousBrokerEpoch: number
  /**
   * Opens the logs that the directories hold: after a clean stop without reading segments, otherwise
   * recovering each from its recovery point, in slices. Then begins retention and checkpoints.
   */
  start(): Promise<void>
  /** The log, if there is one; undefined for one that was never asked for nor found at start. */
  log(topic: string, partition: number): Log | undefined
  /**
   * The log; a new one costs nothing until its first append, which makes its directory.
   *
   * @throws KafkaError INCONSISTENT_TOPIC_ID for another topic's log; KAFKA_STORAGE_ERROR when there
   *   is no directory for a new one
   */
  getOrCreateLog(id: TopicPartition, options: NewLogOptions): Log
  /** Which directory the log is or would be in. */
  directoryOf(log: Log): LogDirectory
  logs(): Iterable<Log>
  /** Renames the directory to `-delete`; the files go after `file.delete.delay.ms`. */
  deleteLog(topic: string, partition: number): void
  /**
   * Opens a log that isn't the manager's own, as the metadata quorum's `__cluster_metadata-0`, in the
   * first (or the named) directory. The caller flushes and closes it.
   */
  openLog(id: TopicPartition, config: LogConfig, directory?: LogDirectory): Promise<Log>
  /**
   * Closes all logs, writes the checkpoints and `.kafka_cleanshutdown`, gives up the locks. What
   * {@link openLog} opened is to be closed before.
   *
   * @param brokerEpoch goes to the next one's {@link previousBrokerEpoch}; -1 if left out
   */
  close(brokerEpoch?: number): Promise<void>
}

/**
 * Locks the directories and reads their `meta.properties`, formatting those that are empty or absent.
 * No log is opened yet.
 *
 * @throws Error with a message for the user when a directory belongs to another cluster or node, or
 *   is held by another process
 */
export type OpenLogManager = (options: LogManagerOptions) => Promise<LogManager>
