import type { Peer } from '../../broker/handler.js'
import type { Clock } from '../../env/clock.js'
import { type Random, seededRandom } from '../../env/random.js'
import { WaitTimeoutError } from '../views.js'
import { checkFaultSpec } from './check-spec.js'
import type { FaultSpec, FaultTriggers } from './fault-spec.js'
import type { Fault } from './faults.js'

const DEFAULT_SEED = 1
const DEFAULT_TIMEOUT_MS = 10_000

/** How a wait has ended: `gone`, the client has closed the connection; `closed`, the broker is to. */
export type WaitEnd = 'elapsed' | 'stopped' | 'gone' | 'closed'

export interface ActiveFaultOptions {
  readonly id: number
  readonly spec: FaultSpec
  /** The pacing one. */
  readonly clock: Clock
  /** It won't strike again; {@link ActiveFault.stop} may still have something to end. */
  readonly onSpent: (fault: ActiveFault) => void
  /** Takes back what the fault has done. */
  readonly onStop?: () => void | Promise<void>
  /** What requests there have been lately, for a message. */
  readonly recentRequests: () => string
  /** Resolves when what the fault does has come about. */
  readonly ready?: Promise<void>
}

/** A fault with what has become of it. */
export class ActiveFault implements Fault {
  readonly id: number
  readonly ready: Promise<void>
  calls = 0
  hits = 0
  #spec: FaultSpec
  #random: Random | undefined
  #isSpent = false
  #stopped: Promise<void> | undefined
  readonly #holds = new Set<(how: WaitEnd) => void>()
  readonly #strikeListeners = new Set<() => void>()

  constructor(private readonly options: ActiveFaultOptions) {
    this.id = options.id
    this.#spec = options.spec
    this.ready = options.ready ?? Promise.resolve()
    // Whoever waits for it hears of it; nobody has to.
    this.ready.catch(() => {})
  }

  get spec(): FaultSpec {
    return this.#spec
  }

  get isActive(): boolean {
    return !this.#isSpent
  }

  once(): Fault {
    return this.times(1)
  }

  times(n: number): Fault {
    return this.#retrigger({ times: n })
  }

  onCall(n: number): Fault {
    return this.#retrigger({ onCall: n })
  }

  probability(p: number, seed = DEFAULT_SEED): Fault {
    return this.#retrigger({ probability: p, seed })
  }

  until(stop: AbortSignal | Promise<unknown>): Fault {
    const end = (): void => void this.stop()
    // Not instanceof: test runners that isolate modules have promises of several realms.
    if (typeof (stop as Promise<unknown>)?.then === 'function') {
      ;(stop as Promise<unknown>).then(end, end)
      return this
    }
    const signal = stop as AbortSignal
    if (typeof signal?.addEventListener !== 'function') {
      throw new TypeError('a fault is until an AbortSignal or a promise')
    }
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
    return this
  }

  /** Something that it is for happens now. @returns whether it strikes */
  draw(): boolean {
    if (this.#isSpent) return false
    this.calls++
    const { onCall, probability, seed = DEFAULT_SEED } = this.#spec as FaultTriggers
    if (onCall !== undefined && this.calls < onCall) return false
    if (probability !== undefined) {
      this.#random ??= seededRandom(seed)
      if (this.#random.fraction() >= probability) return false
    }
    this.hits++
    if (this.hits >= this.#maxHits) this.#spend()
    for (const listener of [...this.#strikeListeners]) listener()
    return true
  }

  struck(n = 1, { timeoutMs = DEFAULT_TIMEOUT_MS } = {}): Promise<void> {
    if (this.hits >= n) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        timer.cancel()
        this.#strikeListeners.delete(listener)
        settle()
      }
      const listener = (): void => {
        if (this.hits >= n) end(resolve)
      }
      const timer = this.options.clock.after(timeoutMs, () => {
        const what = `fault ${this.id} (${describe(this.#spec)})`
        const far = `${this.hits} of ${n} times at ${this.calls} calls in ${timeoutMs} ms`
        const requests = this.options.recentRequests()
        const message = `${what} has struck ${far}; lately there were: ${requests}`
        end(() => reject(new WaitTimeoutError(message, requests)))
      })
      this.#strikeListeners.add(listener)
    })
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end()
    return this.#stopped
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** Waits, for ever without `ms`, but not on when the client has gone or the fault is stopped. */
  wait(peer: Peer, ms?: number): Promise<WaitEnd> {
    if (this.#stopped !== undefined) return Promise.resolve('stopped')
    return new Promise((resolve) => {
      const end = (how: WaitEnd): void => {
        timer?.cancel()
        peer.closeListeners.delete(onClose)
        this.#holds.delete(end)
        resolve(how)
      }
      const onClose = (): void => end('gone')
      const timer =
        ms === undefined ? undefined : this.options.clock.after(ms, () => end('elapsed'))
      peer.closeListeners.add(onClose)
      this.#holds.add(end)
    })
  }

  get #maxHits(): number {
    const { once, times, onCall } = this.#spec as FaultTriggers
    return times ?? (once === true || onCall !== undefined ? 1 : Number.POSITIVE_INFINITY)
  }

  #retrigger(change: FaultTriggers): Fault {
    this.#spec = checkFaultSpec({ ...this.#spec, ...change } as FaultSpec)
    if (this.hits >= this.#maxHits) this.#spend()
    return this
  }

  #spend(): void {
    if (this.#isSpent) return
    this.#isSpent = true
    this.options.onSpent(this)
  }

  async #end(): Promise<void> {
    this.#spend()
    this.release('stopped')
    await this.options.onStop?.()
  }

  /** Ends all waiting. */
  release(how: WaitEnd): void {
    for (const release of [...this.#holds]) release(how)
  }
}

function describe(spec: FaultSpec): string {
  return Object.entries(spec)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (name === 'kind' ? String(value) : `${name}=${String(value)}`))
    .join(' ')
}
