import type {
  ConsumerGroupCurrentMemberAssignmentValue,
  ConsumerGroupMemberMetadataValue,
} from '../../../protocol/schema/consumer-group-records.js'

/** How far a member has come on the way to its target assignment (Kafka's `MemberState`). */
export const MemberState = {
  /** It is where it should be, as far as its epoch goes. */
  STABLE: 0,
  /** It was told to give up partitions, and hasn't said yet that it has. */
  UNREVOKED_PARTITIONS: 1,
  /** Partitions that it is to have are still another member's. */
  UNRELEASED_PARTITIONS: 2,
  /** One that a later version wrote. */
  UNKNOWN: 127,
} as const
export type MemberState = (typeof MemberState)[keyof typeof MemberState]

/** By topic id and partition, the member epoch at which the partition was assigned (KIP-1251). */
export type EpochAssignment = ReadonlyMap<string, ReadonlyMap<number, number>>

/** What is kept of a member that speaks the classic protocol. */
export type ClassicMemberMetadata = NonNullable<
  ConsumerGroupMemberMetadataValue['classicMemberMetadata']
>

/** `memberEpoch` of a member that joins, or joins again. */
export const JOINING_MEMBER_EPOCH = 0
/** `memberEpoch` of a member that leaves for good. */
export const LEAVING_MEMBER_EPOCH = -1
/** `memberEpoch` of a static member that leaves, and will be back. */
export const LEAVING_STATIC_MEMBER_EPOCH = -2

export const NO_PARTITIONS: EpochAssignment = new Map()

/**
 * A member of a consumer group (Kafka's `ConsumerGroupMember`). It never changes: it is replaced when
 * its records say something new.
 */
export interface ConsumerGroupMember {
  readonly memberId: string
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly state: MemberState
  /** Of a static member; null for a dynamic one. */
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  /** As Java prints an address: `/127.0.0.1`. */
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly subscribedTopicNames: ReadonlySet<string>
  /** Empty or null when it has none. */
  readonly subscribedTopicRegex: string | null
  /** Null when any will do. */
  readonly serverAssignorName: string | null
  readonly assignedPartitions: EpochAssignment
  readonly partitionsPendingRevocation: EpochAssignment
  /** Null for a member that speaks the consumer protocol. */
  readonly classicMemberMetadata: ClassicMemberMetadata | null
}

/** A member of a consumer group that speaks the classic protocol. */
export type ClassicProtocolMember = ConsumerGroupMember & {
  readonly classicMemberMetadata: ClassicMemberMetadata
}

export function usesClassicProtocol(member: ConsumerGroupMember): member is ClassicProtocolMember {
  return member.classicMemberMetadata !== null
}

export function newMember(memberId: string): ConsumerGroupMember {
  return {
    memberId,
    memberEpoch: JOINING_MEMBER_EPOCH,
    previousMemberEpoch: -1,
    state: MemberState.STABLE,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: -1,
    subscribedTopicNames: new Set(),
    subscribedTopicRegex: '',
    serverAssignorName: null,
    assignedPartitions: NO_PARTITIONS,
    partitionsPendingRevocation: NO_PARTITIONS,
    classicMemberMetadata: null,
  }
}

/** The member's regular expression, if it has one. */
export function regexOf(member: ConsumerGroupMember | undefined): string | undefined {
  return member?.subscribedTopicRegex || undefined
}

/** Whether nothing is left to be done for the member to have its target assignment. */
export function isReconciledTo(
  { state, memberEpoch }: ConsumerGroupMember,
  targetAssignmentEpoch: number,
): boolean {
  return state === MemberState.STABLE && memberEpoch === targetAssignmentEpoch
}

export function withSubscription(
  member: ConsumerGroupMember,
  value: ConsumerGroupMemberMetadataValue,
): ConsumerGroupMember {
  return {
    ...member,
    instanceId: value.instanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    clientHost: value.clientHost,
    subscribedTopicNames: new Set(value.subscribedTopicNames),
    subscribedTopicRegex: value.subscribedTopicRegex,
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    serverAssignorName: value.serverAssignor,
    classicMemberMetadata: value.classicMemberMetadata,
  }
}

