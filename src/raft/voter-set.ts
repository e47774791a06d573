/** Kafka's `Uuid.ZERO_UUID`: no directory id is known. */
export const NO_DIRECTORY_ID = 'AAAAAAAAAAAAAAAAAAAAAA'

/**
 * Who a replica is: its node id and the id of the directory that its log lives in, so that a node
 * that lost its disk isn't taken for the voter it was (KIP-853). Without a directory id the node
 * id alone decides, as in a quorum that is configured statically.
 */
export interface ReplicaKey {
  readonly id: number
  readonly directoryId: string
}

export interface VoterEndpoint {
  /** Listener name. */
  readonly name: string
  readonly host: string
  readonly port: number
}

/** A voter as `VotersRecord` holds it. */
export interface Voter extends ReplicaKey {
  readonly endpoints: readonly VoterEndpoint[]
  /** The range of `kraft.version` that the voter can work with. */
  readonly kraftVersionMin: number
  readonly kraftVersionMax: number
}

/** The replicas that elect and commit. */
export class VoterSet {
  readonly #voters: ReadonlyMap<number, Voter>

  constructor(voters: readonly Voter[]) {
    this.#voters = new Map(voters.map((voter) => [voter.id, voter]))
  }

  /** Voters of whom only the node ids are known. */
  static ofIds(ids: readonly number[]): VoterSet {
    const plain = { directoryId: NO_DIRECTORY_ID, endpoints: [] }
    return new VoterSet(ids.map((id) => ({ id, ...plain, kraftVersionMin: 0, kraftVersionMax: 0 })))
  }

  get size(): number {
    return this.#voters.size
  }

  get majority(): number {
    return Math.floor(this.#voters.size / 2) + 1
  }

  ids(): number[] {
    return [...this.#voters.keys()]
  }

  voters(): Voter[] {
    return [...this.#voters.values()]
  }

  get(id: number): Voter | undefined {
    return this.#voters.get(id)
  }

  has(key: ReplicaKey): boolean {
    const voter = this.#voters.get(key.id)
    return (
      voter !== undefined &&
      (voter.directoryId === NO_DIRECTORY_ID || voter.directoryId === key.directoryId)
    )
  }

  isOnlyVoter(key: ReplicaKey): boolean {
    return this.#voters.size === 1 && this.has(key)
  }

  /** The voters other than `id`. */
  othersThan(id: number): number[] {
    return this.ids().filter((voter) => voter !== id)
  }
}
