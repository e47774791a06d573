import type { GroupMetadata, GroupTopic } from '../coordinator/group/group-metadata.js'
import { ConfigResourceType } from '../metadata/config/resource.js'
import type { MetadataImage } from '../metadata/image.js'
import type { TopicImage } from '../metadata/topic.js'

/** The metadata log, as the coordinator of groups sees it (Kafka's `KRaftCoordinatorMetadataImage`). */
export class GroupMetadataView implements GroupMetadata {
  /** @param image that moves on by itself */
  constructor(private readonly image: MetadataImage) {}

  get version(): number {
    return this.image.provenance.offset
  }

  topicNames(): Iterable<string> {
    return this.image.topicsByName.keys()
  }

  topic(name: string): GroupTopic | undefined {
    return this.#topic(this.image.topicsByName.get(name))
  }

  topicById(id: string): GroupTopic | undefined {
    return this.#topic(this.image.topicsById.get(id))
  }

  groupConfigs(groupId: string): ReadonlyMap<string, string> {
    return this.image.configs(ConfigResourceType.GROUP, groupId)
  }

  #topic(topic: TopicImage | undefined): GroupTopic | undefined {
    if (topic === undefined) return undefined
    const { name, id, partitions } = topic
    return {
      name,
      id,
      partitionCount: partitions.size,
      racksOf: (partition) =>
        (partitions.get(partition)?.replicas ?? []).flatMap(
          (replica) => this.image.brokers.get(replica)?.rack ?? [],
        ),
    }
  }
}
