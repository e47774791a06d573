import { ApiKey, type ApiName } from '../../protocol/api-keys.js'
import { parseVersions, type Versions, type VersionText } from '../../protocol/codec/versions.js'

/**
 * Since which release brokers of Apache Kafka have advertised which versions: up to 3.8 as the
 * protocol's definitions of the last patch release say, from 3.9 on as its `ApiKeys` do, without what
 * is unstable. What a release doesn't name is as in the one before.
 */
const HISTORY: Readonly<Partial<Record<ApiName, string>>> = {
  Produce: '0.11:0-3 1.0:0-5 2.0:0-6 2.1:0-7 2.4:0-8 2.8:0-9 3.7:0-10 3.8:0-11 4.0:0-12 4.1:0-13',
  Fetch:
    '0.11:0-5 1.0:0-6 1.1:0-7 2.0:0-8 2.1:0-10 2.3:0-11 2.7:0-12 3.1:0-13 3.5:0-15 3.7:0-16 3.9:0-17 4.0:4-17 4.1:4-18',
  ListOffsets: '0.11:0-2 2.0:0-3 2.1:0-4 2.2:0-5 2.8:0-6 3.0:0-7 3.5:0-8 3.9:0-9 4.0:1-10 4.2:1-11',
  Metadata: '0.11:0-4 1.0:0-5 2.0:0-6 2.1:0-7 2.3:0-8 2.4:0-9 2.8:0-11 3.1:0-12 4.0:0-13',
  OffsetCommit: '0.11:0-3 2.0:0-4 2.1:0-6 2.3:0-7 2.4:0-8 3.7:0-9 4.0:2-9 4.2:2-10',
  OffsetFetch: '0.11:0-3 2.0:0-4 2.1:0-5 2.4:0-6 2.5:0-7 3.0:0-8 3.7:0-9 4.0:1-9 4.2:1-10',
  FindCoordinator: '0.11:0-1 2.0:0-2 2.4:0-3 3.0:0-4 3.8:0-5 3.9:0-6',
  JoinGroup: '0.11:0-2 2.0:0-3 2.2:0-4 2.3:0-5 2.4:0-6 2.5:0-7 3.2:0-9 4.0:2-9 4.1:0-9',
  Heartbeat: '0.11:0-1 2.0:0-2 2.3:0-3 2.4:0-4',
  LeaveGroup: '0.11:0-1 2.0:0-2 2.4:0-4 3.2:0-5',
  SyncGroup: '0.11:0-1 2.0:0-2 2.3:0-3 2.4:0-4 2.5:0-5',
  DescribeGroups: '0.11:0-1 2.0:0-2 2.3:0-3 2.4:0-5 4.0:0-6',
  ListGroups: '0.11:0-1 2.0:0-2 2.4:0-3 2.6:0-4 3.8:0-5',
  SaslHandshake: '0.11:0-0 1.0:0-1',
  ApiVersions: '0.11:0-1 2.0:0-2 2.4:0-3 3.9:0-4',
  CreateTopics: '0.11:0-2 2.0:0-3 2.4:0-5 2.7:0-6 2.8:0-7 4.0:2-7',
  DeleteTopics: '0.11:0-1 2.0:0-2 2.1:0-3 2.4:0-4 2.7:0-5 2.8:0-6 4.0:1-6',
  DeleteRecords: '0.11:0-0 2.0:0-1 2.6:0-2',
  InitProducerId: '0.11:0-0 2.0:0-1 2.4:0-2 2.5:0-3 2.7:0-4 3.8:0-5',
  OffsetForLeaderEpoch: '0.11:0-0 2.0:0-1 2.1:0-2 2.3:0-3 2.8:0-4 4.0:2-4',
  AddPartitionsToTxn: '0.11:0-0 2.0:0-1 2.7:0-2 2.8:0-3 3.6:0-4 3.8:0-5',
  AddOffsetsToTxn: '0.11:0-0 2.0:0-1 2.7:0-2 2.8:0-3 3.8:0-4',
  EndTxn: '0.11:0-0 2.0:0-1 2.7:0-2 2.8:0-3 3.8:0-4 4.0:0-5',
  WriteTxnMarkers: '0.11:0-0 2.8:0-1 4.0:1-1 4.2:1-2',
  TxnOffsetCommit: '0.11:0-0 2.0:0-1 2.1:0-2 2.5:0-3 3.8:0-4 4.0:0-5',
  DescribeAcls: '0.11:0-0 2.0:0-1 2.5:0-2 3.3:0-3 4.0:1-3',
  CreateAcls: '0.11:0-0 2.0:0-1 2.5:0-2 3.3:0-3 4.0:1-3',
  DeleteAcls: '0.11:0-0 2.0:0-1 2.5:0-2 3.3:0-3 4.0:1-3',
  DescribeConfigs: '0.11:0-0 1.1:0-1 2.0:0-2 2.6:0-3 2.8:0-4 4.0:1-4',
  AlterConfigs: '0.11:0-0 2.0:0-1 2.8:0-2',
  AlterReplicaLogDirs: '1.0:0-0 2.0:0-1 2.8:0-2 4.0:1-2',
  DescribeLogDirs: '1.0:0-0 2.0:0-1 2.6:0-2 3.2:0-3 3.3:0-4 4.0:1-4 4.3:1-5',
  SaslAuthenticate: '1.0:0-0 2.2:0-1 2.5:0-2',
  CreatePartitions: '1.0:0-0 2.0:0-1 2.5:0-2 2.7:0-3',
  CreateDelegationToken: '1.1:0-0 2.0:0-1 2.4:0-2 3.3:0-3 4.0:1-3',
  RenewDelegationToken: '1.1:0-0 2.0:0-1 2.5:0-2 4.0:1-2',
  ExpireDelegationToken: '1.1:0-0 2.0:0-1 2.5:0-2 4.0:1-2',
  DescribeDelegationToken: '1.1:0-0 2.0:0-1 2.5:0-2 3.3:0-3 4.0:1-3',
  DeleteGroups: '1.1:0-0 2.0:0-1 2.4:0-2',
  ElectLeaders: '2.2:0-0 2.4:0-2',
  IncrementalAlterConfigs: '2.3:0-0 2.4:0-1',
  AlterPartitionReassignments: '2.4:0-0 4.1:0-1',
  ListPartitionReassignments: '2.4:0-0',
  OffsetDelete: '2.4:0-0',
  DescribeClientQuotas: '2.6:0-0 2.8:0-1',
  AlterClientQuotas: '2.6:0-0 2.8:0-1',
  DescribeUserScramCredentials: '2.7:0-0',
  AlterUserScramCredentials: '2.7:0-0',
  DescribeQuorum: '2.7:0-0 3.3:0-1 3.9:0-2',
  UpdateFeatures: '2.7:0-0 3.3:0-1 4.0:0-2',
  DescribeCluster: '2.8:0-0 3.7:0-1 4.0:0-2',
  DescribeProducers: '2.8:0-0',
  UnregisterBroker: '2.8:0-0 3.0:none 3.3:0-0',
  DescribeTransactions: '3.0:0-0',
  ListTransactions: '3.0:0-0 3.8:0-1 4.1:0-2',
  ConsumerGroupHeartbeat: '3.7:0-0 4.0:0-1',
  ConsumerGroupDescribe: '3.8:0-0 4.0:0-1',
  ListConfigResources: '3.7:0-0 4.1:0-1',
  DescribeTopicPartitions: '3.8:0-0',
  ShareGroupHeartbeat: '4.1:1-1',
  ShareGroupDescribe: '4.1:1-1',
  ShareFetch: '4.1:1-1 4.2:1-2',
  ShareAcknowledge: '4.1:1-1 4.2:1-2',
  AddRaftVoter: '3.9:0-0 4.2:0-1',
  RemoveRaftVoter: '3.9:0-0',
  InitializeShareGroupState: '4.1:0-0',
  ReadShareGroupState: '4.1:0-0',
  WriteShareGroupState: '4.1:0-0 4.2:0-1',
  DeleteShareGroupState: '4.1:0-0',
  ReadShareGroupStateSummary: '4.1:0-0 4.2:0-1',
  StreamsGroupHeartbeat: '4.2:0-0',
  StreamsGroupDescribe: '4.2:0-0',
  DescribeShareGroupOffsets: '4.1:0-0 4.2:0-1',
  AlterShareGroupOffsets: '4.1:0-0',
  DeleteShareGroupOffsets: '4.1:0-0',
}

