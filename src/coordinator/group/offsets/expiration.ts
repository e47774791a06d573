import type { CoordinatorRecord } from '../../runtime/record.js'
import { ClassicGroup } from '../classic/classic-group.js'
import { NO_EXPIRATION, offsetTombstone, tombstonesOf } from '../group-records.js'
import type { Group } from '../group-store.js'
import type { OffsetState } from './offset-state.js'
import type { CommittedOffset } from './offset-table.js'

/** When an offset's retention began; undefined while none of the group's may expire. */
type RetentionStart = ((offset: CommittedOffset) => number) | undefined

/**
 * What may go of a group (KIP-211): offsets whose retention is over, and the group itself when
 * nothing is left of it.
 *
 * @param retentionMs `offsets.retention.minutes`
 * @param max so many records at most; what is left over goes another time
 */
export function expiredOf(
  group: Group,
  state: OffsetState,
  nowMs: number,
  retentionMs: number,
  max: number,
): CoordinatorRecord[] {
  const { groupId } = group
  const records: CoordinatorRecord[] = []
  const start = retentionStart(group)
  let kept = 0
  for (const [topic, partitions] of state.committed.topicsOf(groupId)) {
    for (const [partition, offset] of partitions) {
      const goes =
        records.length < max &&
        start !== undefined &&
        !group.isSubscribedTo(topic) &&
        isOver(offset, start, nowMs, retentionMs) &&
        !state.isPending(groupId, topic, partition)
      if (goes) records.push(offsetTombstone(groupId, topic, partition))
      else kept++
    }
  }
  const isDone = kept === 0 && !state.hasPending(groupId)
  if (isDone && group.state === 'Empty' && !isAwaited(group)) records.push(...tombstonesOf(group))
  return records
}

/** Somebody was given a member id to join with. */
function isAwaited(group: Group): boolean {
  return group instanceof ClassicGroup && group.pendingJoins.size > 0
}

function retentionStart(group: Group): RetentionStart {
  // Of topics that its members subscribe to, nothing expires anyway.
  if (!(group instanceof ClassicGroup)) return (offset) => offset.commitTimestampMs
  // Nobody ever joined: somebody only keeps offsets here.
  if (group.protocolType === undefined) return (offset) => offset.commitTimestampMs
  if (group.state === 'Empty') {
    return (offset) => group.stateTimestampMs ?? offset.commitTimestampMs
  }
  // What living consumers aren't subscribed to any more.
  if (group.usesConsumerProtocol && group.knowsSubscription && group.state === 'Stable') {
    return (offset) => offset.commitTimestampMs
  }
  return undefined
}

function isOver(
  offset: CommittedOffset,
  start: NonNullable<RetentionStart>,
  nowMs: number,
  retentionMs: number,
): boolean {
  if (offset.expireTimestampMs !== NO_EXPIRATION) return nowMs >= offset.expireTimestampMs
  return nowMs - start(offset) >= retentionMs
}
