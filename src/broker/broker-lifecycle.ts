import type { ControllerChannel } from '../controller/channel.js'
import type { Clock, Timer } from '../env/clock.js'
import type { Logger } from '../env/logger.js'
import type { Endpoint, VersionRange } from '../metadata/cluster.js'
import { ErrorCode, errorName, KafkaError } from '../protocol/errors.js'
import type { BrokerHeartbeatResponse } from '../protocol/schema/broker-heartbeat.js'

const REGISTRATION_VERSION = 4
const HEARTBEAT_VERSION = 2
const FIRST_BACKOFF_MS = 20
const MAX_BACKOFF_MS = 1000
/** What a broker that speaks for itself is called. */
const CONTEXT = { principal: 'User:ANONYMOUS', clientId: null }

export interface BrokerLifecycleOptions {
  readonly nodeId: number
  readonly clusterId: string
  /** Uuid of this run. */
  readonly incarnationId: string
  /** As clients are to reach it. */
  readonly listeners: readonly Endpoint[]
  readonly features: ReadonlyMap<string, VersionRange>
  readonly rack: string | null
  /** Uuids of the log directories. */
  readonly directories: readonly string[]
  /** Epoch of the run before, if that ended cleanly; -1 otherwise (KIP-966). */
  readonly previousEpoch: number
  readonly channel: ControllerChannel
  /** The pacing one. */
  readonly clock: Clock
  readonly logger: Logger
  /** `broker.heartbeat.interval.ms` */
  readonly heartbeatIntervalMs: number
  /** `initial.broker.registration.timeout.ms` */
  readonly registrationTimeoutMs: number
  /** Offset of the last record of the metadata log that the broker has seen. */
  readonly metadataOffset: () => number
}

/**
 * A broker's place in its cluster (Kafka's `BrokerLifecycleManager`, KIP-631): registered, then
 * fenced until it has caught up and is ready, kept up by heartbeats, and given up by a controlled
 * shutdown.
 */
export class BrokerLifecycle {
  #epoch = -1
  /** How far the last heartbeat said that the metadata log was seen. */
  #toldOffset = -1
  #wantFence = true
  #wantShutDown = false
  #isFenced = true
  #closed = false
  #backoffMs = FIRST_BACKOFF_MS
  #pause: { readonly timer: Timer; readonly end: () => void } | undefined
  readonly #offlineDirectories = new Set<string>()
  #heartbeats: Promise<void> | undefined
  #whenUnfenced: (() => void) | undefined
  /** Hear when the controller has fenced the broker or let it go on. */
  readonly #fencingListeners = new Set<() => void>()

  constructor(private readonly options: BrokerLifecycleOptions) {}

  /** Offset of the registration's record, -1 before there is one. */
  get brokerEpoch(): number {
    return this.#epoch
  }

  get isFenced(): boolean {
    return this.#isFenced
  }

  /**
   * Registers with the controller, asking again until it agrees.
   *
   * @throws KafkaError what the controller said last, when time is over
   */
  async register(): Promise<void> {
    const { clock, registrationTimeoutMs, logger, nodeId } = this.options
    const deadlineMs = clock.now() + registrationTimeoutMs
    for (;;) {
      const error = await this.#tryToRegister()
      if (error === ErrorCode.NONE) return
      if (this.#closed || clock.now() >= deadlineMs) {
        throw new KafkaError(error, `the controller refuses node ${nodeId}: ${errorName(error)}`)
      }
      logger.info({ error: errorName(error) }, 'the broker cannot register yet')
      await this.#backOff()
    }
  }

  /** Begins the heartbeats. Resolves when the controller lets clients come. */
  async unfence(): Promise<void> {
    this.#wantFence = false
    await new Promise<void>((resolve) => {
      this.#whenUnfenced = resolve
      this.#heartbeats = this.#beatOnAndOn()
    })
  }

