import {
  incrementSequence,
  NO_PRODUCER_EPOCH,
  NO_SEQUENCE,
  NO_TIMESTAMP,
} from '../protocol/records/batch.js'

/** How many batches of a producer are remembered, to recognise one that is sent again (KIP-98). */
export const BATCHES_RETAINED = 5

/** What is remembered of a batch. */
export interface ProducerBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly lastOffset: number
  /** Last offset less the first one. */
  readonly offsetDelta: number
  readonly timestamp: number
}

/** What one producer has written to one partition (Kafka's `ProducerStateEntry`). */
export class ProducerEntry {
  epoch = NO_PRODUCER_EPOCH
  coordinatorEpoch = -1
  lastTimestamp = NO_TIMESTAMP
  /** -1 while there is no transaction. */
  currentTxnFirstOffset = -1
  /** Oldest first, all of the current epoch. */
  #batches: ProducerBatch[] = []

  constructor(readonly producerId: number) {}

  get lastBatch(): ProducerBatch | undefined {
    return this.#batches[this.#batches.length - 1]
  }

  get lastSequence(): number {
    return this.lastBatch?.lastSequence ?? NO_SEQUENCE
  }

  addBatch(
    epoch: number,
    lastSequence: number,
    lastOffset: number,
    offsetDelta: number,
    timestamp: number,
  ): void {
    this.startEpoch(epoch)
    if (this.#batches.length === BATCHES_RETAINED) this.#batches.shift()
    const firstSequence =
      lastSequence === NO_SEQUENCE ? NO_SEQUENCE : decrementSequence(lastSequence, offsetDelta)
    this.#batches.push({ firstSequence, lastSequence, lastOffset, offsetDelta, timestamp })
    this.lastTimestamp = timestamp
  }

  /** The remembered batch with exactly these sequences, in this epoch. */
  findDuplicate(
    epoch: number,
    firstSequence: number,
    lastSequence: number,
  ): ProducerBatch | undefined {
    if (epoch !== this.epoch) return undefined
    for (const batch of this.#batches) {
      if (batch.firstSequence === firstSequence && batch.lastSequence === lastSequence) return batch
    }
    return undefined
  }

  /** Whether a batch with this sequence may come next in the current epoch. */
  isNextSequence(sequence: number): boolean {
    return sequence === incrementSequence(this.lastSequence, 1)
  }

  /** Forgets the batches of an epoch that has passed. */
  startEpoch(epoch: number): void {
    if (this.epoch === epoch) return
    this.epoch = epoch
    this.#batches = []
  }
}

function decrementSequence(sequence: number, decrement: number): number {
  const difference = sequence - decrement
  return difference < 0 ? difference + 0x80000000 : difference
}
