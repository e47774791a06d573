import { createHandlers } from '../broker/api/index.js'
import { BrokerLifecycle } from '../broker/broker-lifecycle.js'
import { cleanerSettings } from '../broker/cleaner-settings.js'
import { DeletedTopics } from '../broker/deleted-topics.js'
import { DirectoryAssignments } from '../broker/directory-assignments.js'
import { RequestDispatcher } from '../broker/dispatch.js'
import { DynamicBrokerConfig } from '../broker/dynamic-broker-config.js'
import type { RequestInterceptor } from '../broker/interceptor.js'
import { LiveMetadata } from '../broker/live-metadata.js'
import { logUpkeep } from '../broker/log-upkeep.js'
import { ProducerIdManager } from '../broker/producer-id-manager.js'
import { producerStateConfig } from '../broker/producer-state-config.js'
import { ReplicaManager } from '../broker/replica-manager.js'
import type { BrokerServices } from '../broker/services.js'
import { topicSettings } from '../broker/topic-settings.js'
import type { ControllerChannel } from '../controller/channel.js'
import { QuorumController } from '../controller/quorum-controller.js'
import type { Clocks } from '../env/clock.js'
import type { Disk } from '../env/disk.js'
import type { Logger } from '../env/logger.js'
import type { Network } from '../env/network.js'
import { type Random, randomUuid } from '../env/random.js'
import type { Endpoint } from '../metadata/cluster.js'
import type { BrokerConfig } from '../metadata/config/broker-config.js'
import { ConfigResourceType } from '../metadata/config/resource.js'
import type { MetadataDelta } from '../metadata/delta.js'
import { supportedFeatures } from '../metadata/features.js'
import type { MetadataImage } from '../metadata/image.js'
import { MetadataLoader } from '../metadata/loader.js'
import type { NewRecord } from '../metadata/record.js'
import { SnapshotGenerator } from '../metadata/snapshot-generator.js'
import { NO_LEADER, type RaftClient } from '../raft/client.js'
import { allowEverything } from '../security/authorizer.js'
import { openLogManager } from '../storage/disk-log-manager.js'
import type { LogConfig } from '../storage/log-config.js'
import type { LogDirectory, LogManager } from '../storage/log-manager.js'
import { reportConfig } from './config-report.js'
import { serverLimits } from './connection-limits.js'
import { registerController } from './controller-registration.js'
import { openListeners } from './endpoints.js'
import { type MetadataQuorum, openMetadataQuorum } from './metadata-quorum.js'
import { startCoordinators } from './node-coordinators.js'
import { SocketServer } from './socket-server.js'
import { requireSupported } from './supported-config.js'

const NO_SETTINGS: ReadonlyMap<string, string> = new Map()
/** What is under way on connections has so long to be answered when the broker stops. */
const DRAIN_MS = 5000
const CONTROLLED_SHUTDOWN_MS = 10_000

export interface BrokerServerOptions {
  /** The node's configuration, by Kafka's names. `log.dirs` must be absolute. */
  readonly properties: ReadonlyMap<string, string>
  readonly disk: Disk
  readonly network: Network
  readonly clocks: Clocks
  readonly random: Random
  readonly logger: Logger
  /** This machine's name, advertised where a listener is on every interface. */
  readonly hostName: string
  /** What stands around the handlers; the first is the outermost. */
  readonly interceptors?: readonly RequestInterceptor[]
  /** A new data directory is formatted for this cluster; for one of its own when left out. */
  readonly clusterId?: string | undefined
  /** The node can't go on once it has started: its metadata log has failed, or all its disks. It is to be closed. */
  readonly onFault: (error: Error) => void
}

/**
 * A node that is broker and controller, the only one of its cluster (Kafka's `KafkaRaftServer`). What
 * each part needs is started before it, and closed after it.
 */
export class BrokerServer {
  readonly #options: BrokerServerOptions
  readonly #config: DynamicBrokerConfig
  /** Without what the metadata log sets. */
  readonly #startConfig: BrokerConfig
  /** What ends each part that was started, the first one first. */
  readonly #endings: (() => void | Promise<void>)[] = []
  #closing: Promise<void> | undefined
  #clusterId = ''
  #sockets: SocketServer | undefined
  #services: BrokerServices | undefined
  #isStarted = false
  #endpoints: readonly Endpoint[] = []
  #lifecycle: BrokerLifecycle | undefined
  #loader: MetadataLoader | undefined
  /** What the node can't go on after. */
  #failure: Error | undefined
  #whenFailed: (error: Error) => void = () => {}

  private constructor(options: BrokerServerOptions) {
    this.#options = options
    this.#config = new DynamicBrokerConfig(options.properties, options.logger)
    this.#startConfig = this.#config.current
  }

