import { brokerOf, controllerOf, mergeBroker } from './broker-record.js'
import { ChangeTracker } from './change-tracker.js'
import type { BrokerRegistration, ControllerRegistration } from './cluster.js'
import { ConfigResourceType } from './config/resource.js'
import type { MetadataDelta } from './delta.js'
import { unsupportedLevel } from './features.js'
import type { MetadataImage, MetadataProvenance } from './image.js'
import { mergePartition, partitionOf } from './partition-record.js'
import { type MetadataRecord, type RecordData, UnsupportedMetadataError } from './record.js'
import { SecurityState } from './security-state.js'
import type { PartitionImage, TopicImage } from './topic.js'

type MutableTopic = TopicImage & { readonly partitions: Map<number, PartitionImage> }

const NO_CONFIGS: ReadonlyMap<string, string> = new Map()
const NOTHING_YET: MetadataProvenance = { offset: -1, epoch: -1, timestampMs: -1 }

/** A record that contradicts what the log said before: the log is damaged. */
export class InvalidMetadataError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'InvalidMetadataError'
  }
}

/** Adds up the records of the metadata log; whoever reads sees a {@link MetadataImage}. */
export class MetadataState implements MetadataImage {
  readonly features = new Map<string, number>()
  readonly brokers = new Map<number, BrokerRegistration>()
  readonly controllers = new Map<number, ControllerRegistration>()
  readonly topicsByName = new Map<string, TopicImage>()
  readonly topicsById = new Map<string, TopicImage>()
  nextProducerId = 0
  provenance = NOTHING_YET
  readonly security: SecurityState

  readonly #configs = new Map<ConfigResourceType, Map<string, ReadonlyMap<string, string>>>()
  readonly #changes = new ChangeTracker()
  /** Topics made since the last delta, so that nobody outside holds them and they may change. */
  readonly #drafts = new Map<string, MutableTopic>()

  /** @param from what to begin with; it isn't changed */
  constructor(
    readonly clusterId: string,
    from?: MetadataState,
  ) {
    this.security = new SecurityState(from?.security)
    if (!from) return
    for (const [name, level] of from.features) this.features.set(name, level)
    for (const [id, broker] of from.brokers) this.brokers.set(id, broker)
    for (const [id, controller] of from.controllers) this.controllers.set(id, controller)
    for (const topic of from.topicsById.values()) this.#putTopic(topic)
    for (const [type, resources] of from.#configs) this.#configs.set(type, new Map(resources))
    this.nextProducerId = from.nextProducerId
    this.provenance = from.provenance
  }

  configs(type: ConfigResourceType, name: string): ReadonlyMap<string, string> {
    return this.#configs.get(type)?.get(name) ?? NO_CONFIGS
  }

  configuredResources(type: ConfigResourceType): readonly string[] {
    return [...(this.#configs.get(type)?.keys() ?? [])]
  }

  /** What the records since the last call changed. */
  takeDelta(): MetadataDelta {
    this.#drafts.clear()
    return this.#changes.take()
  }

  /**
   * @throws InvalidMetadataError when the record contradicts those before it
   * @throws UnsupportedMetadataError when it asks for what this version doesn't know
   */
  replay(record: MetadataRecord): void {
    if (this.security.replay(record)) return
    switch (record.type) {
      case 'TopicRecord':
        this.#createTopic(record.data)
        return
      case 'PartitionRecord':
        this.#createPartition(record.data)
        return
      case 'PartitionChangeRecord':
        this.#changePartition(record.data)
        return
      case 'RemoveTopicRecord':
        this.#removeTopic(record.data.topicId)
        return
      case 'ClearElrRecord':
        this.#clearElr(record.data.topicName)
        return
      case 'ConfigRecord':
        this.#setConfig(record.data)
        return
      case 'FeatureLevelRecord':
        this.#setFeature(record.data)
        return
      case 'ProducerIdsRecord':
        this.nextProducerId = record.data.nextProducerId
        return
      default:
        this.#replayNode(record)
        return
    }
  }

  #replayNode(record: MetadataRecord): void {
    switch (record.type) {
      case 'RegisterBrokerRecord':
        this.#putBroker(brokerOf(record.data))
        return
      case 'UnregisterBrokerRecord':
        this.#broker(record.data.brokerId)
        this.brokers.delete(record.data.brokerId)
        this.#changes.brokerChanged(record.data.brokerId)
        return
      case 'FenceBrokerRecord':
        this.#putBroker({ ...this.#broker(record.data.id), fenced: true })
        return
      case 'UnfenceBrokerRecord':
        this.#putBroker({ ...this.#broker(record.data.id), fenced: false })
        return
      case 'BrokerRegistrationChangeRecord':
        this.#putBroker(mergeBroker(this.#broker(record.data.brokerId), record.data))
        return
      case 'RegisterControllerRecord':
        this.controllers.set(record.data.controllerId, controllerOf(record.data))
        return
      case 'NoOpRecord':
      case 'ZkMigrationStateRecord':
        return
      default:
        throw new InvalidMetadataError(`A ${record.type} has no place here.`)
    }
  }

  #putTopic(topic: TopicImage): void {
    this.topicsByName.set(topic.name, topic)
    this.topicsById.set(topic.id, topic)
  }

  #topic(id: string): TopicImage {
    const topic = this.topicsById.get(id)
    if (topic) return topic
    throw new InvalidMetadataError(`The metadata log speaks of an unknown topic with id ${id}.`)
  }

