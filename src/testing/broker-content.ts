import type { FaultRegistry } from './faults/fault-registry.js'
import { groupIds } from './inspect/groups.js'
import { transactionViews } from './inspect/transactions.js'
import type { RequestJournal } from './journal.js'
import { LocalAdmin } from './local-admin.js'
import type { RemovedMembers } from './removed-members.js'
import type { RequestGate } from './request-gate.js'
import type { Seed } from './seed/seed.js'
import { withoutWhatIsThere } from './seed/seed.js'
import { Seeding } from './seed/seeding.js'
import type { RunningServer, ServerFaults } from './server-faults.js'
import { capture } from './snapshot/capture.js'
import { resourceConfigs } from './snapshot/resource-configs.js'
import { Restoration } from './snapshot/restore.js'
import { BrokerSnapshot, requireSnapshot } from './snapshot/snapshot.js'

/** States in which a transaction isn't over. */
const OPEN_STATES: ReadonlySet<string> = new Set(['Ongoing', 'PrepareCommit', 'PrepareAbort'])

export interface BrokerContentOptions {
  /** Asked anew each time. */
  readonly running: () => RunningServer
  /** Names of all topics but Kafka's own. */
  readonly topics: () => readonly string[]
  readonly gate: RequestGate
  readonly removedMembers: RemovedMembers
  readonly serverFaults: ServerFaults
  readonly faults: FaultRegistry
  readonly journal: RequestJournal
  readonly nowMs: () => number
  /** False where nobody can ask for a reset: what it would go back to isn't kept then. */
  readonly canReset: boolean
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
   * Brings about what seeds say that a broker begins with. What its directory has from before stays
   * as it is, so that another start doesn't add the same records once more.
   *
   * @throws TypeError, KafkaError that say what can't be had
   */
  async begin(seeds: readonly Seed[]): Promise<void> {
    if (seeds.length === 0) return
    const { client, server } = this.options.running()
    const { groups, logs, metadata } = server.services
    await groups.allLoaded()
    const known = new Set(await groupIds(client))
    const hasHadRecords = (topic: string): boolean =>
      [...(metadata.topicsByName.get(topic)?.partitions.keys() ?? [])].some(
        (partition) => (logs.log(topic, partition)?.logEndOffset ?? 0) > 0,
      )
    const isKnown = (groupId: string): boolean => known.has(groupId)
    await this.#bringAbout(seeds.map((seed) => withoutWhatIsThere(seed, hasHadRecords, isKnown)))
  }

  /**
   * Brings about what a seed says, beside what is there; `reset` goes back to what there is then.
   *
   * @throws TypeError, KafkaError that say what can't be had
   */
  seed(seed: Seed): Promise<void> {
    return this.#bringAbout([seed])
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

  async restore(snapshot: BrokerSnapshot): Promise<void> {
    requireSnapshot(snapshot)
    const { running, gate, serverFaults, topics, removedMembers } = this.options
    return gate.closedDuring(() =>
      new Restoration(running(), this.#admin, serverFaults, {
        topics,
        groups: () => groupIds(running().client),
        openTransactions: async () =>
          (await transactionViews(running().client))
            .filter(({ state }) => OPEN_STATES.has(state))
            .map(({ transactionalId }) => transactionalId),
        removed: (groupId, memberId) => removedMembers.add(groupId, memberId),
      }).restore(snapshot),
    )
  }

  #bringAbout(seeds: readonly Seed[]): Promise<void> {
    const { running, nowMs, gate, canReset } = this.options
    return gate.closedDuring(async () => {
      const seeding = new Seeding(running(), this.#admin, nowMs)
      for (const seed of seeds) await seeding.apply(seed)
      if (canReset) this.#baseline = await this.#capture()
    })
  }

  async #capture(): Promise<BrokerSnapshot> {
    const { running, topics } = this.options
    return capture(running(), topics(), await groupIds(running().client))
  }
}
