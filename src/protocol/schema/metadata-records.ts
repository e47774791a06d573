import {
  array,
  bool,
  bytes,
  float64,
  type Infer,
  int8,
  int16,
  int32,
  int64,
  record,
  string,
  uint16,
  uuid,
} from '../codec/index.js'

export const RegisterBrokerRecord = record('RegisterBrokerRecord', 0, '0-4', '0+', {
  brokerId: int32,
  isMigratingZkBroker: bool.in('2+').default(false),
  incarnationId: uuid,
  brokerEpoch: int64,
  endPoints: array({
    name: string,
    host: string,
    port: uint16,
    securityProtocol: int16,
  }),
  features: array({
    name: string,
    minSupportedVersion: int16,
    maxSupportedVersion: int16,
  }),
  rack: string.nullable,
  fenced: bool.default(true),
  inControlledShutdown: bool.in('1+').default(false),
  logDirs: array(uuid).in('3+').tagged(0),
  cordonedLogDirs: array(uuid).in('4+').nullable.tagged(1).default(null),
})
export type RegisterBrokerRecord = Infer<typeof RegisterBrokerRecord>

export const UnregisterBrokerRecord = record('UnregisterBrokerRecord', 1, '0', '0+', {
  brokerId: int32,
  brokerEpoch: int64,
})
export type UnregisterBrokerRecord = Infer<typeof UnregisterBrokerRecord>

export const TopicRecord = record('TopicRecord', 2, '0', '0+', {
  name: string,
  topicId: uuid,
})
export type TopicRecord = Infer<typeof TopicRecord>

export const PartitionRecord = record('PartitionRecord', 3, '0-2', '0+', {
  partitionId: int32.default(-1),
  topicId: uuid,
  replicas: array(int32),
  isr: array(int32),
  removingReplicas: array(int32),
  addingReplicas: array(int32),
  leader: int32.default(-1),
  leaderRecoveryState: int8.tagged(0).default(0),
  leaderEpoch: int32.default(-1),
  partitionEpoch: int32.default(-1),
  directories: array(uuid).in('1+'),
  eligibleLeaderReplicas: array(int32).in('2+').nullable.tagged(1).default(null),
  lastKnownElr: array(int32).in('2+').nullable.tagged(2).default(null),
})
export type PartitionRecord = Infer<typeof PartitionRecord>

export const ConfigRecord = record('ConfigRecord', 4, '0', '0+', {
  resourceType: int8,
  resourceName: string,
  name: string,
  value: string.nullable,
})
export type ConfigRecord = Infer<typeof ConfigRecord>

export const PartitionChangeRecord = record('PartitionChangeRecord', 5, '0-2', '0+', {
  partitionId: int32.default(-1),
  topicId: uuid,
  isr: array(int32).nullable.tagged(0).default(null),
  leader: int32.tagged(1).default(-2),
  replicas: array(int32).nullable.tagged(2).default(null),
  removingReplicas: array(int32).nullable.tagged(3).default(null),
  addingReplicas: array(int32).nullable.tagged(4).default(null),
  leaderRecoveryState: int8.tagged(5).default(-1),
  directories: array(uuid).in('1+').nullable.tagged(8).default(null),
  eligibleLeaderReplicas: array(int32).in('2+').nullable.tagged(6).default(null),
  lastKnownElr: array(int32).in('2+').nullable.tagged(7).default(null),
})
export type PartitionChangeRecord = Infer<typeof PartitionChangeRecord>

export const FenceBrokerRecord = record('FenceBrokerRecord', 7, '0', '0+', {
  id: int32,
  epoch: int64,
})
export type FenceBrokerRecord = Infer<typeof FenceBrokerRecord>

export const UnfenceBrokerRecord = record('UnfenceBrokerRecord', 8, '0', '0+', {
  id: int32,
  epoch: int64,
})
export type UnfenceBrokerRecord = Infer<typeof UnfenceBrokerRecord>

export const RemoveTopicRecord = record('RemoveTopicRecord', 9, '0', '0+', {
  topicId: uuid,
})
export type RemoveTopicRecord = Infer<typeof RemoveTopicRecord>

export const DelegationTokenRecord = record('DelegationTokenRecord', 10, '0', '0+', {
  owner: string,
  requester: string,
  renewers: array(string),
  issueTimestamp: int64,
  maxTimestamp: int64,
  expirationTimestamp: int64,
  tokenId: string,
})
export type DelegationTokenRecord = Infer<typeof DelegationTokenRecord>

