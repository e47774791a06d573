import { ZERO_UUID } from '../../protocol/codec/index.js'
import type { KafkaError } from '../../protocol/errors.js'
import {
  GroupMetadataKey,
  type GroupMetadataValue,
  LegacyOffsetCommitKey,
  type LegacyOffsetCommitValue,
  OffsetCommitKey,
  type OffsetCommitValue,
} from '../../protocol/schema/group-records.js'
import { ShareGroupMetadataKey } from '../../protocol/schema/share-group-records.js'
import { StreamsGroupMetadataKey } from '../../protocol/schema/streams-group-records.js'
import type { CoordinatorRecord } from '../runtime/record.js'
import {
  NOTHING,
  type Outcome,
  type RecordOrigin,
  type StateMachine,
} from '../runtime/state-machine.js'
import { ClassicGroups } from './classic/classic-groups.js'
import { ClassicProtocol } from './classic-protocol.js'
import { ConsumerGroups } from './consumer/consumer-groups.js'
import { ConsumerGroupReplay } from './consumer/replay.js'
import type { GroupMetadataChange } from './group-metadata.js'
import { GroupQueries } from './group-queries.js'
import { NO_EXPIRATION, tombstonesOf } from './group-records.js'
import type { GroupServices } from './group-services.js'
import type { ForeignGroupType, Group, GroupStore } from './group-store.js'
import { expiredOf } from './offsets/expiration.js'
import { GroupOffsets } from './offsets/group-offsets.js'
import { OffsetState } from './offsets/offset-state.js'

/** So many tombstones go in one batch, which must not be larger than the topic allows. */
export const MAX_TOMBSTONES = 1000

/** The record whose presence makes a group of a kind that is not run here. */
const FOREIGN_GROUPS: ReadonlyMap<number, ForeignGroupType> = new Map([
  [ShareGroupMetadataKey.key, 'Share'],
  [StreamsGroupMetadataKey.key, 'Streams'],
])

const EXPIRATION_TIMER = 'expiration'

/** The groups of one partition of `__consumer_offsets` (Kafka's `GroupCoordinatorShard`). */
export class GroupStateMachine implements StateMachine {
  readonly classic: ClassicGroups
  readonly consumer: ConsumerGroups
  readonly classicProtocol: ClassicProtocol
  readonly offsets: GroupOffsets
  readonly queries: GroupQueries
  readonly #groups: GroupStore
  readonly #offsetState = new OffsetState()
  readonly #consumerReplay: ConsumerGroupReplay

  constructor(private readonly services: GroupServices) {
    this.#groups = services.groups
    this.classic = new ClassicGroups(services)
    this.consumer = new ConsumerGroups(services)
    this.classicProtocol = new ClassicProtocol(services.groups, this.classic, this.consumer)
    this.#consumerReplay = new ConsumerGroupReplay(services.groups, (groupId, memberId) =>
      this.consumer.forget(groupId, memberId),
    )
    this.offsets = new GroupOffsets(services, this.#offsetState, this.classic)
    this.queries = new GroupQueries(services.groups)
  }

  replay(record: CoordinatorRecord, origin: RecordOrigin): void {
    const { type, key, value } = record
    switch (type) {
      case OffsetCommitKey.key:
        this.#replayOffset(key as OffsetCommitKey, value as OffsetCommitValue | null, origin)
        return
      case LegacyOffsetCommitKey.key:
        this.#replayOffset(
          key as OffsetCommitKey,
          value === null ? null : fromLegacy(value as LegacyOffsetCommitValue),
          origin,
        )
        return
      case GroupMetadataKey.key:
        this.#replayGroup((key as GroupMetadataKey).group, value as GroupMetadataValue | null)
        return
      default:
        if (!this.#consumerReplay.replay(record)) this.#replayForeign(type, key, value)
    }
  }

  replayEndTransaction(producerId: number, committed: boolean): void {
    this.#offsetState.replayEndTransaction(producerId, committed)
  }