  /** The topic as an object that may be changed. */
  #draft(id: string): MutableTopic {
    const known = this.#drafts.get(id)
    if (known) return known
    const topic = this.#topic(id)
    const draft = { ...topic, partitions: new Map(topic.partitions) }
    this.#drafts.set(id, draft)
    this.#putTopic(draft)
    this.#changes.topicReplaced(topic, draft)
    return draft
  }

  #createTopic({ name, topicId }: RecordData<'TopicRecord'>): void {
    if (this.topicsByName.has(name)) {
      throw new InvalidMetadataError(`The metadata log creates the topic ${name} twice.`)
    }
    const topic: MutableTopic = { name, id: topicId, partitions: new Map() }
    this.#drafts.set(topicId, topic)
    this.#putTopic(topic)
    this.#changes.topicCreated(topic)
  }

  #putPartition(topicId: string, id: number, partition: PartitionImage): void {
    this.#draft(topicId).partitions.set(id, partition)
    this.#changes.partitionChanged(topicId, id)
  }

  #createPartition(data: RecordData<'PartitionRecord'>): void {
    this.#putPartition(data.topicId, data.partitionId, partitionOf(data))
  }

  #changePartition(data: RecordData<'PartitionChangeRecord'>): void {
    const { topicId, partitionId } = data
    const topic = this.#topic(topicId)
    const partition = topic.partitions.get(partitionId)
    if (!partition) {
      throw new InvalidMetadataError(
        `The metadata log changes partition ${partitionId} of ${topic.name}, which it has none of.`,
      )
    }
    this.#putPartition(topicId, partitionId, mergePartition(partition, data))
  }

  #removeTopic(id: string): void {
    const topic = this.#topic(id)
    this.topicsById.delete(id)
    this.topicsByName.delete(topic.name)
    this.#drafts.delete(id)
    this.#configs.get(ConfigResourceType.TOPIC)?.delete(topic.name)
    this.#changes.topicDeleted(topic)
  }

  /** @param name of the topic, empty for all of them */
  #clearElr(name: string): void {
    const topics = name === '' ? this.topicsByName.values() : [this.topicsByName.get(name)]
    for (const topic of [...topics]) {
      if (!topic) throw new InvalidMetadataError(`Unable to find a topic named ${name}.`)
      for (const [id, partition] of topic.partitions) {
        if (partition.elr.length === 0 && partition.lastKnownElr.length === 0) continue
        this.#putPartition(topic.id, id, { ...partition, elr: [], lastKnownElr: [] })
      }
    }
  }

  #setConfig(data: RecordData<'ConfigRecord'>): void {
    const type = data.resourceType as ConfigResourceType
    const resources = this.#configs.get(type) ?? new Map()
    const settings = new Map(resources.get(data.resourceName))
    if (data.value === null) settings.delete(data.name)
    else settings.set(data.name, data.value)
    if (settings.size > 0) resources.set(data.resourceName, settings)
    else resources.delete(data.resourceName)
    this.#configs.set(type, resources)
    this.#changes.configChanged(type, data.resourceName)
  }

  #setFeature({ name, featureLevel }: RecordData<'FeatureLevelRecord'>): void {
    const problem = unsupportedLevel(name, featureLevel)
    if (problem) throw new UnsupportedMetadataError(problem)
    if (featureLevel === 0) this.features.delete(name)
    else this.features.set(name, featureLevel)
    this.#changes.featureChanged()
  }

  #putBroker(broker: BrokerRegistration): void {
    this.brokers.set(broker.id, broker)
    this.#changes.brokerChanged(broker.id)
  }

  #broker(id: number): BrokerRegistration {
    const broker = this.brokers.get(id)
    if (broker) return broker
    throw new InvalidMetadataError(`The metadata log speaks of an unknown broker with id ${id}.`)
  }
}
