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
      const readable = this.#readableBytes(position)
      if (readable === undefined) return true
      bytes += readable
    }
    return bytes >= this.options.minBytes
  }

  /** Undefined where reading it would be answered with an error, which is told at once. */
  #readableBytes(position: ReadPosition): number | undefined {
    const { partition, request } = position
    try {
      const current = this.options.replicas.partition(partition.topic, partition.partition)
      current.leaderLog(request.currentLeaderEpoch)
      return current === partition ? this.#bytesOf(position) : undefined
    } catch {
      return undefined
    }
  }

  #bytesOf(position: ReadPosition): number {
    const { partition, request, readableBytes, committedBytes, endOffset, sawAll } = position
    const { log } = partition
    const end = visibleEnd(log, this.options.readCommitted)
    if (end === endOffset) return Math.min(request.maxBytes, readableBytes)
    const bytes =
      sawAll && end === log.highWatermark
        ? readableBytes + partition.committedBytes - committedBytes
        : log.bytesBetween(request.fetchOffset, end)
    return Math.min(request.maxBytes, bytes)
  }
}
