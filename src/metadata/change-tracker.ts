import type { ConfigResourceType } from './config/resource.js'
import type { MetadataDelta, PartitionChange } from './delta.js'
import type { TopicImage } from './topic.js'

interface TopicChange {
  /** As it was before the first change, undefined when there was none. */
  readonly before: TopicImage | undefined
  /** As it is now, undefined when it was deleted. */
  after: TopicImage | undefined
  readonly partitions: Set<number>
}

/** Remembers what a run of records changes, each thing as it was before the first of them. */
export class ChangeTracker {
  readonly #topics = new Map<string, TopicChange>()
  readonly #brokers = new Set<number>()
  readonly #configs = new Map<string, { type: ConfigResourceType; name: string }>()
  #features = false

  topicCreated(after: TopicImage): void {
    this.#topics.set(after.id, { before: undefined, after, partitions: new Set() })
  }

  topicDeleted(before: TopicImage): void {
    const known = this.#topics.get(before.id)
    if (!known) {
      this.#topics.set(before.id, { before, after: undefined, partitions: new Set() })
    } else if (known.before === undefined) {
      this.#topics.delete(before.id)
    } else {
      known.after = undefined
    }
  }

  /** The topic's object is replaced by another, because its partitions begin to change. */
  topicReplaced(before: TopicImage, after: TopicImage): void {
    const known = this.#topics.get(before.id)
    if (known) known.after = after
    else this.#topics.set(before.id, { before, after, partitions: new Set() })
  }

  partitionChanged(topicId: string, partition: number): void {
    this.#topics.get(topicId)?.partitions.add(partition)
  }

  brokerChanged(id: number): void {
    this.#brokers.add(id)
  }

  configChanged(type: ConfigResourceType, name: string): void {
    this.#configs.set(`${type}:${name}`, { type, name })
  }

  featureChanged(): void {
    this.#features = true
  }

  /** What changed since the last call. */
  take(): MetadataDelta {
    const topics = [...this.#topics.values()]
    const delta: MetadataDelta = {
      createdTopics: topics.flatMap(({ before, after }) => (!before && after ? [after] : [])),
      deletedTopics: topics.flatMap(({ before, after }) => (before && !after ? [before] : [])),
      partitions: topics.flatMap(partitionChanges),
      brokers: new Set(this.#brokers),
      configs: [...this.#configs.values()],
      featuresChanged: this.#features,
    }
    this.#topics.clear()
    this.#brokers.clear()
    this.#configs.clear()
    this.#features = false
    return delta
  }
}

function partitionChanges(change: TopicChange): PartitionChange[] {
  const { before, after } = change
  const topic = (after ?? before)!
  const touched = before && after ? change.partitions : topic.partitions.keys()
  return [...touched].map((partition) => ({
    topicName: topic.name,
    topicId: topic.id,
    partition,
    before: before?.partitions.get(partition),
    after: after?.partitions.get(partition),
  }))
}
