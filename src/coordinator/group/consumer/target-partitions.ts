import type { MemberAssignment } from './assignor.js'

/** A member's partitions while they are changed: what it had is copied with the first change only. */
export class TargetPartitions {
  #changed: Map<string, Set<number>> | undefined

  constructor(private readonly old: MemberAssignment) {}

  add(topicId: string, partition: number): void {
    const topics = this.#copied()
    const partitions = topics.get(topicId)
    if (partitions === undefined) topics.set(topicId, new Set([partition]))
    else partitions.add(partition)
  }

  remove(topicId: string, partition: number): void {
    const topics = this.#copied()
    const partitions = topics.get(topicId)
    if (partitions === undefined) return
    partitions.delete(partition)
    if (partitions.size === 0) topics.delete(topicId)
  }

  removeTopic(topicId: string): void {
    this.#copied().delete(topicId)
  }

  /** What the member had, the same object, if nothing was changed; or in ascending order. */
  get assignment(): MemberAssignment {
    if (this.#changed === undefined) return this.old
    for (const [topicId, partitions] of this.#changed) {
      this.#changed.set(topicId, new Set([...partitions].sort((a, b) => a - b)))
    }
    return this.#changed
  }

  #copied(): Map<string, Set<number>> {
    if (this.#changed !== undefined) return this.#changed
    const copy = new Map<string, Set<number>>()
    for (const [topicId, partitions] of this.old) copy.set(topicId, new Set(partitions))
    this.#changed = copy
    return copy
  }
}
