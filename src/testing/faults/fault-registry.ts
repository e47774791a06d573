import {
  type Answer,
  type Handler,
  type Peer,
  type RequestContext,
  releaseAnswer,
} from '../../broker/handler.js'
import type { Exchange, Proceed, RequestInterceptor } from '../../broker/interceptor.js'
import type { Clock } from '../../env/clock.js'
import { ApiKey } from '../../protocol/api-keys.js'
import type { Versions } from '../../protocol/codec/index.js'
import type { ErrorName } from '../../protocol/errors.js'
import { ActiveFault } from './active-fault.js'
import { checkFaultSpec } from './check-spec.js'
import type {
  ApiSelector,
  DiskOperation,
  FaultAction,
  FaultMoment,
  FaultOptions,
  FaultSpec,
  FaultTriggers,
  NameSelector,
} from './fault-spec.js'
import type { Fault, Faults } from './faults.js'
import { type BrokerKnowledge, type Match, RequestMatcher } from './request-matcher.js'
import { AROUND, strikes } from './strikes.js'
import { cappedVersions, cappingOf, type VersionCapping } from './version-capping.js'

/** What faults do to the broker beside its requests. */
export interface FaultyBroker extends BrokerKnowledge {
  /** Closes the ports and all connections. */
  closePorts(): Promise<void>
  /** Opens the same ports again. */
  openPorts(): Promise<void>
  setFenced(isFenced: boolean): Promise<void>
  fenceProducer(transactionalId: string): Promise<{ producerId: number; producerEpoch: number }>
  /** Lets the disk ask the fault before each operation. @returns what ends that */
  failDisk(spec: FaultSpec, strike: () => boolean): () => void
}

export interface FaultRegistryOptions {
  readonly broker: FaultyBroker
  /** The pacing one. */
  readonly clock: Clock
  /** A fault strikes a request. */
  readonly onStrike: (context: RequestContext, fault: Fault) => void
  /** What requests there have been lately, for a message. */
  readonly recentRequests: () => string
  /** The release whose API versions the broker has for good: it is none of the faults. */
  readonly asVersion?: string | undefined
}

interface RequestFault {
  readonly fault: ActiveFault
  readonly matcher: RequestMatcher
}

type MomentOption = { readonly when?: FaultMoment }
type DiskOptions = FaultTriggers & Pick<FaultOptions, 'until'> & { readonly path?: NameSelector }

/** The faults of one broker: what of them is in force, and how they strike its requests. */
export class FaultRegistry implements Faults, RequestInterceptor {
  readonly #options: FaultRegistryOptions
  /** Whatever may still have something to end. */
  readonly #faults = new Set<ActiveFault>()
  #requestFaults: readonly RequestFault[] = []
  readonly #cappings = new Map<ActiveFault | undefined, VersionCapping>()
  readonly #muted = new WeakMap<Peer, number>()
  /** No connection is muted for longer. */
  #mutedUntilMs = 0
  #lastId = 0

  /** @throws TypeError for a release that isn't known */
  constructor(options: FaultRegistryOptions) {
    this.#options = options
    const { asVersion: release } = options
    if (release === undefined) return
    this.#cappings.set(undefined, cappingOf(checkFaultSpec({ kind: 'asVersion', release }))!)
  }

