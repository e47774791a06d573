import { type ApiName, apiName } from './api-keys.js'
import type { AnyMessage } from './codec/index.js'
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from './schema/add-offsets-to-txn.js'
import {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from './schema/add-partitions-to-txn.js'
import { AddRaftVoterRequest, AddRaftVoterResponse } from './schema/add-raft-voter.js'
import {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
} from './schema/allocate-producer-ids.js'
import {
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
} from './schema/alter-client-quotas.js'
import { AlterConfigsRequest, AlterConfigsResponse } from './schema/alter-configs.js'
import { AlterPartitionRequest, AlterPartitionResponse } from './schema/alter-partition.js'
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from './schema/alter-partition-reassignments.js'
import {
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
} from './schema/alter-replica-log-dirs.js'
import {
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
} from './schema/alter-share-group-offsets.js'
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from './schema/alter-user-scram-credentials.js'
import { ApiVersionsRequest, ApiVersionsResponse } from './schema/api-versions.js'
import {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
} from './schema/assign-replicas-to-dirs.js'
import { BeginQuorumEpochRequest, BeginQuorumEpochResponse } from './schema/begin-quorum-epoch.js'
import { BrokerHeartbeatRequest, BrokerHeartbeatResponse } from './schema/broker-heartbeat.js'
import {
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
} from './schema/broker-registration.js'
import {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
} from './schema/consumer-group-describe.js'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from './schema/consumer-group-heartbeat.js'
import {
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
} from './schema/controller-registration.js'
import { CreateAclsRequest, CreateAclsResponse } from './schema/create-acls.js'
import {
  CreateDelegationTokenRequest,
  CreateDelegationTokenResponse,
} from './schema/create-delegation-token.js'
import { CreatePartitionsRequest, CreatePartitionsResponse } from './schema/create-partitions.js'
import { CreateTopicsRequest, CreateTopicsResponse } from './schema/create-topics.js'
import { DeleteAclsRequest, DeleteAclsResponse } from './schema/delete-acls.js'
import { DeleteGroupsRequest, DeleteGroupsResponse } from './schema/delete-groups.js'
import { DeleteRecordsRequest, DeleteRecordsResponse } from './schema/delete-records.js'
import {
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
} from './schema/delete-share-group-offsets.js'
import {
  DeleteShareGroupStateRequest,
  DeleteShareGroupStateResponse,
} from './schema/delete-share-group-state.js'
import { DeleteTopicsRequest, DeleteTopicsResponse } from './schema/delete-topics.js'
import { DescribeAclsRequest, DescribeAclsResponse } from './schema/describe-acls.js'
import {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from './schema/describe-client-quotas.js'
import { DescribeClusterRequest, DescribeClusterResponse } from './schema/describe-cluster.js'
import { DescribeConfigsRequest, DescribeConfigsResponse } from './schema/describe-configs.js'
import {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
} from './schema/describe-delegation-token.js'
import { DescribeGroupsRequest, DescribeGroupsResponse } from './schema/describe-groups.js'
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from './schema/describe-log-dirs.js'
import { DescribeProducersRequest, DescribeProducersResponse } from './schema/describe-producers.js'
import { DescribeQuorumRequest, DescribeQuorumResponse } from './schema/describe-quorum.js'
import {
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
} from './schema/describe-share-group-offsets.js'
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from './schema/describe-topic-partitions.js'
import {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
} from './schema/describe-transactions.js'
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from './schema/describe-user-scram-credentials.js'
import { ElectLeadersRequest, ElectLeadersResponse } from './schema/elect-leaders.js'
import { EndQuorumEpochRequest, EndQuorumEpochResponse } from './schema/end-quorum-epoch.js'
import { EndTxnRequest, EndTxnResponse } from './schema/end-txn.js'
import { EnvelopeRequest, EnvelopeResponse } from './schema/envelope.js'
import {
  ExpireDelegationTokenRequest,
  ExpireDelegationTokenResponse,
} from './schema/expire-delegation-token.js'
import { FetchRequest, FetchResponse } from './schema/fetch.js'
import { FetchSnapshotRequest, FetchSnapshotResponse } from './schema/fetch-snapshot.js'
import { FindCoordinatorRequest, FindCoordinatorResponse } from './schema/find-coordinator.js'
import {
  GetTelemetrySubscriptionsRequest,
  GetTelemetrySubscriptionsResponse,
} from './schema/get-telemetry-subscriptions.js'
import { HeartbeatRequest, HeartbeatResponse } from './schema/heartbeat.js'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from './schema/incremental-alter-configs.js'
import { InitProducerIdRequest, InitProducerIdResponse } from './schema/init-producer-id.js'
import {
  InitializeShareGroupStateRequest,
  InitializeShareGroupStateResponse,
} from './schema/initialize-share-group-state.js'
import { JoinGroupRequest, JoinGroupResponse } from './schema/join-group.js'
import { LeaveGroupRequest, LeaveGroupResponse } from './schema/leave-group.js'
import {
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
} from './schema/list-config-resources.js'
import { ListGroupsRequest, ListGroupsResponse } from './schema/list-groups.js'
import { ListOffsetsRequest, ListOffsetsResponse } from './schema/list-offsets.js'
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from './schema/list-partition-reassignments.js'
import { ListTransactionsRequest, ListTransactionsResponse } from './schema/list-transactions.js'
import { MetadataRequest, MetadataResponse } from './schema/metadata.js'
import { OffsetCommitRequest, OffsetCommitResponse } from './schema/offset-commit.js'
import { OffsetDeleteRequest, OffsetDeleteResponse } from './schema/offset-delete.js'
import { OffsetFetchRequest, OffsetFetchResponse } from './schema/offset-fetch.js'
import {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from './schema/offset-for-leader-epoch.js'
import { ProduceRequest, ProduceResponse } from './schema/produce.js'
import { PushTelemetryRequest, PushTelemetryResponse } from './schema/push-telemetry.js'
import {
  ReadShareGroupStateRequest,
  ReadShareGroupStateResponse,
} from './schema/read-share-group-state.js'
import {
  ReadShareGroupStateSummaryRequest,
  ReadShareGroupStateSummaryResponse,
} from './schema/read-share-group-state-summary.js'
import { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from './schema/remove-raft-voter.js'
import {
  RenewDelegationTokenRequest,
  RenewDelegationTokenResponse,
} from './schema/renew-delegation-token.js'
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from './schema/sasl-authenticate.js'
import { SaslHandshakeRequest, SaslHandshakeResponse } from './schema/sasl-handshake.js'
import { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from './schema/share-acknowledge.js'
import { ShareFetchRequest, ShareFetchResponse } from './schema/share-fetch.js'
import {
  ShareGroupDescribeRequest,
  ShareGroupDescribeResponse,
} from './schema/share-group-describe.js'
import {
  ShareGroupHeartbeatRequest,
  ShareGroupHeartbeatResponse,
} from './schema/share-group-heartbeat.js'
import {
  StreamsGroupDescribeRequest,
  StreamsGroupDescribeResponse,
} from './schema/streams-group-describe.js'
import {
  StreamsGroupHeartbeatRequest,
  StreamsGroupHeartbeatResponse,
} from './schema/streams-group-heartbeat.js'
import { SyncGroupRequest, SyncGroupResponse } from './schema/sync-group.js'
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from './schema/txn-offset-commit.js'
import { UnregisterBrokerRequest, UnregisterBrokerResponse } from './schema/unregister-broker.js'
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from './schema/update-features.js'
import { UpdateRaftVoterRequest, UpdateRaftVoterResponse } from './schema/update-raft-voter.js'
import { VoteRequest, VoteResponse } from './schema/vote.js'
import {
  WriteShareGroupStateRequest,
  WriteShareGroupStateResponse,
} from './schema/write-share-group-state.js'
import { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from './schema/write-txn-markers.js'

/** Which kind of listener serves an API in Apache Kafka. */
export type ListenerKind = 'broker' | 'controller'

/** One API: what is asked and what is answered. */
export interface Api {
  readonly key: number
  readonly name: ApiName
  readonly request: AnyMessage
  readonly response: AnyMessage
  readonly listeners: readonly ListenerKind[]
}

function api(request: AnyMessage, response: AnyMessage, listeners: readonly ListenerKind[]): Api {
  return { key: request.key, name: apiName(request.key)!, request, response, listeners }
}

const broker = (request: AnyMessage, response: AnyMessage) => api(request, response, ['broker'])
const controller = (request: AnyMessage, response: AnyMessage) =>
  api(request, response, ['controller'])
const both = (request: AnyMessage, response: AnyMessage) =>
  api(request, response, ['broker', 'controller'])

const all: readonly Api[] = [
  broker(ProduceRequest, ProduceResponse),
  both(FetchRequest, FetchResponse),
  broker(ListOffsetsRequest, ListOffsetsResponse),
  broker(MetadataRequest, MetadataResponse),
  broker(OffsetCommitRequest, OffsetCommitResponse),
  broker(OffsetFetchRequest, OffsetFetchResponse),
  broker(FindCoordinatorRequest, FindCoordinatorResponse),
  broker(JoinGroupRequest, JoinGroupResponse),
  broker(HeartbeatRequest, HeartbeatResponse),
  broker(LeaveGroupRequest, LeaveGroupResponse),
  broker(SyncGroupRequest, SyncGroupResponse),
  broker(DescribeGroupsRequest, DescribeGroupsResponse),
  broker(ListGroupsRequest, ListGroupsResponse),
  both(SaslHandshakeRequest, SaslHandshakeResponse),
  both(ApiVersionsRequest, ApiVersionsResponse),
  both(CreateTopicsRequest, CreateTopicsResponse),
  both(DeleteTopicsRequest, DeleteTopicsResponse),
  broker(DeleteRecordsRequest, DeleteRecordsResponse),
  broker(InitProducerIdRequest, InitProducerIdResponse),
  broker(OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse),
  broker(AddPartitionsToTxnRequest, AddPartitionsToTxnResponse),
  broker(AddOffsetsToTxnRequest, AddOffsetsToTxnResponse),
  broker(EndTxnRequest, EndTxnResponse),
  broker(WriteTxnMarkersRequest, WriteTxnMarkersResponse),
  broker(TxnOffsetCommitRequest, TxnOffsetCommitResponse),
  both(DescribeAclsRequest, DescribeAclsResponse),
  both(CreateAclsRequest, CreateAclsResponse),
  both(DeleteAclsRequest, DeleteAclsResponse),
  both(DescribeConfigsRequest, DescribeConfigsResponse),
  both(AlterConfigsRequest, AlterConfigsResponse),
  broker(AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse),
  broker(DescribeLogDirsRequest, DescribeLogDirsResponse),
  both(SaslAuthenticateRequest, SaslAuthenticateResponse),
  both(CreatePartitionsRequest, CreatePartitionsResponse),
  both(CreateDelegationTokenRequest, CreateDelegationTokenResponse),
  both(RenewDelegationTokenRequest, RenewDelegationTokenResponse),
  both(ExpireDelegationTokenRequest, ExpireDelegationTokenResponse),
  both(DescribeDelegationTokenRequest, DescribeDelegationTokenResponse),
  broker(DeleteGroupsRequest, DeleteGroupsResponse),
  both(ElectLeadersRequest, ElectLeadersResponse),
  both(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse),
  both(AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse),
  both(ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse),
  broker(OffsetDeleteRequest, OffsetDeleteResponse),
  broker(DescribeClientQuotasRequest, DescribeClientQuotasResponse),
  both(AlterClientQuotasRequest, AlterClientQuotasResponse),
  both(DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse),
  both(AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse),
  controller(VoteRequest, VoteResponse),
  controller(BeginQuorumEpochRequest, BeginQuorumEpochResponse),
  controller(EndQuorumEpochRequest, EndQuorumEpochResponse),
  both(DescribeQuorumRequest, DescribeQuorumResponse),
  controller(AlterPartitionRequest, AlterPartitionResponse),
  both(UpdateFeaturesRequest, UpdateFeaturesResponse),
  controller(EnvelopeRequest, EnvelopeResponse),
  controller(FetchSnapshotRequest, FetchSnapshotResponse),
  both(DescribeClusterRequest, DescribeClusterResponse),
  broker(DescribeProducersRequest, DescribeProducersResponse),
  controller(BrokerRegistrationRequest, BrokerRegistrationResponse),
  controller(BrokerHeartbeatRequest, BrokerHeartbeatResponse),
  both(UnregisterBrokerRequest, UnregisterBrokerResponse),
  broker(DescribeTransactionsRequest, DescribeTransactionsResponse),
  broker(ListTransactionsRequest, ListTransactionsResponse),
  controller(AllocateProducerIdsRequest, AllocateProducerIdsResponse),
  broker(ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse),
  broker(ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse),
  controller(ControllerRegistrationRequest, ControllerRegistrationResponse),
  broker(GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse),
  broker(PushTelemetryRequest, PushTelemetryResponse),
  controller(AssignReplicasToDirsRequest, AssignReplicasToDirsResponse),
  broker(ListConfigResourcesRequest, ListConfigResourcesResponse),
  broker(DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse),
  broker(ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse),
  broker(ShareGroupDescribeRequest, ShareGroupDescribeResponse),
  broker(ShareFetchRequest, ShareFetchResponse),
  broker(ShareAcknowledgeRequest, ShareAcknowledgeResponse),
  both(AddRaftVoterRequest, AddRaftVoterResponse),
  both(RemoveRaftVoterRequest, RemoveRaftVoterResponse),
  controller(UpdateRaftVoterRequest, UpdateRaftVoterResponse),
  broker(InitializeShareGroupStateRequest, InitializeShareGroupStateResponse),
  broker(ReadShareGroupStateRequest, ReadShareGroupStateResponse),
  broker(WriteShareGroupStateRequest, WriteShareGroupStateResponse),
  broker(DeleteShareGroupStateRequest, DeleteShareGroupStateResponse),
  broker(ReadShareGroupStateSummaryRequest, ReadShareGroupStateSummaryResponse),
  broker(StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse),
  broker(StreamsGroupDescribeRequest, StreamsGroupDescribeResponse),
  broker(DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse),
  broker(AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse),
  broker(DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse),
]

/** Every API of Kafka 4.3 that has a version, by key. */
export const apis: ReadonlyMap<number, Api> = new Map(all.map((each) => [each.key, each]))
