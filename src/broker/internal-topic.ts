import { OFFSETS_TOPIC } from '../coordinator/group/offsets-topic.js'
import { TRANSACTION_STATE_TOPIC } from '../coordinator/transaction/transaction-topic.js'

export const SHARE_STATE_TOPIC = '__share_group_state'
/** The log of the cluster's metadata: no topic, though its directory looks like one. */
export const CLUSTER_METADATA_TOPIC = '__cluster_metadata'

const INTERNAL: ReadonlySet<string> = new Set([
  OFFSETS_TOPIC,
  TRANSACTION_STATE_TOPIC,
  SHARE_STATE_TOPIC,
])

/** Kafka's `Topic.isInternal`: topics that brokers keep for themselves. */
export function isInternalTopic(name: string): boolean {
  return INTERNAL.has(name)
}