  get active(): readonly Fault[] {
    return [...this.#faults].filter(({ isActive }) => isActive)
  }

  get(id: number): Fault | undefined {
    return [...this.#faults].find((fault) => fault.id === id)
  }

  get isOrdering(): boolean {
    return this.#requestFaults.length > 0 || this.#isMuting
  }

  add(spec: FaultSpec, { until }: Pick<FaultOptions, 'until'> = {}): Fault {
    const fault = this.#make(checkFaultSpec(spec))
    if (until !== undefined) fault.until(until)
    return fault
  }

  error(
    api: ApiSelector,
    error: ErrorName | number,
    options: FaultOptions & MomentOption & { readonly message?: string } = {},
  ): Fault {
    return this.#added({ kind: 'error', api, error }, options)
  }

  delay(api: ApiSelector, ms: number, options: FaultOptions & MomentOption = {}): Fault {
    return this.#added({ kind: 'delay', api, ms }, options)
  }

  disconnect(api: ApiSelector, when: FaultMoment, options: FaultOptions = {}): Fault {
    return this.#added({ kind: 'disconnect', api, when }, options)
  }

  drop(api: ApiSelector, options: FaultOptions & MomentOption = {}): Fault {
    return this.#added({ kind: 'drop', api }, options)
  }

  throttle(api: ApiSelector, ms: number, options: FaultOptions = {}): Fault {
    return this.#added({ kind: 'throttle', api, ms }, options)
  }

  blackhole(clientId?: NameSelector, options: FaultOptions = {}): Fault {
    const selected = clientId === undefined ? options : { clientId, ...options }
    return this.#added({ kind: 'blackhole' }, selected)
  }

  corrupt(topic?: NameSelector, options: FaultOptions = {}): Fault {
    const selected = topic === undefined ? options : { topic, ...options }
    return this.#added({ kind: 'corrupt' }, selected)
  }

  capVersions(api: ApiSelector, max: number, options: { readonly min?: number } = {}): Fault {
    return this.add({ kind: 'capVersions', api, max, ...options })
  }

  asVersion(release: string): Fault {
    return this.add({ kind: 'asVersion', release })
  }

  async down(): Promise<Fault> {
    return this.#inForce({ kind: 'down' })
  }

  async up(): Promise<void> {
    await this.#stopAll((fault) => fault.spec.kind === 'down')
  }

  diskFull(options: DiskOptions = {}): Fault {
    return this.#added({ kind: 'diskFull' }, options)
  }

  ioError(
    options: DiskOptions & { readonly operation?: DiskOperation; readonly code?: string } = {},
  ): Fault {
    return this.#added({ kind: 'ioError' }, options)
  }

  fenceProducer(transactionalId: string): Promise<{ producerId: number; producerEpoch: number }> {
    return this.#options.broker.fenceProducer(transactionalId)
  }

  async fenceBroker(): Promise<Fault> {
    return this.#inForce({ kind: 'fenceBroker' })
  }

  async clear(): Promise<void> {
    await this.#stopAll(() => true)
  }

  /** What is held back isn't answered any more: its connections are closed. */
  release(): void {
    for (const fault of this.#faults) fault.release('closed')
  }

  versions(handler: Handler, usual: Versions): Versions {
    let versions = usual
    for (const capping of this.#cappings.values()) versions = capping(handler, versions)
    return versions
  }

  intercept(exchange: Exchange, proceed: Proceed): Answer<unknown> | Promise<Answer<unknown>> {
    const isMuted = this.#isMuting && this.#muted.has(exchange.context.peer)
    if (this.#requestFaults.length === 0 && this.#cappings.size === 0 && !isMuted) {
      return this.#corruptedSince(exchange, proceed())
    }
    const run = (): Answer<unknown> | Promise<Answer<unknown>> =>
      this.#corruptedSince(
        exchange,
        this.#run(this.#requestFaults, 0, exchange, this.#capped(exchange, proceed)),
      )
    return isMuted ? this.#whenHeard(exchange.context.peer).then(run) : run()
  }

  /** A fetch may wait for records that come when there is a fault that wants them corrupted. */
  #corruptedSince(
    exchange: Exchange,
    answer: Answer<unknown> | Promise<Answer<unknown>>,
  ): Answer<unknown> | Promise<Answer<unknown>> {
    if (exchange.context.apiKey !== ApiKey.Fetch || !(answer instanceof Promise)) return answer
    const lastId = this.#lastId
    return answer.then((fetched) => {
      const since = this.#requestFaults.filter(
        ({ fault }) => fault.id > lastId && fault.spec.kind === 'corrupt',
      )
      return this.#run(since, 0, exchange, () => fetched)
    })
  }

  get #isMuting(): boolean {
    return this.#mutedUntilMs > 0 && this.#mutedUntilMs > this.#options.clock.now()
  }

