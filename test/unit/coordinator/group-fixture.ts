import type { GroupCoordinatorConfig } from '../../../src/coordinator/group/group-config.js'
import { GroupCoordinator } from '../../../src/coordinator/group/group-coordinator.js'
import { type GroupMetadata, NO_METADATA } from '../../../src/coordinator/group/group-metadata.js'
import { silentLogger } from '../../../src/env/logger.js'
import { seededRandom } from '../../../src/env/random.js'
import { encodeToBuffer, type Input, ZERO_UUID } from '../../../src/protocol/codec/index.js'
import { ConsumerProtocolSubscription } from '../../../src/protocol/schema/consumer-protocol.js'
import type {
  JoinGroupRequest,
  JoinGroupResponse,
} from '../../../src/protocol/schema/join-group.js'
import type { SyncGroupResponse } from '../../../src/protocol/schema/sync-group.js'
import { ManualClock } from '../storage/storage-fixture.js'
import { Asked, settle } from './asked.js'
import { MemoryCoordinatorLog } from './memory-coordinator-log.js'

export const GROUP = 'group'
export const SESSION_MS = 10_000
export const REBALANCE_MS = 60_000
export const INITIAL_DELAY_MS = 3000
export const RETENTION_MS = 7 * 24 * 3_600_000
export const CHECK_INTERVAL_MS = 600_000

export type JoinAnswer = Input<typeof JoinGroupResponse>
export type SyncAnswer = Input<typeof SyncGroupResponse>

export const CONFIG: GroupCoordinatorConfig = {
  consumerGroupAssignmentIntervalMs: 0,
  consumerGroupAssignors: ['uniform', 'range'],
  consumerGroupHeartbeatIntervalMs: 5000,
  consumerGroupMaxAssignmentIntervalMs: 15_000,
  consumerGroupMaxHeartbeatIntervalMs: 15_000,
  consumerGroupMaxSessionTimeoutMs: 60_000,
  consumerGroupMaxSize: 100,
  consumerGroupMigrationPolicy: 'BIDIRECTIONAL',
  consumerGroupMinAssignmentIntervalMs: 0,
  consumerGroupMinHeartbeatIntervalMs: 5000,
  consumerGroupMinSessionTimeoutMs: 45_000,
  consumerGroupRegexRefreshIntervalMs: 600_000,
  consumerGroupSessionTimeoutMs: 45_000,
  groupInitialRebalanceDelayMs: INITIAL_DELAY_MS,
  groupMaxSessionTimeoutMs: 1_800_000,
  groupMaxSize: 100,
  groupMinSessionTimeoutMs: 6000,
  offsetMetadataMaxBytes: 100,
  offsetsCommitTimeoutMs: 5000,
  offsetsLoadBufferSize: 5_000_000,
  offsetsRetentionCheckIntervalMs: CHECK_INTERVAL_MS,
  offsetsRetentionMs: RETENTION_MS,
  offsetsTopicCompressionCodec: 0,
  offsetsTopicNumPartitions: 1,
  offsetsTopicSegmentBytes: 1_000_000,
}

/** What a consumer says in a protocol that it is subscribed to. */
export function subscription(...topics: string[]): Buffer {
  const version = Buffer.from([0, 1])
  const body = { topics, ownedPartitions: [] }
  return Buffer.concat([version, encodeToBuffer(ConsumerProtocolSubscription, 1, body)])
}

export interface Member {
  memberId: string
  readonly groupInstanceId: string | null
  generationId: number
}

/** One partition of groups over a log in memory, on clocks that stand still. */
export class TestGroups {
  readonly logical = new ManualClock()
  readonly pacing = new ManualClock()
  readonly coordinator: GroupCoordinator
  /** Of the requests' headers. */
  apiVersion = 9
  clientId: string | null = 'client'

  constructor(
    config: Partial<GroupCoordinatorConfig> = {},
    readonly log = new MemoryCoordinatorLog(),
    metadata: GroupMetadata = NO_METADATA,
  ) {
    this.coordinator = new GroupCoordinator({
      clocks: { logical: this.logical, pacing: this.pacing },
      random: seededRandom(1),
      logger: silentLogger,
      config: { ...CONFIG, ...config },
      metadata,
    })
    this.coordinator.onElection(0, 1, log)
  }

  get context() {
    const { apiVersion, clientId } = this
    return { apiVersion, clientId, clientAddress: '127.0.0.1' }
  }

  /** Another coordinator takes over the log. */
  restart(config: Partial<GroupCoordinatorConfig> = {}): TestGroups {
    this.coordinator.close()
    const next = new TestGroups(config, this.log)
    next.logical.advance(this.logical.now() - next.logical.now())
    return next
  }

