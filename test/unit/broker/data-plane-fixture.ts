import {
  AddPartitionsToTxnManager,
  type TransactionPartitions,
} from '../../../src/broker/add-partitions-to-txn-manager.js'
import { DynamicBrokerConfig } from '../../../src/broker/dynamic-broker-config.js'
import {
  type Answer,
  type Handler,
  type Peer,
  PooledAnswer,
  type RequestContext,
} from '../../../src/broker/handler.js'
import type { ProduceCallback } from '../../../src/broker/partition.js'
import { ReplicaManager } from '../../../src/broker/replica-manager.js'
import type { Clocks } from '../../../src/env/clock.js'
import type { DiskError, DiskFile } from '../../../src/env/disk.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { silentLogger } from '../../../src/env/logger.js'
import { type Random, randomUuid, seededRandom } from '../../../src/env/random.js'
import { ConfigResourceType } from '../../../src/metadata/config/resource.js'
import type { MetadataPublisher } from '../../../src/metadata/loader.js'
import { MetadataState } from '../../../src/metadata/metadata-state.js'
import type { MetadataRecord } from '../../../src/metadata/record.js'
import { decode, encodeToBuffer, type Input } from '../../../src/protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import type {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../../../src/protocol/schema/add-partitions-to-txn.js'
import { allowEverything } from '../../../src/security/authorizer.js'
import type { LogManager } from '../../../src/storage/log-manager.js'
import type { Teardown } from '../../support/teardown.js'
import {
  ManualClock,
  MEGABYTE,
  managerOptions,
  manualClocks,
  startManager,
  verify,
} from '../storage/storage-fixture.js'

export const NODE_ID = 1
const LISTENER = 'PLAINTEXT'

// biome-ignore lint/suspicious/noExplicitAny: tests pick fields of any message
export type Body = Record<string, any>

/** What an answer came to: the message, or the symbol that stood for none. */
export type Heard = Body | symbol

export function newPeer(): Peer {
  return {
    connectionId: '127.0.0.1:9092-127.0.0.1:50000-0',
    listener: LISTENER,
    principal: 'User:ANONYMOUS',
    clientAddress: '127.0.0.1',
    clientPort: 50_000,
    localAddress: '127.0.0.1',
    localPort: 9092,
    clientSoftwareName: 'unknown',
    clientSoftwareVersion: 'unknown',
    closeListeners: new Set(),
  }
}

/** A disk in memory whose reads end some turns later, or with an error. */
export class ColdDisk extends MemoryDisk {
  /** What the next read of a file whose path ends so fails with. */
  failing: { readonly suffix: string; readonly error: DiskError } | undefined

  override open(path: string, options?: { readonly create?: boolean }): DiskFile {
    const file = super.open(path, options)
    const { read } = file
    file.read = (buffer, offset, length, position, likelyCached, done) => {
      const { failing } = this
      setImmediate(() => {
        if (failing !== undefined && path.endsWith(failing.suffix)) done(failing.error, 0)
        else read.call(file, buffer, offset, length, position, likelyCached, done)
      })
    }
    return file
  }
}

/** A transaction coordinator that answers what it is told to. */
export class TestTransactions implements TransactionPartitions {
  /** Of every partition that is asked about. */
  errorCode: ErrorCode = ErrorCode.NONE
  /** What was asked, in order. */
  readonly asked: AddPartitionsToTxnRequest['transactions'][number][] = []
  /** While set, answers wait for it. */
  hold: Promise<void> | undefined

  async addPartitionsToTxn(
    _context: { readonly apiVersion: number },
    { transactions }: AddPartitionsToTxnRequest,
  ): Promise<Input<typeof AddPartitionsToTxnResponse>> {
    this.asked.push(...transactions)
    await this.hold
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      resultsByTransaction: transactions.map(({ transactionalId, topics }) => ({
        transactionalId,
        topicResults: topics.map(({ name, partitions }) => ({
          name,
          resultsByPartition: partitions.map((partitionIndex) => ({
            partitionIndex,
            partitionErrorCode: this.errorCode,
          })),
        })),
      })),
    }
  }
}

/** The logs of one broker in memory, and its metadata made by hand. */
export class DataPlane {
  readonly nodeId = NODE_ID
  readonly logger = silentLogger
  readonly authorizer = allowEverything
  readonly random: Random = seededRandom(11)
  readonly metadata: MetadataState
  readonly replicas: ReplicaManager
  readonly config: DynamicBrokerConfig
  readonly transactions = new TestTransactions()
  readonly partitionsToTxn: AddPartitionsToTxnManager
  /** Who hears of what the metadata log brings, in order. */
  readonly publishers: MetadataPublisher[]