  onLoaded(): void {
    for (const group of this.#groups.classic.values()) {
      group.restore()
      this.classic.begin(group)
    }
    for (const group of this.#groups.consumer.values()) this.consumer.begin(group)
    this.#scheduleExpiration()
  }

  onUnloaded(error: KafkaError): void {
    for (const group of this.#groups.classic.values()) this.classic.unload(group, error)
  }

  onMetadataUpdate(change: GroupMetadataChange): void {
    this.consumer.onMetadataUpdate(change)
  }

  /** @throws KafkaError GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP */
  deleteGroup(groupId: string): Outcome<void> {
    const group = this.queries.requireDeletable(groupId)
    const records = [...this.offsets.tombstonesOf(groupId), ...tombstonesOf(group)]
    return { records, response: undefined }
  }

  /** The groups with offsets, which topics may be deleted from. */
  groupsWithOffsets(): Set<string> {
    return this.#offsetState.groupIds()
  }

  /**
   * Tombstones of a group's offsets of topics, as many as a batch may have.
   *
   * @param topics ids by name
   */
  deletionsOf(groupId: string, topics: ReadonlyMap<string, string>): CoordinatorRecord[] {
    return this.offsets.tombstonesOfTopics(groupId, topics).slice(0, MAX_TOMBSTONES)
  }

  #replayOffset(key: OffsetCommitKey, value: OffsetCommitValue | null, origin: RecordOrigin): void {
    // Somebody who isn't a member of anything keeps offsets under this name.
    if (value !== null && !this.#groups.has(key.group)) {
      this.#groups.create(key.group, this.services.clocks.logical.now())
    }
    this.#offsetState.replay(key, value, origin)
  }

  #replayGroup(groupId: string, value: GroupMetadataValue | null): void {
    const known = this.#groups.get(groupId)
    if (value === null) {
      if (known !== undefined) this.classic.forget(known)
      this.#groups.classic.delete(groupId)
      return
    }
    this.#groups.foreign.delete(groupId)
    this.#groups.consumer.delete(groupId)
    const downgraded = this.#groups.downgraded.get(value)
    if (downgraded !== undefined) {
      const { group, rebalanceReason } = downgraded
      group.stored = value
      this.#groups.putClassic(groupId, group)
      this.classic.adopt(group, rebalanceReason)
      return
    }
    const group = known ?? this.#groups.create(groupId, this.services.clocks.logical.now())
    // Once they are loaded, groups are ahead of what they have written.
    group.stored = value
  }

  #replayForeign(type: number, key: unknown, value: unknown): void {
    const kind = FOREIGN_GROUPS.get(type)
    if (kind === undefined) return
    const { groupId } = key as { readonly groupId: string }
    if (value === null) {
      if (this.#groups.foreign.get(groupId) === kind) this.#groups.foreign.delete(groupId)
    } else {
      this.#groups.classic.delete(groupId)
      this.#groups.consumer.delete(groupId)
      this.#groups.putForeign(groupId, kind)
    }
  }

  #scheduleExpiration(): void {
    const { clocks, config, context } = this.services
    const { logical } = clocks
    const delayMs = config.offsetsRetentionCheckIntervalMs
    context.timers.set(EXPIRATION_TIMER, logical, delayMs, EXPIRATION_TIMER, () => {
      for (const group of this.#groups.all()) {
        // Most groups have nothing that expires.
        if (this.#expired(group).length === 0) continue
        const { groupId } = group
        context.schedule(groupId, 'expiration of offsets', () => this.#expire(groupId))
      }
      this.#scheduleExpiration()
      return NOTHING
    })
  }

  #expire(groupId: string): Outcome<void> {
    const group = this.#groups.find(groupId)
    if (group === undefined) return NOTHING
    return { records: this.#expired(group), response: undefined }
  }

  #expired(group: Group): CoordinatorRecord[] {
    const { clocks, config } = this.services
    return expiredOf(
      group,
      this.#offsetState,
      clocks.logical.now(),
      config.offsetsRetentionMs,
      MAX_TOMBSTONES,
    )
  }
}

function fromLegacy(value: LegacyOffsetCommitValue): OffsetCommitValue {
  return { ...value, leaderEpoch: -1, expireTimestamp: NO_EXPIRATION, topicId: ZERO_UUID }
}
