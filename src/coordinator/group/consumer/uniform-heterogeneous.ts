import {
  type GroupAssignment,
  type GroupSpec,
  type MemberAssignment,
  PartitionAssignorError,
  type SubscribedTopicDescriber,
} from './assignor.js'
import { compareUuids } from './java-uuid.js'
import { MemberBalancer } from './member-balancer.js'
import { TargetPartitions } from './target-partitions.js'

/** So often all topics are gone through to even out what is left uneven. */
const MAX_ROUNDS = 16

const NOBODY = -1

interface SubscribedTopic {
  readonly id: string
  /** Indices of members, ascending. */
  readonly subscribers: number[]
  /** The index of the member that has each partition. */
  readonly owners: Int32Array
}

/**
 * An assignment as balanced as it can be of a group whose members subscribe to different topics: each
 * keeps what it had, what nobody has goes to the least loaded, and then the most loaded give to the
 * least loaded of the same topic (Kafka's `UniformHeterogeneousAssignmentBuilder`).
 */
export class HeterogeneousAssignment {
  readonly #topics: ReadonlyMap<string, SubscribedTopic>
  readonly #targets: TargetPartitions[] = []
  /** How many partitions each member has. */
  readonly #sizes: Int32Array
  readonly #balancer: MemberBalancer

  /** @throws PartitionAssignorError if there is no such topic */
  constructor(
    private readonly group: GroupSpec,
    topics: SubscribedTopicDescriber,
  ) {
    this.#topics = subscribedTopics(group, topics)
    this.#sizes = new Int32Array(group.memberIds.length)
    this.#balancer = new MemberBalancer(this.#sizes)
  }

  build(): GroupAssignment {
    if (this.#topics.size === 0) return new Map()
    this.#keepSubscribed()
    const sorted = [...this.#topics.values()].sort(compareTopics)
    for (const topic of sorted) this.#handOutFree(topic)
    this.#balance(sorted.filter(({ subscribers }) => subscribers.length >= 2))
    const assignment = new Map<string, MemberAssignment>()
    for (const [index, memberId] of this.group.memberIds.entries()) {
      assignment.set(memberId, this.#targets[index]!.assignment)
    }
    return assignment
  }

  #keepSubscribed(): void {
    for (const [index, memberId] of this.group.memberIds.entries()) {
      const old = this.group.memberAssignment(memberId)
      const { subscribedTopicIds } = this.group.memberSubscription(memberId)
      const target = new TargetPartitions(old)
      this.#targets.push(target)
      for (const [topicId, partitions] of old) {
        if (!subscribedTopicIds.has(topicId)) {
          target.removeTopic(topicId)
          continue
        }
        this.#sizes[index]! += partitions.size
        const { owners } = this.#topics.get(topicId)!
        for (const partition of partitions) owners[partition] = index
      }
    }
  }

  #handOutFree(topic: SubscribedTopic): void {
    let begun = false
    for (const [partition, owner] of topic.owners.entries()) {
      if (owner !== NOBODY) continue
      if (!begun) this.#balancer.begin(topic.subscribers)
      begun = true
      this.#give(topic, partition, this.#balancer.nextLeastLoaded())
    }
  }

  /** Goes through the topics until a whole round has moved nothing. */
  #balance(topics: readonly SubscribedTopic[]): void {
    let lastMoved = -1
    for (let round = 0; round < MAX_ROUNDS; round++) {
      for (const [index, topic] of topics.entries()) {
        if (index === lastMoved) return
        const moved = this.#balanceTopic(topic)
        if (moved || lastMoved === -1) lastMoved = index
      }
    }
  }

  /** @returns whether a partition was moved */
  #balanceTopic(topic: SubscribedTopic): boolean {
    const balancer = this.#balancer
    if (balancer.begin(topic.subscribers) <= 1) return false
    const owned = partitionsByOwner(topic)
    let moved = false
    while (!balancer.isBalanced) {
      let from = balancer.nextMostLoaded()
      while (from !== -1 && !owned.get(from)?.length) {
        balancer.excludeMostLoaded()
        from = balancer.nextMostLoaded()
      }
      if (from === -1) break
      const partition = owned.get(from)!.pop()!
      const to = balancer.nextLeastLoaded()
      if (balancer.isBalanced) break
      this.#give(topic, partition, to)
      moved = true
    }
    return moved
  }

  #give(topic: SubscribedTopic, partition: number, to: number): void {
    const from = topic.owners[partition]!
    if (from !== NOBODY) {
      this.#targets[from]!.remove(topic.id, partition)
      this.#sizes[from]!--
    }
    const expected = Math.ceil(topic.owners.length / topic.subscribers.length)
    this.#targets[to]!.add(topic.id, partition, expected)
    this.#sizes[to]!++
    topic.owners[partition] = to
  }
}

function subscribedTopics(
  group: GroupSpec,
  topics: SubscribedTopicDescriber,
): Map<string, SubscribedTopic> {
  const subscribed = new Map<string, SubscribedTopic>()
  for (const [index, memberId] of group.memberIds.entries()) {
    for (const id of group.memberSubscription(memberId).subscribedTopicIds) {
      const topic = subscribed.get(id)
      if (topic !== undefined) {
        topic.subscribers.push(index)
        continue
      }
      const partitions = topics.numPartitions(id)
      if (partitions === -1) {
        throw new PartitionAssignorError(
          `Members are subscribed to topic ${id} which doesn't exist in the topic metadata.`,
        )
      }
      const owners = new Int32Array(partitions).fill(NOBODY)
      subscribed.set(id, { id, subscribers: [index], owners })
    }
  }
  return subscribed
}

/** Those with the most partitions for each subscriber come first, for they need most room. */
function compareTopics(a: SubscribedTopic, b: SubscribedTopic): number {
  return (
    b.owners.length / b.subscribers.length - a.owners.length / a.subscribers.length ||
    a.subscribers.length - b.subscribers.length ||
    compareUuids(a.id, b.id)
  )
}

/** A topic's partitions, ascending, by the index of the member that has them. */
function partitionsByOwner({ owners }: SubscribedTopic): Map<number, number[]> {
  const owned = new Map<number, number[]>()
  for (const [partition, owner] of owners.entries()) {
    const partitions = owned.get(owner)
    if (partitions === undefined) owned.set(owner, [partition])
    else partitions.push(partition)
  }
  return owned
}
