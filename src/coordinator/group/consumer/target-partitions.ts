import {
  bucketsOfCopiedSet,
  bucketsOfGrownMap,
  bucketsOfMapFor,
  inHashOrder,
} from '../java-hash.js'
import type { MemberAssignment } from './assignor.js'

/** Partitions of one topic, with the size of the Java set that they are in. */
interface JavaSet {
  readonly partitions: Set<number>
  buckets: number
}

/** A member's partitions while they are changed: what it had is copied with the first change only. */
export class TargetPartitions {
  #changed: Map<string, JavaSet> | undefined

  constructor(private readonly old: MemberAssignment) {}

  /** @param expected how many of the topic's partitions Kafka makes room for, if it says */
  add(topicId: string, partition: number, expected?: number): void {
    const topics = this.#copied()
    let set = topics.get(topicId)
    if (set === undefined) {
      const buckets = expected === undefined ? bucketsOfGrownMap(0) : bucketsOfMapFor(expected)
      set = { partitions: new Set(), buckets }
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
    if (partitions.size === 0) topics.delete(topicId)
  }

  removeTopic(topicId: string): void {
    this.#copied().delete(topicId)
  }

  /** What the member had, the same object, if nothing was changed; in Kafka's order. */
  get assignment(): MemberAssignment {
    if (this.#changed === undefined) return this.old
    const inOrder = [...this.#changed].map(
      ([topicId, { partitions, buckets }]) =>
        [topicId, new Set(inHashOrder(partitions, (hash) => hash, buckets))] as const,
    )
    return new Map(inOrder)
  }

  #copied(): Map<string, JavaSet> {
    if (this.#changed !== undefined) return this.#changed
    const copy = new Map<string, JavaSet>()
    for (const [topicId, partitions] of this.old) {
      const buckets = bucketsOfCopiedSet(partitions.size)
      copy.set(topicId, { partitions: new Set(partitions), buckets })
    }
    this.#changed = copy
    return copy
  }
}
