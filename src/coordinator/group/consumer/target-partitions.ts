import {
  bucketsOfCapacity,
  bucketsOfCopiedSet,
  bucketsOfGrownMap,
  bucketsOfMapFor,
  inHashOrder,
} from '../java-hash.js'
import type { MemberAssignment } from './assignor.js'
import { uuidHashCode } from './java-uuid.js'

/** Partitions of one topic, with the size of the Java set that they are in. */
interface JavaSet {
  readonly partitions: Set<number>
  buckets: number
}

/** A member's partitions while they are changed: what it had is copied with the first change only. */
export class TargetPartitions {
  #changed: Map<string, JavaSet> | undefined
  /** Of the Java map that they are in, by topic. */
  #buckets = 0
  /** Its topics; of those in one bucket, in their order there. */
  #topicIds: string[] = []

  constructor(private readonly old: MemberAssignment) {}

  /** @param expected how many of the topic's partitions Kafka makes room for, if it says */
  add(topicId: string, partition: number, expected?: number): void {
    const topics = this.#copied()
    let set = topics.get(topicId)
    if (set === undefined) {
      const buckets = expected === undefined ? bucketsOfGrownMap(0) : bucketsOfMapFor(expected)
      set = { partitions: new Set(), buckets }
      // Java's `computeIfAbsent` makes room before, and puts what is new at the head of its bucket.
      this.#buckets = bucketsOfGrownMap(topics.size, this.#buckets)
      this.#topicIds.unshift(topicId)
      topics.set(topicId, set)
    }
    set.partitions.add(partition)
    set.buckets = bucketsOfGrownMap(set.partitions.size, set.buckets)
  }

  remove(topicId: string, partition: number): void {
    const topics = this.#copied()
    const partitions = topics.get(topicId)?.partitions
    if (partitions === undefined) return
    partitions.delete(partition)
    if (partitions.size === 0) this.removeTopic(topicId)
  }

  removeTopic(topicId: string): void {
    if (!this.#copied().delete(topicId)) return
    this.#topicIds = this.#topicIds.filter((each) => each !== topicId)
  }

  /** What the member had, the same object, if nothing was changed; in Kafka's order. */
  get assignment(): MemberAssignment {
    const topics = this.#changed
    if (topics === undefined) return this.old
    const assignment = new Map<string, ReadonlySet<number>>()
    for (const topicId of inHashOrder(this.#topicIds, uuidHashCode, this.#buckets)) {
      const { partitions, buckets } = topics.get(topicId)!
      assignment.set(topicId, new Set(inHashOrder(partitions, (hash) => hash, buckets)))
    }
    return assignment
  }

  #copied(): Map<string, JavaSet> {
    if (this.#changed !== undefined) return this.#changed
    const copy = new Map<string, JavaSet>()
    for (const [topicId, partitions] of this.old) {
      const buckets = bucketsOfCopiedSet(partitions.size)
      copy.set(topicId, { partitions: new Set(partitions), buckets })
    }
    this.#changed = copy
    this.#topicIds = [...copy.keys()]
    this.#buckets = bucketsOfGrownMap(copy.size, bucketsOfCapacity(Math.max(copy.size, 1)))
    return copy
  }
}