  join(more: Partial<JoinGroupRequest> = {}): Asked<JoinAnswer> {
    const request: JoinGroupRequest = {
      groupId: GROUP,
      sessionTimeoutMs: SESSION_MS,
      rebalanceTimeoutMs: REBALANCE_MS,
      memberId: '',
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription('topic') }],
      reason: null,
      ...more,
    }
    return new Asked(this.coordinator.joinGroup(this.context, request, () => true))
  }

  /** Joins as clients do, with the id that was given first. */
  async joinTwice(more: Partial<JoinGroupRequest> = {}): Promise<Asked<JoinAnswer>> {
    const first = this.join(more)
    await settle()
    return this.join({ ...more, memberId: first.answer!.memberId })
  }

  sync(member: Member, assignments: Record<string, string> = {}): Asked<SyncAnswer> {
    return new Asked(
      this.coordinator.syncGroup(this.context, {
        groupId: GROUP,
        generationId: member.generationId,
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        protocolType: null,
        protocolName: null,
        assignments: Object.entries(assignments).map(([memberId, assignment]) => ({
          memberId,
          assignment: Buffer.from(assignment),
        })),
      }),
    )
  }

  async heartbeat({ memberId, groupInstanceId, generationId }: Member): Promise<number> {
    const answer = await this.coordinator.heartbeat(this.context, {
      groupId: GROUP,
      memberId,
      groupInstanceId,
      generationId,
    })
    return answer.errorCode
  }

  async leave(
    ...members: { memberId: string; groupInstanceId?: string | null }[]
  ): Promise<number[]> {
    const answer = await this.coordinator.leaveGroup(this.context, {
      groupId: GROUP,
      memberId: '',
      members: members.map((member) => ({ groupInstanceId: null, reason: null, ...member })),
    })
    return answer.members!.map(({ errorCode }) => errorCode)
  }

  async describe() {
    const [group] = await this.coordinator.describeGroups(this.context, [GROUP])
    return group!
  }

  async state(): Promise<string> {
    return (await this.describe()).groupState
  }

  /** A stable group of dynamic members, or of static ones by their instance ids. */
  async stable(...instances: (string | null)[]): Promise<Member[]> {
    const joins: Asked<JoinAnswer>[] = []
    for (const groupInstanceId of instances) {
      joins.push(groupInstanceId === null ? await this.joinTwice() : this.join({ groupInstanceId }))
    }
    await settle()
    this.pacing.advance(INITIAL_DELAY_MS * 2)
    await settle()
    const members = joins.map(({ answer }, index) => memberOf(answer!, instances[index]))
    const leader = members.find(({ memberId }) => memberId === joins[0]!.answer!.leader)!
    const shares = members.map(({ memberId }, index) => [memberId, `share ${index}`])
    const syncs = members.map((each) =>
      this.sync(each, each === leader ? Object.fromEntries(shares) : {}),
    )
    await settle()
    for (const { answer } of syncs) if (answer?.errorCode !== 0) throw new Error('not synced')
    return members
  }

  /** @returns the error code of each partition */
  async commit(
    offsets: Record<string, bigint>,
    more: Partial<Member> & { metadata?: string; retentionTimeMs?: number; topicId?: string } = {},
  ): Promise<number[]> {
    const answer = await this.coordinator.offsetCommit(this.context, {
      groupId: GROUP,
      generationIdOrMemberEpoch: more.generationId ?? -1,
      memberId: more.memberId ?? '',
      groupInstanceId: more.groupInstanceId ?? null,
      retentionTimeMs: more.retentionTimeMs ?? -1,
      topics: Object.entries(offsets).map(([name, committedOffset]) => ({
        name,
        topicId: more.topicId ?? ZERO_UUID,
        partitions: [
          {
            partitionIndex: 0,
            committedOffset,
            committedLeaderEpoch: -1,
            commitTimestamp: -1,
            committedMetadata: more.metadata ?? '',
          },
        ],
      })),
    })
    return answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))
  }

  /** All committed offsets by topic: of partition 0, -1 and the error where that is one. */
  async committed(requireStable = false): Promise<Record<string, bigint | number>> {
    const group = { groupId: GROUP, memberId: null, memberEpoch: -1, topics: null }
    const answer = await this.coordinator.offsetFetch(this.context, group, requireStable)
    if (answer.errorCode !== 0) throw new Error(`offsets: ${answer.errorCode}`)
    return Object.fromEntries(
      answer.topics.map(({ name, partitions: [partition] }) => [
        name,
        partition!.errorCode === 0 ? partition!.committedOffset : partition!.errorCode,
      ]),
    )
  }
}

export function memberOf(
  { memberId, generationId = -1 }: JoinAnswer,
  groupInstanceId: string | null = null,
): Member {
  return { memberId, groupInstanceId, generationId }
}
