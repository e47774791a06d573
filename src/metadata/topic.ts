/** The leader of a partition that has none. */
export const NO_LEADER = -1

/** Kafka's `LeaderRecoveryState`: whether the leader still recovers from an unclean election. */
export const LeaderRecoveryState = { RECOVERED: 0, RECOVERING: 1 } as const

/** One partition as the metadata log has it (Kafka's `PartitionRegistration`). Never changes. */
export interface PartitionImage {
  readonly replicas: readonly number[]
  /** The log directory of each replica, in the order of `replicas`. */
  readonly directories: readonly string[]
  readonly isr: readonly number[]
  readonly removingReplicas: readonly number[]
  readonly addingReplicas: readonly number[]
  /** Replicas outside the ISR that have everything committed (KIP-966). */
  readonly elr: readonly number[]
  readonly lastKnownElr: readonly number[]
  /** Broker id, {@link NO_LEADER} when there is none. */
  readonly leader: number
  readonly leaderRecoveryState: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
}

/** One topic. The object is replaced when a partition of it changes. */
export interface TopicImage {
  readonly name: string
  readonly id: string
  /** By partition index; the keys are 0 to size - 1. */
  readonly partitions: ReadonlyMap<number, PartitionImage>
}