/** The releases that are known, the first one first. */
export const KAFKA_RELEASES = [
  '0.11',
  '1.0',
  '1.1',
  '2.0',
  '2.1',
  '2.2',
  '2.3',
  '2.4',
  '2.5',
  '2.6',
  '2.7',
  '2.8',
  '3.0',
  '3.1',
  '3.2',
  '3.3',
  '3.4',
  '3.5',
  '3.6',
  '3.7',
  '3.8',
  '3.9',
  '4.0',
  '4.1',
  '4.2',
  '4.3',
] as const

const FIRST_WITHOUT_LEGACY = '4.0'

/** @throws TypeError for a release that isn't known */
function indexOf(release: string): number {
  const [, major, minor] = /^(\d+)\.(\d+)(?:\.\d+){0,2}$/.exec(release) ?? []
  const index = (KAFKA_RELEASES as readonly string[]).indexOf(`${major}.${minor}`)
  if (index >= 0) return index
  throw new TypeError(`release ${release}: it has to be one of ${KAFKA_RELEASES.join(', ')}`)
}

/**
 * Whether brokers of a release still had the versions that 4.0 dropped (KIP-896).
 *
 * @throws TypeError for a release that isn't known
 */
export function hasLegacyVersions(release: string): boolean {
  return indexOf(release) < indexOf(FIRST_WITHOUT_LEGACY)
}

/**
 * What a release advertised, by API key. A patch release (`2.8.1`) is taken for its minor one.
 *
 * @throws TypeError for a release that isn't known
 */
export function releaseVersions(release: string): ReadonlyMap<number, Versions> {
  const index = indexOf(release)
  const versions = new Map<number, Versions>()
  for (const [name, history] of Object.entries(HISTORY)) {
    for (const change of history.split(' ')) {
      const [since, range] = change.split(':') as [string, VersionText | 'none']
      if (indexOf(since) <= index) versions.set(ApiKey[name as ApiName], parseVersions(range))
    }
  }
  return versions
}
