import type { Timer } from '../env/clock.js'
import { DiskError } from '../env/disk.js'
import { randomUuid } from '../env/random.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import { BufferPool } from './buffer-pool.js'
import { UNKNOWN_BROKER_EPOCH } from './clean-shutdown.js'
import { DEFAULT_CLEANER_CONFIG } from './cleaner/cleaner-config.js'
import { LogCleaner } from './cleaner/log-cleaner.js'
import type { DataDirectory } from './data-directory.js'
import { deletedDirectoryName, logDirectoryName } from './file-names.js'
import { IndexCache } from './index-cache.js'
import type { Log } from './log.js'
import type { LogConfig } from './log-config.js'
import type { LogContext } from './log-context.js'
import { emptyLog } from './log-loader.js'
import { loadDirectory, METADATA_TOPIC, openPartitionLog } from './log-loading.js'
import type {
  LogDirectory,
  LogManager,
  LogManagerOptions,
  NewLogOptions,
  OpenLogManager,
  TopicPartition,
} from './log-manager.js'
import { type OpenedDirectories, openDirectories } from './open-directories.js'
import { PartitionLog } from './partition-log.js'
import type { ProducerStateConfig } from './producer-state.js'
import { runInSlices, type Slices } from './slices.js'

const DEFAULT_PRODUCER_STATE: ProducerStateConfig = {
  expirationMs: 24 * 60 * 60 * 1000,
  verifiesTransactions: true,
}
const DEFAULT_PRODUCER_EXPIRATION_CHECK_INTERVAL_MS = 10 * 60 * 1000
const DEFAULT_RETENTION_CHECK_INTERVAL_MS = 5 * 60 * 1000
const DEFAULT_CHECKPOINT_INTERVAL_MS = 60 * 1000
/** `replica.high.watermark.checkpoint.interval.ms` */
const HIGH_WATERMARK_CHECKPOINT_INTERVAL_MS = 5000
/** So many logs are being closed at a time: each may have several files open meanwhile. */
const MAX_LOGS_CLOSING = 64
/** The id of the quorum's topic (Kafka's `Uuid.METADATA_TOPIC_ID`). */
const METADATA_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

export const openLogManager: OpenLogManager = async (options) => {
  return new DiskLogManager(options, await openDirectories(options))
}

/** The {@link LogManager} of the logs on a disk. */
class DiskLogManager implements LogManager {
  readonly clusterId: string
  readonly nodeId: number
  readonly directories: readonly DataDirectory[]
  readonly previousBrokerEpoch: number
  readonly #options: LogManagerOptions
  readonly #context: LogContext
  /** By the names of their directories. */
  readonly #logs = new Map<string, PartitionLog>()
  readonly #timers = new Set<Timer>()
  readonly #deletionsToCheckpoint = new Set<DataDirectory>()
  #cleaner: LogCleaner | undefined
  #started: Promise<void> | undefined
  #closed: Promise<void> | undefined

