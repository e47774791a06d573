import { bucketsOfCopiedMap, inHashOrder, inTimelineOrder, javaHashCode } from '../java-hash.js'
import type { PartitionAssignor } from './assignor.js'
import type { ConsumerGroup } from './consumer-group.js'
import type { ConsumerGroupMember } from './consumer-group-member.js'
import { count } from './counts.js'
import { rangeAssignor } from './range-assignor.js'
import { uniformAssignor } from './uniform-assignor.js'

const ASSIGNORS: readonly PartitionAssignor[] = [uniformAssignor, rangeAssignor]
const KAFKAS_PACKAGE = 'org.apache.kafka.coordinator.group.assignor.'

/**
 * The assignors that are configured (`group.consumer.assignors`), in that order. Kafka takes names of
 * classes, too; of those, only its own are here.
 */
export function assignorsByName(names: readonly string[]): ReadonlyMap<string, PartitionAssignor> {
  const assignors = new Map<string, PartitionAssignor>()
  for (const configured of names) {
    const assignor = assignorOf(configured)
    if (assignor !== undefined) assignors.set(assignor.name, assignor)
  }
  return assignors
}

/** Undefined when there is no such assignor here. */
export function assignorOf(configured: string): PartitionAssignor | undefined {
  return ASSIGNORS.find(
    ({ name }) => configured === name || configured === KAFKAS_PACKAGE + classNameOf(name),
  )
}

function classNameOf(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}Assignor`
}

/** The assignor that most of a group's members ask for. */
export function preferredAssignor(group: ConsumerGroup): string | undefined {
  return elected(group.serverAssignors, inOrder(group))
}

/** The one that most will ask for when a member has changed. */
export function preferredAssignorAfter(
  group: ConsumerGroup,
  before: ConsumerGroupMember,
  after: ConsumerGroupMember,
): string | undefined {
  const votes = new Map(group.serverAssignors)
  if (before.serverAssignorName !== null) count(votes, before.serverAssignorName, -1)
  const known = inOrder(group).filter((name) => votes.has(name))
  const { serverAssignorName: vote } = after
  if (vote !== null) count(votes, vote, 1)
  // A Java map's `compute` puts what is new at the head of its bucket.
  const names = vote === null || known.includes(vote) ? known : [vote, ...known]
  const buckets = bucketsOfCopiedMap(group.serverAssignors.size)
  return elected(votes, inHashOrder(names, javaHashCode, buckets))
}

/** As Kafka's table has them, which makes room for one more even to replace one. */
function inOrder({ serverAssignors }: ConsumerGroup): string[] {
  return inTimelineOrder(serverAssignors.keys(), javaHashCode, serverAssignors.size + 1)
}

/** @param names in the order in which Kafka goes through them, and keeps to the first of several */
function elected(votes: ReadonlyMap<string, number>, names: readonly string[]): string | undefined {
  const most = Math.max(...votes.values())
  return names.find((name) => votes.get(name) === most)
}