  #run(
    faults: readonly RequestFault[],
    index: number,
    exchange: Exchange,
    proceed: Proceed,
  ): Answer<unknown> | Promise<Answer<unknown>> {
    const next = faults[index]
    if (next === undefined) return proceed(exchange.request)
    const goOn: Proceed = (request = exchange.request) =>
      this.#run(faults, index + 1, { ...exchange, request }, proceed)
    const { fault, matcher } = next
    if (!fault.isActive || !matcher.concerns(exchange)) return goOn()
    if (exchange.context.apiKey === ApiKey.Fetch && matcher.selection !== undefined) {
      return this.#strikeFetch(next, exchange, goOn)
    }
    const match = matcher.match(exchange)
    return match === undefined ? goOn() : this.#strike(next, match, exchange, goOn)
  }

  #strike(
    { fault, matcher }: RequestFault,
    match: Match,
    exchange: Exchange,
    proceed: Proceed,
  ): Answer<unknown> | Promise<Answer<unknown>> {
    const { context } = exchange
    const strike = (): boolean => {
      const strikes = fault.draw()
      if (strikes) this.#options.onStrike(context, fault)
      return strikes
    }
    const mute = (ms: number): void => this.#mute(context.peer, ms)
    const call = { fault, matcher, match, exchange, proceed, strike, mute }
    return strikes[fault.spec.kind]!(call, fault.spec as never)
  }

  /**
   * What a fetch is about is known to its session, and so to the handler: it is asked first, and
   * reads no less if nobody hears of it.
   */
  #strikeFetch(
    struck: RequestFault,
    exchange: Exchange,
    proceed: Proceed,
  ): Answer<unknown> | Promise<Answer<unknown>> {
    const { kind } = struck.fault.spec
    if (kind === 'error' || kind === 'corrupt') {
      return this.#strike(struck, WHOLE, exchange, proceed)
    }
    const { context } = exchange
    const before = context.refusePartition
    let isMeant = false
    context.refusePartition = (topic, partition) => {
      isMeant ||= struck.matcher.isPartition(topic, partition)
      return before?.(topic, partition)
    }
    const answer = proceed()
    if (!isMeant) return answer
    let isHeard = false
    const hear: Proceed = () => {
      isHeard = true
      return answer
    }
    const outcome = Promise.resolve(this.#strike(struck, WHOLE, exchange, hear))
    return outcome.finally(() => {
      if (!isHeard) void Promise.resolve(answer).then(releaseAnswer)
    })
  }

  /** ApiVersions is to tell of no more than there is. */
  #capped({ context }: Exchange, proceed: Proceed): Proceed {
    if (this.#cappings.size === 0 || context.apiKey !== ApiKey.ApiVersions) return proceed
    return async (request) => {
      const answer = await proceed(request)
      return cappedVersions(answer, [...this.#cappings.values()])
    }
  }

  #mute(peer: Peer, ms: number): void {
    const untilMs = this.#options.clock.now() + ms
    this.#muted.set(peer, untilMs)
    this.#mutedUntilMs = Math.max(this.#mutedUntilMs, untilMs)
  }

  async #whenHeard(peer: Peer): Promise<void> {
    const { clock } = this.#options
    const leftMs = (this.#muted.get(peer) ?? 0) - clock.now()
    if (leftMs <= 0) return
    await new Promise<void>((resolve) => {
      const end = (): void => {
        timer.cancel()
        peer.closeListeners.delete(end)
        resolve()
      }
      const timer = clock.after(leftMs, end)
      peer.closeListeners.add(end)
    })
  }

  #added(action: FaultAction, options: FaultOptions & Partial<FaultAction>): Fault {
    const { until, ...rest } = options
    return this.add({ ...action, ...rest } as FaultSpec, until === undefined ? {} : { until })
  }

  async #inForce(spec: FaultSpec): Promise<Fault> {
    const fault = this.add(spec)
    await fault.ready
    return fault
  }

  #make(spec: FaultSpec): ActiveFault {
    const { broker, clock, recentRequests } = this.#options
    const effect = this.#effectOf(spec)
    const fault = new ActiveFault({
      id: ++this.#lastId,
      spec,
      clock,
      recentRequests,
      onSpent: (spent) => this.#forgetRequests(spent),
      onStop: async () => {
        this.#faults.delete(fault)
        this.#cappings.delete(fault)
        await effect?.end()
      },
      ...(effect === undefined ? {} : { ready: effect.begin(() => fault.draw()) }),
    })
    this.#faults.add(fault)
    const capping = cappingOf(spec)
    if (capping !== undefined) this.#cappings.set(fault, capping)
    if (strikes[spec.kind] !== undefined) {
      const matcher = new RequestMatcher(spec, broker)
      const both = [...this.#requestFaults, { fault, matcher }]
      this.#requestFaults = [...both.filter(isAround), ...both.filter((each) => !isAround(each))]
    }
    return fault
  }

  /** What a fault does beside striking requests. */
  #effectOf(spec: FaultSpec): Effect | undefined {
    const { broker } = this.#options
    switch (spec.kind) {
      case 'down':
        return { begin: () => broker.closePorts(), end: () => this.#openPorts() }
      case 'fenceBroker':
        return { begin: () => broker.setFenced(true), end: () => broker.setFenced(false) }
      case 'diskFull':
      case 'ioError': {
        let end = (): void => {}
        return {
          begin: (strike) => {
            end = broker.failDisk(spec, strike)
            return Promise.resolve()
          },
          end: () => Promise.resolve(end()),
        }
      }
      default:
        return undefined
    }
  }

  /** Unless another fault wants them closed. */
  async #openPorts(): Promise<void> {
    if ([...this.#faults].some(({ spec }) => spec.kind === 'down')) return
    await this.#options.broker.openPorts()
  }

  #forgetRequests(spent: ActiveFault): void {
    this.#requestFaults = this.#requestFaults.filter(({ fault }) => fault !== spent)
  }

  async #stopAll(isMeant: (fault: ActiveFault) => boolean): Promise<void> {
    await Promise.all([...this.#faults].filter(isMeant).map((fault) => fault.stop()))
  }
}

interface Effect {
  readonly begin: (strike: () => boolean) => Promise<void>
  readonly end: () => Promise<void>
}

const WHOLE: Match = { kind: 'whole' }

const isAround = ({ fault }: RequestFault): boolean => AROUND.has(fault.spec.kind)
