import { VirtualClock } from '../../src/env/clock-virtual.js'
import { type Random, seededRandom } from '../../src/env/random.js'
import { defaultRaftConfig } from '../../src/raft/core/replica.js'
import type { ReplicaKey } from '../../src/raft/voter-set.js'
import { BrokenInvariant, Invariants, type Observed } from './invariants.js'
import { Nemesis } from './nemesis.js'
import { CALM, SimulatedNetwork } from './network.js'
import { SimulatedNode } from './node.js'
import type { Trace } from './trace.js'

const START_MS = 1_700_000_000_000
/** How long things go wrong, and how long a quorum may take to be well again, ms of virtual time. */
const TROUBLE_MS = 30_000
const RECOVERY_MS = 60_000
const RESTART_AFTER_MS = 1_000
const APPEND_AGAIN_MS = 5_000
const EVENTS_MAX = 300_000

/** What a run came to. */
export interface Outcome {
  readonly seed: number
  readonly voters: number
  readonly events: number
  readonly epochs: number
  readonly committedRecords: number
  readonly crashes: number
  readonly snapshots: number
}

/** Lets the promises run that an event has settled. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const keyOf = (id: number): ReplicaKey => ({
  id,
  directoryId: Buffer.from(`directory-of-${String(id).padStart(3, '0')}`).toString('base64url'),
})

/** One quorum in virtual time; everything that happens to it follows from the seed. */
class Simulation {
  readonly #clock = new VirtualClock(START_MS)
  readonly #random: Random
  readonly #invariants = new Invariants()
  readonly #network: SimulatedNetwork
  readonly #nodes: SimulatedNode[]
  readonly #nemesis: Nemesis
  readonly #trace: Trace | undefined
  #events = 0
  #error: unknown

  constructor(
    private readonly seed: number,
    trace: Trace | undefined,
  ) {
    this.#trace = trace
    this.#random = seededRandom(seed)
    const random = this.#random
    this.#network = new SimulatedNetwork(
      this.#clock,
      this.#fork(),
      (id) => this.#nodes[id - 1]!.driver,
    )
    const ids = Array.from({ length: random.int(2) === 0 ? 3 : 5 }, (_, i) => i + 1)
    const isDynamic = random.int(2) === 0
    const segmentBytes = [2_000, 20_000, 1_000_000][random.int(3)]!
    const retentionBytes = [1_000, 20_000, 1_000_000][random.int(3)]!
    const fetchMaxBytes = [300, 5_000, 1_000_000][random.int(3)]!
    this.#nodes = ids.map((id) => {
      return new SimulatedNode({
        key: keyOf(id),
        clock: this.#clock,
        skew: { offsetMs: random.int(10_000), rate: 0.9 + random.fraction() * 0.2 },
        network: this.#network,
        witness: this.#invariants,
        random: this.#fork(),
        config: { ...defaultRaftConfig, fetchMaxBytes },
        segmentBytes,
        retentionBytes,
        configuredVoters: isDynamic ? undefined : ids.map((id) => `${id}@node-${id}:9093`),
        onError: (error) => this.#fail(error),
        onDiskFailure: (id) => this.#replaceProcess(this.#nodes[id - 1]!),
      })
    })
    if (isDynamic) {
      const voters = ids.map((id) => ({
        key: keyOf(id),
        endpoints: [{ name: 'CONTROLLER', host: `node-${id}`, port: 9093 }],
      }))
      for (const node of this.#nodes) node.format(voters)
    }
    this.#nemesis = new Nemesis({
      clock: this.#clock,
      random: this.#fork(),
      network: this.#network,
      nodes: this.#nodes,
    })
  }

  #fork(): Random {
    return seededRandom(this.#random.int(2 ** 32))
  }

  /** A broker whose metadata log has failed ends; whoever watches it starts it again. */
  #replaceProcess(node: SimulatedNode): void {
    this.#clock.after(0, () => node.crash())
    this.#clock.after(RESTART_AFTER_MS, () => node.start())
  }

  #fail(error: unknown): void {
    this.#error ??= error
  }

  async run(): Promise<Outcome> {
    for (const node of this.#nodes) node.start()
    this.#nemesis.begin()
    await this.#runUntil(() => this.#clock.now() >= START_MS + TROUBLE_MS)
    this.#nemesis.end()
    await this.#recovers()
    return {
      seed: this.seed,
      voters: this.#nodes.length,
      events: this.#events,
      epochs: this.#invariants.epochsLed,
      committedRecords: this.#invariants.committedRecords,
      crashes: this.#nemesis.crashes,
      snapshots: this.#nemesis.snapshots,
    }
  }

  /** Once nothing goes wrong any more, everybody comes to have the same, and more can be appended. */
  async #recovers(): Promise<void> {
    this.#network.weather = CALM
    this.#network.blocked.clear()
    const before = this.#invariants.committedRecords
    const deadline = this.#clock.now() + RECOVERY_MS
    let nextAppendMs = this.#clock.now()
    const isWell = (): boolean => {
      const { committedRecords, committedEndOffset } = this.#invariants
      // Whoever takes the first one may lose it: it may lead an epoch that is over.
      if (committedRecords === before && this.#clock.now() >= nextAppendMs) {
        nextAppendMs += APPEND_AGAIN_MS
        for (const node of this.#nodes) node.append([Buffer.from('after the trouble')])
      }
      const everywhere = this.#nodes.every(
        ({ machine }) => machine?.nextOffset === committedEndOffset,
      )
      return committedRecords > before && everywhere
    }
    await this.#runUntil(() => this.#clock.now() >= deadline || isWell())
    if (isWell()) return
    const states = this.#nodes.map(({ id, driver, machine }) => {
      const state = driver?.core.state
      return `${id}: ${state?.name} in epoch ${state?.epoch}, log end ${driver?.logEndOffset}, high watermark ${driver?.highWatermark}, applied ${machine?.nextOffset}`
    })
    throw new BrokenInvariant('the quorum recovers', states.join('; '))
  }

  async #runUntil(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (!this.#clock.runNext()) throw new Error('nothing will ever happen again')
      await settled()
      if (this.#error !== undefined) throw this.#error
      this.#trace?.(this.#nodes, this.#clock.now() - START_MS)
      this.#invariants.check(this.#observed())
      if (++this.#events > EVENTS_MAX) throw new Error(`more than ${EVENTS_MAX} events`)
    }
  }

  #observed(): Observed[] {
    return this.#nodes.flatMap(({ id, incarnation, driver }) =>
      driver ? [{ nodeId: id, incarnation, core: driver.core }] : [],
    )
  }
}

/**
 * Runs a quorum from a seed.
 *
 * @param trace is shown the nodes after every event
 * @throws Error that says which promise was broken, and how to see it again
 */
export async function simulate(seed: number, trace?: Trace): Promise<Outcome> {
  try {
    return await new Simulation(seed, trace).run()
  } catch (error) {
    const replay = `SIMULATION_SEED=${seed} SIMULATION_TRACE=trace.txt node scripts/test.mjs simulation/`
    throw new Error(`seed ${seed}: ${error}\nto run it again: ${replay}`, { cause: error })
  }
}
