/** An offset that a group has committed for a partition (Kafka's `OffsetAndMetadata`). */
export interface CommittedOffset {
  readonly offset: bigint
  /** -1 when the client didn't say. */
  readonly leaderEpoch: number
  readonly metadata: string
  /** ms since the Unix epoch. */
  readonly commitTimestampMs: number
  /** When it may go, whatever the retention is; -1 when that decides. */
  readonly expireTimestampMs: number
  /** Of the topic that was meant; zero when that wasn't known. */
  readonly topicId: string
  /** Where its record is on the log. */
  readonly recordOffset: number
}

type Partitions = Map<number, CommittedOffset>
type Topics = Map<string, Partitions>

/** Offsets by group, topic and partition. */
export class OffsetTable {
  readonly #groups = new Map<string, Topics>()

  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition)
  }

  groupIds(): Iterable<string> {
    return this.#groups.keys()
  }

  topicsOf(groupId: string): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.#groups.get(groupId) ?? NO_TOPICS
  }

  has(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  put(groupId: string, topic: string, partition: number, offset: CommittedOffset): void {
    let topics = this.#groups.get(groupId)
    if (topics === undefined) {
      topics = new Map()
      this.#groups.set(groupId, topics)
    }
    const partitions = topics.get(topic)
    if (partitions === undefined) topics.set(topic, new Map([[partition, offset]]))
    else partitions.set(partition, offset)
  }

  remove(groupId: string, topic: string, partition: number): void {
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    if (topics === undefined || !partitions?.delete(partition)) return
    if (partitions.size === 0) topics.delete(topic)
    if (topics.size === 0) this.#groups.delete(groupId)
  }

  /** Everything that is in it. */
  *entries(): Generator<readonly [string, string, number, CommittedOffset]> {
    for (const [groupId, topics] of this.#groups) {
      for (const [topic, partitions] of topics) {
        for (const [partition, offset] of partitions) yield [groupId, topic, partition, offset]
      }
    }
  }
}

const NO_TOPICS: ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> = new Map()
