import { batchesOf, setPartitionLeaderEpoch } from '../../protocol/records/index.js'
import { InspectedGroup } from '../inspect/groups.js'
import type { LocalAdmin } from '../local-admin.js'
import type { RunningServer, ServerFaults } from '../server-faults.js'
import { resourceConfigs } from './resource-configs.js'
import type { BrokerSnapshot, PartitionSnapshot } from './snapshot.js'

/** What a restoration finds there, and asks for by name. */
export interface RestorationScope {
  topics(): readonly string[]
  groups(): Promise<readonly string[]>
  /** Transactional ids of transactions that aren't over. */
  openTransactions(): Promise<readonly string[]>
  /** Of a consumer group (KIP-848), and alive. */
  removed(groupId: string, memberId: string): void
}

/**
 * Brings a broker to what a snapshot has. It goes forward: topics are deleted and made anew, with new
 * ids; groups lose their members and begin anew; transactions under way are aborted and their
 * producers fenced. The metadata log and the coordinators' logs only grow.
 */
export class Restoration {
  constructor(
    private readonly running: RunningServer,
    private readonly admin: LocalAdmin,
    private readonly faults: ServerFaults,
    private readonly scope: RestorationScope,
  ) {}

  /** To be called while no client's request is at work. */
  async restore(snapshot: BrokerSnapshot): Promise<void> {
    await this.running.server.services.groups.allLoaded()
    for (const transactionalId of await this.scope.openTransactions()) {
      await this.faults.fenceProducer(transactionalId)
    }
    await this.#deleteGroups()
    await this.admin.deleteTopics(this.scope.topics())
    await this.#setConfigs(snapshot)
    await this.admin.createTopics(
      snapshot.topics.map(({ name, partitionCount, configs }) => ({
        name,
        partitions: partitionCount,
        configs,
      })),
    )
    for (const { name, partitions } of snapshot.topics) {
      for (const partition of partitions) await this.#append(name, partition)
    }
    for (const { groupId, offsets } of snapshot.groups) {
      const commits = offsets.map(({ topic, partition, offset, metadata }) => {
        return { topic, partition, offset: BigInt(offset), metadata: metadata ?? '' }
      })
      await this.admin.commitOffsets(groupId, commits)
    }
  }

  async #deleteGroups(): Promise<void> {
    const groupIds = await this.scope.groups()
    for (const groupId of groupIds) {
      const description = await new InspectedGroup(groupId, () => this.running).describe()
      await this.admin.removeMembers(description)
      if (description.type !== 'consumer') continue
      for (const { memberId } of description.members) this.scope.removed(groupId, memberId)
    }
    await this.admin.deleteGroups(groupIds)
  }

  async #setConfigs({ configs: wanted }: BrokerSnapshot): Promise<void> {
    for (const { type, name, configs } of resourceConfigs(this.running.server.services.metadata)) {
      const kept = wanted.find((each) => each.type === type && each.name === name)?.configs
      const remove = [...configs.keys()].filter((key) => kept?.has(key) !== true)
      await this.admin.changeConfigs(type, name, new Map(), remove)
    }
    for (const { type, name, configs } of wanted) {
      await this.admin.changeConfigs(type, name, configs)
    }
  }

  /** The records have the offsets and times that they had; the epoch is that of the new leader. */
  async #append(topic: string, snapshot: PartitionSnapshot): Promise<void> {
    const { logStartOffset, endOffset, slices } = snapshot
    const partition = this.running.server.services.replicas.partition(topic, snapshot.partition)
    const { log } = partition
    if (slices.length === 0 && endOffset > 0) {
      await completed((done) => log.truncateFullyAndStartAt(endOffset, done))
      log.updateHighWatermark(endOffset)
    }
    for (const slice of slices) {
      const batches = Buffer.from(slice)
      for (const at of batchesOf(batches)) {
        setPartitionLeaderEpoch(batches, at, partition.leaderEpoch)
      }
      await completed((done) => partition.appendNumbered(batches, done))
    }
    if (logStartOffset > log.logStartOffset) log.advanceLogStartOffset(logStartOffset)
  }
}

function completed(begin: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    begin((error) => (error === null ? resolve() : reject(error)))
  })
}
