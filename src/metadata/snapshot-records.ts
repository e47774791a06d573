import { brokerRecord, controllerRecord } from './broker-record.js'
import { ConfigResourceType } from './config/resource.js'
import { METADATA_VERSION } from './features.js'
import type { MetadataImage } from './image.js'
import { partitionRecord } from './partition-record.js'
import type { NewRecord } from './record.js'
import { recordVersions } from './record-versions.js'

/**
 * The records that make an image, in the order of Kafka's `MetadataImage.write`; the metadata version
 * comes first, since it says how to read the others.
 */
export function* snapshotRecords(image: MetadataImage): Iterable<NewRecord> {
  const versions = recordVersions(image.features)
  yield* featureRecords(image)
  for (const broker of image.brokers.values()) yield brokerRecord(broker, versions)
  for (const controller of image.controllers.values()) yield controllerRecord(controller)
  for (const topic of image.topicsById.values()) {
    yield { type: 'TopicRecord', version: 0, data: { name: topic.name, topicId: topic.id } }
    for (const [id, partition] of topic.partitions) {
      yield partitionRecord(topic.id, id, partition, versions)
    }
  }
  yield* configRecords(image)
  const { clientQuotas, acls, scramCredentials, delegationTokens } = image.security
  for (const data of clientQuotas.values()) yield { type: 'ClientQuotaRecord', version: 0, data }
  if (image.nextProducerId > 0) {
    yield {
      type: 'ProducerIdsRecord',
      version: 0,
      data: { brokerId: -1, brokerEpoch: -1, nextProducerId: image.nextProducerId },
    }
  }
  for (const data of acls.values()) yield { type: 'AccessControlEntryRecord', version: 0, data }
  for (const data of scramCredentials.values()) {
    yield { type: 'UserScramCredentialRecord', version: 0, data }
  }
  for (const data of delegationTokens.values()) {
    yield { type: 'DelegationTokenRecord', version: 0, data }
  }
}

function* featureRecords(image: MetadataImage): Iterable<NewRecord> {
  const names = [...image.features.keys()].filter((name) => name !== METADATA_VERSION)
  for (const name of [METADATA_VERSION, ...names.sort()]) {
    const featureLevel = image.features.get(name)
    if (featureLevel === undefined) continue
    yield { type: 'FeatureLevelRecord', version: 0, data: { name, featureLevel } }
  }
}

function* configRecords(image: MetadataImage): Iterable<NewRecord> {
  for (const resourceType of Object.values(ConfigResourceType)) {
    for (const resourceName of image.configuredResources(resourceType)) {
      for (const [name, value] of image.configs(resourceType, resourceName)) {
        yield {
          type: 'ConfigRecord',
          version: 0,
          data: { resourceType, resourceName, name, value },
        }
      }
    }
  }
}
