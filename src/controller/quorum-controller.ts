import type { Clock, Timer } from '../env/clock.js'
import type { Logger } from '../env/logger.js'
import type { Random } from '../env/random.js'
import { bootstrapRecords } from '../metadata/bootstrap.js'
import type { BrokerConfig } from '../metadata/config/broker-config.js'
import type { MetadataDelta } from '../metadata/delta.js'
import type { MetadataImage } from '../metadata/image.js'
import type { MetadataLoader, MetadataPublisher } from '../metadata/loader.js'
import type { NewRecord } from '../metadata/record.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import { type LeaderAndEpoch, NotLeaderError, type RaftClient } from '../raft/client.js'
import { activationRecords } from './activation.js'
import { ActiveController } from './active-controller.js'
import { fence } from './broker-fencing.js'
import type {
  ControllerApi,
  ControllerChannel,
  ControllerRequest,
  ControllerRequestContext,
  ControllerResponse,
} from './channel.js'
import { CommitWaiters } from './commit-waiters.js'
import type { Decide, Decision } from './decision.js'
import { decisions } from './decisions.js'

/** Requests whose decisions may wait for their commit at once; more are told to ask again. */
export const MAX_PENDING_REQUESTS = 10_000

/** A timer that goes off later than this has had its process stopped. */
const MAX_LATENESS_MS = 1000

export interface QuorumControllerOptions {
  readonly raft: RaftClient
  /** Registered with `raft`; the controller installs itself, after whoever must know first. */
  readonly loader: MetadataLoader
  /** What the node was started with. */
  readonly config: BrokerConfig
  /** The pacing clock: sessions of brokers last as long as their heartbeats really take. */
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** What `bootstrap.checkpoint` holds, for an empty log. */
  readonly bootstrap?: readonly NewRecord[]
  /** A decision can't be replayed: a fault of this program. The node can't go on. */
  readonly onFault: (error: Error) => void
}

/**
 * Decides for the cluster while its node leads the quorum, and is the way to ask for it within its
 * own process (Kafka's `QuorumController`).
 *
 * Install it with the loader after all publishers that must have seen a decision before whoever asked
 * for it is answered: `start()` does that.
 */
export class QuorumController implements ControllerChannel, MetadataPublisher {
  readonly #options: QuorumControllerOptions
  readonly #waiters = new CommitWaiters()
  #active: ActiveController | undefined
  /** Of the last record that all publishers have seen. */
  #committedOffset = -1
  #sessionTimer: Timer | undefined
  #idleTimer: Timer | undefined

  constructor(options: QuorumControllerOptions) {
    this.#options = options
  }

  /** Begins to follow the metadata log, and to lead when this node does. */
  start(): void {
    this.#options.loader.install(this)
  }

  /** Decides nothing more; those who wait are told so. */
  close(): void {
    this.#options.loader.remove(this)
    this.#resign('The controller is shutting down.')
  }

  /** Whether this node decides for the cluster at present. */
  get isActive(): boolean {
    return this.#active !== undefined
  }

