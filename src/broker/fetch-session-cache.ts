import type { Clock } from '../env/clock.js'
import type { Random } from '../env/random.js'
import { FetchSession, type SessionPartition } from './fetch-session.js'

/** The id that stands for no session. */
export const NO_SESSION_ID = 0

/** A session that wasn't used for so long goes first; a younger one never makes room for a larger. */
const EVICTION_MS = 120_000
/** Of all sessions together. */
const MAX_PARTITIONS = 1_000_000
const SESSION_ID_BOUND = 0x7fffffff

export interface FetchSessionCacheOptions {
  /** `max.incremental.fetch.session.cache.slots` */
  readonly maxSessions: number
  /** The pacing one. */
  readonly clock: Clock
  readonly random: Random
  /** Of all sessions together. */
  readonly maxPartitions?: number
}

/**
 * The fetch sessions of a broker (KIP-227, Kafka's `FetchSessionCache`). A client that gets no
 * session tells everything each time.
 */
export class FetchSessionCache {
  /** The longest unused first. */
  readonly #sessions = new Map<number, FetchSession>()
  readonly #options: FetchSessionCacheOptions
  readonly #maxPartitions: number
  #partitions = 0

  constructor(options: FetchSessionCacheOptions) {
    this.#options = options
    this.#maxPartitions = options.maxPartitions ?? MAX_PARTITIONS
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Of all sessions together. */
  get partitionCount(): number {
    return this.#partitions
  }

  get(id: number): FetchSession | undefined {
    return this.#sessions.get(id)
  }

  remove(id: number): void {
    const session = this.#sessions.get(id)
    if (session === undefined) return
    this.#sessions.delete(id)
    this.#partitions -= session.size
  }

  /**
   * Lets `change` add or forget partitions of a session that is used.
   *
   * @returns whether there is room for it; if not, the session is gone
   */
  use(session: FetchSession, change: () => void): boolean {
    this.remove(session.id)
    change()
    if (this.#partitions + session.size > this.#maxPartitions) return false
    session.lastUsedMs = this.#options.clock.now()
    this.#add(session)
    return true
  }

  /** A new session, if there is room for it or others have to make way. */
  create(usesTopicIds: boolean, partitions: readonly SessionPartition[]): FetchSession | undefined {
    const { clock, maxSessions } = this.#options
    const now = clock.now()
    if (this.#partitions + partitions.length > this.#maxPartitions) return undefined
    if (this.#sessions.size >= maxSessions && !this.#evict(partitions.length, now)) return undefined
    const session = new FetchSession(this.#drawId(), usesTopicIds, now, partitions)
    this.#add(session)
    return session
  }

  #add(session: FetchSession): void {
    this.#sessions.set(session.id, session)
    this.#partitions += session.size
  }

  /** Removes a session that is worth less than one of `size` partitions would be. */
  #evict(size: number, now: number): boolean {
    const [oldest] = this.#sessions.values()
    if (oldest === undefined) return false
    const victim = now - oldest.lastUsedMs > EVICTION_MS ? oldest : this.#smallestEvictable(size)
    if (victim === undefined) return false
    this.remove(victim.id)
    return true
  }

  #smallestEvictable(bound: number): FetchSession | undefined {
    let smallest: FetchSession | undefined
    for (const session of this.#sessions.values()) {
      // What counts is how old it was when it was last used, as in Kafka.
      if (session.lastUsedMs - session.createdMs <= EVICTION_MS) continue
      if (session.size < (smallest?.size ?? bound)) smallest = session
    }
    return smallest
  }

  #drawId(): number {
    for (;;) {
      const id = 1 + this.#options.random.int(SESSION_ID_BOUND - 1)
      if (!this.#sessions.has(id)) return id
    }
  }
}
