import type { Logger } from '../env/logger.js'
import type { CommittedBatch, LeaderAndEpoch, RaftListener, Snapshot } from '../raft/client.js'
import type { MetadataDelta } from './delta.js'
import type { MetadataImage } from './image.js'
import { imageDifference } from './image-difference.js'
import { MetadataState } from './metadata-state.js'
import { decodeRecord } from './record.js'
import { TransactionReplay } from './transaction-replay.js'

/**
 * Learns what the metadata log says (Kafka's `MetadataPublisher`). Called in log order, one at a
 * time, in the order in which publishers were installed; may not throw.
 */
export interface MetadataPublisher {
  /**
   * `image` has all of `delta` applied. The first call brings all that there is. A batch that
   * changes nothing (a NoOpRecord) is told too: the image's provenance has moved on.
   */
  onMetadataUpdate(delta: MetadataDelta, image: MetadataImage): void
  /**
   * A batch was committed; told before its records are replayed, and of those within a metadata
   * transaction too.
   */
  onBatchCommitted?(batch: CommittedBatch): void
  /** The quorum has another leader or epoch; the leader is the active controller. */
  onControllerChange?(leader: LeaderAndEpoch): void
}

export interface MetadataLoaderOptions {
  readonly clusterId: string
  readonly logger: Logger
  /**
   * The log can't be replayed: it is damaged, or says what this version doesn't know. The node
   * can't go on; the loader does nothing more.
   */
  readonly onFault: (error: Error) => void
}

/** Replays the metadata log and tells the publishers what it comes to (Kafka's `MetadataLoader`). */
export class MetadataLoader implements RaftListener {
  #state: MetadataState
  #replay: TransactionReplay
  #failed = false
  #leader: LeaderAndEpoch | undefined
  readonly #publishers: MetadataPublisher[] = []

  constructor(private readonly options: MetadataLoaderOptions) {
    this.#state = new MetadataState(options.clusterId)
    this.#replay = new TransactionReplay(this.#state)
  }

  /** What is committed, without an unfinished metadata transaction. */
  get image(): MetadataImage {
    return this.#state
  }

  /** The committed log ends within a metadata transaction. */
  get inTransaction(): boolean {
    return this.#replay.inTransaction
  }

  /** A state of one's own to go on from, with everything that is committed. */
  copyState(): MetadataState {
    return new MetadataState(this.options.clusterId, this.#state)
  }

  install(publisher: MetadataPublisher): void {
    this.#publishers.push(publisher)
    if (this.#state.provenance.offset >= 0) {
      const empty = new MetadataState(this.options.clusterId)
      publisher.onMetadataUpdate(imageDifference(empty, this.#state), this.#state)
    }
    if (this.#leader) publisher.onControllerChange?.(this.#leader)
  }

  remove(publisher: MetadataPublisher): void {
    const index = this.#publishers.indexOf(publisher)
    if (index >= 0) this.#publishers.splice(index, 1)
  }

  handleLoadSnapshot(snapshot: Snapshot): void {
    if (this.#failed) return
    const before = this.#state
    const state = new MetadataState(this.options.clusterId)
    this.#guard(`the snapshot at offset ${snapshot.id.offset}`, () => {
      for (const batch of snapshot.batches()) {
        for (const record of batch) state.replay(decodeRecord(record))
      }
      state.provenance = {
        offset: snapshot.id.offset - 1,
        epoch: snapshot.id.epoch,
        timestampMs: snapshot.lastContainedLogTimestamp,
      }
      state.takeDelta()
      this.#state = state
      this.#replay = new TransactionReplay(state)
      this.#publish(imageDifference(before, state))
    })
  }

  handleCommit(batch: CommittedBatch): void {
    if (this.#failed) return
    for (const publisher of this.#publishers) publisher.onBatchCommitted?.(batch)
    this.#guard(`the batch at offset ${batch.baseOffset}`, () => {
      for (const record of batch.records) this.#replay.replay(decodeRecord(record))
      // Nobody may see a part of a transaction, nor take it into a snapshot.
      if (this.#replay.inTransaction) return
      this.#state.provenance = {
        offset: batch.baseOffset + batch.records.length - 1,
        epoch: batch.epoch,
        timestampMs: batch.appendTimestamp,
      }
      this.#publish(this.#state.takeDelta())
    })
  }

  handleLeaderChange(leader: LeaderAndEpoch): void {
    if (this.#failed) return
    this.#leader = leader
    for (const publisher of this.#publishers) publisher.onControllerChange?.(leader)
  }

  #publish(delta: MetadataDelta): void {
    for (const publisher of [...this.#publishers]) publisher.onMetadataUpdate(delta, this.#state)
  }

  #guard(what: string, replay: () => void): void {
    try {
      replay()
    } catch (error) {
      this.#failed = true
      const fault = error instanceof Error ? error : new Error(String(error))
      this.options.logger.error({ err: fault }, `cannot replay ${what} of the metadata log`)
      this.options.onFault(fault)
    }
  }
}
