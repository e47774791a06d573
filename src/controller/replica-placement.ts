import type { Random } from '../env/random.js'
import type { BrokerRegistration } from '../metadata/cluster.js'
import type { MetadataImage } from '../metadata/image.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'

/** Brokers in a fixed order, each partition beginning one further. */
class BrokerList {
  #offset = 0
  #epoch = 0
  #index = 0

  constructor(
    private readonly ids: number[],
    random: Random,
  ) {
    ids.sort((a, b) => a - b)
    if (ids.length > 0) this.#offset = random.int(ids.length)
  }

  /** The next one for the partition of that number; undefined when all were given. */
  next(epoch: number): number | undefined {
    if (this.ids.length === 0) return undefined
    if (this.#epoch !== epoch) {
      this.#epoch = epoch
      this.#index = 0
      this.#offset = (this.#offset + 1) % this.ids.length
    }
    if (this.#index >= this.ids.length) return undefined
    return this.ids[(this.#index++ + this.#offset) % this.ids.length]
  }

  shuffle(random: Random): void {
    shuffle(this.ids, random)
  }
}

interface Rack {
  readonly name: string | null
  readonly fenced: BrokerList
  readonly unfenced: BrokerList
}

function shuffle<T>(items: T[], random: Random): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.int(last + 1)
    ;[items[last], items[other]] = [items[other]!, items[last]!]
  }
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REPLICATION_FACTOR, message)
}

/** Brokers that may get new partitions. */
function isUsable(broker: BrokerRegistration): boolean {
  const { directories, cordonedDirectories } = broker
  const cordoned = cordonedDirectories ?? []
  const allCordoned = directories.length > 0 && directories.every((id) => cordoned.includes(id))
  return !broker.inControlledShutdown && !allCordoned
}

function racksOf(brokers: readonly BrokerRegistration[], random: Random): Rack[] {
  const names = [...new Set(brokers.map(({ rack }) => rack))]
  names.sort((a, b) => (a === b ? 0 : a === null ? -1 : b === null ? 1 : a < b ? -1 : 1))
  return names.map((name) => {
    const ids = (fenced: boolean): number[] =>
      brokers.filter((each) => each.rack === name && each.fenced === fenced).map(({ id }) => id)
    const fenced = new BrokerList(ids(true), random)
    return { name, fenced, unfenced: new BrokerList(ids(false), random) }
  })
}

/** Chooses replicas of one partition after another. */
class Striping {
  #epoch = 0
  #offset: number

  constructor(
    private readonly racks: Rack[],
    private readonly unfencedBrokers: number,
    private readonly random: Random,
  ) {
    this.#offset = random.int(racks.length)
  }

  next(replicationFactor: number): number[] {
    // All that the stripes can give was given: begin with others.
    if (this.#epoch === this.unfencedBrokers && this.unfencedBrokers > 1) this.#reshuffle()
    if (this.#offset === this.racks.length) this.#offset = 0
    const brokers: number[] = []
    let leaderRack = this.#offset
    while (brokers.length === 0) {
      const leader = this.racks[leaderRack]!.unfenced.next(this.#epoch)
      if (leader !== undefined) brokers.push(leader)
      else leaderRack = (leaderRack + 1) % this.racks.length
    }
    let rackIndex = this.#offset
    let skip = leaderRack
    while (brokers.length < replicationFactor) {
      if (rackIndex === skip) {
        // The leader's rack has had its turn in the first round.
        skip = -1
      } else {
        const rack = this.racks[rackIndex]!
        const replica = rack.unfenced.next(this.#epoch) ?? rack.fenced.next(this.#epoch)
        if (replica !== undefined) brokers.push(replica)
      }
      rackIndex = (rackIndex + 1) % this.racks.length
    }
    this.#epoch++
    this.#offset++
    return brokers
  }

  #reshuffle(): void {
    shuffle(this.racks, this.random)
    for (const { fenced, unfenced } of this.racks) {
      fenced.shuffle(this.random)
      unfenced.shuffle(this.random)
    }
    this.#epoch = 0
  }
}

/**
 * Spreads partitions over brokers and racks (Kafka's `StripedReplicaPlacer`): each leads as many as
 * the others, a rack gets a second replica only when all have one, and fenced brokers lead nothing.
 *
 * @returns the replicas of each partition, the preferred leader first
 * @throws KafkaError INVALID_REPLICATION_FACTOR when there are too few brokers
 */
export function placeReplicas(
  image: MetadataImage,
  partitions: number,
  replicationFactor: number,
  random: Random,
): number[][] {
  if (replicationFactor <= 0) {
    throw invalid(
      `Invalid replication factor ${replicationFactor}: the replication factor must be positive.`,
    )
  }
  const brokers = [...image.brokers.values()].filter(isUsable)
  const unfenced = brokers.filter(({ fenced }) => !fenced).length
  if (unfenced === 0) throw invalid('All brokers are currently fenced.')
  if (replicationFactor > brokers.length) {
    throw invalid(
      `The target replication factor of ${replicationFactor} cannot be reached because only ` +
        `${brokers.length} broker(s) are registered or some brokers have all their log directories cordoned.`,
    )
  }
  const striping = new Striping(racksOf(brokers, random), unfenced, random)
  return Array.from({ length: partitions }, () => striping.next(replicationFactor))
}
