/** Waiting is over: what was waited for, and what there was instead. */
export class WaitTimeoutError extends Error {
  /** @param saw what was seen last, as the message has it */
  constructor(
    message: string,
    readonly saw: unknown,
  ) {
    super(message)
    this.name = 'WaitTimeoutError'
  }
}

export interface WaitOptions {
  /** Milliseconds of the machine's clock; 10,000 unless said. */
  readonly timeoutMs?: number
  /** Waiting is over when it is aborted: its reason is thrown. */
  readonly signal?: AbortSignal
}

/** A record of a topic, decoded. */
export interface RecordView {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Milliseconds since the Unix epoch. */
  readonly timestampMs: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  /** Taken for UTF-8; null without one. */
  readonly key: string | null
  /** Taken for UTF-8; null for a tombstone. */
  readonly value: string | null
  readonly keyBytes: Buffer | null
  readonly valueBytes: Buffer | null
  /** In their order; a name may come more than once. Values taken for UTF-8. */
  readonly headers: readonly { readonly name: string; readonly value: string | null }[]
  /** -1 without one. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly isTransactional: boolean
}

export interface RecordQuery {
  /** All of them unless said. */
  readonly partition?: number
  /** From this offset on; from the first unless said. */
  readonly from?: number
  /** So many at most of each partition; unless said, `records` gives 100,000, and `count` counts all. */
  readonly max?: number
  /** `read_committed` leaves out what transactions have not committed, which is so unless said. */
  readonly isolation?: 'read_uncommitted' | 'read_committed'
}

export interface PartitionView {
  readonly partition: number
  readonly leader: number
  readonly leaderEpoch: number
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logEndOffset: number
}

/** One topic, by name; it need not be there yet. */
export interface TopicView {
  readonly name: string
  exists(): boolean
  partitions(): readonly PartitionView[]
  /** By partition, then offset. Control records aren't among them. */
  records(query?: RecordQuery): Promise<readonly RecordView[]>
  /** Records that may be read of all partitions, as `records` would give them. */
  count(query?: RecordQuery): Promise<number>
}

export type GroupState =
  | 'Empty'
  | 'PreparingRebalance'
  | 'CompletingRebalance'
  | 'Assigning'
  | 'Reconciling'
  | 'Stable'
  | 'Dead'
  | 'NotReady'

export interface GroupMemberView {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** Names of the topics that it wants. */
  readonly subscription: readonly string[]
  /** What it has; empty while the group rebalances. */
  readonly assignment: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
}

export interface GroupOffsetView {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly metadata: string | null
  /** The partition's high watermark less the committed offset. */
  readonly lag: number
}

export interface GroupDescription {
  readonly groupId: string
  /** `Dead` when there is none of that id. */
  readonly state: GroupState
  readonly type: 'classic' | 'consumer' | 'unknown'
  readonly members: readonly GroupMemberView[]
}

/** One group, by id; it need not be there yet. */
export interface GroupView {
  readonly groupId: string
  describe(): Promise<GroupDescription>
  /** What it has committed, by topic and partition. */
  offsets(): Promise<readonly GroupOffsetView[]>
  /** Of one topic, or of all that it has committed for: the sum. */
  lag(topic?: string): Promise<number>
}

export interface TransactionView {
  readonly transactionalId: string
  readonly state: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly timeoutMs: number
  /** Milliseconds since the Unix epoch, -1 when none is under way. */
  readonly startedMs: number
  readonly partitions: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
}

/** What a group is waited to be; what is left out may be anything. */
export interface GroupExpectation extends WaitOptions {
  /** How many members. */
  readonly members?: number
  readonly state?: GroupState
}

export interface AssignmentExpectation extends WaitOptions {
  /** Every partition of these topics has an owner; of every topic subscribed to unless said. */
  readonly topics?: readonly string[]
  /** That member has it (its client id). */
  readonly clientId?: string
  /**
   * And they fetch from them, so that nothing that is produced from now on is missed, wherever a
   * consumer begins; true unless said. A consumer that is paused doesn't.
   */
  readonly fetching?: boolean
}

export interface CommitExpectation extends WaitOptions {
  readonly topic: string
  /** Any partition unless said. */
  readonly partition?: number
  /** At least that offset; any unless said. */
  readonly offset?: number
}
