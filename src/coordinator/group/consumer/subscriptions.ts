import type { GroupMetadata } from '../group-metadata.js'
import { bucketsOfCopiedSet, inHashOrder, javaHashCode } from '../java-hash.js'
import type { SubscriptionType } from './assignor.js'
import type { ConsumerGroup, ResolvedRegularExpression } from './consumer-group.js'
import { type ConsumerGroupMember, regexOf } from './consumer-group-member.js'
import { type Counts, count, countByName, countByRegex, type SubscriptionCounts } from './counts.js'

/** What a group subscribes to. */
export interface GroupSubscription {
  readonly regexes: ReadonlyMap<string, number>
  readonly topics: SubscriptionCounts
}

/**
 * What the group will subscribe to once a member has changed.
 *
 * @param before as it is in the group; whoever isn't in it has nothing yet
 */
export function subscriptionAfter(
  group: ConsumerGroup,
  before: ConsumerGroupMember,
  after: ConsumerGroupMember,
): GroupSubscription {
  const topics = new Map(group.subscribedTopicNames)
  countByName(topics, before.subscribedTopicNames, -1)
  countByName(topics, after.subscribedTopicNames, 1)
  const [formerRegex, regex] = [regexOf(before), regexOf(after)]
  const { subscribedRegularExpressions: counts } = group
  if (formerRegex !== undefined && formerRegex !== regex && counts.get(formerRegex) === 1) {
    const former = group.resolvedRegularExpressions.get(formerRegex)
    if (former !== undefined) countByRegex(topics, former.topics, -1)
  }
  return { regexes: regexesAfter(group, formerRegex, regex), topics }
}

/** How many members will subscribe with each regular expression once one of them has another. */
export function regexesAfter(
  { subscribedRegularExpressions }: ConsumerGroup,
  former: string | undefined,
  regex: string | undefined,
): ReadonlyMap<string, number> {
  if (former === regex) return subscribedRegularExpressions
  const regexes: Counts = new Map(subscribedRegularExpressions)
  if (former !== undefined) count(regexes, former, -1)
  if (regex !== undefined) count(regexes, regex, 1)
  return regexes
}

/**
 * Whether all will subscribe to the same once a member has changed, or joined (Kafka's
 * `ConsumerGroup.subscriptionType`).
 */
export function subscriptionTypeAfter(
  group: ConsumerGroup,
  { memberId, instanceId }: ConsumerGroupMember,
  { regexes, topics }: GroupSubscription,
): SubscriptionType {
  const isNew = group.member(memberId) === undefined && group.staticMember(instanceId) === undefined
  const memberCount = group.size + (isNew ? 1 : 0)
  const [ofFirstRegex] = regexes.values()
  const counts = [...topics.values()]
  const same =
    ofFirstRegex === undefined
      ? counts.every(({ byName }) => byName === memberCount)
      : ofFirstRegex === memberCount &&
        counts.every(({ byName, byRegex }) => byRegex === 1 && byName === 0)
  return same ? 'homogeneous' : 'heterogeneous'
}

/** Regular expressions that nobody subscribes with once these members are gone. */
export function regexesLeftBehind(
  group: ConsumerGroup,
  members: readonly ConsumerGroupMember[],
): string[] {
  const leaving: Counts = new Map()
  for (const member of members) {
    const regex = regexOf(member)
    if (regex !== undefined) count(leaving, regex, 1)
  }
  return [...leaving]
    .filter(([regex, howOften]) => group.subscribedRegularExpressions.get(regex) === howOften)
    .map(([regex]) => regex)
}

/** The topics that the group will subscribe to without these members. */
export function topicsWithout(
  group: ConsumerGroup,
  members: readonly ConsumerGroupMember[],
  regexes: readonly string[],
): SubscriptionCounts {
  const topics = new Map(group.subscribedTopicNames)
  for (const member of members) countByName(topics, member.subscribedTopicNames, -1)
  for (const regex of regexes) {
    const resolved = group.resolvedRegularExpressions.get(regex)
    if (resolved !== undefined) countByRegex(topics, resolved.topics, -1)
  }
  return topics
}

/** Ids of the topics that exist and that a member subscribes to, by name or by regular expression. */
export function subscribedTopicIds(
  member: ConsumerGroupMember,
  resolved: ReadonlyMap<string, ResolvedRegularExpression>,
  metadata: GroupMetadata,
): ReadonlySet<string> {
  const regex = regexOf(member)
  const byName = inSetOrder(member.subscribedTopicNames)
  const byRegex = inSetOrder((regex === undefined ? undefined : resolved.get(regex))?.topics ?? [])
  const names = byName.length > byRegex.length ? [byName, byRegex] : [byRegex, byName]
  const ids = new Set<string>()
  for (const name of new Set(names.flat())) {
    const topic = metadata.topic(name)
    if (topic !== undefined) ids.add(topic.id)
  }
  return ids
}

/** Where an assignor takes the first of several, it is the one that is first in Kafka's sets. */
function inSetOrder(names: Iterable<string>): string[] {
  const all = [...names]
  return inHashOrder(all, javaHashCode, bucketsOfCopiedSet(all.length))
}
