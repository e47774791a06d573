import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import { ClassicGroup } from './classic/classic-group.js'
import { ConsumerGroup } from './consumer/consumer-group.js'
import { inTimelineOrder, javaHashCode } from './java-hash.js'

/** Groups of kinds that are kept for whoever runs them, and not run here. */
export type ForeignGroupType = 'Share' | 'Streams'

/** A group that is run here, of whatever kind. */
export type Group = ClassicGroup | ConsumerGroup

/** A consumer group as a classic group, which takes its place once it is on the log. */
export interface DowngradedGroup {
  readonly group: ClassicGroup
  /** Undefined: its members go on as they are. */
  readonly rebalanceReason: string | undefined
}

/** The groups of one partition, by id. */
export class GroupStore {
  readonly classic = new Map<string, ClassicGroup>()
  readonly consumer = new Map<string, ConsumerGroup>()
  readonly foreign = new Map<string, ForeignGroupType>()
  /** Classic groups on their way to the log, by the value of the record that makes them be. */
  readonly downgraded = new WeakMap<object, DowngradedGroup>()
  #mostGroups = 0

  /** Whether there is a group of that id, of whatever kind. */
  has(groupId: string): boolean {
    return this.find(groupId) !== undefined || this.foreign.has(groupId)
  }

  /**
   * The group that answers to the id. A classic group that takes the place of an empty consumer group
   * does so before that one's tombstones are on the log.
   */
  find(groupId: string): Group | undefined {
    return this.classic.get(groupId) ?? this.consumer.get(groupId)
  }

  /** All that are run here, each once. */
  *all(): Generator<Group> {
    yield* this.classic.values()
    for (const group of this.consumer.values()) {
      if (!this.classic.has(group.groupId)) yield group
    }
  }

  /** All that are run here, in the order in which Kafka tells of them: that of its `groups`. */
  listed(): Group[] {
    return inTimelineOrder(this.all(), ({ groupId }) => javaHashCode(groupId), this.#mostGroups)
  }

  get(groupId: string): ClassicGroup | undefined {
    return this.classic.get(groupId)
  }

  /** @throws KafkaError GROUP_ID_NOT_FOUND */
  require(groupId: string): Group {
    const group = this.find(groupId)
    if (group !== undefined) return group
    throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} not found.`)
  }

  /** @throws KafkaError GROUP_ID_NOT_FOUND when there is none, or it is of another kind */
  requireConsumer(groupId: string): ConsumerGroup {
    const group = this.find(groupId)
    if (group instanceof ConsumerGroup) return group
    throw new KafkaError(
      ErrorCode.GROUP_ID_NOT_FOUND,
      this.has(groupId)
        ? `Group ${groupId} is not a consumer group.`
        : `Group ${groupId} not found.`,
    )
  }

  create(groupId: string, nowMs: number): ClassicGroup {
    const group = new ClassicGroup(groupId, nowMs)
    this.putClassic(groupId, group)
    return group
  }

  putClassic(groupId: string, group: ClassicGroup): void {
    this.classic.set(groupId, group)
    this.#grown()
  }

  putForeign(groupId: string, type: ForeignGroupType): void {
    this.foreign.set(groupId, type)
    this.#grown()
  }

  /** The consumer group that a record belongs to; what was there under its id makes way for it. */
  persistedConsumer(groupId: string): ConsumerGroup {
    const known = this.consumer.get(groupId)
    if (known !== undefined) return known
    this.classic.delete(groupId)
    this.foreign.delete(groupId)
    const group = new ConsumerGroup(groupId)
    this.consumer.set(groupId, group)
    this.#grown()
    return group
  }

  #grown(): void {
    const groups = this.classic.size + this.consumer.size + this.foreign.size
    this.#mostGroups = Math.max(this.#mostGroups, groups)
  }
}
