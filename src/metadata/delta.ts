import type { ConfigResourceType } from './config/resource.js'
import type { PartitionImage, TopicImage } from './topic.js'

/** One partition before and after; `before` is undefined for a new one, `after` for a deleted one. */
export interface PartitionChange {
  readonly topicName: string
  readonly topicId: string
  readonly partition: number
  readonly before: PartitionImage | undefined
  readonly after: PartitionImage | undefined
}

/**
 * What one committed batch, metadata transaction or snapshot changed. Each thing appears once,
 * however many records changed it. A deleted and recreated topic is both in `deletedTopics` (under
 * its old id) and in `createdTopics`.
 */
export interface MetadataDelta {
  readonly createdTopics: readonly TopicImage[]
  readonly deletedTopics: readonly TopicImage[]
  /** All partitions that changed, those of created and deleted topics among them. */
  readonly partitions: readonly PartitionChange[]
  /** Ids of brokers that were registered, changed or removed. */
  readonly brokers: ReadonlySet<number>
  /** Resources of which a configuration changed. */
  readonly configs: readonly { readonly type: ConfigResourceType; readonly name: string }[]
  readonly featuresChanged: boolean
}
