import { groupCoordinatorConfig } from '../coordinator/group/group-config.js'
import { OFFSETS_TOPIC, offsetsTopicConfigs } from '../coordinator/group/offsets-topic.js'
import { TRANSACTION_STATE_TOPIC } from '../coordinator/transaction/transaction-topic.js'
import type { Logger } from '../env/logger.js'
import type { BrokerConfig } from '../metadata/config/broker-config.js'
import { ErrorCode, errorName, KafkaError } from '../protocol/errors.js'
import type { CreateTopicsRequest } from '../protocol/schema/create-topics.js'
import type { DynamicBrokerConfig } from './dynamic-broker-config.js'
import { type ForwardingServices, forward } from './forwarding.js'
import type { RequestContext } from './handler.js'
import { SHARE_STATE_TOPIC } from './internal-topic.js'

const CREATE_TOPICS_VERSION = 7

type CreatableTopic = CreateTopicsRequest['topics'][number]

export interface AutoTopicCreationServices extends ForwardingServices {
  readonly config: DynamicBrokerConfig
  readonly logger: Logger
}

/** Creates topics that somebody asks for without creating them (Kafka's `AutoTopicCreationManager`). */
export class AutoTopicCreation {
  /** By name. What is under way for one request, others wait for. */
  readonly #inFlight = new Map<string, Promise<void>>()

  constructor(private readonly services: AutoTopicCreationServices) {}

  /**
   * Creates topics by what the configuration says of theirs. When the promise resolves, the topics
   * that could be created can be used. Why others couldn't is logged.
   */
  async create(names: readonly string[], context: RequestContext): Promise<void> {
    const others = names.flatMap((name) => this.#inFlight.get(name) ?? [])
    const own = names.filter((name) => !this.#inFlight.has(name))
    if (own.length > 0) {
      const creation = this.#create(own, context).finally(() => {
        for (const name of own) this.#inFlight.delete(name)
      })
      for (const name of own) this.#inFlight.set(name, creation)
      others.push(creation)
    }
    await Promise.all(others)
  }

  async #create(names: readonly string[], context: RequestContext): Promise<void> {
    const { config, logger } = this.services
    const timeoutMs = config.current.get('request.timeout.ms')
    const topics = names.map((name) => creatableTopic(name, config.current))
    const request = { topics, timeoutMs, validateOnly: false }
    try {
      const version = CREATE_TOPICS_VERSION
      const answer = await forward(
        this.services,
        'CreateTopics',
        version,
        request,
        context,
        timeoutMs,
      )
      for (const { name, errorCode, errorMessage } of answer.topics) {
        if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) continue
        const error = errorName(errorCode)
        logger.warn({ topic: name, error, errorMessage }, 'a topic cannot be created automatically')
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      logger.warn({ topics: names, error: error.message }, 'topics cannot be created automatically')
    }
  }
}

/** How a topic is created that nobody said anything about. */
export function creatableTopic(name: string, config: BrokerConfig): CreatableTopic {
  switch (name) {
    case OFFSETS_TOPIC:
      return topicOf(
        name,
        config.get('offsets.topic.num.partitions'),
        config.get('offsets.topic.replication.factor'),
        offsetsTopicConfigs(groupCoordinatorConfig(() => config)),
      )
    case TRANSACTION_STATE_TOPIC:
      return topicOf(
        name,
        config.get('transaction.state.log.num.partitions'),
        config.get('transaction.state.log.replication.factor'),
        transactionStateConfigs(config),
      )
    case SHARE_STATE_TOPIC:
      return topicOf(
        name,
        config.get('share.coordinator.state.topic.num.partitions'),
        config.get('share.coordinator.state.topic.replication.factor'),
        shareStateConfigs(config),
      )
    default:
      return topicOf(name, config.get('num.partitions'), config.get('default.replication.factor'))
  }
}

/** Kafka's `TransactionCoordinator.transactionTopicConfigs`. */
function transactionStateConfigs(config: BrokerConfig): ReadonlyMap<string, string> {
  return new Map([
    ['unclean.leader.election.enable', 'false'],
    ['compression.type', 'uncompressed'],
    ['cleanup.policy', 'compact'],
    ['min.insync.replicas', `${config.get('transaction.state.log.min.isr')}`],
    ['segment.bytes', `${config.get('transaction.state.log.segment.bytes')}`],
  ])
}

/** Kafka's `ShareCoordinatorService.shareGroupStateTopicConfigs`. */
function shareStateConfigs(config: BrokerConfig): ReadonlyMap<string, string> {
  return new Map([
    ['cleanup.policy', 'delete'],
    ['compression.type', 'producer'],
    ['segment.bytes', `${config.get('share.coordinator.state.topic.segment.bytes')}`],
    ['min.insync.replicas', `${config.get('share.coordinator.state.topic.min.isr')}`],
    ['retention.ms', '-1'],
  ])
}

function topicOf(
  name: string,
  numPartitions: number,
  replicationFactor: number,
  configs: ReadonlyMap<string, string> = new Map(),
): CreatableTopic {
  return {
    name,
    numPartitions,
    replicationFactor,
    assignments: [],
    configs: [...configs].map(([key, value]) => ({ name: key, value })),
  }
}
