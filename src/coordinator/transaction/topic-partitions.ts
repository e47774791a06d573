import { bucketsOfGrownMap, inHashOrder, topicPartitionHashCode } from '../group/java-hash.js'

/** A set of partitions, in the order in which they came. */
export class TopicPartitions {
  readonly #byTopic = new Map<string, Set<number>>()

  static of(
    topics: Iterable<{ readonly topic: string; readonly partitionIds: Iterable<number> }>,
  ): TopicPartitions {
    const partitions = new TopicPartitions()
    for (const { topic, partitionIds } of topics) {
      for (const partition of partitionIds) partitions.add(topic, partition)
    }
    return partitions
  }

  get isEmpty(): boolean {
    return this.#byTopic.size === 0
  }

  add(topic: string, partition: number): void {
    const partitions = this.#byTopic.get(topic)
    if (partitions === undefined) this.#byTopic.set(topic, new Set([partition]))
    else partitions.add(partition)
  }

  delete(topic: string, partition: number): void {
    const partitions = this.#byTopic.get(topic)
    if (partitions?.delete(partition) && partitions.size === 0) this.#byTopic.delete(topic)
  }

  has(topic: string, partition: number): boolean {
    return this.#byTopic.get(topic)?.has(partition) ?? false
  }

  hasAll(others: TopicPartitions): boolean {
    for (const [topic, partitions] of others.#byTopic) {
      for (const partition of partitions) if (!this.has(topic, partition)) return false
    }
    return true
  }

  /** These and the others. */
  with(others: TopicPartitions): TopicPartitions {
    return TopicPartitions.of([...this.topics(), ...others.topics()])
  }

  /** In the order in which Kafka, which keeps them in a hash table, tells of them. */
  inHashOrder(): TopicPartitions {
    const all = this.topics().flatMap(({ topic, partitionIds }) =>
      partitionIds.map((partition) => ({ topic, partition })),
    )
    const hashCodeOf = (each: { topic: string; partition: number }) =>
      topicPartitionHashCode(each.topic, each.partition)
    const ordered = new TopicPartitions()
    const buckets = bucketsOfGrownMap(all.length)
    for (const { topic, partition } of inHashOrder(all, hashCodeOf, buckets)) {
      ordered.add(topic, partition)
    }
    return ordered
  }

  /** As the log has them. */
  topics(): { topic: string; partitionIds: number[] }[] {
    return [...this.#byTopic].map(([topic, partitions]) => ({
      topic,
      partitionIds: [...partitions],
    }))
  }
}
