import { ErrorCode } from '../protocol/errors.js'
import {
  type FetchedPartition,
  type FetchPartition,
  type FetchPartitionAnswer,
  isDiverging,
} from './fetch-partition.js'

const UNKNOWN_OFFSET = -1
const MAX_EPOCH = 0x7fffffff

/** The epoch of the request that asks for a new session. */
export const INITIAL_EPOCH = 0
/** The epoch of a request outside of any session, which closes the one that it names. */
export const FINAL_EPOCH = -1

/** The epoch that a session's next request is to have. */
export function nextEpoch(epoch: number): number {
  return epoch === MAX_EPOCH ? 1 : epoch + 1
}

/** What tells partitions of a session apart: ids where the version has them, names otherwise. */
export function partitionKey(topicOrId: string, partition: number): string {
  return `${partition}/${topicOrId}`
}

/** A partition of a session: what is asked of it, and what the client was told last. */
export class SessionPartition implements FetchPartition {
  readonly topicId: string
  readonly partition: number
  topic: string | undefined
  fetchOffset: number
  maxBytes: number
  currentLeaderEpoch: number
  lastFetchedEpoch: number
  #highWatermark: number
  #logStartOffset: number

  constructor(
    readonly key: string,
    request: FetchPartition,
    answered?: FetchPartitionAnswer,
  ) {
    this.topic = request.topic
    this.topicId = request.topicId
    this.partition = request.partition
    this.fetchOffset = request.fetchOffset
    this.maxBytes = request.maxBytes
    this.currentLeaderEpoch = request.currentLeaderEpoch
    this.lastFetchedEpoch = request.lastFetchedEpoch
    this.#highWatermark = answered?.highWatermark ?? UNKNOWN_OFFSET
    this.#logStartOffset = answered?.logStartOffset ?? UNKNOWN_OFFSET
  }

  /** Takes over what is asked now. */
  update(request: FetchPartition): void {
    this.fetchOffset = request.fetchOffset
    this.maxBytes = request.maxBytes
    this.currentLeaderEpoch = request.currentLeaderEpoch
    this.lastFetchedEpoch = request.lastFetchedEpoch
  }

  /** Notes what is answered. @returns whether the client doesn't know all of it already */
  answered(answer: FetchPartitionAnswer): boolean {
    const { errorCode, highWatermark, logStartOffset } = answer
    const isNews =
      answer.records.length > 0 ||
      errorCode !== ErrorCode.NONE ||
      isDiverging(answer) ||
      highWatermark !== this.#highWatermark ||
      logStartOffset !== this.#logStartOffset
    // With an unknown one the partition is told of again once the error has gone.
    this.#highWatermark = errorCode === ErrorCode.NONE ? highWatermark : UNKNOWN_OFFSET
    this.#logStartOffset = logStartOffset
    return isNews
  }
}

/** What the broker remembers for a client that only tells what changes (KIP-227). */
export class FetchSession {
  /** That the next request is to have. */
  epoch = nextEpoch(INITIAL_EPOCH)
  /** When it was last used, ms of the pacing clock. */
  lastUsedMs: number
  /** By {@link partitionKey}, in the order in which they are read. */
  readonly #partitions = new Map<string, SessionPartition>()

  constructor(
    readonly id: number,
    readonly usesTopicIds: boolean,
    readonly createdMs: number,
    partitions: Iterable<SessionPartition>,
  ) {
    this.lastUsedMs = createdMs
    for (const partition of partitions) this.#partitions.set(partition.key, partition)
  }

  get size(): number {
    return this.#partitions.size
  }

  get partitions(): Iterable<SessionPartition> {
    return this.#partitions.values()
  }

  /** Adds partitions or changes what is asked of them, then forgets others. */
  update(asked: ReadonlyMap<string, FetchPartition>, forgotten: Iterable<string>): void {
    for (const [key, request] of asked) {
      const known = this.#partitions.get(key)
      if (known === undefined) this.#partitions.set(key, new SessionPartition(key, request))
      else known.update(request)
    }
    for (const key of forgotten) this.#partitions.delete(key)
  }

  /** What of the results has to be told. Partitions with records are read last the next time. */
  select(fetched: readonly FetchedPartition[]): FetchedPartition[] {
    return fetched.filter(({ request, answer }) => {
      const partition = request as SessionPartition
      const isNews = partition.answered(answer)
      if (answer.records.length > 0 && this.#partitions.delete(partition.key)) {
        this.#partitions.set(partition.key, partition)
      }
      return isNews
    })
  }
}
