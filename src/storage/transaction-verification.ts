import type { TransactionalBatch } from './log.js'

/**
 * Ties a batch to the question whether its partition belongs to the transaction (KIP-890): no two are
 * the same, so that an answer about one transaction doesn't let in a batch of the next.
 */
export type VerificationGuard = symbol

/** A producer whose next transactional batch has to be verified (Kafka's `VerificationStateEntry`). */
export interface Verification {
  readonly guard: VerificationGuard
  /** ms since the Unix epoch. */
  readonly beganMs: number
  /** Its client begins each transaction with a new epoch (transaction version 2), at sequence 0. */
  readonly supportsEpochBump: boolean
  /** The lowest that was asked about: nothing may overtake a batch that is yet to be sent again. */
  readonly lowestSequence: number
  readonly epoch: number
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** What is being verified for one log, by producer id. */
export class Verifications {
  readonly #byProducer = new Map<number, Mutable<Verification>>()

  get(producerId: number): Verification | undefined {
    return this.#byProducer.get(producerId)
  }

  /** Asks about a batch. */
  begin(batch: TransactionalBatch, nowMs: number): VerificationGuard {
    const { producerId, producerEpoch: epoch, sequence, supportsEpochBump } = batch
    const known = this.#byProducer.get(producerId)
    if (known === undefined) {
      const guard = Symbol('verification guard')
      const begun = { guard, beganMs: nowMs, supportsEpochBump, lowestSequence: sequence, epoch }
      this.#byProducer.set(producerId, begun)
      return guard
    }
    if (epoch > known.epoch || (epoch === known.epoch && sequence < known.lowestSequence)) {
      known.epoch = epoch
      known.lowestSequence = sequence
    }
    return known.guard
  }

  /** Something of the transaction is on the log: every guard of before is void. */
  end(producerId: number): void {
    this.#byProducer.delete(producerId)
  }

  /**
   * A transaction has ended with a marker of this epoch. Where that is an epoch of its own, a batch that
   * is verified with it belongs to the next transaction already, which has overtaken the marker.
   */
  endBefore(producerId: number, markerEpoch: number): void {
    const known = this.#byProducer.get(producerId)
    if (known?.supportsEpochBump && known.epoch === markerEpoch) return
    this.end(producerId)
  }

  removeExpired(nowMs: number, expirationMs: number): void {
    for (const [producerId, { beganMs }] of this.#byProducer) {
      if (nowMs - beganMs >= expirationMs) this.#byProducer.delete(producerId)
    }
  }
}
