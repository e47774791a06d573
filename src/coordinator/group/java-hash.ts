/** Java's `String.hashCode`. */
export function javaHashCode(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return hash
}

/** Buckets of a Java `HashMap` that was made without a size and holds at most twelve entries. */
const DEFAULT_BUCKETS = 16

/**
 * The order in which a small Java `HashMap` hands out its keys, collisions aside: what decides where
 * Kafka takes the first of several that are equal.
 */
export function compareAsHashMapKeys(a: string, b: string, buckets = DEFAULT_BUCKETS): number {
  return bucketOf(a, buckets) - bucketOf(b, buckets)
}

function bucketOf(key: string, buckets: number): number {
  const hash = javaHashCode(key)
  return (hash ^ (hash >>> 16)) & (buckets - 1)
}
