import {
  type LeaderAndEpoch,
  NO_LEADER,
  NotLeaderError,
  type OffsetAndEpoch,
  type RaftClient,
  type RaftListener,
  type SnapshotWriter,
} from '../../../src/raft/client.js'

interface Entry {
  readonly baseOffset: number
  readonly epoch: number
  /** Undefined for the message of a new leader. */
  readonly records: readonly Buffer[] | undefined
}

/** A log whose commits and leaders are as the test says. */
export class FakeRaft implements RaftClient {
  readonly nodeId = 1
  leaderAndEpoch: LeaderAndEpoch = { leaderId: NO_LEADER, epoch: 0 }
  highWatermark: number | undefined
  logEndOffset = 0
  latestSnapshotId: OffsetAndEpoch | undefined
  /** What a test wants to know of: batches as they were appended. */
  readonly appended: (readonly Buffer[])[] = []
  readonly snapshots: { id: OffsetAndEpoch; batches: (readonly Buffer[])[] }[] = []
  /** Commits what is appended at once, from within the call. */
  commitsAtOnce = false
  #pending: Entry[] = []
  #listener: RaftListener | undefined

  register(listener: RaftListener): void {
    this.#listener = listener
  }

  unregister(): void {
    this.#listener = undefined
  }

  scheduleAppend(epoch: number, records: readonly Buffer[]): number {
    if (this.leaderAndEpoch.leaderId !== this.nodeId || epoch !== this.leaderAndEpoch.epoch) {
      throw new NotLeaderError(`node ${this.nodeId} doesn't lead in epoch ${epoch}`)
    }
    this.appended.push(records)
    this.#push(records)
    const lastOffset = this.logEndOffset - 1
    if (this.commitsAtOnce) this.commit()
    return lastOffset
  }

  /** This node leads, in the next epoch. What others had appended is committed before. */
  elect(): void {
    this.commit()
    this.leaderAndEpoch = { leaderId: this.nodeId, epoch: this.leaderAndEpoch.epoch + 1 }
    this.#push(undefined)
    this.#listener?.handleLeaderChange(this.leaderAndEpoch)
  }

  /** Another leads, and what wasn't committed never will be. */
  lose(): void {
    this.stepDown()
    this.#listener?.handleLeaderChange(this.leaderAndEpoch)
  }

  /** As {@link lose}, before anybody was told. */
  stepDown(): void {
    this.logEndOffset = this.#pending[0]?.baseOffset ?? this.logEndOffset
    this.#pending = []
    this.leaderAndEpoch = { leaderId: 2, epoch: this.leaderAndEpoch.epoch + 1 }
  }

  /** What another leader wrote. */
  replicate(records: readonly Buffer[]): void {
    this.#push(records)
    this.commit()
  }

  commit(): void {
    const due = this.#pending
    this.#pending = []
    this.highWatermark = this.logEndOffset
    for (const { baseOffset, epoch, records } of due) {
      if (records) {
        this.#listener?.handleCommit({ baseOffset, epoch, appendTimestamp: 1000, records })
      }
    }
  }

  resign(): void {}

  createSnapshot(id: OffsetAndEpoch): SnapshotWriter {
    const batches: (readonly Buffer[])[] = []
    return {
      id,
      append: (records) => void batches.push(records),
      freeze: async () => {
        this.latestSnapshotId = id
        this.snapshots.push({ id, batches })
      },
      close: () => {},
    }
  }

  async close(): Promise<void> {}

  #push(records: readonly Buffer[] | undefined): void {
    const { epoch } = this.leaderAndEpoch
    this.#pending.push({ baseOffset: this.logEndOffset, epoch, records })
    this.logEndOffset += records?.length ?? 1
  }
}
