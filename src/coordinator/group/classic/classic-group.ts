import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { GroupMetadataValue } from '../../../protocol/schema/group-records.js'
import { bucketsOfGrownMap, inHashOrder, javaHashCode } from '../java-hash.js'
import type { JoinAnswer } from './answers.js'
import { ClassicMember, type MemberProtocol } from './classic-member.js'
import { subscribedTopics } from './subscription.js'

/** Kafka's `ClassicGroupState`, as it is named to clients, who know a group that isn't as `Dead`. */
export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

/** The protocol type of consumers, whose subscriptions the coordinator understands. */
export const CONSUMER_PROTOCOL_TYPE = 'consumer'
const NO_TOPICS: ReadonlySet<string> = new Set()

/**
 * A classic group (Kafka's `ClassicGroup`). Its hard state is `stored`, what its last record says, and
 * the offsets that are kept elsewhere. All the rest is soft state: who is a member now, the
 * generation in progress, who waits. It begins as what is stored, runs ahead of it while the group
 * rebalances, and is lost with the leadership; who waits to join or to sync is then answered
 * NOT_COORDINATOR, looks for the new coordinator, and joins there.
 */
export class ClassicGroup {
  stored: GroupMetadataValue | undefined
  generationId = 0
  /** Undefined for a group that only keeps offsets (a simple one). */
  protocolType: string | undefined
  protocolName: string | undefined
  leaderId: string | undefined
  /** In the initial rebalance somebody has joined since the delay began. */
  newMemberAdded = false
  /** The leader's assignment is on its way to the log. */
  isAssigning = false
  /** When the group came into its state, ms since the Unix epoch; undefined in old records. */
  stateTimestampMs: number | undefined
  /** Members that were given an id and are yet to join with it (KIP-394). */
  readonly pendingJoins = new Set<string>()
  /** Members of the generation that haven't asked for their assignment yet. */
  readonly pendingSyncs = new Set<string>()
  #state: ClassicGroupState = 'Empty'
  #previousState: ClassicGroupState = 'Empty'
  /** What consumers are subscribed to; undefined when that isn't known. */
  #subscribedTopics: ReadonlySet<string> | undefined
  readonly #members = new Map<string, ClassicMember>()
  /** Member ids of static members, by their instance ids. */
  readonly #staticMembers = new Map<string, string>()
  /** How many members support a protocol. */
  readonly #support = new Map<string, number>()

  constructor(
    readonly groupId: string,
    nowMs: number,
  ) {
    this.stateTimestampMs = nowMs
  }

  get state(): ClassicGroupState {
    return this.#state
  }

  get previousState(): ClassicGroupState {
    return this.#previousState
  }

  get size(): number {
    return this.#members.size
  }

  get usesConsumerProtocol(): boolean {
    return this.protocolType === CONSUMER_PROTOCOL_TYPE
  }

  get knowsSubscription(): boolean {
    return this.#subscribedTopics !== undefined
  }

