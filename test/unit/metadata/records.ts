import { silentLogger } from '../../../src/env/logger.js'
import { ConfigResourceType } from '../../../src/metadata/config/resource.js'
import type { MetadataDelta } from '../../../src/metadata/delta.js'
import type { MetadataImage } from '../../../src/metadata/image.js'
import { MetadataLoader } from '../../../src/metadata/loader.js'
import { MetadataState } from '../../../src/metadata/metadata-state.js'
import { decodeRecord, encodeRecord, type NewRecord } from '../../../src/metadata/record.js'
import { snapshotRecords } from '../../../src/metadata/snapshot-records.js'
import { FakeRaft } from '../controller/fake-raft.js'

export const CLUSTER_ID = 'c2Ftc2EtY2x1c3Rlci0xMQ'
export const ORDERS = 'b3JkZXJzLS0tLS0tLS0tLQ'
export const PAYMENTS = 'cGF5bWVudHMtLS0tLS0tLQ'
export const DIRECTORY = 'ZGlyZWN0b3J5LS0tLS0tLQ'

export const feature = (name: string, featureLevel: number): NewRecord => ({
  type: 'FeatureLevelRecord',
  version: 0,
  data: { name, featureLevel },
})
export const topic = (name: string, topicId: string): NewRecord => ({
  type: 'TopicRecord',
  version: 0,
  data: { name, topicId },
})
export const partition = (topicId: string, partitionId: number): NewRecord => ({
  type: 'PartitionRecord',
  version: 2,
  data: {
    topicId,
    partitionId,
    replicas: [1, 2],
    isr: [1, 2],
    removingReplicas: [],
    addingReplicas: [],
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    directories: [DIRECTORY, DIRECTORY],
  },
})
export const change = (topicId: string, partitionId: number, data: object): NewRecord => ({
  type: 'PartitionChangeRecord',
  version: 2,
  data: { topicId, partitionId, ...data },
})
export const config = (name: string, value: string | null, resourceName = 'orders'): NewRecord => ({
  type: 'ConfigRecord',
  version: 0,
  data: { resourceType: ConfigResourceType.TOPIC, resourceName, name, value },
})
export const broker = (brokerId: number): NewRecord => ({
  type: 'RegisterBrokerRecord',
  version: 4,
  data: {
    brokerId,
    incarnationId: DIRECTORY,
    brokerEpoch: 7,
    endPoints: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092, securityProtocol: 0 }],
    features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 }],
    rack: 'a',
    logDirs: [DIRECTORY],
  },
})
export const removeTopic = (topicId: string): NewRecord => ({
  type: 'RemoveTopicRecord',
  version: 0,
  data: { topicId },
})
export const begin: NewRecord = {
  type: 'BeginTransactionRecord',
  version: 0,
  data: { name: 'all' },
}
export const end: NewRecord = { type: 'EndTransactionRecord', version: 0, data: {} }
export const abort: NewRecord = {
  type: 'AbortTransactionRecord',
  version: 0,
  data: { reason: 'no' },
}

/** Something of everything. */
export const world: NewRecord[] = [
  feature('metadata.version', 30),
  feature('group.version', 1),
  broker(1),
  broker(2),
  {
    type: 'BrokerRegistrationChangeRecord',
    version: 0,
    data: { brokerId: 1, brokerEpoch: 7, fenced: -1 },
  },
  {
    type: 'RegisterControllerRecord',
    version: 0,
    data: {
      controllerId: 1,
      incarnationId: DIRECTORY,
      zkMigrationReady: false,
      endPoints: [],
      features: [],
    },
  },
  topic('orders', ORDERS),
  partition(ORDERS, 0),
  partition(ORDERS, 1),
  change(ORDERS, 0, { leader: -1, isr: [], eligibleLeaderReplicas: [1], lastKnownElr: [1] }),
  config('retention.ms', '1000'),
  {
    type: 'ProducerIdsRecord',
    version: 0,
    data: { brokerId: 1, brokerEpoch: 7, nextProducerId: 2000 },
  },
  {
    type: 'AccessControlEntryRecord',
    version: 0,
    data: {
      id: DIRECTORY,
      resourceType: 2,
      resourceName: 'orders',
      patternType: 3,
      principal: 'User:alice',
      host: '*',
      operation: 3,
      permissionType: 3,
    },
  },
  {
    type: 'ClientQuotaRecord',
    version: 0,
    data: {
      entity: [{ entityType: 'user', entityName: 'alice' }],
      key: 'producer_byte_rate',
      value: 1000,
      remove: false,
    },
  },
]

export function stateOf(...records: NewRecord[]): MetadataState {
  const state = new MetadataState(CLUSTER_ID)
  for (const record of records) state.replay(decodeRecord(encodeRecord(record)))
  return state
}

/** All that an image says, to be compared. */
export function contents(image: MetadataImage): unknown {
  return JSON.parse(JSON.stringify([...snapshotRecords(image)].map(encodeRecord).map(decodeRecord)))
}

export function load() {
  const faults: Error[] = []
  const deltas: MetadataDelta[] = []
  const offsets: number[] = []
  const onFault = (error: Error): void => void faults.push(error)
  const loader = new MetadataLoader({ clusterId: CLUSTER_ID, logger: silentLogger, onFault })
  loader.install({
    onMetadataUpdate: (delta, image) => {
      deltas.push(delta)
      offsets.push(image.provenance.offset)
    },
  })
  const raft = new FakeRaft()
  raft.register(loader)
  const commit = (...records: NewRecord[]): void => raft.replicate(records.map(encodeRecord))
  return { loader, raft, commit, faults, deltas, offsets }
}
