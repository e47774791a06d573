import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { SyncGroupRequest } from '../../../protocol/schema/sync-group.js'
import { asResponseError } from '../../response-error.js'
import type { Outcome } from '../../runtime/state-machine.js'
import { groupRecord } from '../group-records.js'
import type { GroupServices } from '../group-services.js'
import { refusedSync, type SyncAnswer } from './answers.js'
import type { ClassicGroup } from './classic-group.js'
import type { ClassicMember } from './classic-member.js'
import type { Rebalance } from './rebalance.js'
import type { MemberSessions } from './sessions.js'

const NO_BYTES = Buffer.alloc(0)

/**
 * SyncGroup (Kafka's `GroupMetadataManager.classicGroupSync`): everybody waits until the leader's
 * assignment is committed. When it couldn't be, all are told so, and the group rebalances.
 */
export class SyncGroup {
  constructor(
    private readonly services: GroupServices,
    private readonly sessions: MemberSessions,
    private readonly rebalance: Rebalance,
  ) {}

  run(request: SyncGroupRequest): Outcome<SyncAnswer> {
    const group = this.services.groups.get(request.groupId)
    if (group === undefined || group.state === 'Empty') return refuse(ErrorCode.UNKNOWN_MEMBER_ID)
    const { memberId } = request
    const member = this.#requireSyncing(group, request)
    switch (group.state) {
      case 'PreparingRebalance':
        return refuse(ErrorCode.REBALANCE_IN_PROGRESS)
      case 'CompletingRebalance': {
        const response = member.awaitSync()
        this.#hasSynced(group, memberId)
        if (!group.isLeader(memberId)) return { records: [], response }
        return this.#assign(group, request, response)
      }
      case 'Stable':
        this.#hasSynced(group, memberId)
        return { records: [], response: syncAnswer(group, member) }
    }
  }

  /** @throws KafkaError */
  #requireSyncing(group: ClassicGroup, request: SyncGroupRequest): ClassicMember {
    const member = group.requireMember(request.memberId, request.groupInstanceId)
    if (request.generationId !== group.generationId) {
      throw new KafkaError(ErrorCode.ILLEGAL_GENERATION)
    }
    // Since version 5 clients say what they take the protocol for (KIP-559).
    const { protocolType, protocolName } = request
    if (
      (protocolType !== null && protocolType !== group.protocolType) ||
      (protocolName !== null && protocolName !== group.protocolName)
    ) {
      throw new KafkaError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    }
    return member
  }

  #hasSynced(group: ClassicGroup, memberId: string): void {
    group.pendingSyncs.delete(memberId)
    if (group.pendingSyncs.size === 0) this.rebalance.endSyncPhase(group)
  }

  #assign(
    group: ClassicGroup,
    request: SyncGroupRequest,
    response: Promise<SyncAnswer>,
  ): Outcome<SyncAnswer> {
    const assignments = new Map<string, Buffer>()
    for (const { memberId, assignment } of request.assignments) {
      assignments.set(memberId, Buffer.from(assignment))
    }
    const { generationId } = request
    group.isAssigning = true
    return {
      records: [groupRecord(group, assignments)],
      response,
      completed: (error) => {
        group.isAssigning = false
        // Somebody may have joined meanwhile: then everybody was told to join again.
        if (group.state !== 'CompletingRebalance' || group.generationId !== generationId) return
        if (error === null) this.#propagate(group, assignments)
        else this.#abandon(group, error)
      },
    }
  }

  #propagate(group: ClassicGroup, assignments: ReadonlyMap<string, Buffer>): void {
    for (const member of group.members()) {
      member.assignment = assignments.get(member.memberId) ?? NO_BYTES
      if (member.completeSync(syncAnswer(group, member))) this.sessions.begin(group, member)
    }
    group.transitionTo('Stable', this.services.clocks.logical.now())
  }

  #abandon(group: ClassicGroup, error: KafkaError): void {
    const { groups, context } = this.services
    const { code } = asResponseError(error)
    this.rebalance.refuseSyncs(group, code)
    context.schedule(group.groupId, 'rebalance after a failed sync', () => ({
      records:
        groups.get(group.groupId) === group && group.state === 'CompletingRebalance'
          ? this.rebalance.prepareOrCompleteJoin(group, 'the assignment could not be written')
          : [],
      response: undefined,
    }))
  }
}

function syncAnswer(group: ClassicGroup, member: ClassicMember): SyncAnswer {
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    protocolType: group.protocolType ?? null,
    protocolName: group.protocolName ?? null,
    assignment: member.assignment,
  }
}

function refuse(errorCode: ErrorCode): Outcome<SyncAnswer> {
  return { records: [], response: refusedSync(errorCode) }
}
