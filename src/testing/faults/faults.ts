import type { ErrorName } from '../../protocol/errors.js'
import type {
  ApiSelector,
  FaultMoment,
  FaultOptions,
  FaultSelectors,
  FaultSpec,
  NameSelector,
} from './fault-spec.js'

/** A fault that was asked for: how far it has come, and how to end it. */
export interface Fault {
  /** Tells it from the broker's others; counts up from 1. */
  readonly id: number
  /** As it could be sent as JSON. */
  readonly spec: FaultSpec
  /** Requests that it was for so far, struck or not. */
  readonly calls: number
  /** How often it has struck. */
  readonly hits: number
  /** It may strike again. */
  readonly isActive: boolean
  /** Resolves when it is in force: the port closed, the broker fenced. Others are so from the start. */
  readonly ready: Promise<void>
  /** At the next call only. */
  once(): Fault
  /** At the next `n` calls. */
  times(n: number): Fault
  /** At the `n`th call only, the first being 1. */
  onCall(n: number): Fault
  /** At each call with probability `p`, 0 to 1, drawn from `seed`. */
  probability(p: number, seed?: number): Fault
  /** Until `stop` is aborted or resolves. */
  until(stop: AbortSignal | Promise<unknown>): Fault
  /**
   * Resolves when it has struck `n` times (once unless said).
   *
   * @throws WaitTimeoutError that says what was asked meanwhile
   */
  struck(n?: number, options?: { readonly timeoutMs?: number }): Promise<void>
  /** Ends it: what it holds back is answered, what it has closed opens. Harmless the second time. */
  stop(): Promise<void>
  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * What is to go wrong. Each call makes one fault, which strikes from now on until it is stopped, or
 * has struck as often as it should. Where several are for the same request, delays add up, and of
 * those that answer in the broker's place the first one made does.
 *
 *     broker.faults.error('Produce', 'NOT_LEADER_OR_FOLLOWER', { topic: 'orders' }).times(2)
 */
export interface Faults {
  /** Those that may still strike, in the order in which they were made. */
  readonly active: readonly Fault[]
  /** The fault of that id, until it is stopped; also when it won't strike any more. */
  get(id: number): Fault | undefined
  /**
   * Makes a fault of its description.
   *
   * @throws TypeError that says what is wrong with it
   */
  add(spec: FaultSpec, options?: Pick<FaultOptions, 'until'>): Fault
  error(
    api: ApiSelector,
    error: ErrorName | number,
    options?: FaultOptions & { readonly message?: string; readonly when?: FaultMoment },
  ): Fault
  delay(
    api: ApiSelector,
    ms: number,
    options?: FaultOptions & { readonly when?: FaultMoment },
  ): Fault
  disconnect(api: ApiSelector, when: FaultMoment, options?: FaultOptions): Fault
  drop(api: ApiSelector, options?: FaultOptions & { readonly when?: FaultMoment }): Fault
  throttle(api: ApiSelector, ms: number, options?: FaultOptions): Fault
  /** @param clientId whose requests vanish; everybody's when left out */
  blackhole(clientId?: NameSelector, options?: FaultOptions): Fault
  /** @param topic whose batches are fetched with a bad CRC; every topic's when left out */
  corrupt(topic?: NameSelector, options?: FaultOptions): Fault
  /** @param max -1: the API isn't there at all */
  capVersions(api: ApiSelector, max: number, options?: { readonly min?: number }): Fault
  /** @param release of Apache Kafka, `0.11` to `4.3` */
  asVersion(release: string): Fault
  /** Resolves when the port refuses connections and those that were there are closed. */
  down(): Promise<Fault>
  /** Ends every {@link down}: resolves when the port, the same one, takes connections. */
  up(): Promise<void>
  diskFull(options?: FaultTriggerOptions & { readonly path?: NameSelector }): Fault
  ioError(
    options?: FaultTriggerOptions & {
      readonly operation?: 'read' | 'write' | 'sync'
      readonly path?: NameSelector
      readonly code?: string
    },
  ): Fault
  /**
   * Gives the transactional id a new epoch, as another producer of that id would: the one that has
   * it now is fenced, and its transaction aborted. There is nothing to stop.
   *
   * @throws KafkaError what the coordinator says
   */
  fenceProducer(transactionalId: string): Promise<{ producerId: number; producerEpoch: number }>
  /** Resolves when the controller has fenced the broker; its partitions have no leader until `stop`. */
  fenceBroker(): Promise<Fault>
  /** Stops them all. */
  clear(): Promise<void>
}

type FaultTriggerOptions = Omit<FaultOptions, keyof FaultSelectors>
