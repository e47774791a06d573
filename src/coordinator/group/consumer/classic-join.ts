import { randomUuid } from '../../../env/random.js'
import { DecodeError } from '../../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { ConsumerProtocolSubscription } from '../../../protocol/schema/consumer-protocol.js'
import type { JoinGroupRequest } from '../../../protocol/schema/join-group.js'
import type { CoordinatorRecord } from '../../runtime/record.js'
import type { Outcome } from '../../runtime/state-machine.js'
import {
  type JoinAnswer,
  refusedJoin,
  UNKNOWN_MEMBER_ID,
  VERSION_WITH_REQUIRED_MEMBER_ID,
} from '../classic/answers.js'
import { CONSUMER_PROTOCOL_TYPE } from '../classic/classic-group.js'
import type { GroupRequestContext } from '../group-context.js'
import type { GroupServices } from '../group-services.js'
import { inconsistent } from './classic-members.js'
import type { ConsumerGroup } from './consumer-group.js'
import { type ConsumerGroupMember, sameMember, sameSet } from './consumer-group-member.js'
import type { Downgrade } from './downgrade.js'
import { decodeSubscription, ownedPartitions } from './embedded-protocol.js'
import { joiningMember, requireRoom, requireStaticMember } from './membership.js'
import { forbidsMigration, migrationPolicy } from './migration-policy.js'
import type { Rebalance } from './rebalance.js'
import { memberSubscriptionRecord } from './records.js'
import type { MayDescribe, RegexSubscriptions } from './regex-subscriptions.js'
import type { MemberTimeouts } from './timeouts.js'

/** What a member of the classic protocol joins a consumer group with. */
interface Joining {
  readonly group: ConsumerGroup
  /** As the group has it. */
  readonly member: ConsumerGroupMember
  readonly updated: ConsumerGroupMember
  readonly subscription: ConsumerProtocolSubscription
  readonly records: CoordinatorRecord[]
}

/**
 * JoinGroup of a member of the classic protocol in a consumer group, for the first time or because it
 * was told to join again (Kafka's `GroupMetadataManager.classicGroupJoinToConsumerGroup`). It is what a
 * heartbeat is to the others, and answered at once: nobody waits for anybody.
 */
export class ClassicJoin {
  constructor(
    private readonly services: GroupServices,
    private readonly timeouts: MemberTimeouts,
    private readonly regexes: RegexSubscriptions,
    private readonly rebalance: Rebalance,
    private readonly downgrade: Downgrade,
  ) {}

  /**
   * @throws KafkaError INCONSISTENT_GROUP_PROTOCOL, GROUP_MAX_SIZE_REACHED, UNKNOWN_MEMBER_ID,
   *   FENCED_INSTANCE_ID, UNKNOWN_SERVER_ERROR
   */
  run(
    context: GroupRequestContext,
    group: ConsumerGroup,
    request: JoinGroupRequest,
    mayDescribe: MayDescribe,
  ): Outcome<JoinAnswer> {
    const { config, random } = this.services
    this.#requireMigration(group)
    const isUnknown = request.memberId === UNKNOWN_MEMBER_ID
    const memberId = isUnknown ? randomUuid(random) : request.memberId
    requireRoom(group, memberId, config.consumerGroupMaxSize)
    requireSupported(group, memberId, request)
    if (
      isUnknown &&
      request.groupInstanceId === null &&
      context.apiVersion >= VERSION_WITH_REQUIRED_MEMBER_ID
    ) {
      return { records: [], response: refusedJoin(ErrorCode.MEMBER_ID_REQUIRED, memberId) }
    }
    const records: CoordinatorRecord[] = []
    const member = memberOf(group, memberId, request, isUnknown, records)
    const subscription = subscriptionOf(request)
    const updated = updatedMember(member, request, subscription, context)
    return this.#join({ group, member, updated, subscription, records }, request, mayDescribe)
  }

