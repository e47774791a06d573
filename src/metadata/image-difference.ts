import { ConfigResourceType } from './config/resource.js'
import type { MetadataDelta, PartitionChange } from './delta.js'
import type { MetadataImage } from './image.js'
import type { TopicImage } from './topic.js'

/** What changed from one image to another, when the whole was replaced by a snapshot. */
export function imageDifference(before: MetadataImage, after: MetadataImage): MetadataDelta {
  const createdTopics = missingIn(before, after)
  const deletedTopics = missingIn(after, before)
  const changed = [...after.topicsById.values()].filter((topic) => before.topicsById.has(topic.id))
  return {
    createdTopics,
    deletedTopics,
    partitions: [
      ...deletedTopics.flatMap((topic) => partitionDifference(topic, undefined)),
      ...createdTopics.flatMap((topic) => partitionDifference(undefined, topic)),
      ...changed.flatMap((topic) => partitionDifference(before.topicsById.get(topic.id), topic)),
    ],
    brokers: brokerDifference(before, after),
    configs: configDifference(before, after),
    featuresChanged: !sameEntries(before.features, after.features),
  }
}

function missingIn(image: MetadataImage, other: MetadataImage): TopicImage[] {
  return [...other.topicsById.values()].filter((topic) => !image.topicsById.has(topic.id))
}

function partitionDifference(
  before: TopicImage | undefined,
  after: TopicImage | undefined,
): PartitionChange[] {
  const topic = (after ?? before)!
  const changes = [...topic.partitions.keys()].map((partition) => ({
    topicName: topic.name,
    topicId: topic.id,
    partition,
    before: before?.partitions.get(partition),
    after: after?.partitions.get(partition),
  }))
  return changes.filter((change) => change.before?.partitionEpoch !== change.after?.partitionEpoch)
}

function brokerDifference(before: MetadataImage, after: MetadataImage): Set<number> {
  const ids = [...before.brokers.keys(), ...after.brokers.keys()]
  return new Set(
    ids.filter(
      (id) => JSON.stringify(before.brokers.get(id)) !== JSON.stringify(after.brokers.get(id)),
    ),
  )
}

function configDifference(before: MetadataImage, after: MetadataImage): MetadataDelta['configs'] {
  return Object.values(ConfigResourceType).flatMap((type) => {
    const names = [...before.configuredResources(type), ...after.configuredResources(type)]
    return [...new Set(names)]
      .filter((name) => !sameEntries(before.configs(type, name), after.configs(type, name)))
      .map((name) => ({ type, name }))
  })
}

function sameEntries<V>(a: ReadonlyMap<string, V>, b: ReadonlyMap<string, V>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value)
}
