/** How often each of some names occurs; those that don't aren't in it. */
export type Counts = Map<string, number>

export function count(counts: Counts, name: string, by: 1 | -1): void {
  const result = (counts.get(name) ?? 0) + by
  if (result <= 0) counts.delete(name)
  else counts.set(name, result)
}

/** How many members subscribe to a topic by its name, and how many regular expressions match it. */
export interface SubscriptionCount {
  readonly byName: number
  readonly byRegex: number
}

/** The topics that a group subscribes to, counted (Kafka's `SubscriptionCount`). */
export type SubscriptionCounts = Map<string, SubscriptionCount>

const NONE: SubscriptionCount = { byName: 0, byRegex: 0 }

export function countByName(
  counts: SubscriptionCounts,
  topics: Iterable<string>,
  by: 1 | -1,
): void {
  for (const topic of topics) {
    const known = counts.get(topic) ?? NONE
    put(counts, topic, { ...known, byName: known.byName + by })
  }
}

export function countByRegex(
  counts: SubscriptionCounts,
  topics: Iterable<string>,
  by: 1 | -1,
): void {
  for (const topic of topics) {
    const known = counts.get(topic) ?? NONE
    put(counts, topic, { ...known, byRegex: known.byRegex + by })
  }
}

function put(counts: SubscriptionCounts, topic: string, count: SubscriptionCount): void {
  if (count.byName <= 0 && count.byRegex <= 0) counts.delete(topic)
  else counts.set(topic, count)
}