  /**
   * Starts a node. When this resolves, clients can use it.
   *
   * @throws ConfigException, ListenerError, or Error with a message for the user; nothing is left then
   */
  static async start(options: BrokerServerOptions): Promise<BrokerServer> {
    const server = new BrokerServer(options)
    try {
      await server.#start()
      return server
    } catch (error) {
      await server.close()
      throw error
    }
  }

  get nodeId(): number {
    return this.#config.current.nodeId
  }

  get clusterId(): string {
    return this.#clusterId
  }

  /** Where clients reach it. */
  get endpoints(): readonly Endpoint[] {
    return this.#endpoints
  }

  /** What the handlers work with. */
  get services(): BrokerServices {
    return this.#services!
  }

  get sockets(): SocketServer {
    return this.#sockets!
  }

  get lifecycle(): BrokerLifecycle {
    return this.#lifecycle!
  }

  /** Lets the controller know, answers what is under way, and closes everything. */
  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  async #end(): Promise<void> {
    for (const end of this.#endings.splice(0).reverse()) {
      try {
        await end()
      } catch (error) {
        this.#options.logger.error({ err: error }, 'a part of the broker did not end cleanly')
      }
    }
  }

  async #start(): Promise<void> {
    const { network, clocks, logger, hostName, interceptors } = this.#options
    const { current } = this.#config
    requireSupported(current)
    reportConfig(current, logger)
    const server = new SocketServer({
      network,
      clock: clocks.pacing,
      logger,
      limits: () => serverLimits(this.#config.current),
    })
    this.#sockets = server
    this.#endings.push(() => server.close(DRAIN_MS))
    this.#endpoints = await openListeners(server, current, hostName)
    const services = await this.#startNode()
    const handlers = createHandlers(services)
    this.#services = Object.assign(services, { handlers })
    server.enableRequests(
      new RequestDispatcher({
        handlers,
        logger,
        legacyVersions: current.servesLegacyVersions,
        ...(interceptors === undefined ? {} : { interceptors }),
      }),
    )
    // The connections are to end before what answers them, and what waits there must not hold them.
    this.#endings.push(() => {
      const closed = server.close(DRAIN_MS)
      services.replicas.close()
      services.transactions.close()
      services.groups.close()
      return closed
    })
  }

  async #startNode(): Promise<Omit<BrokerServices, 'handlers'>> {
    const { disk, clocks, random, logger } = this.#options
    const { nodeId } = this.#config.current
    const logs = await this.#openLogs()
    const { raft, bootstrap } = await this.#openQuorum(logs)
    const loader = await this.#followMetadata(logs, raft)
    await logs.start()
    const assignments = new DirectoryAssignments(clocks.pacing, logger)
    this.#endings.push(() => assignments.close())
    const replicas = new ReplicaManager({
      nodeId,
      clocks,
      logger,
      logs,
      onPlaced: (placed) => assignments.add(placed),
      topicConfig: (overrides) => this.#config.topicConfig(overrides),
    })
    loader.install(replicas)
    const metadata = new LiveMetadata(() => loader.image)
    const coordinators = startCoordinators({
      nodeId,
      clocks,
      random,
      logger,
      config: this.#config,
      replicas,
      loader,
      producerIds: { generate: () => producerIds.generate() },
    })
    const controller = this.#startController(raft, loader, bootstrap)
    const producerIds = new ProducerIdManager({ nodeId, metadata, controller, logger })
    await this.#join(logs, loader, controller)
    const brokerEpoch = () => this.#lifecycle?.brokerEpoch ?? -1
    assignments.start({ nodeId, brokerEpoch, channel: controller })
    return {
      nodeId,
      clusterId: logs.clusterId,
      clocks,
      random,
      logger,
      authorizer: allowEverything,
      config: this.#config,
      metadata,
      kraftVersion: raft.core.kraftVersion,
      controller,
      disk,
      logs,
      replicas,
      producerIds,
      deletedTopics: new DeletedTopics(),
      ...coordinators,
    }
  }

  async #openLogs(): Promise<LogManager> {
    const { disk, clocks, random, logger, clusterId } = this.#options
    const { current } = this.#config
    const logs = await openLogManager({
      disk,
      clocks,
      random,
      logger,
      directories: current.logDirs,
      nodeId: current.nodeId,
      clusterId,
      defaultConfig: this.#logConfig(NO_SETTINGS),
      configOf: (topic) => this.#logConfig(this.#topicSettings(topic)),
      producerStateConfig: () => producerStateConfig(this.#config.current),
      ...logUpkeep(current),
      cleanerConfig: () => cleanerSettings(this.#config.current),
      onDirectoryOffline: (directory, cause) => this.#directoryFailed(logs, directory, cause),
    })
    this.#endings.push(() => logs.close(this.#lifecycle?.brokerEpoch))
    this.#clusterId = logs.clusterId
    return logs
  }

  #logConfig(overrides: ReadonlyMap<string, string>): LogConfig {
    return topicSettings(this.#config.topicConfig(overrides)).log
  }

  #topicSettings(topic: string): ReadonlyMap<string, string> {
    return this.#loader?.image.configs(ConfigResourceType.TOPIC, topic) ?? NO_SETTINGS
  }

  /** The first directory holds the metadata log, without which a node is nothing. */
  #directoryFailed(logs: LogManager, directory: LogDirectory, cause: Error): void {
    this.#lifecycle?.directoryFailed(directory.directoryId)
    if (logs.directories.every(({ offline }) => offline)) {
      this.#fault(new Error('all log directories have failed', { cause }))
    }
  }

  #fault(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    // There is nobody left to ask for a controlled shutdown.
    this.#lifecycle?.close()
    this.#whenFailed(error)
    if (this.#isStarted) this.#options.onFault(error)
  }

  /** What is waited for at start, or why it will never come. */
  #unlessFailed<T>(awaited: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure)
      this.#whenFailed = reject
      awaited.then(resolve, reject)
    })
  }

  async #openQuorum(logs: LogManager): Promise<MetadataQuorum> {
    const { disk, clocks, random, logger } = this.#options
    const quorum = await openMetadataQuorum({
      config: this.#startConfig,
      disk,
      clocks,
      random,
      logger,
      logs,
      onFault: (error) => this.#fault(error),
    })
    this.#endings.push(() => quorum.raft.close())
    return quorum
  }

  /** Resolves when everything is known that the log said when this node last stopped. */
  async #followMetadata(logs: LogManager, raft: RaftClient): Promise<MetadataLoader> {
    const { clocks, logger } = this.#options
    const onFault = (error: Error): void => this.#fault(error)
    const loader = new MetadataLoader({ clusterId: logs.clusterId, logger, onFault })
    this.#loader = loader
    loader.install({ onMetadataUpdate: (delta, image) => this.#configsChanged(delta, image) })
    const snapshots = new SnapshotGenerator({
      raft,
      clock: clocks.pacing,
      logger,
      maxRecordBytes: this.#startConfig.get('metadata.log.max.record.bytes.between.snapshots'),
      maxIntervalMs: this.#startConfig.get('metadata.log.max.snapshot.interval.ms'),
    })
    loader.install(snapshots)
    this.#endings.push(() => snapshots.close())
    const caughtUp = new Promise<void>((resolve) => {
      loader.install({
        onMetadataUpdate: () => {},
        onControllerChange: ({ leaderId }) => {
          if (leaderId !== NO_LEADER) resolve()
        },
      })
    })
    raft.register(loader)
    await this.#unlessFailed(caughtUp)
    return loader
  }

  /** After everybody who is to have seen what it decided before whoever asked for it is answered. */
  #startController(
    raft: RaftClient,
    loader: MetadataLoader,
    bootstrap: readonly NewRecord[] | undefined,
  ): QuorumController {
    const { clocks, random, logger } = this.#options
    const controller = new QuorumController({
      raft,
      loader,
      config: this.#startConfig,
      clock: clocks.pacing,
      random,
      logger,
      ...(bootstrap === undefined ? {} : { bootstrap }),
      onFault: (error) => this.#fault(error),
    })
    this.#endings.push(() => controller.close())
    controller.start()
    return controller
  }

  #configsChanged({ configs }: MetadataDelta, image: MetadataImage): void {
    if (configs.some(({ type }) => type === ConfigResourceType.BROKER)) this.#config.update(image)
  }

  /** Makes the broker known, and available. */
  async #join(logs: LogManager, loader: MetadataLoader, channel: ControllerChannel): Promise<void> {
    const { clocks, random, logger } = this.#options
    const { current } = this.#config
    const lifecycle = new BrokerLifecycle({
      nodeId: current.nodeId,
      clusterId: logs.clusterId,
      incarnationId: randomUuid(random),
      listeners: this.#endpoints,
      features: supportedFeatures,
      rack: current.get('broker.rack'),
      directories: logs.directories.filter((d) => !d.offline).map((d) => d.directoryId),
      previousEpoch: logs.previousBrokerEpoch,
      channel,
      clock: clocks.pacing,
      logger,
      heartbeatIntervalMs: current.get('broker.heartbeat.interval.ms'),
      registrationTimeoutMs: current.get('initial.broker.registration.timeout.ms'),
      metadataOffset: () => loader.image.provenance.offset,
    })
    this.#lifecycle = lifecycle
    this.#endings.push(() => lifecycle.shutdown(CONTROLLED_SHUTDOWN_MS))
    loader.install({ onMetadataUpdate: () => lifecycle.metadataUpdated() })
    await this.#unlessFailed(registerController(current, channel, randomUuid(random)))
    await this.#unlessFailed(lifecycle.register())
    await this.#unlessFailed(lifecycle.unfence())
    this.#isStarted = true
  }
}
