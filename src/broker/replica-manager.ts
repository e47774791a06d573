import type { Clocks } from '../env/clock.js'
import type { Logger } from '../env/logger.js'
import { ConfigResourceType } from '../metadata/config/resource.js'
import type { TopicConfig } from '../metadata/config/topic-config.js'
import type { MetadataDelta, PartitionChange } from '../metadata/delta.js'
import type { MetadataImage } from '../metadata/image.js'
import type { MetadataPublisher } from '../metadata/loader.js'
import { DirectoryId } from '../metadata/partition-record.js'
import type { PartitionImage, TopicImage } from '../metadata/topic.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type { Log } from '../storage/log.js'
import type { LogConfig } from '../storage/log-config.js'
import type { LogManager } from '../storage/log-manager.js'
import { LogValidator } from '../storage/log-validator.js'
import type { DirectoryAssignment } from './directory-assignments.js'
import { Partition } from './partition.js'
import { Purgatory } from './purgatory.js'
import { type TopicSettings, topicSettings } from './topic-settings.js'

export interface ReplicaManagerOptions {
  readonly nodeId: number
  readonly clocks: Clocks
  readonly logger: Logger
  readonly logs: LogManager
  /** Hears of partitions that aren't in the directory that the metadata log says. */
  readonly onPlaced?: (placed: DirectoryAssignment) => void
  /** What is set on a topic, over what the broker sets for all. */
  readonly topicConfig: (overrides: ReadonlyMap<string, string>) => TopicConfig
}

/**
 * The partitions of this node (Kafka's `ReplicaManager`). It follows the metadata log, and is to be
 * installed as a publisher before whoever asks it for partitions.
 *
 * A partition comes into being when somebody asks for it, or when its log was found at start; until
 * then it costs nothing.
 */
