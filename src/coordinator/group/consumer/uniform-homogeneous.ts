import { bucketsOfCopiedSet, bucketsOfGrownMap, inHashOrder } from '../java-hash.js'
import {
  type GroupAssignment,
  type GroupSpec,
  type MemberAssignment,
  PartitionAssignorError,
  type SubscribedTopicDescriber,
} from './assignor.js'
import { uuidHashCode } from './java-uuid.js'
import { TargetPartitions } from './target-partitions.js'

/**
 * A balanced assignment of a group whose members all subscribe to the same topics: each keeps what it
 * had up to its quota, and the rest goes to those that are below theirs (Kafka's
 * `UniformHomogeneousAssignmentBuilder`). Where several would do, Kafka takes what its hash maps hand
 * out first, and so does this.
 */
export class HomogeneousAssignment {
  readonly #topicIds: ReadonlySet<string>
  readonly #free: { readonly topicId: string; readonly partition: number }[] = []
  readonly #unfilled: { readonly target: TargetPartitions; readonly room: number }[] = []
  readonly #targets = new Map<string, TargetPartitions>()
  readonly #hashes = new Map<string, number>()
  /** How many members of those still to come get one partition more than the others. */
  #extras = 0

  constructor(
    private readonly group: GroupSpec,
    private readonly topics: SubscribedTopicDescriber,
  ) {
    this.#topicIds = group.memberSubscription(group.memberIds[0]!).subscribedTopicIds
  }

  /** @throws PartitionAssignorError if there is no such topic */
  build(): GroupAssignment {
    if (this.#topicIds.size === 0) return new Map()
    const partitions = this.#collectFree()
    const members = this.group.memberIds.length
    this.#extras = partitions % members
    this.#keepUpToQuota(Math.trunc(partitions / members))
    this.#handOutFree()
    const assignment = new Map<string, MemberAssignment>()
    for (const [memberId, target] of this.#targets) assignment.set(memberId, target.assignment)
    return assignment
  }

  /** @returns how many partitions there are altogether */
  #collectFree(): number {
    let total = 0
    const buckets = bucketsOfCopiedSet(this.#topicIds.size)
    for (const topicId of inHashOrder(this.#topicIds, this.#hashOf, buckets)) {
      const partitions = this.topics.numPartitions(topicId)
      if (partitions === -1) {
        throw new PartitionAssignorError(
          `Members are subscribed to topic ${topicId} which doesn't exist in the topic metadata.`,
        )
      }
      for (let partition = 0; partition < partitions; partition++) {
        if (!this.group.isPartitionAssigned(topicId, partition)) {
          this.#free.push({ topicId, partition })
        }
      }
      total += partitions
    }
    return total
  }

  #keepUpToQuota(minQuota: number): void {
    let membersLeft = this.group.memberIds.length
    for (const memberId of this.group.memberIds) {
      const old = this.group.memberAssignment(memberId)
      const target = new TargetPartitions(old)
      this.#targets.set(memberId, target)
      let hasExtra = this.#extras > 0
      let room = this.#keep(old, target, minQuota + (hasExtra ? 1 : 0))
      // Whoever has one more already keeps it, as long as there are others to take what is left over.
      if (room > 0 && hasExtra && membersLeft > this.#extras) {
        room--
        hasExtra = false
      }
      if (room > 0) this.#unfilled.push({ target, room })
      if (hasExtra) this.#extras--
      membersLeft--
    }
  }

  /** @returns how many more the member may have */
  #keep(old: MemberAssignment, target: TargetPartitions, quota: number): number {
    let room = quota
    for (const topicId of this.#inOrder(old, quota)) {
      if (!this.#topicIds.has(topicId)) {
        target.removeTopic(topicId)
        continue
      }
      const partitions = old.get(topicId)!
      if (partitions.size <= room) {
        room -= partitions.size
        continue
      }
      const buckets = bucketsOfCopiedSet(partitions.size)
      for (const partition of inHashOrder(partitions, (hash) => hash, buckets)) {
        if (room > 0) {
          room--
          continue
        }
        target.remove(topicId, partition)
        this.#free.push({ topicId, partition })
      }
    }
    return room
  }

  /** A member's topics, in Kafka's order if it matters, which is when something has to go. */
  #inOrder(old: MemberAssignment, quota: number): Iterable<string> {
    let size = 0
    for (const partitions of old.values()) size += partitions.size
    if (size <= quota) return old.keys()
    return inHashOrder(old.keys(), this.#hashOf, bucketsOfGrownMap(old.size))
  }

  #handOutFree(): void {
    let next = 0
    for (const { target, room } of this.#unfilled) {
      for (let count = 0; count < room && next < this.#free.length; count++) {
        const { topicId, partition } = this.#free[next++]!
        target.add(topicId, partition)
      }
    }
    if (next < this.#free.length) {
      throw new PartitionAssignorError('Partitions were left unassigned')
    }
  }

  readonly #hashOf = (topicId: string): number => {
    const known = this.#hashes.get(topicId)
    if (known !== undefined) return known
    const hash = uuidHashCode(topicId)
    this.#hashes.set(topicId, hash)
    return hash
  }
}