export function withCurrentAssignment(
  member: ConsumerGroupMember,
  value: ConsumerGroupCurrentMemberAssignmentValue,
): ConsumerGroupMember {
  return {
    ...member,
    memberEpoch: value.memberEpoch,
    previousMemberEpoch: value.previousMemberEpoch,
    state: memberStateOf(value.state),
    assignedPartitions: assignmentOf(value.assignedPartitions, value.memberEpoch),
    partitionsPendingRevocation: assignmentOf(value.partitionsPendingRevocation, value.memberEpoch),
  }
}

function memberStateOf(value: number): MemberState {
  const states: readonly number[] = Object.values(MemberState)
  return states.includes(value) ? (value as MemberState) : MemberState.UNKNOWN
}

/** Partitions as if all of them had been assigned at the same member epoch. */
export function atEpoch(
  assignment: ReadonlyMap<string, { keys(): Iterable<number> }>,
  epoch: number,
): EpochAssignment {
  return new Map(
    [...assignment].map(([topicId, partitions]) => [
      topicId,
      new Map([...partitions.keys()].map((partition) => [partition, epoch])),
    ]),
  )
}

/** Before Kafka 4.3 the records have no epochs: then all were assigned at the member's. */
function assignmentOf(
  topics: ConsumerGroupCurrentMemberAssignmentValue['assignedPartitions'],
  memberEpoch: number,
): EpochAssignment {
  const assignment = new Map<string, ReadonlyMap<number, number>>()
  for (const { topicId, partitions, assignmentEpochs } of topics) {
    const epochs = assignmentEpochs?.length === partitions.length ? assignmentEpochs : undefined
    const epochOf = (index: number) => epochs?.[index] ?? Math.max(memberEpoch, 0)
    assignment.set(topicId, new Map(partitions.map((each, index) => [each, epochOf(index)])))
  }
  return assignment
}

export function sameMember(a: ConsumerGroupMember, b: ConsumerGroupMember): boolean {
  return (
    a.memberId === b.memberId &&
    a.memberEpoch === b.memberEpoch &&
    a.previousMemberEpoch === b.previousMemberEpoch &&
    a.state === b.state &&
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    sameSet(a.subscribedTopicNames, b.subscribedTopicNames) &&
    a.subscribedTopicRegex === b.subscribedTopicRegex &&
    a.serverAssignorName === b.serverAssignorName &&
    sameAssignment(a.assignedPartitions, b.assignedPartitions) &&
    sameAssignment(a.partitionsPendingRevocation, b.partitionsPendingRevocation) &&
    sameClassicMetadata(a.classicMemberMetadata, b.classicMemberMetadata)
  )
}

export function sameSet<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  return a === b || (a.size === b.size && [...a].every((each) => b.has(each)))
}

export function sameAssignment(a: EpochAssignment, b: EpochAssignment): boolean {
  if (a === b) return true
  return (
    a.size === b.size &&
    [...a].every(([topicId, partitions]) => {
      const others = b.get(topicId)
      if (others === undefined || others.size !== partitions.size) return false
      return [...partitions].every(([partition, epoch]) => others.get(partition) === epoch)
    })
  )
}

function sameClassicMetadata(
  a: ClassicMemberMetadata | null,
  b: ClassicMemberMetadata | null,
): boolean {
  if (a === b) return true
  if (a === null || b === null || a.sessionTimeoutMs !== b.sessionTimeoutMs) return false
  const { supportedProtocols } = a
  return (
    supportedProtocols.length === b.supportedProtocols.length &&
    supportedProtocols.every(({ name, metadata }, index) => {
      const other = b.supportedProtocols[index]
      return other?.name === name && metadata.equals(other.metadata)
    })
  )
}