  #join(
    joining: Joining,
    request: JoinGroupRequest,
    mayDescribe: MayDescribe,
  ): Outcome<JoinAnswer> {
    const { group, member, updated, subscription, records } = joining
    const former = group.staticMember(request.groupInstanceId)
    const isDowngrade = former !== undefined && this.downgrade.isDueReplacing(group, former)
    if (!sameMember(updated, member)) records.push(memberSubscriptionRecord(group.groupId, updated))
    const regex = this.regexes.update(group, member, updated, mayDescribe)
    records.push(...regex.records)
    const hasSubscriptionChanged =
      regex.change !== 'none' || !sameSet(updated.subscribedTopicNames, member.subscribedTopicNames)
    const owned = ownedPartitions(subscription, this.services.metadata)
    const said = { owned, hasSubscriptionChanged }
    if (isDowngrade) {
      const joined = this.#downgrade(joining, former, said)
      return { records, response: joinAnswer(joined, request) }
    }
    const target = this.rebalance.run(group, member, updated, hasSubscriptionChanged)
    records.push(...target.records)
    const reconciled = this.rebalance.reconcile(group, updated, target, said)
    records.push(...reconciled.records)
    return {
      records,
      response: joinAnswer(reconciled.member, request),
      completed: (error) => {
        if (error === null) this.#joined(group, reconciled.member, request)
      },
    }
  }

  /** The last member with the consumer protocol comes back with the classic one. */
  #downgrade(
    { group, member, updated, records }: Joining,
    former: ConsumerGroupMember,
    said: Parameters<Rebalance['reconcile']>[3],
  ): ConsumerGroupMember {
    const epoch = this.rebalance.bumpEpoch(group, member, updated, said.hasSubscriptionChanged)
    records.push(...epoch.records)
    let joined = updated
    let reason: string | undefined
    if (group.assignmentEpoch < epoch.groupEpoch) {
      reason = `downgrade of group ${group.groupId} to classic with a stale assignment`
    } else {
      const target = { epoch: group.assignmentEpoch, assignment: group.targetOf(updated) }
      const reconciled = this.rebalance.reconcile(group, updated, target, said)
      records.push(...reconciled.records)
      joined = reconciled.member
    }
    records.push(...this.downgrade.withReplacement(group, { former, joining: joined }, reason))
    return joined
  }

  #joined(
    { groupId }: ConsumerGroup,
    member: ConsumerGroupMember,
    request: JoinGroupRequest,
  ): void {
    const { memberId } = member
    this.timeouts.endJoin(groupId, memberId)
    this.timeouts.beginSession(groupId, memberId, request.sessionTimeoutMs)
    this.timeouts.beginSync(groupId, member)
  }

  #requireMigration({ groupId }: ConsumerGroup): void {
    const { consumerGroupMigrationPolicy } = this.services.config
    if (!forbidsMigration(migrationPolicy(consumerGroupMigrationPolicy))) return
    throw inconsistent(
      `Cannot join the consumer group ${groupId} with the classic protocol because the group ` +
        'migration is disabled.',
    )
  }
}

/** Whether it offers an embedded protocol that all members with the classic protocol offer. */
function requireSupported(
  group: ConsumerGroup,
  memberId: string,
  { protocolType, protocols }: JoinGroupRequest,
): void {
  const isSupported = protocols.some(
    ({ name }) => (group.classicProtocols.get(name) ?? 0) === group.classicMemberCount,
  )
  if (protocolType === CONSUMER_PROTOCOL_TYPE && isSupported) return
  throw inconsistent(`Member ${memberId}'s protocols are not supported.`)
}

function memberOf(
  group: ConsumerGroup,
  memberId: string,
  { groupInstanceId }: JoinGroupRequest,
  isUnknown: boolean,
  records: CoordinatorRecord[],
): ConsumerGroupMember {
  if (groupInstanceId === null) return group.memberOrNew(memberId)
  return isUnknown
    ? joiningMember(group, memberId, groupInstanceId, records, 'classic')
    : requireStaticMember(group, memberId, groupInstanceId)
}

/** What it subscribes to, as it says in the first protocol that it offers. */
function subscriptionOf({ protocols }: JoinGroupRequest): ConsumerProtocolSubscription {
  try {
    return decodeSubscription(protocols[0]!.metadata)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new KafkaError(
      ErrorCode.UNKNOWN_SERVER_ERROR,
      'Malformed embedded consumer protocol in subscription deserialization.',
    )
  }
}

function updatedMember(
  member: ConsumerGroupMember,
  request: JoinGroupRequest,
  { topics, rackId }: ConsumerProtocolSubscription,
  { apiVersion, clientId, clientAddress }: GroupRequestContext,
): ConsumerGroupMember {
  return {
    ...member,
    instanceId: request.groupInstanceId ?? member.instanceId,
    rackId: rackId || member.rackId,
    // Version 0 has one timeout for both.
    rebalanceTimeoutMs: apiVersion === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
    subscribedTopicNames: new Set(topics),
    subscribedTopicRegex: '',
    clientId: clientId ?? '',
    clientHost: `/${clientAddress}`,
    classicMemberMetadata: {
      sessionTimeoutMs: request.sessionTimeoutMs,
      supportedProtocols: supportedProtocols(request),
    },
  }
}

/** Each once, as the first that was given. Copies: what is kept must not keep the request's bytes. */
function supportedProtocols({ protocols }: JoinGroupRequest) {
  const byName = new Map<string, Buffer>()
  for (const { name, metadata } of protocols) {
    if (!byName.has(name)) byName.set(name, Buffer.from(metadata))
  }
  return [...byName].map(([name, metadata]) => ({ name, metadata }))
}

/** It is never told that it leads: what it is to have is assigned here. */
function joinAnswer(member: ConsumerGroupMember, { protocols }: JoinGroupRequest): JoinAnswer {
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    generationId: member.memberEpoch,
    protocolType: CONSUMER_PROTOCOL_TYPE,
    protocolName: protocols[0]!.name,
    leader: '',
    skipAssignment: false,
    memberId: member.memberId,
    members: [],
  }
}
