import { DecodeError, decode, encodeToBuffer, type Message } from '../../../protocol/codec/index.js'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../../protocol/schema/consumer-protocol.js'
import type { GroupMetadata } from '../group-metadata.js'
import { bucketsOfGrownMap, inHashOrder } from '../java-hash.js'
import type { MemberAssignment } from './assignor.js'
import type { OwnedPartitions } from './current-assignment.js'
import { uuidHashCode } from './java-uuid.js'

/** Bytes of the version that stands before a subscription or an assignment. */
const VERSION_SIZE = 2
/** Newer ones begin as this one does. */
const NEWEST_VERSION = 3

/**
 * What consumers tell each other through the classic protocol, which knows nothing of it (Kafka's
 * `ConsumerProtocol`): read and written here for members of consumer groups that still speak it.
 */

/** @throws DecodeError */
export function decodeSubscription(bytes: Buffer): ConsumerProtocolSubscription {
  return decodeVersioned(ConsumerProtocolSubscription, bytes)
}

/** @throws DecodeError */
export function decodeAssignment(bytes: Buffer): ConsumerProtocolAssignment {
  return decodeVersioned(ConsumerProtocolAssignment, bytes)
}

/**
 * An assignment in the version in which the member said what it subscribes to, its topics in the order
 * in which Kafka writes them.
 *
 * @throws DecodeError if the subscription has no version
 */
export function encodeAssignment(
  assignment: MemberAssignment | ReadonlyMap<string, ReadonlyMap<number, number>>,
  subscription: Buffer,
  metadata: GroupMetadata,
): Buffer {
  const buckets = bucketsOfGrownMap(assignment.size)
  const topicIds = inHashOrder(assignment.keys(), uuidHashCode, buckets)
  const assignedPartitions = topicIds.flatMap((topicId) => {
    const topic = metadata.topicById(topicId)
    const partitions = [...assignment.get(topicId)!.keys()]
    return topic === undefined ? [] : [{ topic: topic.name, partitions }]
  })
  const version = versionOf(subscription)
  const bytes = Buffer.alloc(VERSION_SIZE)
  bytes.writeInt16BE(version)
  const body = encodeToBuffer(ConsumerProtocolAssignment, version, { assignedPartitions })
  return Buffer.concat([bytes, body])
}

/** Partitions by topic id; topics that don't exist are left out. */
export function byTopicId(
  topics: ConsumerProtocolAssignment['assignedPartitions'],
  metadata: GroupMetadata,
): MemberAssignment {
  const assignment = new Map<string, ReadonlySet<number>>()
  for (const { topic, partitions } of topics) {
    const id = metadata.topic(topic)?.id
    if (id !== undefined) assignment.set(id, new Set(partitions))
  }
  return assignment
}

/** What a member says that it has, as a heartbeat of the consumer protocol would say it. */
export function ownedPartitions(
  { ownedPartitions }: ConsumerProtocolSubscription,
  metadata: GroupMetadata,
): NonNullable<OwnedPartitions> {
  return [...byTopicId(ownedPartitions, metadata)].map(([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions],
  }))
}

function decodeVersioned<Value, Input>(schema: Message<Value, Input>, bytes: Buffer): Value {
  const { value } = decode(schema, versionOf(bytes), bytes, VERSION_SIZE)
  return value
}

/** @throws DecodeError */
function versionOf(bytes: Buffer): number {
  if (bytes.length < VERSION_SIZE) throw new DecodeError('there is no version', 0)
  const version = bytes.readInt16BE()
  if (version < 0) throw new DecodeError(`there is no version ${version}`, 0)
  return Math.min(version, NEWEST_VERSION)
}
