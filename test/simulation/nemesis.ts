import type { VirtualClock } from '../../src/env/clock-virtual.js'
import type { Random } from '../../src/env/random.js'
import type { SimulatedNetwork } from './network.js'
import type { SimulatedNode } from './node.js'

/** How often something happens, mean ms between two. */
interface Temper {
  readonly append: number
  readonly crash: number
  readonly partition: number
  readonly snapshot: number
  readonly resign: number
  readonly weather: number
  readonly disk: number
}

export interface NemesisOptions {
  readonly clock: VirtualClock
  readonly random: Random
  readonly network: SimulatedNetwork
  readonly nodes: readonly SimulatedNode[]
}

/** Gives a quorum work, and all the trouble it is to survive. */
export class Nemesis {
  crashes = 0
  snapshots = 0
  readonly #random: Random
  readonly #temper: Temper
  readonly #uniform: boolean
  #ended = false
  #appends = 0

  constructor(private readonly options: NemesisOptions) {
    this.#random = options.random
    this.#uniform = this.#random.int(2) === 0
    const oneOf = (...choices: number[]): number => choices[this.#random.int(choices.length)]!
    const never = Number.POSITIVE_INFINITY
    this.#temper = {
      append: oneOf(20, 100, 500),
      crash: oneOf(1_000, 4_000, 15_000, never),
      partition: oneOf(1_500, 5_000, never),
      snapshot: oneOf(500, 3_000, never),
      resign: oneOf(5_000, never),
      weather: 3_000,
      disk: oneOf(3_000, never),
    }
  }

  begin(): void {
    const { append, crash, partition, snapshot, resign, weather, disk } = this.#temper
    this.#every(append, () => this.#append())
    this.#every(crash, () => this.#crash())
    this.#every(partition, () => this.#partition())
    this.#every(snapshot, () => this.#snapshot())
    this.#every(resign, () => this.#pick().resign())
    this.#every(weather, () => this.#changeWeather())
    this.#every(disk, () => this.#changeDisk())
  }

  /** Starts what is down and mends the disks. The network is left as it is. */
  end(): void {
    this.#ended = true
    for (const node of this.options.nodes) {
      node.disk.behaviour = { slowestMs: 2, failure: 0 }
      node.start()
    }
  }

  #every(meanMs: number, action: () => void): void {
    if (!Number.isFinite(meanMs)) return
    const next = (): void => {
      const delayMs = -Math.log(1 - this.#random.fraction()) * meanMs
      this.options.clock.after(delayMs, () => {
        if (this.#ended) return
        action()
        next()
      })
    }
    next()
  }

  #pick(): SimulatedNode {
    const { nodes } = this.options
    return nodes[this.#random.int(nodes.length)]!
  }

  /** A client asks whoever it takes for the leader: any node that believes so itself. */
  #append(): void {
    // What is as long as what it takes the place of is the easiest to mix up after a crash.
    const count = this.#uniform ? 1 : 1 + this.#random.int(3)
    const records = Array.from({ length: count }, () => {
      const padding = this.#uniform ? 0 : this.#random.int(200)
      return Buffer.from(`${String(++this.#appends).padStart(9)} ${'.'.repeat(padding)}`)
    })
    const { nodes } = this.options
    const first = this.#random.int(nodes.length)
    nodes.some((_, i) => nodes[(first + i) % nodes.length]!.append(records))
  }

  #crash(): void {
    // Now and then everybody at once.
    const all = this.#random.int(10) === 0
    for (const node of all ? this.options.nodes : [this.#pick()]) {
      if (!node.isUp) continue
      node.crash()
      this.crashes++
      this.options.clock.after(this.#random.int(3_000), () => node.start())
    }
  }

  #partition(): void {
    const { network, nodes } = this.options
    network.blocked.clear()
    const kind = this.#random.int(4)
    if (kind === 0) return
    const side = new Set(nodes.filter(() => this.#random.int(2) === 0))
    for (const a of nodes) {
      for (const b of nodes) {
        const apart = side.has(a) !== side.has(b)
        // A cut in two, one direction only, or links here and there.
        const cut =
          kind === 1 ? apart : kind === 2 ? side.has(a) && apart : this.#random.int(4) === 0
        if (a !== b && cut) network.blocked.add(`${a.id}>${b.id}`)
      }
    }
  }

  #snapshot(): void {
    if (this.#pick().snapshot()) this.snapshots++
  }

  #changeWeather(): void {
    const stormy = this.#random.int(2) === 0
    this.options.network.weather = {
      loss: stormy ? this.#random.fraction() * 0.3 : 0,
      duplication: stormy ? this.#random.fraction() * 0.2 : 0,
      slowestMs: [2, 50, 400, 2_500][this.#random.int(4)]!,
      noticed: this.#random.fraction(),
    }
  }

  #changeDisk(): void {
    this.#pick().disk.behaviour = {
      slowestMs: [2, 30, 500][this.#random.int(3)]!,
      failure: this.#random.int(4) === 0 ? 0.02 : 0,
    }
  }
}
