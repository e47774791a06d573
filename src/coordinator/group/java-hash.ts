/** Java's `String.hashCode`. */
export function javaHashCode(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return hash
}

/** `TopicPartition.hashCode` of Kafka's clients. */
export function topicPartitionHashCode(topic: string, partition: number): number {
  return (Math.imul(31, 31 + partition) + javaHashCode(topic)) | 0
}

/**
 * The partition of a coordinator's topic that a key belongs to: Java's hash of it, without the sign bit
 * (Kafka's `Utils.abs`), modulo the number of partitions.
 */
export function partitionForKey(key: string, partitionCount: number): number {
  const hash = javaHashCode(key)
  return (hash === -(2 ** 31) ? 0 : Math.abs(hash)) % partitionCount
}

/** Buckets of a Java `HashMap` that was made without a size and holds at most twelve entries. */
const DEFAULT_BUCKETS = 16

/** A `HashMap` doubles its buckets when it is fuller than this. */
const LOAD_FACTOR = 0.75

/**
 * How many buckets a Java `HashMap` has once so many entries were put into it one by one.
 *
 * @param from how many it began with
 */
export function bucketsOfGrownMap(entries: number, from = DEFAULT_BUCKETS): number {
  let buckets = from
  while (entries > buckets * LOAD_FACTOR) buckets *= 2
  return buckets
}

/** How many it has that was made for so many entries. */
export function bucketsOfMapFor(entries: number): number {
  return bucketsOfCapacity(Math.trunc(entries / LOAD_FACTOR + 1))
}

/** How many it has right after it was made of a map of so many entries. */
export function bucketsOfCopiedMap(entries: number): number {
  return entries === 0 ? DEFAULT_BUCKETS : bucketsOfMapFor(entries)
}

/** How many buckets a Java `HashSet` has that was made of a collection of that size. */
export function bucketsOfCopiedSet(entries: number): number {
  return bucketsOfCapacity(Math.max(Math.trunc(entries / LOAD_FACTOR) + 1, DEFAULT_BUCKETS))
}

/** How many buckets a Java `ConcurrentHashMap` has once so many entries were put into it one by one. */
export function bucketsOfGrownConcurrentMap(entries: number): number {
  let buckets = DEFAULT_BUCKETS
  while (entries >= buckets * LOAD_FACTOR) buckets *= 2
  return buckets
}

/** How many buckets a Java `HashMap` has that was made with that capacity: powers of two only. */
export function bucketsOfCapacity(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(capacity))
}

/**
 * The keys as a Java `HashMap` with so many buckets hands them out: bucket by bucket, and within one
 * as they were put in. It decides where Kafka takes the first of several that are equal.
 *
 * @param hashOf Java's `hashCode` of a key
 */
export function inHashOrder<Key>(
  keys: Iterable<Key>,
  hashOf: (key: Key) => number,
  buckets: number,
): Key[] {
  const placed: { readonly key: Key; readonly bucket: number }[] = []
  for (const key of keys) {
    const hash = hashOf(key)
    placed.push({ key, bucket: (hash ^ (hash >>> 16)) & (buckets - 1) })
  }
  placed.sort((a, b) => a.bucket - b.bucket)
  return placed.map(({ key }) => key)
}

/** Kafka's timeline tables are doubled when they hold more than so many times their slots. */
const TIMELINE_LOAD_FACTOR = 0.75
const FIBONACCI_HASHING = -7046029254386353131n

/**
 * The keys as Kafka's `TimelineHashMap` hands them out.
 *
 * @param keys in the order in which they were put in
 * @param most how many it ever held: it never shrinks
 */
export function inTimelineOrder<Key>(
  keys: Iterable<Key>,
  hashOf: (key: Key) => number,
  most: number,
): Key[] {
  let bits = 1
  while (most * TIMELINE_LOAD_FACTOR > 2 ** bits) bits++
  const placed = [...keys].map((key) => ({
    key,
    slot: BigInt.asUintN(64, BigInt(hashOf(key)) * FIBONACCI_HASHING) >> BigInt(64 - bits),
  }))
  // Of those that share a slot, the last comes first.
  placed.reverse().sort((a, b) => Number(a.slot - b.slot))
  return placed.map(({ key }) => key)
}