export class ReplicaManager implements MetadataPublisher {
  /** Fetches that wait for more to be committed, by partition. */
  readonly fetchPurgatory: Purgatory<Partition>
  readonly validator = new LogValidator()
  readonly logs: LogManager
  readonly #nodeId: number
  readonly #onPlaced: (placed: DirectoryAssignment) => void
  readonly #logger: Logger
  readonly #topicConfig: (overrides: ReadonlyMap<string, string>) => TopicConfig
  readonly #partitions = new Map<string, Map<number, Partition>>()
  readonly #settings = new Map<string, TopicSettings>()
  readonly #onCommit = (partition: Partition): void => {
    this.fetchPurgatory.checkAndComplete(partition)
  }
  #image: MetadataImage | undefined

  constructor(options: ReplicaManagerOptions) {
    this.#nodeId = options.nodeId
    this.#onPlaced = options.onPlaced ?? (() => {})
    this.#logger = options.logger
    this.logs = options.logs
    this.#topicConfig = options.topicConfig
    this.fetchPurgatory = new Purgatory(options.clocks.pacing)
  }

  /**
   * The partition, if it has a replica on this node.
   *
   * @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION; NOT_LEADER_OR_FOLLOWER when it is on other nodes;
   *   KAFKA_STORAGE_ERROR when its disk has failed
   */
  partition(topic: string, partition: number): Partition {
    const known = this.#partitions.get(topic)?.get(partition) ?? this.#open(topic, partition)
    if (known.log.offline) {
      throw new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, `the disk of ${known.name} has failed`)
    }
    return known
  }

  /** The topic with that id; undefined when there is none. */
  topicById(id: string): TopicImage | undefined {
    return this.#image?.topicsById.get(id)
  }

  /** Whether the cluster has that partition, wherever it is. */
  exists(topic: string, partition: number): boolean {
    return this.#image?.topicsByName.get(topic)?.partitions.has(partition) ?? false
  }

  /** What the logs of a topic act on; also for topics that only their logs are known of yet. */
  logConfig(topic: string): LogConfig {
    return this.#settingsOf(topic).log
  }

  onMetadataUpdate(delta: MetadataDelta, image: MetadataImage): void {
    const isFirst = this.#image === undefined
    this.#image = image
    this.#refreshSettings(delta)
    for (const topic of delta.deletedTopics) this.#deleteTopic(topic)
    for (const change of delta.partitions) this.#changePartition(change)
    if (isFirst) this.#openFoundLogs(image)
  }

  /** Answers what waits; the logs are closed by their manager. */
  close(): void {
    this.fetchPurgatory.close()
  }

  #open(topic: string, partition: number): Partition {
    const topicImage = this.#image?.topicsByName.get(topic)
    const image = topicImage?.partitions.get(partition)
    if (topicImage === undefined || image === undefined) {
      throw new KafkaError(
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        `there is no partition ${topic}-${partition}`,
      )
    }
    if (!image.replicas.includes(this.#nodeId)) {
      throw new KafkaError(
        ErrorCode.NOT_LEADER_OR_FOLLOWER,
        `${topic}-${partition} has no replica on node ${this.#nodeId}`,
      )
    }
    const settings = this.#settingsOf(topic)
    const opened = new Partition({
      topic,
      topicId: topicImage.id,
      partition,
      nodeId: this.#nodeId,
      image,
      settings,
      log: this.#logOf(topicImage, partition, image, settings),
      validator: this.validator,
      onCommit: this.#onCommit,
    })
    const siblings = this.#partitions.get(topic)
    if (siblings === undefined) this.#partitions.set(topic, new Map([[partition, opened]]))
    else siblings.set(partition, opened)
    return opened
  }

  #logOf(
    topic: TopicImage,
    partition: number,
    image: PartitionImage,
    settings: TopicSettings,
  ): Log {
    const assigned = image.directories[image.replicas.indexOf(this.#nodeId)]
    const { directories } = this.logs
    const isOurs = directories.some(({ directoryId }) => directoryId === assigned)
    const isElsewhere = assigned !== undefined && !isOurs && !isAnyDirectory(assigned)
    const known = this.logs.log(topic.name, partition)
    if (known === undefined && isElsewhere && directories.some(({ offline }) => offline)) {
      // To begin the log anew in another directory would lose what is in that one.
      throw new KafkaError(
        ErrorCode.KAFKA_STORAGE_ERROR,
        `the log directory ${assigned} of ${topic.name}-${partition} is offline`,
      )
    }
    const log = this.logs.getOrCreateLog(
      { topic: topic.name, partition },
      {
        topicId: topic.id,
        config: settings.log,
        ...(isOurs && assigned !== undefined ? { directoryId: assigned } : {}),
      },
    )
    const { directoryId, offline } = this.logs.directoryOf(log)
    if (directoryId !== assigned && !offline) {
      this.#onPlaced({ topicId: topic.id, partition, directoryId })
    }
    return log
  }

  #settingsOf(topic: string): TopicSettings {
    let settings = this.#settings.get(topic)
    if (settings === undefined) {
      const overrides = this.#image?.configs(ConfigResourceType.TOPIC, topic) ?? new Map()
      settings = topicSettings(this.#topicConfig(overrides))
      this.#settings.set(topic, settings)
    }
    return settings
  }

  #refreshSettings(delta: MetadataDelta): void {
    for (const { type, name } of delta.configs) {
      if (type === ConfigResourceType.BROKER) {
        // What the broker sets for all topics may have changed.
        this.#settings.clear()
        for (const topic of this.#partitions.keys()) this.#applySettings(topic)
      } else if (type === ConfigResourceType.TOPIC) {
        this.#settings.delete(name)
        this.#applySettings(name)
      }
    }
  }

  #applySettings(topic: string): void {
    const partitions = this.#partitions.get(topic)
    if (partitions === undefined) return
    const settings = this.#settingsOf(topic)
    for (const partition of partitions.values()) partition.settings = settings
  }

  #deleteTopic(topic: TopicImage): void {
    const opened = this.#partitions.get(topic.name)
    this.#partitions.delete(topic.name)
    this.#settings.delete(topic.name)
    for (const partition of topic.partitions.keys()) {
      if (this.logs.log(topic.name, partition) !== undefined) {
        this.logs.deleteLog(topic.name, partition)
      }
    }
    for (const partition of opened?.values() ?? []) {
      this.fetchPurgatory.checkAndComplete(partition)
    }
  }

  #changePartition({ topicName, topicId, partition, after }: PartitionChange): void {
    const opened = this.#partitions.get(topicName)?.get(partition)
    if (opened === undefined || after === undefined || opened.topicId !== topicId) return
    opened.update(after)
    this.fetchPurgatory.checkAndComplete(opened)
  }

  /** Logs of topics that were deleted while this node was away go; the others are taken up. */
  #openFoundLogs(image: MetadataImage): void {
    for (const log of [...this.logs.logs()]) {
      const topic = image.topicsByName.get(log.topic)
      const replicas = topic?.partitions.get(log.partition)?.replicas
      const isSame = log.topicId === undefined || log.topicId === topic?.id
      if (isSame && replicas?.includes(this.#nodeId)) {
        this.#open(log.topic, log.partition)
      } else {
        this.#logger.warn(
          { directory: log.directory, topicId: log.topicId },
          'deleting the log of a partition that is not on this node any more',
        )
        this.logs.deleteLog(log.topic, log.partition)
      }
    }
  }
}

/** Whether the metadata log leaves it to the broker in which directory the replica is. */
function isAnyDirectory(directoryId: string): boolean {
  return directoryId === DirectoryId.UNASSIGNED || directoryId === DirectoryId.MIGRATING
}
