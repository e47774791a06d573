import { bucketsOfMapFor, inHashOrder } from '../java-hash.js'
import {
  type GroupAssignment,
  type GroupSpec,
  type MemberAssignment,
  type PartitionAssignor,
  PartitionAssignorError,
  type SubscribedTopicDescriber,
} from './assignor.js'
import { uuidHashCode } from './java-uuid.js'

/**
 * Gives each member a range of each topic's partitions, the same one of all topics that have the same
 * number of partitions and subscribers. Static members come first, in the order of their instance
 * ids, so that they have the same ranges after a restart (Kafka's `RangeAssignor`).
 */
export const rangeAssignor: PartitionAssignor = {
  name: 'range',

  assign(group: GroupSpec, topics: SubscribedTopicDescriber): GroupAssignment {
    const memberIds = sortedMembers(group)
    const ranges = rangesOf(memberIds, group, topics)
    const assignment = new Map<string, MemberAssignment>()
    for (const memberId of memberIds) {
      const partitions = new Map<string, Set<number>>()
      const { subscribedTopicIds } = group.memberSubscription(memberId)
      for (const topicId of subscribedTopicIds) {
        const range = ranges.get(topicId)!.next()
        if (range.size > 0) partitions.set(topicId, range)
      }
      const buckets = bucketsOfMapFor(subscribedTopicIds.size)
      const inOrder = inHashOrder(partitions.keys(), uuidHashCode, buckets)
      assignment.set(memberId, new Map(inOrder.map((id) => [id, partitions.get(id)!])))
    }
    return assignment
  },
}

function sortedMembers(group: GroupSpec): string[] {
  const instanceIds = new Map(
    group.memberIds.map((id) => [id, group.memberSubscription(id).instanceId]),
  )
  return [...group.memberIds].sort((a, b) => {
    const instanceA = instanceIds.get(a)!
    const instanceB = instanceIds.get(b)!
    if (instanceA !== null && instanceB !== null) return compare(instanceA, instanceB)
    if (instanceA !== null) return -1
    if (instanceB !== null) return 1
    return compare(a, b)
  })
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function rangesOf(
  memberIds: readonly string[],
  group: GroupSpec,
  topics: SubscribedTopicDescriber,
): Map<string, TopicRanges> {
  const subscribers = new Map<string, number>()
  for (const memberId of memberIds) {
    for (const topicId of group.memberSubscription(memberId).subscribedTopicIds) {
      subscribers.set(topicId, (subscribers.get(topicId) ?? 0) + 1)
    }
  }
  const ranges = new Map<string, TopicRanges>()
  for (const [topicId, count] of subscribers) {
    const partitions = topics.numPartitions(topicId)
    if (partitions === -1) {
      throw new PartitionAssignorError('Member is subscribed to a non-existent topic')
    }
    ranges.set(topicId, new TopicRanges(partitions, count))
  }
  return ranges
}

/** What is left of a topic while its subscribers are served one after the other. */
class TopicRanges {
  #start = 0
  #extra: number
  readonly #quota: number

  constructor(partitions: number, subscribers: number) {
    this.#quota = Math.trunc(partitions / subscribers)
    this.#extra = partitions % subscribers
  }

  next(): Set<number> {
    const end = this.#start + this.#quota + (this.#extra > 0 ? 1 : 0)
    if (this.#extra > 0) this.#extra--
    const range = new Set<number>()
    while (this.#start < end) range.add(this.#start++)
    return range
  }
}
