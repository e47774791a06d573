import { ConfigResourceType } from '../metadata/config/resource.js'
import { ErrorCode, errorName, KafkaError } from '../protocol/errors.js'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../protocol/schema/consumer-group-heartbeat.js'
import { CreateTopicsRequest, CreateTopicsResponse } from '../protocol/schema/create-topics.js'
import { DeleteGroupsRequest, DeleteGroupsResponse } from '../protocol/schema/delete-groups.js'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../protocol/schema/delete-topics.js'
import {
  FindCoordinatorRequest,
  FindCoordinatorResponse,
} from '../protocol/schema/find-coordinator.js'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../protocol/schema/incremental-alter-configs.js'
import {
  InitProducerIdRequest,
  InitProducerIdResponse,
} from '../protocol/schema/init-producer-id.js'
import { LeaveGroupRequest, LeaveGroupResponse } from '../protocol/schema/leave-group.js'
import { OffsetCommitRequest, OffsetCommitResponse } from '../protocol/schema/offset-commit.js'
import type { RunningServer } from './server-faults.js'
import type { GroupDescription } from './views.js'

const CREATE_TOPICS_VERSION = 7
/** The last one that has names only. */
const DELETE_TOPICS_VERSION = 5
/** The last one that names topics. */
const OFFSET_COMMIT_VERSION = 9
const LEAVE_GROUP_VERSION = 5
const DELETE_GROUPS_VERSION = 2
const FIND_COORDINATOR_VERSION = 4
const INIT_PRODUCER_ID_VERSION = 2
/** What FindCoordinator looks for. */
const GROUP = 0
const TRANSACTION = 1
const TRANSACTION_TIMEOUT_MS = 60_000
const TIMEOUT_MS = 30_000
/** The broker decides (KIP-464). */
const DEFAULT_PARTITIONS = -1
const DEFAULT_REPLICATION = -1
const SET = 0
const DELETE = 1
/** Epoch of a member that leaves (KIP-848). */
const LEAVING = -1

export interface TopicToCreate {
  readonly name: string
  /** The broker's default when left out. */
  readonly partitions: number | undefined
  readonly configs: ReadonlyMap<string, string>
}

export interface OffsetToCommit {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly leaderEpoch?: number
  readonly metadata?: string
}

/** What an administrator asks of a broker in this process. What is refused is thrown as a KafkaError. */
export class LocalAdmin {
  constructor(private readonly running: () => RunningServer) {}

