import type { FaultRegistry } from './faults/fault-registry.js'
import { groupIds } from './inspect/groups.js'
import { transactionViews } from './inspect/transactions.js'
import type { RequestJournal } from './journal.js'
import { LocalAdmin } from './local-admin.js'
import type { RequestGate } from './request-gate.js'
import type { Seed } from './seed/seed.js'
import { checkSeed } from './seed/seed.js'
import { readSeedFile } from './seed/seed-file.js'
import { Seeding } from './seed/seeding.js'
import type { RunningServer, ServerFaults } from './server-faults.js'
import { capture } from './snapshot/capture.js'
import { Restoration } from './snapshot/restore.js'
import { BrokerSnapshot, resourceConfigs } from './snapshot/snapshot.js'

/** States in which a transaction isn't over. */
const OPEN_STATES: ReadonlySet<string> = new Set(['Ongoing', 'PrepareCommit', 'PrepareAbort'])

export interface BrokerContentOptions {
  /** Asked anew each time. */
  readonly running: () => RunningServer
  /** Names of all topics but Kafka's own. */
  readonly topics: () => readonly string[]
  readonly gate: RequestGate
  readonly serverFaults: ServerFaults
  readonly faults: FaultRegistry
  readonly journal: RequestJournal
  readonly nowMs: () => number
  /** @throws Error when it can't be read */
  readonly readFile: (path: string) => string
}

/** What is in a broker, all of it: to be filled, remembered, and gone back to. */
export class BrokerContent {
  readonly #admin: LocalAdmin
  /** What `reset` goes back to: what the seeds brought. */
  #baseline: BrokerSnapshot

  constructor(private readonly options: BrokerContentOptions) {
    this.#admin = new LocalAdmin(options.running)
    // What a new cluster has set must stay: without some of it, Kafka's features don't work (KIP-966).
    const { metadata } = options.running().server.services
    this.#baseline = new BrokerSnapshot([], [], resourceConfigs(metadata))
  }

  /**
   * Brings about what a seed says, beside what is there; `reset` goes back to what there is then.
   *
   * @param seed itself, or the path of its file
   * @throws TypeError, KafkaError that say what can't be had
   */
  async seed(seed: Seed | string): Promise<void> {
    const { running, nowMs, gate, readFile } = this.options
    const checked = typeof seed === 'string' ? await readSeedFile(seed, readFile) : checkSeed(seed)
    await gate.closedDuring(async () => {
      await new Seeding(running(), this.#admin, nowMs).apply(checked)
      this.#baseline = await this.#capture()
    })
  }

  /** Back to what the seeds brought; without any, to nothing. Faults end, and the journal is empty. */
  async reset(): Promise<void> {
    // What they hold back was asked of what is gone then, by clients that may have gone, too.
    this.options.faults.release()
    await this.options.faults.clear()
    await this.restore(this.#baseline)
    this.options.journal.clear()
  }

  snapshot(): Promise<BrokerSnapshot> {
    return this.options.gate.closedDuring(() => this.#capture())
  }

  restore(snapshot: BrokerSnapshot): Promise<void> {
    const { running, gate, serverFaults, topics } = this.options
    return gate.closedDuring(() =>
      new Restoration(running(), this.#admin, serverFaults, {
        topics,
        groups: () => groupIds(running().client),
        openTransactions: async () =>
          (await transactionViews(running().client))
            .filter(({ state }) => OPEN_STATES.has(state))
            .map(({ transactionalId }) => transactionalId),
      }).restore(snapshot),
    )
  }

  async #capture(): Promise<BrokerSnapshot> {
    const { running, topics } = this.options
    return capture(running(), topics(), await groupIds(running().client))
  }
}
