import type { HeartbeatAnswer } from '../../../src/coordinator/group/consumer/heartbeat.js'
import type { GroupCoordinatorConfig } from '../../../src/coordinator/group/group-config.js'
import type { GroupMetadata, GroupTopic } from '../../../src/coordinator/group/group-metadata.js'
import type { CoordinatorRecord } from '../../../src/coordinator/runtime/record.js'
import { groupRecords } from '../../../src/protocol/record-types.js'
import type { ConsumerGroupHeartbeatRequest } from '../../../src/protocol/schema/consumer-group-heartbeat.js'
import { Asked, settle } from './asked.js'
import { GROUP, TestGroups } from './group-fixture.js'
import { MemoryCoordinatorLog } from './memory-coordinator-log.js'

export const SESSION_TIMEOUT_MS = 45_000
export const REBALANCE_TIMEOUT_MS = 300_000

/** Partitions by topic name. */
export type Partitions = Readonly<Record<string, readonly number[]>>

/** A cluster's topics, which a test creates, grows and deletes. */
export class TestTopics implements GroupMetadata {
  version = 0
  /** By group. */
  readonly configs = new Map<string, ReadonlyMap<string, string>>()
  readonly #topics = new Map<string, GroupTopic>()

  topicNames(): Iterable<string> {
    return this.#topics.keys()
  }

  topic(name: string): GroupTopic | undefined {
    return this.#topics.get(name)
  }

  topicById(id: string): GroupTopic | undefined {
    return [...this.#topics.values()].find((topic) => topic.id === id)
  }

  groupConfigs(groupId: string): ReadonlyMap<string, string> {
    return this.configs.get(groupId) ?? new Map()
  }

  put(name: string, partitionCount: number, id = idOf(name)): void {
    this.version++
    this.#topics.set(name, { name, id, partitionCount, racksOf: () => [] })
  }

  delete(name: string): void {
    this.version++
    this.#topics.delete(name)
  }
}

/** A uuid that is a topic's for good, so that tests may compute with it. */
export function idOf(topic: string): string {
  return Buffer.from(topic.padEnd(16, '.').slice(0, 16)).toString('base64url')
}

/** A member, as a client knows itself. */
export class TestMember {
  epoch = 0
  /** What it was told last that it is to have. */
  assigned: Partitions = {}
  /** What it says that it has. */
  owned: Partitions = {}

  constructor(
    private readonly groups: TestConsumerGroups,
    readonly memberId: string,
    private readonly about: Partial<ConsumerGroupHeartbeatRequest> = {},
  ) {}

  /** Joins, or joins again, with all that it says of itself. */
  join(more: Partial<ConsumerGroupHeartbeatRequest> = {}): Promise<HeartbeatAnswer> {
    this.owned = {}
    return this.#beat({
      memberEpoch: 0,
      rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
      subscribedTopicNames: ['topic'],
      topicPartitions: [],
      ...this.about,
      ...more,
    })
  }

  /** Says only that it is there, with what it has. */
  heartbeat(more: Partial<ConsumerGroupHeartbeatRequest> = {}): Promise<HeartbeatAnswer> {
    const { instanceId = null } = this.about
    const topicPartitions = Object.entries(this.owned).map(([topic, partitions]) => ({
      topicId: idOf(topic),
      partitions: [...partitions],
    }))
    return this.#beat({ instanceId, topicPartitions, ...more })
  }

  /** Takes over what it was told, and says so. */
  acknowledge(): Promise<HeartbeatAnswer> {
    this.owned = this.assigned
    return this.heartbeat()
  }

  leave(memberEpoch = -1): Promise<HeartbeatAnswer> {
    return this.groups.heartbeat({
      memberId: this.memberId,
      memberEpoch,
      instanceId: this.about.instanceId ?? null,
    })
  }

  async #beat(more: Partial<ConsumerGroupHeartbeatRequest>): Promise<HeartbeatAnswer> {
    const { memberId, epoch: memberEpoch } = this
    const answer = await this.groups.heartbeat({ memberId, memberEpoch, ...more })
    if (answer.errorCode !== 0) return answer
    this.epoch = answer.memberEpoch
    if (answer.assignment) this.assigned = this.groups.partitionsOf(answer.assignment)
    return answer
  }
}

