const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24
const POSITIVE = 0x7fffffff

/** The partition that the Java client's default partitioner chooses for a key. */
export function partitionForKey(key: Buffer, partitionCount: number): number {
  return (murmur2(key) & POSITIVE) % partitionCount
}

/** MurmurHash2 of 32 bits, as Kafka's `Utils.murmur2` seeds it. */
function murmur2(data: Buffer): number {
  const { length } = data
  let hash = SEED ^ length
  let at = 0
  for (; at + 4 <= length; at += 4) {
    let word = Math.imul(data.readInt32LE(at), M)
    word = Math.imul(word ^ (word >>> R), M)
    hash = Math.imul(hash, M) ^ word
  }
  const rest = length - at
  if (rest > 0) {
    for (let i = rest - 1; i >= 0; i--) hash ^= data[at + i]! << (8 * i)
    hash = Math.imul(hash, M)
  }
  hash = Math.imul(hash ^ (hash >>> 13), M)
  return hash ^ (hash >>> 15)
}