  private constructor(
    readonly clock: ManualClock,
    readonly clocks: Clocks,
    readonly disk: MemoryDisk,
    readonly logs: LogManager,
    properties: Readonly<Record<string, string>>,
  ) {
    this.config = new DynamicBrokerConfig(
      new Map([
        ['node.id', String(NODE_ID)],
        ['process.roles', 'broker,controller'],
        ['controller.listener.names', 'CONTROLLER'],
        ['listeners', 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093'],
        ['controller.quorum.bootstrap.servers', '127.0.0.1:9093'],
        ...Object.entries(properties),
      ]),
      this.logger,
    )
    this.metadata = new MetadataState(logs.clusterId)
    this.replicas = new ReplicaManager({
      nodeId: NODE_ID,
      clocks,
      logger: this.logger,
      logs,
      topicConfig: (overrides) => this.config.topicConfig(overrides),
    })
    this.publishers = [this.replicas]
    this.partitionsToTxn = new AddPartitionsToTxnManager({
      coordinator: this.transactions,
      metadata: () => this.metadata,
      isEnabled: () => this.config.current.get('transaction.partition.verification.enable'),
      logger: this.logger,
    })
    this.#registerBroker(NODE_ID, 9092)
  }

  static async start(
    t: Teardown,
    properties: Readonly<Record<string, string>> = {},
    disk: MemoryDisk = new MemoryDisk(64 * MEGABYTE),
  ): Promise<DataPlane> {
    const clock = new ManualClock()
    const clocks = manualClocks(clock)
    const verifiesTransactions = properties['transaction.partition.verification.enable'] !== 'false'
    const producerStateConfig = () => ({ expirationMs: 86_400_000, verifiesTransactions })
    const logs = await startManager(managerOptions({ disk, clocks, producerStateConfig }))
    t.teardown(() => logs.close())
    return new DataPlane(clock, clocks, disk, logs, properties)
  }

  /** Applies records as if the metadata log had brought them. */
  replay(...records: readonly MetadataRecord[]): void {
    for (const record of records) this.metadata.replay(record)
    const delta = this.metadata.takeDelta()
    for (const each of this.publishers) each.onMetadataUpdate(delta, this.metadata)
  }

  /** @returns the topic's id */
  createTopic(
    name: string,
    partitions = 1,
    configs: Readonly<Record<string, string>> = {},
    leader = NODE_ID,
  ): string {
    const topicId = randomUuid(this.random)
    const settings = Object.entries(configs).map(([key, value]): MetadataRecord => {
      const data = { resourceType: ConfigResourceType.TOPIC, resourceName: name, name: key, value }
      return { type: 'ConfigRecord', data }
    })
    const created = Array.from({ length: partitions }, (_, partitionId): MetadataRecord => {
      return { type: 'PartitionRecord', data: partitionData(topicId, partitionId, leader) }
    })
    this.replay({ type: 'TopicRecord', data: { name, topicId } }, ...settings, ...created)
    return topicId
  }

  addPartition(topicId: string, partitionId: number, leader = NODE_ID): void {
    this.replay({ type: 'PartitionRecord', data: partitionData(topicId, partitionId, leader) })
  }

  deleteTopic(topicId: string): void {
    this.replay({ type: 'RemoveTopicRecord', data: { topicId } })
  }

  /** Begins a new leader epoch. */
  electLeader(topicId: string, partitionId: number, leader: number): void {
    const data = {
      partitionId,
      topicId,
      isr: [leader],
      leader,
      replicas: [leader],
      removingReplicas: null,
      addingReplicas: null,
      leaderRecoveryState: -1,
      directories: null,
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
    }
    this.replay({ type: 'PartitionChangeRecord', data })
  }

  /** Another broker, which leads what this one doesn't. */
  registerOther(id: number, port: number): void {
    this.#registerBroker(id, port)
    this.replay()
  }

  /** Appends a batch as a producer's. */
  append(topic: string, batch: Buffer, partition = 0): Promise<void> {
    const target = this.replicas.partition(topic, partition)
    const size = this.replicas.validator.validateRequest(12, batch)
    return new Promise((resolve, reject) => {
      const done: ProduceCallback = (error) => {
        if (error === null) resolve()
        else reject(error)
      }
      target.produce(batch, size, -1, this.clock.now(), done, verify(target.log, batch))
    })
  }

  /** Asks as a client would, through the bytes of the request and of the answer. */
  async ask(handler: Handler, version: number, body: object, peer = newPeer()): Promise<Heard> {
    const encoded = encodeToBuffer(handler.request, version, body)
    const request = decode(handler.request, version, encoded).value
    const context = contextOf(handler, version, peer)
    let answer: Answer<unknown>
    try {
      answer = await handler.handle(context, request)
    } catch (error) {
      const refusal =
        error instanceof KafkaError ? error : new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR)
      answer = handler.refuse(request, refusal, context)
    }
    if (typeof answer === 'symbol') return answer
    if (!(answer instanceof PooledAnswer)) return reread(handler, version, answer)
    const said = reread(handler, version, answer.message)
    answer.release()
    return said
  }

  #registerBroker(brokerId: number, port: number): void {
    this.metadata.replay({
      type: 'RegisterBrokerRecord',
      data: {
        brokerId,
        isMigratingZkBroker: false,
        incarnationId: randomUuid(this.random),
        brokerEpoch: 5,
        endPoints: [{ name: LISTENER, host: '127.0.0.1', port, securityProtocol: 0 }],
        features: [],
        rack: null,
        fenced: false,
        inControlledShutdown: false,
        logDirs: this.logs.directories.map(({ directoryId }) => directoryId),
        cordonedLogDirs: null,
      },
    })
  }
}

function partitionData(topicId: string, partitionId: number, leader: number) {
  return {
    partitionId,
    topicId,
    replicas: [leader],
    isr: [leader],
    removingReplicas: [],
    addingReplicas: [],
    leader,
    leaderRecoveryState: 0,
    leaderEpoch: 0,
    partitionEpoch: 0,
    directories: [],
    eligibleLeaderReplicas: null,
    lastKnownElr: null,
  }
}

function contextOf(handler: Handler, apiVersion: number, peer: Peer): RequestContext {
  return {
    peer,
    connectionId: peer.connectionId,
    listener: peer.listener,
    principal: peer.principal,
    clientAddress: peer.clientAddress,
    apiKey: handler.request.key,
    apiVersion,
    correlationId: 1,
    clientId: 'test',
  }
}

/** The answer as a client reads it. Its records are copied, as its buffers are given back. */
function reread({ response }: Handler, version: number, answer: unknown): Body {
  const bytes = encodeToBuffer(response, version, answer)
  return decode(response, version, Buffer.from(bytes)).value as Body
}
