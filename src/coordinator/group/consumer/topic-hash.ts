import type { GroupTopic } from '../group-metadata.js'
import { xxh3 } from './xxh3.js'

/** Tells this way of hashing from later ones. */
const MAGIC = 0

/**
 * A hash that changes when the topic is recreated, or its partitions or their racks change (KIP-1101;
 * Kafka's `Utils.computeTopicHash`).
 *
 * @returns a signed number of 64 bits
 */
export function topicHash(topic: GroupTopic): bigint {
  const racks = Array.from({ length: topic.partitionCount }, (_, partition) =>
    [...topic.racksOf(partition)].sort(),
  )
  const bytes = Buffer.alloc(bytesOf(topic.name, racks))
  let at = bytes.writeUInt8(MAGIC)
  const id = Buffer.from(topic.id, 'base64url')
  at = bytes.writeBigInt64LE(id.readBigInt64BE(0), at)
  at = bytes.writeBigInt64LE(id.readBigInt64BE(8), at)
  at = putString(bytes, topic.name, at)
  at = bytes.writeInt32LE(topic.partitionCount, at)
  for (const [partition, ofPartition] of racks.entries()) {
    at = bytes.writeInt32LE(partition, at)
    for (const rack of ofPartition) {
      at = bytes.writeInt32LE(rack.length, at)
      at = putString(bytes, rack, at)
    }
  }
  return BigInt.asIntN(64, xxh3(bytes))
}

/**
 * The hash of all topics that a group subscribes to, 0 if there are none (Kafka's
 * `Utils.computeGroupHash`).
 *
 * @param topicHashes by the topics' names
 * @returns a signed number of 64 bits
 */
export function groupHash(topicHashes: ReadonlyMap<string, bigint>): bigint {
  if (topicHashes.size === 0) return 0n
  const names = [...topicHashes.keys()].sort()
  const bytes = Buffer.alloc(8 * names.length)
  for (const [i, name] of names.entries()) bytes.writeBigInt64LE(topicHashes.get(name)!, 8 * i)
  return BigInt.asIntN(64, xxh3(bytes))
}

function bytesOf(name: string, racks: readonly (readonly string[])[]): number {
  let bytes = 1 + 16 + stringBytes(name) + 4
  for (const ofPartition of racks) {
    bytes += 4
    for (const rack of ofPartition) bytes += 4 + stringBytes(rack)
  }
  return bytes
}

/** As hash4j puts a string: its UTF-16 units, then how many they are. */
function putString(bytes: Buffer, text: string, at: number): number {
  return bytes.writeInt32LE(text.length, at + bytes.write(text, at, 'utf16le'))
}

function stringBytes(text: string): number {
  return 2 * text.length + 4
}
