import type { VirtualClock } from '../../src/env/clock-virtual.js'
import type { Random } from '../../src/env/random.js'
import type { RaftRequest, RaftResponse } from '../../src/raft/core/messages.js'
import type { RaftTransport } from '../../src/raft/transport.js'

/** What the network does to messages. */
export interface Weather {
  readonly loss: number
  readonly duplication: number
  /** A message takes up to this long, ms; the next one may be faster. */
  readonly slowestMs: number
  /** Chance that the sender is told of a loss. */
  readonly noticed: number
}

export const CALM: Weather = { loss: 0, duplication: 0, slowestMs: 2, noticed: 1 }

/** Where requests arrive. */
export interface Receiver {
  handleRequest(request: RaftRequest, reply: (response: RaftResponse) => void): void
}

/** Carries the messages of a cluster, some of them. */
export class SimulatedNetwork {
  weather: Weather = CALM
  /** Directions in which nothing gets through, `from>to`. */
  readonly blocked = new Set<string>()

  constructor(
    private readonly clock: VirtualClock,
    private readonly random: Random,
    /** The running process of a node. */
    private readonly receiverOf: (id: number) => Receiver | undefined,
  ) {}

  transportOf(from: number): RaftTransport {
    let closed = false
    return {
      send: (to, request, done) => {
        let isDone = false
        const once = (response: RaftResponse | undefined): void => {
          if (isDone || closed) return
          isDone = true
          done(response)
        }
        const lost = (): void => {
          if (this.random.fraction() < this.weather.noticed) this.#later(() => once(undefined))
        }
        this.#carry(from, to, lost, () => {
          const receiver = this.receiverOf(to)
          if (receiver === undefined) return lost()
          receiver.handleRequest(request, (response) =>
            this.#carry(to, from, lost, () => once(response)),
          )
        })
      },
      close: () => {
        closed = true
      },
    }
  }

  #carry(from: number, to: number, lost: () => void, deliver: () => void): void {
    const { loss, duplication } = this.weather
    const arrive = (): void => {
      if (!this.blocked.has(`${from}>${to}`)) deliver()
    }
    if (this.blocked.has(`${from}>${to}`) || this.random.fraction() < loss) {
      lost()
      return
    }
    this.#later(arrive)
    if (this.random.fraction() < duplication) this.#later(arrive)
  }

  #later(callback: () => void): void {
    this.clock.after(this.random.fraction() * this.weather.slowestMs, callback)
  }
}
