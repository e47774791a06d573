import {
  type CommittedBatch,
  type LeaderAndEpoch,
  NO_LEADER,
  type OffsetAndEpoch,
  type RaftListener,
  type Snapshot,
} from './client.js'

/** Committed entries at one place of the log. */
export interface CommittedRun {
  /** The data among them, in order. */
  readonly batches: readonly CommittedBatch[]
  /** The offset after them. */
  readonly endOffset: number
}

/** Where a listener gets what it hasn't seen. */
export interface CommittedSource {
  logStart(): number
  latestSnapshotId(): OffsetAndEpoch | undefined
  openSnapshot(id: OffsetAndEpoch): Snapshot
  read(offset: number, highWatermark: number): CommittedRun | Promise<CommittedRun>
  /** A committed entry or a snapshot can't be read. */
  fail(error: unknown): void
}

interface LeaderNews {
  readonly leader: LeaderAndEpoch
  /** A listener of the leader itself must have seen everything before this. */
  readonly afterOffset: number
}

/** One listener and how far it has come. */
export class ListenerContext {
  #nextOffset = 0
  #begun = false
  /** The listener is being called, or a read is under way. */
  #busy = false
  #closed = false
  #highWatermark = -1
  #waiting = false
  #news: LeaderNews | undefined
  #told: LeaderAndEpoch = { leaderId: NO_LEADER, epoch: -1 }

  constructor(
    readonly listener: RaftListener,
    private readonly source: CommittedSource,
  ) {}

  close(): void {
    this.#closed = true
  }

  /** @param epochStartOffset where this node's own epoch begins, undefined when it doesn't lead */
  leaderChanged(leader: LeaderAndEpoch, epochStartOffset: number | undefined): void {
    this.#news = { leader, afterOffset: epochStartOffset ?? -1 }
    this.#deliver()
  }

  /** There may be something new up to there. */
  committed(highWatermark: number): void {
    this.#highWatermark = Math.max(this.#highWatermark, highWatermark)
    this.#deliver()
  }

  #deliver(): void {
    // A listener that appends from within a call would otherwise be called out of order.
    if (this.#busy) return
    this.#busy = true
    try {
      while (this.#step()) if (this.#closed) break
    } catch (error) {
      // The log can't be read any more; or a listener has lost its state.
      this.#closed = true
      this.source.fail(error)
    }
    if (!this.#waiting) this.#busy = false
  }

  /** @returns whether there may be more to do at once */
  #step(): boolean {
    if (this.#closed) return false
    if (this.#tellLeader() || this.#loadSnapshot()) return true
    if (this.#nextOffset >= this.#highWatermark) return false
    const run = this.source.read(this.#nextOffset, this.#highWatermark)
    if (run instanceof Promise) {
      this.#await(run)
      return false
    }
    this.#hand(run)
    return true
  }

  #await(promise: Promise<CommittedRun>): void {
    this.#waiting = true
    const resume = (hand: () => void): void => {
      this.#waiting = false
      if (!this.#closed) hand()
      this.#busy = false
      this.#deliver()
    }
    promise.then(
      (run) => resume(() => this.#isBehind() || this.#hand(run)),
      // What was to be read may have made way for a snapshot.
      (error) => resume(() => this.#isBehind() || this.source.fail(error)),
    )
  }

  #isBehind(): boolean {
    return this.#nextOffset < this.source.logStart()
  }

  #hand(run: CommittedRun): void {
    for (const batch of run.batches) {
      if (this.#closed) return
      this.#nextOffset = batch.baseOffset + batch.records.length
      this.listener.handleCommit(batch)
    }
    this.#nextOffset = Math.max(this.#nextOffset, run.endOffset)
  }

  #tellLeader(): boolean {
    const news = this.#news
    if (!news || this.#nextOffset < news.afterOffset) return false
    this.#news = undefined
    const { leaderId, epoch } = this.#told
    if (leaderId === news.leader.leaderId && epoch === news.leader.epoch) return true
    this.#told = news.leader
    this.listener.handleLeaderChange(news.leader)
    return true
  }

  #loadSnapshot(): boolean {
    const id = this.source.latestSnapshotId()
    const needed = this.#isBehind() || !this.#begun
    this.#begun = true
    if (!needed || !id) return false
    this.#nextOffset = id.offset
    this.listener.handleLoadSnapshot(this.source.openSnapshot(id))
    return true
  }
}
