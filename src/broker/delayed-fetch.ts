import { type ReadPosition, visibleEnd } from './fetch-reader.js'
import type { Partition } from './partition.js'
import type { DelayedOperation } from './purgatory.js'
import type { ReplicaManager } from './replica-manager.js'

export interface DelayedFetchOptions {
  readonly replicas: ReplicaManager
  readonly positions: readonly ReadPosition[]
  /** So much has to be there. */
  readonly minBytes: number
  readonly readCommitted: boolean
  /** There is enough, or the time is up. */
  readonly onComplete: () => void
}

/** A fetch that waits for more to be committed (Kafka's `DelayedFetch`). Holds no records. */
export class DelayedFetch implements DelayedOperation {
  constructor(private readonly options: DelayedFetchOptions) {}

  get partitions(): Partition[] {
    return this.options.positions.map(({ partition }) => partition)
  }

  tryComplete(): boolean {
    if (!this.#isSatisfied()) return false
    this.options.onComplete()
    return true
  }

  onExpiration(): void {
    this.options.onComplete()
  }

  #isSatisfied(): boolean {
    let bytes = 0
    for (const position of this.options.positions) {
      if (!this.#isReadable(position)) return true
      bytes += this.#bytesOf(position)
    }
    return bytes >= this.options.minBytes
  }

  /** What reading it would answer with an error is answered at once. */
  #isReadable({ partition, request }: ReadPosition): boolean {
    try {
      const current = this.options.replicas.partition(partition.topic, partition.partition)
      current.leaderLog(request.currentLeaderEpoch)
      return current === partition
    } catch {
      return false
    }
  }

  #bytesOf({ partition, request, readableBytes, committedBytes, endOffset }: ReadPosition): number {
    const isMoved = visibleEnd(partition.log, this.options.readCommitted) !== endOffset
    const more = isMoved ? partition.committedBytes - committedBytes : 0
    return Math.min(request.maxBytes, readableBytes + more)
  }
}