/** Consumer groups of one partition over a log in memory, on clocks that stand still. */
export class TestConsumerGroups {
  readonly groups: TestGroups
  /** Of the requests' headers. */
  apiVersion = 1

  constructor(
    private readonly config: Partial<GroupCoordinatorConfig> = {},
    readonly topics = new TestTopics(),
    log = new MemoryCoordinatorLog(),
  ) {
    if (topics.version === 0) topics.put('topic', 6)
    this.groups = new TestGroups(config, log, topics)
  }

  get log(): MemoryCoordinatorLog {
    return this.groups.log
  }

  /** Another coordinator takes over the log. */
  async restart(): Promise<TestConsumerGroups> {
    this.groups.coordinator.close()
    const next = new TestConsumerGroups(this.config, this.topics, this.log)
    next.groups.logical.advance(this.groups.logical.now() - next.groups.logical.now())
    await settle()
    return next
  }

  member(memberId: string, about: Partial<ConsumerGroupHeartbeatRequest> = {}): TestMember {
    return new TestMember(this, memberId, about)
  }

  heartbeat(more: Partial<ConsumerGroupHeartbeatRequest>): Promise<HeartbeatAnswer> {
    const request: ConsumerGroupHeartbeatRequest = {
      groupId: GROUP,
      memberId: '',
      memberEpoch: 0,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: null,
      ...more,
    }
    const context = { ...this.groups.context, apiVersion: this.apiVersion }
    return this.groups.coordinator.consumerGroupHeartbeat(context, request, () => true)
  }

  ask(more: Partial<ConsumerGroupHeartbeatRequest>): Asked<HeartbeatAnswer> {
    return new Asked(this.heartbeat(more))
  }

  async describe(groupId = GROUP) {
    const { context, coordinator } = this.groups
    const [group] = await coordinator.describeConsumerGroups(context, [groupId])
    return group!
  }

  async state(): Promise<string> {
    return (await this.describe()).groupState
  }

  /** A topic is there from now on, or has so many partitions from now on. */
  createTopic(name: string, partitionCount: number, id?: string): void {
    const hasNewTopics = this.topics.topic(name) === undefined
    this.topics.put(name, partitionCount, id)
    const { coordinator } = this.groups
    coordinator.onMetadataUpdate({ changedTopics: new Set([name]), hasNewTopics })
  }

  deleteTopic(name: string): void {
    this.topics.delete(name)
    const { coordinator } = this.groups
    coordinator.onMetadataUpdate({ changedTopics: new Set([name]), hasNewTopics: false })
  }

  /** Time passes for sessions, and what they do has been done. */
  async pass(ms: number): Promise<void> {
    this.groups.logical.advance(ms)
    await settle()
  }

  /** Time passes for real clients. */
  async wait(ms: number): Promise<void> {
    this.groups.pacing.advance(ms)
    await settle()
  }

  partitionsOf(assignment: NonNullable<HeartbeatAnswer['assignment']>): Partitions {
    return Object.fromEntries(
      assignment.topicPartitions.map(({ topicId, partitions }) => [
        this.topics.topicById(topicId)?.name ?? topicId,
        partitions,
      ]),
    )
  }

  /** The names of the records that `run` puts on the log, tombstones with a dash before. */
  async recordsOf(run: () => Promise<unknown>): Promise<string[]> {
    const before = this.log.records.length
    await run()
    return this.log.records.slice(before).map(nameOf)
  }
}

/** Its value's name without what all have; a dash before it for a tombstone. */
export function nameOf({ type, value }: CoordinatorRecord): string {
  const name = groupRecords.get(type)!.value.name.replace(/^ConsumerGroup|Value$/g, '')
  return value === null ? `-${name}` : name
}
