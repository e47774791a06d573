import { DecodeError, decode } from '../../../protocol/codec/index.js'
import { ConsumerProtocolSubscription } from '../../../protocol/schema/consumer-protocol.js'
import type { ClassicMember } from './classic-member.js'

/** Bytes of the version that stands before a subscription. */
const VERSION_SIZE = 2

/**
 * The topics that consumers are subscribed to together; undefined when one of them says it in a way
 * of its own.
 */
export function subscribedTopics(
  members: Iterable<ClassicMember>,
  protocolName: string,
): ReadonlySet<string> | undefined {
  const topics = new Set<string>()
  try {
    for (const member of members) {
      // All versions begin as version 0 does, so that the coordinator need not know the newest.
      const metadata = member.metadata(protocolName)
      const { value } = decode(ConsumerProtocolSubscription, 0, metadata, VERSION_SIZE)
      for (const topic of value.topics) topics.add(topic)
    }
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
  return topics
}