export const UserScramCredentialRecord = record('UserScramCredentialRecord', 11, '0', '0+', {
  name: string,
  mechanism: int8,
  salt: bytes,
  storedKey: bytes,
  serverKey: bytes,
  iterations: int32,
})
export type UserScramCredentialRecord = Infer<typeof UserScramCredentialRecord>

export const FeatureLevelRecord = record('FeatureLevelRecord', 12, '0', '0+', {
  name: string,
  featureLevel: int16,
})
export type FeatureLevelRecord = Infer<typeof FeatureLevelRecord>

export const ClientQuotaRecord = record('ClientQuotaRecord', 14, '0', '0+', {
  entity: array({
    entityType: string,
    entityName: string.nullable,
  }),
  key: string,
  value: float64,
  remove: bool,
})
export type ClientQuotaRecord = Infer<typeof ClientQuotaRecord>

export const ProducerIdsRecord = record('ProducerIdsRecord', 15, '0', '0+', {
  brokerId: int32,
  brokerEpoch: int64.default(-1),
  nextProducerId: int64,
})
export type ProducerIdsRecord = Infer<typeof ProducerIdsRecord>

export const BrokerRegistrationChangeRecord = record(
  'BrokerRegistrationChangeRecord',
  17,
  '0-3',
  '0+',
  {
    brokerId: int32,
    brokerEpoch: int64,
    fenced: int8.tagged(0),
    inControlledShutdown: int8.in('1+').tagged(1),
    logDirs: array(uuid).in('2+').tagged(2),
    cordonedLogDirs: array(uuid).in('3+').nullable.tagged(3).default(null),
  },
)
export type BrokerRegistrationChangeRecord = Infer<typeof BrokerRegistrationChangeRecord>

export const AccessControlEntryRecord = record('AccessControlEntryRecord', 18, '0', '0+', {
  id: uuid,
  resourceType: int8,
  resourceName: string,
  patternType: int8,
  principal: string,
  host: string,
  operation: int8,
  permissionType: int8,
})
export type AccessControlEntryRecord = Infer<typeof AccessControlEntryRecord>

export const RemoveAccessControlEntryRecord = record(
  'RemoveAccessControlEntryRecord',
  19,
  '0',
  '0+',
  {
    id: uuid,
  },
)
export type RemoveAccessControlEntryRecord = Infer<typeof RemoveAccessControlEntryRecord>

export const NoOpRecord = record('NoOpRecord', 20, '0', '0+', {})
export type NoOpRecord = Infer<typeof NoOpRecord>

export const ZkMigrationStateRecord = record('ZkMigrationStateRecord', 21, '0', '0+', {
  zkMigrationState: int8,
})
export type ZkMigrationStateRecord = Infer<typeof ZkMigrationStateRecord>

export const RemoveUserScramCredentialRecord = record(
  'RemoveUserScramCredentialRecord',
  22,
  '0',
  '0+',
  {
    name: string,
    mechanism: int8,
  },
)
export type RemoveUserScramCredentialRecord = Infer<typeof RemoveUserScramCredentialRecord>

export const BeginTransactionRecord = record('BeginTransactionRecord', 23, '0', '0+', {
  name: string.nullable.tagged(0).default(null),
})
export type BeginTransactionRecord = Infer<typeof BeginTransactionRecord>

export const EndTransactionRecord = record('EndTransactionRecord', 24, '0', '0+', {})
export type EndTransactionRecord = Infer<typeof EndTransactionRecord>

export const AbortTransactionRecord = record('AbortTransactionRecord', 25, '0', '0+', {
  reason: string.nullable.tagged(0).default(null),
})
export type AbortTransactionRecord = Infer<typeof AbortTransactionRecord>

export const RemoveDelegationTokenRecord = record('RemoveDelegationTokenRecord', 26, '0', '0+', {
  tokenId: string,
})
export type RemoveDelegationTokenRecord = Infer<typeof RemoveDelegationTokenRecord>

export const RegisterControllerRecord = record('RegisterControllerRecord', 27, '0', '0+', {
  controllerId: int32,
  incarnationId: uuid,
  zkMigrationReady: bool,
  endPoints: array({
    name: string,
    host: string,
    port: uint16,
    securityProtocol: int16,
  }),
  features: array({
    name: string,
    minSupportedVersion: int16,
    maxSupportedVersion: int16,
  }),
})
export type RegisterControllerRecord = Infer<typeof RegisterControllerRecord>

export const ClearElrRecord = record('ClearElrRecord', 28, '0', '0+', {
  topicName: string,
})
export type ClearElrRecord = Infer<typeof ClearElrRecord>