  async request<A extends ControllerApi>(
    api: A,
    version: number,
    request: ControllerRequest<A>,
    { principal, clientId }: ControllerRequestContext,
  ): Promise<ControllerResponse<A>> {
    // Asked from within the commit of another decision, which comes first.
    while (this.#active?.isAppending) await Promise.resolve()
    const active = this.#active
    if (!active) throw notController('This node is not the active controller.')
    if (this.#waiters.size >= MAX_PENDING_REQUESTS) {
      throw new KafkaError(
        ErrorCode.REQUEST_TIMED_OUT,
        'Too many requests wait for the controller.',
      )
    }
    const decide = decisions[api] as Decide<ControllerRequest<A>, ControllerResponse<A>>
    const decision = decide(active.context(this.#now()), request, version)
    const offset = this.#append(active, decision)
    if (this.#active !== active) throw notController('The leadership was lost meanwhile.')
    const { length } = decision.records
    this.#options.logger.debug({ api, principal, clientId, records: length, offset }, 'decided')
    this.#heard(active, api, request, decision)
    await this.#committed(offset)
    return decision.response
  }

  onMetadataUpdate(_delta: MetadataDelta, image: MetadataImage): void {
    this.#committedOffset = image.provenance.offset
    this.#waiters.committedUpTo(this.#committedOffset)
  }

  onControllerChange({ leaderId, epoch }: LeaderAndEpoch): void {
    this.#resign(`The controller changed; epoch ${epoch} is led by node ${leaderId}.`)
    if (leaderId === this.#options.raft.nodeId) this.#activate(epoch)
  }

  #now(): number {
    return this.#options.clock.now()
  }

  #activate(epoch: number): void {
    const { raft, loader, config, random, logger, bootstrap = bootstrapRecords() } = this.#options
    const state = loader.copyState()
    const active = new ActiveController({ raft, config, random, epoch, state }, this.#now())
    this.#active = active
    logger.info({ epoch }, 'this node is the active controller')
    const records = activationRecords(active.image, loader.inTransaction, bootstrap, config)
    if (records.length > 0 && !this.#appendOwn(active, records)) return
    this.#watchSessions(active)
    this.#writeWhenIdle(active)
  }

  /** @returns the offset up to which all must be committed for the decision to hold */
  #append(
    active: ActiveController,
    decision: Pick<Decision<unknown>, 'records' | 'divisible'>,
  ): number {
    if (decision.records.length === 0) return active.lastOffset
    try {
      return active.append(decision)
    } catch (error) {
      if (error instanceof NotLeaderError) throw notController(error.message)
      if (!(error instanceof KafkaError)) this.#fault(error)
      throw error
    }
  }

  /** What nobody asked for. Returns whether this node still leads. */
  #appendOwn(active: ActiveController, records: readonly NewRecord[]): boolean {
    try {
      this.#append(active, { records, divisible: true })
      return true
    } catch (error) {
      const { logger } = this.#options
      logger.warn({ err: error, epoch: active.epoch }, 'the controller could not write')
      return false
    }
  }

  /** Takes in what a broker's request says of it beside the log. */
  #heard<A extends ControllerApi>(
    active: ActiveController,
    api: A,
    request: ControllerRequest<A>,
    decision: Decision<ControllerResponse<A>>,
  ): void {
    const { errorCode } = decision.response as { errorCode?: number }
    if (errorCode !== ErrorCode.NONE) return
    if (api === 'BrokerRegistration') {
      active.registered(request as ControllerRequest<'BrokerRegistration'>, this.#now())
    } else if (api === 'BrokerHeartbeat') {
      const { shouldShutDown } = decision.response as ControllerResponse<'BrokerHeartbeat'>
      const heartbeat = request as ControllerRequest<'BrokerHeartbeat'>
      active.heardOf(heartbeat, shouldShutDown, this.#now())
    } else return
    this.#watchSessions(active)
  }

  #committed(offset: number): Promise<void> {
    if (offset <= this.#committedOffset) return Promise.resolve()
    return new Promise((resolve, reject) => this.#waiters.add(offset, resolve, reject))
  }

  /** Wakes up when the next session of a broker ends. */
  #watchSessions(active: ActiveController): void {
    this.#sessionTimer?.cancel()
    const expiryMs = active.nextSessionExpiryMs()
    if (expiryMs === undefined || this.#active !== active) return
    const { clock } = this.#options
    this.#sessionTimer = clock.after(Math.max(0, expiryMs - clock.now()), () => {
      const nowMs = clock.now()
      // Who slept can't have heard of anybody: a machine that was suspended, a debugger.
      if (nowMs - expiryMs > MAX_LATENESS_MS) active.liveness.renewAll(nowMs)
      else this.#fenceSilentBroker(active)
      this.#watchSessions(active)
    })
  }

  /** One at a time, so that each decision sees what the one before it changed. */
  #fenceSilentBroker(active: ActiveController): void {
    const broker = active.findSilentBroker(this.#now())
    if (!broker) return
    const { logger } = this.#options
    logger.warn({ brokerId: broker.id }, 'fencing a broker whose session has timed out')
    this.#appendOwn(active, fence(active.context(this.#now()), broker))
  }

  /** Keeps the log moving, so that whoever follows it knows that it does (KIP-835). */
  #writeWhenIdle(active: ActiveController): void {
    const intervalMs = this.#options.config.get('metadata.max.idle.interval.ms')
    if (intervalMs <= 0 || this.#active !== active) return
    this.#idleTimer = this.#options.clock.after(intervalMs, () => {
      if (this.#appendOwn(active, [{ type: 'NoOpRecord', version: 0, data: {} }])) {
        this.#writeWhenIdle(active)
      }
    })
  }

  #fault(error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error))
    this.#options.logger.error({ err: cause }, 'the controller can not go on')
    this.#resign('The controller failed.')
    this.#options.onFault(cause)
  }

  #resign(reason: string): void {
    this.#active = undefined
    this.#sessionTimer?.cancel()
    this.#idleTimer?.cancel()
    this.#waiters.loseAll(notController(reason))
  }
}

function notController(message: string): KafkaError {
  return new KafkaError(ErrorCode.NOT_CONTROLLER, message)
}
