import { NO_PRODUCER_ID } from '../../../protocol/records/index.js'
import type { OffsetCommitKey, OffsetCommitValue } from '../../../protocol/schema/group-records.js'
import type { RecordOrigin } from '../../runtime/state-machine.js'
import { type CommittedOffset, OffsetTable } from './offset-table.js'

/**
 * The offsets of one partition's groups: hard state, what their records add up to. Those of a
 * transaction count once it has been committed.
 */
export class OffsetState {
  readonly committed = new OffsetTable()
  readonly #pending = new Map<number, OffsetTable>()

  /** A transaction that isn't over has an offset for the partition. */
  isPending(groupId: string, topic: string, partition: number): boolean {
    for (const table of this.#pending.values()) {
      if (table.get(groupId, topic, partition) !== undefined) return true
    }
    return false
  }

  hasPending(groupId: string): boolean {
    for (const table of this.#pending.values()) if (table.has(groupId)) return true
    return false
  }

  /** Partitions of a group for which there is an offset, pending or not; each once. */
  *partitionsOf(groupId: string): Generator<readonly [string, number, CommittedOffset]> {
    const seen = new OffsetTable()
    for (const table of [this.committed, ...this.#pending.values()]) {
      for (const [topic, partitions] of table.topicsOf(groupId)) {
        for (const [partition, offset] of partitions) {
          if (seen.get(groupId, topic, partition) !== undefined) continue
          seen.put(groupId, topic, partition, offset)
          yield [topic, partition, offset]
        }
      }
    }
  }

  groupIds(): Set<string> {
    const ids = new Set<string>()
    for (const table of [this.committed, ...this.#pending.values()]) {
      for (const groupId of table.groupIds()) ids.add(groupId)
    }
    return ids
  }

  replay(
    { group, topic, partition }: OffsetCommitKey,
    value: OffsetCommitValue | null,
    { offset, producerId }: RecordOrigin,
  ): void {
    if (value === null) {
      this.committed.remove(group, topic, partition)
      for (const table of this.#pending.values()) table.remove(group, topic, partition)
      return
    }
    this.#tableFor(producerId).put(group, topic, partition, committedOffset(value, offset))
  }

  replayEndTransaction(producerId: number, committed: boolean): void {
    const table = this.#pending.get(producerId)
    this.#pending.delete(producerId)
    if (table === undefined || !committed) return
    for (const [groupId, topic, partition, offset] of table.entries()) {
      const existing = this.committed.get(groupId, topic, partition)
      // What was committed without a transaction meanwhile is newer.
      if (existing !== undefined && existing.recordOffset > offset.recordOffset) continue
      this.committed.put(groupId, topic, partition, offset)
    }
  }

  #tableFor(producerId: number): OffsetTable {
    if (producerId === NO_PRODUCER_ID) return this.committed
    let table = this.#pending.get(producerId)
    if (table === undefined) {
      table = new OffsetTable()
      this.#pending.set(producerId, table)
    }
    return table
  }
}

function committedOffset(value: OffsetCommitValue, recordOffset: number): CommittedOffset {
  return {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestampMs: value.commitTimestamp,
    expireTimestampMs: value.expireTimestamp,
    topicId: value.topicId,
    recordOffset,
  }
}
