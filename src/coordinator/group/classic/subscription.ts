import { DecodeError, decode } from '../../../protocol/codec/index.js'
import { ConsumerProtocolSubscription } from '../../../protocol/schema/consumer-protocol.js'
import { type ClassicGroup, CONSUMER_PROTOCOL_TYPE } from './classic-group.js'

const NO_TOPICS: ReadonlySet<string> = new Set()
/** Bytes of the version that stands before a subscription. */
const VERSION_SIZE = 2

/**
 * The topics that a group of consumers is subscribed to; undefined when that can't be known: it is no
 * group of consumers, or they say it in a way of their own.
 */
export function subscribedTopicsOf(group: ClassicGroup): ReadonlySet<string> | undefined {
  if (group.protocolType !== CONSUMER_PROTOCOL_TYPE) return undefined
  if (group.size === 0) return NO_TOPICS
  if (group.protocolName === undefined) return undefined
  const topics = new Set<string>()
  try {
    for (const member of group.members()) {
      // All versions begin as version 0 does, so that the coordinator need not know the newest.
      const metadata = member.metadata(group.protocolName)
      const { value } = decode(ConsumerProtocolSubscription, 0, metadata, VERSION_SIZE)
      for (const topic of value.topics) topics.add(topic)
    }
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
  return topics
}
