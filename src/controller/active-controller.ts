import type { Random } from '../env/random.js'
import type { BrokerRegistration } from '../metadata/cluster.js'
import type { BrokerConfig } from '../metadata/config/broker-config.js'
import type { MetadataImage } from '../metadata/image.js'
import type { MetadataState } from '../metadata/metadata-state.js'
import { decodeRecord, encodeRecord } from '../metadata/record.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type { BrokerHeartbeatRequest } from '../protocol/schema/broker-heartbeat.js'
import type { BrokerRegistrationRequest } from '../protocol/schema/broker-registration.js'
import type { RaftClient } from '../raft/client.js'
import { MAX_BATCH_BYTES } from '../raft/records.js'
import { BrokerLiveness } from './broker-liveness.js'
import { type Decision, type DecisionContext, MAX_RECORDS_PER_USER_OP } from './decision.js'

/** What a batch's header and a record's framing add at most, bytes. */
const BATCH_OVERHEAD = 100
const RECORD_OVERHEAD = 32

/** Records that only say where a metadata transaction begins and ends. */
const MARKERS: ReadonlySet<string> = new Set([
  'BeginTransactionRecord',
  'EndTransactionRecord',
  'AbortTransactionRecord',
])

export interface ActiveControllerOptions {
  readonly raft: RaftClient
  readonly config: BrokerConfig
  readonly random: Random
  /** The epoch in which this node leads. */
  readonly epoch: number
  /** Everything that is committed; the controller's own from now on. */
  readonly state: MetadataState
}

/**
 * The state of one term in office: the metadata as decided, ahead of what is committed, and what is
 * known of brokers beside the log. Thrown away with the leadership.
 */
export class ActiveController {
  readonly epoch: number
  readonly liveness: BrokerLiveness
  readonly #state: MetadataState
  readonly #options: ActiveControllerOptions
  /** Of the last record decided. */
  #lastOffset: number
  #appending = false

  constructor(options: ActiveControllerOptions, nowMs: number) {
    const { config, state } = options
    this.#options = options
    this.epoch = options.epoch
    this.#state = state
    state.takeDelta()
    this.#lastOffset = state.provenance.offset
    this.liveness = new BrokerLiveness(config.get('broker.session.timeout.ms'))
    for (const { id, inControlledShutdown } of state.brokers.values()) {
      if (id === config.nodeId) this.liveness.expect(id, nowMs)
      else this.liveness.add(id, nowMs)
      if (inControlledShutdown) this.liveness.beganShutdown(id, this.#lastOffset)
    }
  }

  get image(): MetadataImage {
    return this.#state
  }

  /** A decision is on its way to the log; no other may come between its batches. */
  get isAppending(): boolean {
    return this.#appending
  }

  get lastOffset(): number {
    return this.#lastOffset
  }

  context(nowMs: number): DecisionContext {
    const { config, random, raft } = this.#options
    const { liveness } = this
    return { image: this.#state, config, liveness, random, nowMs, nextOffset: raft.logEndOffset }
  }

  /**
   * Takes the decision over and appends it.
   *
   * @returns offset of the last record up to which all must be committed for it to hold
   * @throws KafkaError when it is more than a batch may hold
   * @throws NotLeaderError when this node leads no more
   */
  append({ records, divisible }: Pick<Decision<unknown>, 'records' | 'divisible'>): number {
    const batches = divideIntoBatches(records.map(encodeRecord))
    if (batches.length > 1 && !divisible) {
      throw new KafkaError(
        ErrorCode.UNKNOWN_SERVER_ERROR,
        `${records.length} records are more than can be committed at once`,
      )
    }
    for (const record of batches.flat()) this.#replay(record)
    // What changed isn't asked for here, and would add up.
    this.#state.takeDelta()
    this.#appending = true
    try {
      for (const batch of batches) {
        this.#lastOffset = this.#options.raft.scheduleAppend(this.epoch, batch)
      }
    } finally {
      this.#appending = false
    }
    return this.#lastOffset
  }

  registered({ brokerId }: BrokerRegistrationRequest, nowMs: number): void {
    this.liveness.add(brokerId, nowMs)
  }

  heardOf(request: BrokerHeartbeatRequest, mayStop: boolean, nowMs: number): void {
    const { brokerId, currentMetadataOffset } = request
    if (mayStop) {
      this.liveness.remove(brokerId)
      return
    }
    this.liveness.heardOf(brokerId, nowMs, currentMetadataOffset)
    const isStopping = this.#state.brokers.get(brokerId)?.inControlledShutdown
    if (isStopping && this.liveness.shutdownOffset(brokerId) === undefined) {
      this.liveness.beganShutdown(brokerId, this.#lastOffset)
    }
  }

  /** When the first session of a broker that serves ends, ms; undefined when none serves. */
  nextSessionExpiryMs(): number | undefined {
    return this.liveness.nextExpiryMs(this.#unfenced().map(({ id }) => id))
  }

  /** A broker that serves and wasn't heard of for a session timeout. */
  findSilentBroker(nowMs: number): BrokerRegistration | undefined {
    return this.#unfenced().find(({ id }) => this.liveness.isSilent(id, nowMs))
  }

  #unfenced(): BrokerRegistration[] {
    return [...this.#state.brokers.values()].filter(({ fenced }) => !fenced)
  }

  #replay(encoded: Buffer): void {
    const record = decodeRecord(encoded)
    if (MARKERS.has(record.type)) return
    this.#state.replay(record)
  }
}

/** As few batches as hold the records, in order. */
function divideIntoBatches(records: readonly Buffer[]): Buffer[][] {
  const batches: Buffer[][] = []
  let bytes = 0
  for (const record of records) {
    const size = record.length + RECORD_OVERHEAD
    const last = batches.at(-1)
    if (last && last.length < MAX_RECORDS_PER_USER_OP && bytes + size <= MAX_BATCH_BYTES) {
      last.push(record)
      bytes += size
    } else {
      batches.push([record])
      bytes = BATCH_OVERHEAD + size
    }
  }
  return batches
}