  async createTopics(topics: readonly TopicToCreate[]): Promise<void> {
    if (topics.length === 0) return
    const answer = await this.#client.ask(
      CreateTopicsRequest,
      CreateTopicsResponse,
      CREATE_TOPICS_VERSION,
      {
        topics: topics.map(({ name, partitions = DEFAULT_PARTITIONS, configs }) => ({
          name,
          numPartitions: partitions,
          replicationFactor: DEFAULT_REPLICATION,
          assignments: [],
          configs: [...configs].map(([key, value]) => ({ name: key, value })),
        })),
        timeoutMs: TIMEOUT_MS,
        validateOnly: false,
      },
    )
    for (const { name, errorCode, errorMessage } of answer.topics) {
      require(errorCode, `topic ${name}`, errorMessage)
    }
  }

  async deleteTopics(topicNames: readonly string[]): Promise<void> {
    if (topicNames.length === 0) return
    const { responses } = await this.#client.ask(
      DeleteTopicsRequest,
      DeleteTopicsResponse,
      DELETE_TOPICS_VERSION,
      { topicNames: [...topicNames], topics: [], timeoutMs: TIMEOUT_MS },
    )
    for (const { name, errorCode } of responses) {
      if (errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) require(errorCode, `topic ${name}`)
    }
  }

  setTopicConfigs(topic: string, configs: ReadonlyMap<string, string>): Promise<void> {
    return this.changeConfigs(ConfigResourceType.TOPIC, topic, configs)
  }

  /** @param remove names that are to have their default again */
  async changeConfigs(
    resourceType: ConfigResourceType,
    resourceName: string,
    set: ReadonlyMap<string, string>,
    remove: readonly string[] = [],
  ): Promise<void> {
    const configs = [
      ...remove.map((name) => ({ name, configOperation: DELETE, value: null })),
      ...[...set].map(([name, value]) => ({ name, configOperation: SET, value })),
    ]
    if (configs.length === 0) return
    const { responses } = await this.#client.ask(
      IncrementalAlterConfigsRequest,
      IncrementalAlterConfigsResponse,
      1,
      { resources: [{ resourceType, resourceName, configs }], validateOnly: false },
    )
    for (const { errorCode, errorMessage } of responses) {
      require(errorCode, resourceName, errorMessage)
    }
  }

  /** Commits for a group of which nobody is a member. */
  async commitOffsets(groupId: string, commits: readonly OffsetToCommit[]): Promise<void> {
    if (commits.length === 0) return
    await this.#findCoordinator(GROUP, groupId)
    await this.running().server.services.groups.allLoaded()
    const answer = await this.#client.ask(
      OffsetCommitRequest,
      OffsetCommitResponse,
      OFFSET_COMMIT_VERSION,
      {
        groupId,
        memberId: '',
        topics: byTopic(commits).map(([name, those]) => ({
          name,
          partitions: those.map(({ partition, offset, leaderEpoch, metadata }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedLeaderEpoch: leaderEpoch ?? -1,
            committedMetadata: metadata ?? '',
          })),
        })),
      },
    )
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        require(errorCode, `offset of group ${groupId} for ${name}-${partitionIndex}`)
      }
    }
  }

  /** Every member is out of the group, as if it had left; each hears of it with what it next asks. */
  async removeMembers({ groupId, type, members }: GroupDescription): Promise<void> {
    if (members.length === 0) return
    if (type === 'consumer') {
      for (const { memberId, instanceId } of members) {
        await this.#client.ask(ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, 0, {
          groupId,
          memberId,
          memberEpoch: LEAVING,
          instanceId,
        })
      }
    }
    // Members that came with the classic protocol leave by it, whatever the group's is.
    await this.#client.ask(LeaveGroupRequest, LeaveGroupResponse, LEAVE_GROUP_VERSION, {
      groupId,
      members: members.map(({ memberId, instanceId }) => ({
        memberId,
        groupInstanceId: instanceId,
      })),
    })
  }

  async deleteGroups(groupsNames: readonly string[]): Promise<void> {
    if (groupsNames.length === 0) return
    const { results } = await this.#client.ask(
      DeleteGroupsRequest,
      DeleteGroupsResponse,
      DELETE_GROUPS_VERSION,
      { groupsNames: [...groupsNames] },
    )
    for (const { groupId, errorCode } of results) {
      if (errorCode !== ErrorCode.GROUP_ID_NOT_FOUND) require(errorCode, `group ${groupId}`)
    }
  }

  /** A new producer for that transactional id. @returns errors, too: some say to ask again */
  async initProducerId(transactionalId: string): Promise<InitProducerIdResponse> {
    await this.#findCoordinator(TRANSACTION, transactionalId)
    return this.#client.ask(
      InitProducerIdRequest,
      InitProducerIdResponse,
      INIT_PRODUCER_ID_VERSION,
      { transactionalId, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS },
    )
  }

  /** That somebody looks for it brings about the topic in which a coordinator keeps what it knows. */
  async #findCoordinator(keyType: number, key: string): Promise<void> {
    await this.#client.ask(
      FindCoordinatorRequest,
      FindCoordinatorResponse,
      FIND_COORDINATOR_VERSION,
      { keyType, coordinatorKeys: [key] },
    )
  }

  get #client() {
    return this.running().client
  }
}

function byTopic(commits: readonly OffsetToCommit[]): [topic: string, OffsetToCommit[]][] {
  const topics = new Map<string, OffsetToCommit[]>()
  for (const commit of commits) {
    const those = topics.get(commit.topic)
    if (those === undefined) topics.set(commit.topic, [commit])
    else those.push(commit)
  }
  return [...topics]
}

/** @param reason the error's name where the answer has none */
function require(errorCode: number, what: string, reason: string | null = null): void {
  if (errorCode === ErrorCode.NONE) return
  throw new KafkaError(errorCode as ErrorCode, `${what}: ${reason ?? errorName(errorCode)}`)
}