  /** Asks the controller to fence the broker, or to let clients come again; resolves when it has. */
  async setFenced(isFenced: boolean): Promise<void> {
    this.#wantFence = isFenced
    this.#pause?.end()
    if (this.#isFenced === isFenced || this.#closed) return
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        const isOver = this.#closed || this.#wantFence !== isFenced
        if (!isOver && this.#isFenced !== isFenced) return
        this.#fencingListeners.delete(settle)
        resolve()
      }
      this.#fencingListeners.add(settle)
    })
  }

  /** The controller may be waiting for the broker to have seen just this. */
  metadataUpdated(): void {
    if (this.#isHurried) this.#pause?.end()
  }

  /** A log directory has failed: the next heartbeat says so, at once. */
  directoryFailed(directoryId: string): void {
    this.#offlineDirectories.add(directoryId)
    this.#pause?.end()
  }

  /**
   * Hands over what this broker leads. Resolves when the controller lets it go, or after
   * `timeoutMs`; then there are no more heartbeats.
   */
  async shutdown(timeoutMs: number): Promise<void> {
    const { clock, logger } = this.options
    const heartbeats = this.#heartbeats
    if (heartbeats === undefined || this.#closed) return
    this.#wantShutDown = true
    this.#pause?.end()
    await new Promise<void>((resolve) => {
      const timer = clock.after(timeoutMs, () => {
        logger.warn({ timeoutMs }, 'the controller did not let the broker go in time')
        resolve()
      })
      void heartbeats.then(() => {
        timer.cancel()
        resolve()
      })
    })
    this.close()
  }

  /** Ends at once: no more heartbeats. */
  close(): void {
    this.#closed = true
    this.#pause?.end()
    this.#whenUnfenced?.()
    for (const listener of [...this.#fencingListeners]) listener()
  }

  /** Until it is let in, and once it is to be let go, the controller waits for nothing but us. */
  get #isHurried(): boolean {
    return this.#isFenced !== this.#wantFence || this.#wantShutDown
  }

  async #tryToRegister(): Promise<ErrorCode> {
    const { options } = this
    try {
      const { errorCode, brokerEpoch } = await options.channel.request(
        'BrokerRegistration',
        REGISTRATION_VERSION,
        {
          brokerId: options.nodeId,
          clusterId: options.clusterId,
          incarnationId: options.incarnationId,
          listeners: [...options.listeners],
          features: [...options.features].map(([name, { min, max }]) => ({
            name,
            minSupportedVersion: min,
            maxSupportedVersion: max,
          })),
          rack: options.rack,
          isMigratingZkBroker: false,
          logDirs: [...options.directories].sort(),
          previousBrokerEpoch: options.previousEpoch,
        },
        CONTEXT,
      )
      if (errorCode === ErrorCode.NONE) this.#epoch = brokerEpoch
      return errorCode as ErrorCode
    } catch (error) {
      return this.#codeOf(error)
    }
  }

  async #beatOnAndOn(): Promise<void> {
    while (!this.#closed) {
      const answer = await this.#beat()
      if (this.#closed || answer?.shouldShutDown) return
      if (answer === undefined) {
        await this.#backOff()
        continue
      }
      this.#backoffMs = FIRST_BACKOFF_MS
      this.#took(answer)
      const { heartbeatIntervalMs, metadataOffset } = this.options
      if (!this.#isHurried) await this.#wait(heartbeatIntervalMs)
      // What the controller has decided meanwhile may be all that it waits for.
      else if (metadataOffset() === this.#toldOffset) await this.#wait(FIRST_BACKOFF_MS)
    }
  }

  #took({ isFenced }: BrokerHeartbeatResponse): void {
    if (isFenced !== this.#isFenced) {
      const { logger, nodeId } = this.options
      if (isFenced) logger.warn({ nodeId }, 'the broker is fenced')
      else logger.debug({ nodeId }, 'the broker is unfenced')
    }
    const isChange = isFenced !== this.#isFenced
    this.#isFenced = isFenced
    if (isChange) for (const listener of [...this.#fencingListeners]) listener()
    if (isFenced) return
    this.#whenUnfenced?.()
    this.#whenUnfenced = undefined
  }

  /** @returns undefined when there was no answer to go by */
  async #beat(): Promise<BrokerHeartbeatResponse | undefined> {
    const { options } = this
    this.#toldOffset = options.metadataOffset()
    try {
      const answer = await options.channel.request(
        'BrokerHeartbeat',
        HEARTBEAT_VERSION,
        {
          brokerId: options.nodeId,
          brokerEpoch: this.#epoch,
          currentMetadataOffset: this.#toldOffset,
          wantFence: this.#wantFence,
          wantShutDown: this.#wantShutDown,
          offlineLogDirs: [...this.#offlineDirectories],
          cordonedLogDirs: [],
        },
        CONTEXT,
      )
      if (answer.errorCode === ErrorCode.NONE) return answer
      options.logger.warn({ error: errorName(answer.errorCode) }, 'a heartbeat was refused')
    } catch (error) {
      options.logger.warn({ error: errorName(this.#codeOf(error)) }, 'a heartbeat failed')
    }
    return undefined
  }

  #codeOf(error: unknown): ErrorCode {
    if (error instanceof KafkaError) return error.code
    this.options.logger.error({ err: error }, 'the controller cannot be asked')
    return ErrorCode.UNKNOWN_SERVER_ERROR
  }

  async #backOff(): Promise<void> {
    await this.#wait(this.#backoffMs)
    this.#backoffMs = Math.min(2 * this.#backoffMs, MAX_BACKOFF_MS)
  }

  /** Waits, but not on when something has happened that the controller is to know. */
  async #wait(delayMs: number): Promise<void> {
    if (this.#closed) return
    await new Promise<void>((resolve) => {
      const end = (): void => {
        timer.cancel()
        this.#pause = undefined
        resolve()
      }
      const timer = this.options.clock.after(delayMs, end)
      this.#pause = { timer, end }
    })
  }
}