  get awaitingJoinCount(): number {
    let count = 0
    for (const member of this.#members.values()) if (member.isAwaitingJoin) count++
    return count
  }

  get allMembersJoined(): boolean {
    return this.pendingJoins.size === 0 && this.awaitingJoinCount === this.size
  }

  /** The longest that any member needs to join again. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const { rebalanceTimeoutMs } of this.#members.values()) {
      longest = Math.max(longest, rebalanceTimeoutMs)
    }
    return longest
  }

  members(): Iterable<ClassicMember> {
    return this.#members.values()
  }

  member(memberId: string): ClassicMember | undefined {
    return this.#members.get(memberId)
  }

  staticMemberId(groupInstanceId: string): string | undefined {
    return this.#staticMembers.get(groupInstanceId)
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId
  }

  /** Whether offsets of the topic are in use. Without knowledge, a consumer group uses them all. */
  isSubscribedTo(topic: string): boolean {
    return this.#subscribedTopics?.has(topic) ?? this.usesConsumerProtocol
  }

  /** After loading: takes up what is stored, the generation that was stable when it was written. */
  restore(): void {
    const { stored } = this
    if (stored === undefined) return
    this.generationId = stored.generation
    this.protocolName = stored.protocol ?? undefined
    for (const member of stored.members) this.add(restoredMember(member, stored), '')
    this.protocolType = stored.protocolType === '' ? undefined : stored.protocolType
    this.leaderId = stored.leader ?? undefined
    this.#state = this.size === 0 ? 'Empty' : 'Stable'
    this.#previousState = this.#state
    this.stateTimestampMs =
      stored.currentStateTimestamp === -1 ? undefined : stored.currentStateTimestamp
    this.#subscribedTopics = this.#findSubscribedTopics()
  }

  /** Takes over the members of a consumer group and what they have, as a generation that goes on. */
  adopt(generationId: number, members: readonly ClassicMember[], nowMs: number): void {
    this.generationId = generationId
    for (const member of members) this.add(member, CONSUMER_PROTOCOL_TYPE)
    this.protocolName = this.selectProtocol()
    this.#state = 'Stable'
    this.#previousState = 'Stable'
    this.stateTimestampMs = nowMs
    this.#subscribedTopics = this.#findSubscribedTopics()
  }

  add(member: ClassicMember, protocolType: string): void {
    if (this.size === 0) this.protocolType = protocolType
    this.leaderId ??= member.memberId
    this.#put(member)
    this.pendingJoins.delete(member.memberId)
  }

  remove(memberId: string): void {
    const member = this.#members.get(memberId)
    if (member !== undefined) {
      this.#members.delete(memberId)
      this.#count(member.protocols, -1)
      if (member.groupInstanceId !== null) this.#staticMembers.delete(member.groupInstanceId)
    }
    if (this.isLeader(memberId)) this.leaderId = this.#members.keys().next().value
    this.pendingJoins.delete(memberId)
    this.pendingSyncs.delete(memberId)
  }

  /** The member with a new id. Whoever waits under the old one is fenced (KIP-345). */
  replaceStaticMember(member: ClassicMember, memberId: string): ClassicMember {
    const wasLeader = this.isLeader(member.memberId)
    member.refuse(ErrorCode.FENCED_INSTANCE_ID)
    this.#members.delete(member.memberId)
    this.#count(member.protocols, -1)
    const replacement = new ClassicMember({
      memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
      protocols: member.protocols,
      assignment: member.assignment,
    })
    this.#put(replacement)
    if (this.pendingSyncs.delete(member.memberId)) this.pendingSyncs.add(memberId)
    if (wasLeader) this.leaderId = memberId
    return replacement
  }

  updateMember(
    member: ClassicMember,
    protocols: readonly MemberProtocol[],
    rebalanceTimeoutMs: number,
    sessionTimeoutMs: number,
  ): void {
    this.#count(member.protocols, -1)
    member.protocols = protocols
    this.#count(protocols, 1)
    member.rebalanceTimeoutMs = rebalanceTimeoutMs
    member.sessionTimeoutMs = sessionTimeoutMs
  }

  /** Whether a member with these could be of the group; of the first one, any will do. */
  supportsProtocols(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (this.#state === 'Empty') return protocolType !== '' && protocols.length > 0
    return (
      this.protocolType === protocolType &&
      protocols.some(({ name }) => this.#support.get(name) === this.size)
    )
  }

  /** The protocol that most members like best, of those that all of them support. */
  selectProtocol(): string {
    const candidates = new Set<string>()
    for (const [name, count] of this.#support) if (count === this.size) candidates.add(name)
    const votes = new Map<string, number>()
    for (const member of this.#members.values()) {
      const vote = member.vote(candidates)
      votes.set(vote, (votes.get(vote) ?? 0) + 1)
    }
    const hashOf = ([name]: readonly [string, number]) => javaHashCode(name)
    const inOrder = inHashOrder(votes, hashOf, bucketsOfGrownMap(votes.size))
    let [elected, most] = inOrder[0]!
    for (const [name, count] of inOrder) if (count > most) [elected, most] = [name, count]
    return elected
  }

  /**
   * Sees to it that the leader is one of those who have joined.
   *
   * @returns false when there is nobody
   */
  electJoinedLeader(): boolean {
    const leader = this.leaderId === undefined ? undefined : this.member(this.leaderId)
    if (leader === undefined) return false
    if (leader.isAwaitingJoin) return true
    for (const member of this.#members.values()) {
      if (!member.isAwaitingJoin) continue
      this.leaderId = member.memberId
      return true
    }
    return false
  }

  transitionTo(state: ClassicGroupState, nowMs: number): void {
    this.#previousState = this.#state
    this.#state = state
    this.stateTimestampMs = nowMs
  }

  beginGeneration(nowMs: number): void {
    this.generationId++
    this.protocolName = this.size === 0 ? undefined : this.selectProtocol()
    this.#subscribedTopics = this.#findSubscribedTopics()
    this.transitionTo(this.size === 0 ? 'Empty' : 'CompletingRebalance', nowMs)
    this.pendingSyncs.clear()
  }

  /** What the leader learns of everybody, to assign partitions to them. */
  joinedMembers(): JoinAnswer['members'] {
    return [...this.#members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: member.metadata(this.protocolName ?? ''),
    }))
  }

  /** @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID */
  requireMember(memberId: string, groupInstanceId: string | null): ClassicMember {
    if (groupInstanceId !== null) {
      const current = this.#staticMembers.get(groupInstanceId)
      if (current === undefined) throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID)
      if (current !== memberId) throw new KafkaError(ErrorCode.FENCED_INSTANCE_ID)
    }
    const member = this.#members.get(memberId)
    if (member === undefined) throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID)
    return member
  }

  #findSubscribedTopics(): ReadonlySet<string> | undefined {
    if (!this.usesConsumerProtocol) return undefined
    if (this.size === 0) return NO_TOPICS
    if (this.protocolName === undefined) return undefined
    return subscribedTopics(this.#members.values(), this.protocolName)
  }

  #put(member: ClassicMember): void {
    this.#members.set(member.memberId, member)
    this.#count(member.protocols, 1)
    const { groupInstanceId, memberId } = member
    if (groupInstanceId !== null) this.#staticMembers.set(groupInstanceId, memberId)
  }

  #count(protocols: readonly MemberProtocol[], by: number): void {
    for (const name of new Set(protocols.map((protocol) => protocol.name))) {
      const count = (this.#support.get(name) ?? 0) + by
      if (count === 0) this.#support.delete(name)
      else this.#support.set(name, count)
    }
  }
}

function restoredMember(
  member: GroupMetadataValue['members'][number],
  { protocol }: GroupMetadataValue,
): ClassicMember {
  const { rebalanceTimeout, sessionTimeout } = member
  return new ClassicMember({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    // The first version of the record has one timeout for both.
    rebalanceTimeoutMs: rebalanceTimeout === -1 ? sessionTimeout : rebalanceTimeout,
    sessionTimeoutMs: sessionTimeout,
    // Of all that it supports, the group's protocol is what was kept.
    protocols: [{ name: protocol ?? '', metadata: member.subscription }],
    assignment: member.assignment,
  })
}