  constructor(options: LogManagerOptions, { clusterId, directories }: OpenedDirectories) {
    this.clusterId = clusterId
    this.nodeId = options.nodeId
    this.directories = directories
    this.previousBrokerEpoch = commonBrokerEpoch(directories)
    this.#options = options
    this.#context = {
      disk: options.disk,
      clock: options.clocks.logical,
      random: options.random,
      logger: options.logger,
      buffers: new BufferPool(),
      indexes: new IndexCache(),
      producerStateConfig: options.producerStateConfig ?? (() => DEFAULT_PRODUCER_STATE),
      onFailure: (path, error) => {
        const failed = directories.find((directory) => directory.path === path)
        if (failed !== undefined) this.#takeOffline(failed, error)
      },
    }
  }

  start(): Promise<void> {
    this.#started ??= this.#loadAll().then(() => this.#beginUpkeep())
    return this.#started
  }

  log(topic: string, partition: number): Log | undefined {
    return this.#logs.get(logDirectoryName(topic, partition))
  }

  getOrCreateLog(id: TopicPartition, options: NewLogOptions): Log {
    const name = logDirectoryName(id.topic, id.partition)
    const log = this.#logs.get(name) ?? this.#createLog(id, options)
    if (log.topicId === undefined) log.assignTopicId(options.topicId)
    if (log.topicId !== options.topicId) {
      throw new KafkaError(
        ErrorCode.INCONSISTENT_TOPIC_ID,
        `${log.directory} belongs to the topic id ${log.topicId}, not to ${options.topicId}`,
      )
    }
    log.config = options.config
    return log
  }

  directoryOf(log: Log): LogDirectory {
    const { logDirectory } = log as PartitionLog
    return this.directories.find(({ path }) => path === logDirectory)!
  }

  logs(): Iterable<Log> {
    return this.#logs.values()
  }

  deleteLog(topic: string, partition: number): void {
    const name = logDirectoryName(topic, partition)
    const log = this.#logs.get(name)
    if (log === undefined) return
    const directory = this.directoryOf(log) as DataDirectory
    this.#logs.delete(name)
    directory.logs.delete(log)
    const hasFiles = log.segmentCount > 0 && !log.offline
    log.abandon()
    if (!hasFiles) return
    const { disk, random, clock } = this.#context
    const uniqueId = randomUuid(random).replaceAll(/[-_]/g, '0')
    const aside = `${directory.path}/${deletedDirectoryName(topic, partition, uniqueId)}`
    const attempt = this.#attempting(directory)
    attempt(() => disk.rename(log.directory, aside))
    this.#checkpointDeletion(directory)
    const discarded = (error: Error | null): void => {
      if (error !== null) this.#takeOffline(directory, error)
    }
    const discard = (): void => attempt(() => disk.discard(aside, discarded))
    const { fileDeleteDelayMs } = log.config
    if (fileDeleteDelayMs > 0) this.#after(clock, fileDeleteDelayMs, discard)
    else discard()
  }

  async openLog(id: TopicPartition, config: LogConfig, directory?: LogDirectory): Promise<Log> {
    const { topic, partition } = id
    const home = (directory as DataDirectory | undefined) ?? this.directories[0]!
    const { disk } = this.#context
    const path = `${home.path}/${logDirectoryName(topic, partition)}`
    const isNew = disk.stat(path) === undefined
    const topicId = topic === METADATA_TOPIC ? METADATA_TOPIC_ID : undefined
    const log = isNew
      ? this.#newLog(home, id, topicId, config)
      : await openPartitionLog(
          this.#context,
          {
            directory: home,
            topic,
            partition,
            ...(topicId === undefined ? {} : { topicId }),
            config,
            // These logs have no checkpoints: all of them is looked at.
            logStartOffset: 0,
            recoveryPoint: 0,
            hadCleanShutdown: false,
          },
          path,
        )
    home.otherLogs.add(log)
    return log
  }

  close(brokerEpoch = UNKNOWN_BROKER_EPOCH): Promise<void> {
    this.#closed ??= this.#closeAll(brokerEpoch)
    return this.#closed
  }

  async #loadAll(): Promise<void> {
    const { defaultConfig, configOf, clocks } = this.#options
    const load = async (directory: DataDirectory): Promise<void> => {
      if (directory.offline) return
      try {
        await loadDirectory(directory, {
          context: this.#context,
          configOf: (topic) => configOf?.(topic) ?? defaultConfig,
          nowMs: () => clocks.pacing.now(),
          isCancelled: () => this.#closed !== undefined || directory.offline,
          onLoaded: (_, log) => this.#addLoaded(directory, log),
        })
      } catch (error) {
        if (!(error instanceof DiskError)) throw error
        this.#takeOffline(directory, error)
      }
    }
    await Promise.all(this.directories.map(load))
  }

  #addLoaded(directory: DataDirectory, log: PartitionLog): void {
    const name = logDirectoryName(log.topic, log.partition)
    const twin = this.#logs.get(name)
    if (twin !== undefined) {
      throw new Error(`${twin.directory} and ${log.directory} are of the same partition`)
    }
    this.#logs.set(name, log)
    directory.logs.add(log)
  }

  #beginUpkeep(): void {
    if (this.#closed !== undefined) return
    const { retentionCheckIntervalMs, checkpointIntervalMs, clocks } = this.#options
    const producerExpirationCheckIntervalMs =
      this.#options.producerExpirationCheckIntervalMs ??
      DEFAULT_PRODUCER_EXPIRATION_CHECK_INTERVAL_MS
    const { logical, pacing } = clocks
    this.#every(logical, retentionCheckIntervalMs ?? DEFAULT_RETENTION_CHECK_INTERVAL_MS, () =>
      this.#visitLogs((log) => {
        // The cleaner sees to the others, as it must not be working on them meanwhile.
        if (!log.config.compact) log.deleteOldSegments()
      }),
    )
    this.#every(logical, producerExpirationCheckIntervalMs, () =>
      this.#visitLogs((log) => log.removeExpiredProducers()),
    )
    this.#every(pacing, checkpointIntervalMs ?? DEFAULT_CHECKPOINT_INTERVAL_MS, () =>
      this.#checkpoint((directory, done) => directory.checkpointLogs(done)),
    )
    this.#every(pacing, HIGH_WATERMARK_CHECKPOINT_INTERVAL_MS, () =>
      this.#checkpoint((directory, done) => directory.checkpointHighWatermarks(done)),
    )
    const cleanerConfig = this.#options.cleanerConfig ?? (() => DEFAULT_CLEANER_CONFIG)
    if (!cleanerConfig().enabled) return
    this.#cleaner = new LogCleaner(this.#context, clocks, cleanerConfig, {
      logs: () => this.#logs.values(),
      checkpointCleaned: (log) => {
        const directory = this.directoryOf(log) as DataDirectory
        if (!directory.offline) directory.checkpointCleaned(this.#reporting(directory))
      },
    })
    this.#cleaner.start()
  }

  #createLog(id: TopicPartition, { topicId, config, directoryId }: NewLogOptions): PartitionLog {
    const online = this.directories.filter((directory) => !directory.offline)
    const named = this.directories.find((directory) => directory.directoryId === directoryId)
    const fewest = online.reduce<DataDirectory | undefined>(
      (best, other) => (best === undefined || other.logs.size < best.logs.size ? other : best),
      undefined,
    )
    const home = named ?? fewest
    if (home === undefined || home.offline) {
      throw new KafkaError(
        ErrorCode.KAFKA_STORAGE_ERROR,
        `${home === undefined ? 'every log directory' : home.path} is offline`,
      )
    }
    const log = this.#newLog(home, id, topicId, config)
    this.#logs.set(logDirectoryName(id.topic, id.partition), log)
    home.logs.add(log)
    return log
  }

  #newLog(
    home: DataDirectory,
    { topic, partition }: TopicPartition,
    topicId: string | undefined,
    config: LogConfig,
  ): PartitionLog {
    const context = this.#context
    const directory = `${home.path}/${logDirectoryName(topic, partition)}`
    return new PartitionLog(
      { context, logDirectory: home.path, directory, topic, partition, topicId, config },
      emptyLog(context, directory),
    )
  }

  #takeOffline(directory: DataDirectory, cause: Error): void {
    if (directory.offline) return
    directory.offline = true
    this.#context.logger.error(
      { directory: directory.path, error: cause.message },
      'the disk has failed: the directory and its logs are offline',
    )
    for (const log of [...directory.logs, ...directory.otherLogs]) log.takeOffline(cause)
    this.#options.onDirectoryOffline?.(directory, cause)
  }

  /** Calls `task` with each log that has files, in turns. */
  #visitLogs(task: (log: PartitionLog) => unknown): Promise<void> {
    const visit = function* (logs: readonly PartitionLog[]): Slices<void> {
      for (const log of logs) {
        if (log.segmentCount === 0 || log.offline) continue
        try {
          task(log)
        } catch (error) {
          // A failed disk has taken the directory offline.
          if (!(error instanceof KafkaError)) throw error
        }
        yield
      }
    }
    return runInSlices(this.#context.disk, visit([...this.#logs.values()]))
  }

  #checkpoint(
    write: (directory: DataDirectory, done: (error: DiskError | null) => void) => void,
  ): void {
    for (const directory of this.directories) {
      if (!directory.offline && directory.isLoaded) write(directory, this.#reporting(directory))
    }
  }

  // A new log of the same name must not begin where the deleted one was.
  #checkpointDeletion(directory: DataDirectory): void {
    if (!directory.isLoaded || this.#deletionsToCheckpoint.has(directory)) return
    this.#deletionsToCheckpoint.add(directory)
    this.#context.disk.atTurnEnd(() => {
      this.#deletionsToCheckpoint.delete(directory)
      if (this.#closed !== undefined || directory.offline) return
      directory.checkpointLogs(this.#reporting(directory))
      directory.checkpointHighWatermarks(this.#reporting(directory))
    })
  }

  #reporting(directory: DataDirectory): (error: DiskError | null) => void {
    return (error) => {
      if (error !== null) this.#takeOffline(directory, error)
    }
  }

  #attempting(directory: DataDirectory): (work: () => void) => void {
    return (work) => {
      try {
        work()
      } catch (error) {
        this.#takeOffline(directory, error as Error)
      }
    }
  }

  #after(clock: LogContext['clock'], delayMs: number, task: () => void): void {
    const timer = clock.after(delayMs, () => {
      this.#timers.delete(timer)
      task()
    })
    this.#timers.add(timer)
  }

  /** Calls `task` again and again, an interval after it has ended. */
  #every(clock: LogContext['clock'], intervalMs: number, task: () => void | Promise<void>): void {
    this.#after(clock, intervalMs, () => {
      void Promise.resolve(task()).then(() => {
        if (this.#closed === undefined) this.#every(clock, intervalMs, task)
      })
    })
  }

  async #closeAll(brokerEpoch: number): Promise<void> {
    // A start that is under way ends early, and says itself what went wrong with it.
    await this.#started?.catch(() => {})
    await this.#cleaner?.stop()
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    for (const directory of this.directories) await this.#closeDirectory(directory, brokerEpoch)
    for (const directory of this.directories) directory.release()
  }

  async #closeDirectory(directory: DataDirectory, brokerEpoch: number): Promise<void> {
    const logs = [...directory.logs]
    const closeNext = async (): Promise<void> => {
      for (let log = logs.pop(); log !== undefined; log = logs.pop()) {
        const next = log
        // A failure has taken the directory offline.
        await new Promise<void>((resolve) => {
          next.close(() => resolve())
        })
      }
    }
    await Promise.all(Array.from({ length: MAX_LOGS_CLOSING }, closeNext))
    if (directory.offline || !directory.isLoaded) return
    try {
      await directory.checkpointAll()
      directory.cleanShutdown.write(brokerEpoch)
    } catch (error) {
      this.#takeOffline(directory, error as Error)
    }
  }
}

/** The epoch that all directories agree on, for only together do they prove a clean stop. */
function commonBrokerEpoch(directories: readonly DataDirectory[]): number {
  const epochs = directories.map(({ offline, cleanShutdown }) =>
    offline ? UNKNOWN_BROKER_EPOCH : cleanShutdown.readBrokerEpoch(),
  )
  const [epoch = UNKNOWN_BROKER_EPOCH] = epochs
  return epochs.every((other) => other === epoch) ? epoch : UNKNOWN_BROKER_EPOCH
}
