import type { CommittedBatch, Snapshot } from '../../src/raft/client.js'
import type { RaftCore } from '../../src/raft/core/core.js'
import type { EpochStart } from '../../src/raft/core/epoch-history.js'
import { EMPTY, extended, type Prefix, type Witness } from './state-machine.js'

/** A promise of the protocol that was broken. */
export class BrokenInvariant extends Error {
  constructor(
    readonly invariant: string,
    message: string,
  ) {
    super(`${invariant}: ${message}`)
    this.name = 'BrokenInvariant'
  }
}

function hold(invariant: string, condition: boolean, message: () => string): void {
  if (!condition) throw new BrokenInvariant(invariant, message())
}

/** One replica while its process runs. */
export interface Observed {
  readonly nodeId: number
  /** Rises with every start of the node. */
  readonly incarnation: number
  readonly core: RaftCore
}

interface Committed {
  readonly baseOffset: number
  readonly endOffset: number
  readonly epoch: number
  /** Of the state machine after the batch. */
  readonly state: Prefix
}

/** What was ever seen, and whether it fits together. */
export class Invariants implements Witness {
  readonly #leaders = new Map<number, number>()
  readonly #highWatermarks = new Map<string, number>()
  /** Leaders whose log has been compared with what is committed. */
  readonly #checkedLeaders = new Set<string>()
  /** By the offset after the batch. */
  readonly #committed = new Map<number, Committed>()
  #last: Committed | undefined

  get committedRecords(): number {
    return this.#last?.state.count ?? 0
  }

  get committedEndOffset(): number {
    return this.#last?.endOffset ?? 0
  }

  get epochsLed(): number {
    return this.#leaders.size
  }

  /** To be called after every event. */
  check(replicas: readonly Observed[]): void {
    for (const replica of replicas) {
      this.#oneLeaderAnEpoch(replica)
      this.#highWatermarkNeverBack(replica)
      this.#leaderCompleteness(replica)
    }
    this.#logMatching(replicas)
  }

  #oneLeaderAnEpoch({ nodeId, core }: Observed): void {
    if (core.state.name !== 'leader') return
    const { epoch } = core.state
    const known = this.#leaders.get(epoch)
    hold('at most one leader an epoch', known === undefined || known === nodeId, () => {
      return `${known} and ${nodeId} both lead epoch ${epoch}`
    })
    this.#leaders.set(epoch, nodeId)
  }

  /** A leader whose epoch is young doesn't say; what it says then isn't less than it knew before. */
  #highWatermarkNeverBack({ nodeId, incarnation, core }: Observed): void {
    const { highWatermark } = core
    if (highWatermark === undefined) return
    const key = `${nodeId}/${incarnation}`
    const before = this.#highWatermarks.get(key) ?? 0
    hold('the high watermark never goes back', highWatermark >= before, () => {
      return `node ${nodeId} went from ${before} to ${highWatermark}`
    })
    hold('only what is durable is committed', highWatermark <= core.log.durableEndOffset, () => {
      return `node ${nodeId}: high watermark ${highWatermark}, durable up to ${core.log.durableEndOffset}`
    })
    this.#highWatermarks.set(key, highWatermark)
  }

  /** Raft §5.4: whoever leads has everything that is committed. */
  #leaderCompleteness({ nodeId, incarnation, core }: Observed): void {
    if (core.state.name !== 'leader' || this.#last === undefined) return
    const key = `${nodeId}/${incarnation}/${core.state.epoch}`
    if (this.#checkedLeaders.has(key)) return
    this.#checkedLeaders.add(key)
    const { log } = core
    for (const { baseOffset, endOffset, epoch } of this.#committed.values()) {
      if (epoch > core.state.epoch || baseOffset < log.startOffset) continue
      const has = endOffset <= log.endOffset && log.epochAt(endOffset - 1) === epoch
      hold('a leader has everything that is committed', has, () => {
        return `leader ${nodeId} of epoch ${core.state.epoch} lacks ${baseOffset} to ${endOffset} of epoch ${epoch}`
      })
    }
  }

  /** Logs that have an entry of the same offset and epoch are the same up to it. */
  #logMatching(replicas: readonly Observed[]): void {
    for (const [i, a] of replicas.entries()) {
      for (const b of replicas.slice(i + 1)) this.#twoLogsMatch(a, b)
    }
  }

  #twoLogsMatch(a: Observed, b: Observed): void {
    const from = Math.max(a.core.log.startOffset, b.core.log.startOffset)
    const starts = new Map(a.core.log.epochs().map((start) => [start.epoch, start]))
    // An epoch's entries were made by its one leader, so they differ only if they begin elsewhere.
    const differing = b.core.log.epochs().find((start: EpochStart) => {
      const other = starts.get(start.epoch)
      if (other === undefined) return false
      return Math.max(other.startOffset, from) !== Math.max(start.startOffset, from)
    })
    hold('log matching', differing === undefined, () => {
      return `nodes ${a.nodeId} and ${b.nodeId} begin epoch ${differing?.epoch} at different offsets`
    })
  }

  applied(nodeId: number, batch: CommittedBatch, before: number, state: Prefix): void {
    const endOffset = batch.baseOffset + batch.records.length
    hold('listeners go through the log in order', batch.baseOffset >= before, () => {
      return `node ${nodeId} applies offset ${batch.baseOffset} after ${before}`
    })
    const known = this.#committed.get(endOffset)
    if (known === undefined) {
      this.#commit(nodeId, batch, endOffset)
      this.applied(nodeId, batch, before, state)
      return
    }
    const same = known.baseOffset === batch.baseOffset && known.epoch === batch.epoch
    hold('nothing committed is lost or changed', same, () => {
      return `node ${nodeId} has epoch ${batch.epoch} at ${batch.baseOffset}, committed was epoch ${known.epoch} at ${known.baseOffset}`
    })
    hold('listeners see the same prefix', known.state.digest === state.digest, () => {
      return `node ${nodeId} differs from others before offset ${endOffset}`
    })
  }

  #commit(nodeId: number, batch: CommittedBatch, endOffset: number): void {
    const last = this.#last
    hold('nothing committed is lost or changed', batch.baseOffset >= (last?.endOffset ?? 0), () => {
      return `node ${nodeId} applies a batch at ${batch.baseOffset} to ${endOffset} that isn't the committed one`
    })
    const state = extended(last?.state ?? EMPTY, batch.records)
    this.#last = { baseOffset: batch.baseOffset, endOffset, epoch: batch.epoch, state }
    this.#committed.set(endOffset, this.#last)
  }

  loaded(nodeId: number, snapshot: Snapshot, before: number, state: Prefix): void {
    const { offset } = snapshot.id
    hold('listeners go through the log in order', offset >= before, () => {
      return `node ${nodeId} loads a snapshot at ${offset} after ${before}`
    })
    let expected = EMPTY
    for (const { endOffset, state } of this.#committed.values()) {
      if (endOffset > offset) break
      expected = state
    }
    hold('a snapshot is what the log adds up to', expected.digest === state.digest, () => {
      return `node ${nodeId} loads a snapshot at ${offset} with ${state.count} records instead of ${expected.count}`
    })
  }
}
