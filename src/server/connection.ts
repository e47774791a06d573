import type { Outcome, RequestDispatcher } from '../broker/dispatch.js'
import type { Peer } from '../broker/handler.js'
import type { Timer } from '../env/clock.js'
import type { NetworkSocket, SocketListener } from '../env/network.js'
import type { ServerLimits } from './connection-limits.js'
import { FrameError, FrameReader } from './frame-reader.js'

/** A client has so long to close a connection on which no more comes. */
const LINGER_MS = 500

/** What a connection needs of its server. */
export interface ConnectionOwner {
  readonly dispatcher: RequestDispatcher
  readonly limits: ServerLimits
  now(): number
  after(delayMs: number, action: () => void): Timer
  /** The requests of all connections take up so many bytes more (or less). */
  inFlightBytesChanged(bytes: number): void
  /** Nothing may be begun at present; {@link Connection.advance} follows when it may. */
  isHolding(): boolean
  incompleteBytesChanged(bytes: number): void
  closed(connection: Connection): void
  refused(connection: Connection, reason: string): void
}

/** A request that was begun, in the order in which its answer has to go out. */
interface InFlight {
  readonly bytes: number
  readonly overlaps: boolean
  outcome: Outcome | undefined
}

/**
 * One connection's pipeline: frames in, requests begun in order, answers out in the same order.
 *
 * Kafka takes one request of a connection at a time. So does this, but for requests that take effect
 * in their order when they are begun (produce): those overlap while they wait for their writes.
 */
export class Connection implements SocketListener {
  lastActiveMs: number
  readonly #frames: FrameReader
  /** Complete frames that haven't been begun. */
  #queued: Buffer[] = []
  #queuedBytes = 0
  readonly #inFlight: InFlight[] = []
  #isPaused = false
  #isClosed = false
  /** No more requests are begun. */
  #isFinishing = false
  /** A request wants the connection closed: what was begun after it isn't answered. */
  #isDropping = false
  #isAdvancing = false
  /** Runs from when the client was told that no more comes. */
  #linger: Timer | undefined

  constructor(
    readonly peer: Peer,
    private readonly socket: NetworkSocket,
    private readonly owner: ConnectionOwner,
  ) {
    this.lastActiveMs = owner.now()
    this.#frames = new FrameReader(owner.limits.requestMaxBytes)
  }

  /** Bytes kept of a frame that isn't complete. */
  get incompleteBytes(): number {
    return this.#frames.heldBytes
  }

  start(): void {
    this.socket.start(this)
  }

  onData(bytes: Buffer): void {
    if (this.#isClosed || this.#isFinishing) return
    this.lastActiveMs = this.owner.now()
    const held = this.#frames.heldBytes
    try {
      this.#frames.push(bytes, this.#onFrame)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.owner.refused(this, error.message)
      this.close()
    }
    if (this.#frames.heldBytes !== held) {
      this.owner.incompleteBytesChanged(this.#frames.heldBytes - held)
    }
    this.advance()
  }

  onDrain(): void {
    this.lastActiveMs = this.owner.now()
    this.advance()
  }

  onClose(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#linger?.cancel()
    this.#forgetQueued()
    this.owner.incompleteBytesChanged(-this.#frames.heldBytes)
    this.owner.closed(this)
    for (const listener of this.peer.closeListeners) listener()
  }

  /** Closes now; what is under way is carried on, and its answer dropped. */
  close(): void {
    this.onClose()
    this.socket.destroy()
  }

  /** Closes when the requests that were begun are answered. */
  finish(): void {
    this.#isFinishing = true
    this.#forgetQueued()
    this.#endIfDone()
  }

  /**
   * Begins what may be begun, and reads on unless much is left that may not: whether the client has
   * gone is found out by reading only.
   */
  advance(): void {
    if (this.#isAdvancing || this.#isClosed) return
    this.#isAdvancing = true
    let begun = 0
    while (begun < this.#queued.length && this.#mayBegin(this.#queued[begun]!)) {
      const frame = this.#queued[begun++]!
      this.#queuedBytes -= frame.length
      this.#begin(frame)
    }
    if (begun > 0) this.#queued = begun === this.#queued.length ? [] : this.#queued.slice(begun)
    this.#isAdvancing = false
    const { limits } = this.owner
    this.#setPaused(this.#queuedBytes > limits.maxQueuedBytes || this.owner.isHolding())
  }

  readonly #onFrame = (frame: Buffer): void => {
    this.#queued.push(frame)
    this.#queuedBytes += frame.length
  }

  #forgetQueued(): void {
    this.#queued = []
    this.#queuedBytes = 0
  }

  #mayBegin(frame: Buffer): boolean {
    const { limits } = this.owner
    if (this.#isClosed || this.#isFinishing || this.owner.isHolding()) return false
    if (this.socket.queuedBytes > limits.maxUnsentBytes) return false
    const last = this.#inFlight.at(-1)
    if (last === undefined) return true
    if (!last.overlaps || this.#inFlight.length >= limits.maxInFlight) return false
    return this.owner.dispatcher.overlaps(frame)
  }

  #begin(frame: Buffer): void {
    const { dispatcher } = this.owner
    const request: InFlight = {
      bytes: frame.length,
      overlaps: dispatcher.overlaps(frame),
      outcome: undefined,
    }
    this.#inFlight.push(request)
    this.owner.inFlightBytesChanged(request.bytes)
    const outcome = dispatcher.dispatch(frame, this.peer)
    if (!(outcome instanceof Promise)) {
      this.#settle(request, outcome)
      return
    }
    void outcome.then((settled) => {
      this.#settle(request, settled)
      this.advance()
    })
  }

  #settle(request: InFlight, outcome: Outcome): void {
    request.outcome = outcome
    this.owner.inFlightBytesChanged(-request.bytes)
    while (this.#inFlight.length > 0 && this.#inFlight[0]!.outcome !== undefined) {
      this.#send(this.#inFlight.shift()!.outcome!)
    }
    this.#endIfDone()
  }

  #endIfDone(): void {
    if (!this.#isFinishing || this.#isClosed || this.#linger !== undefined) return
    if (!this.#isDropping && this.#inFlight.length > 0) return
    this.#linger = this.owner.after(LINGER_MS, () => this.close())
    // Closing with something unread resets the connection, and with that a client that writes just
    // then drops answers that it hasn't looked at: a producer would send appended batches again.
    this.#setPaused(false)
    this.socket.end()
  }

  #send({ frame, release, close }: Outcome): void {
    if (this.#isClosed || this.#isDropping) {
      release?.()
      return
    }
    if (close) {
      this.#isDropping = true
      this.finish()
      return
    }
    this.lastActiveMs = this.owner.now()
    this.socket.write(frame, release)
  }

  #setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused || this.#isClosed) return
    this.#isPaused = isPaused
    if (isPaused) this.socket.pause()
    else this.socket.resume()
  }
}
