import { createHandlers } from '../broker/api/index.js'
import { BrokerLifecycle } from '../broker/broker-lifecycle.js'
import { RequestDispatcher } from '../broker/dispatch.js'
import { DynamicBrokerConfig } from '../broker/dynamic-broker-config.js'
import { GroupElections } from '../broker/group-elections.js'
import { LiveMetadata } from '../broker/live-metadata.js'
import { ReplicaManager } from '../broker/replica-manager.js'
import type { BrokerServices } from '../broker/services.js'
import { topicSettings } from '../broker/topic-settings.js'
import type { ControllerChannel } from '../controller/channel.js'
import { QuorumController } from '../controller/quorum-controller.js'
import { groupCoordinatorConfig } from '../coordinator/group/group-config.js'
import { GroupCoordinator } from '../coordinator/group/group-coordinator.js'
import type { Clocks } from '../env/clock.js'
import type { Disk } from '../env/disk.js'
import type { Logger } from '../env/logger.js'
import type { Network } from '../env/network.js'
import { type Random, randomUuid } from '../env/random.js'
import type { Endpoint } from '../metadata/cluster.js'
import { ConfigResourceType } from '../metadata/config/resource.js'
import type { MetadataDelta } from '../metadata/delta.js'
import { supportedFeatures } from '../metadata/features.js'
import type { MetadataImage } from '../metadata/image.js'
import { MetadataLoader } from '../metadata/loader.js'
import { NO_LEADER } from '../raft/client.js'
import { allowEverything } from '../security/authorizer.js'
import { openLogManager } from '../storage/disk-log-manager.js'
import type { LogConfig } from '../storage/log-config.js'
import type { LogDirectory, LogManager } from '../storage/log-manager.js'
import { serverLimits } from './connection-limits.js'
import { registerController } from './controller-registration.js'
import { openListeners } from './endpoints.js'
import { openMetadataQuorum } from './metadata-quorum.js'
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
  /** The node can't go on: its metadata log has failed, or all its disks. It is to be closed. */
  readonly onFault: (error: Error) => void
}

/**
 * A node that is broker and controller, the only one of its cluster (Kafka's `KafkaRaftServer`). What
 * each part needs is started before it, and closed after it.
 */
export class BrokerServer {
  readonly #options: BrokerServerOptions
  readonly #config: DynamicBrokerConfig
  /** What ends each part that was started, the first one first. */
  readonly #endings: (() => void | Promise<void>)[] = []
  #closing: Promise<void> | undefined
  #clusterId = ''
  #endpoints: readonly Endpoint[] = []
  #lifecycle: BrokerLifecycle | undefined
  #loader: MetadataLoader | undefined
  #hasFailed = false

  private constructor(options: BrokerServerOptions) {
    this.#options = options
    this.#config = new DynamicBrokerConfig(options.properties, options.logger)
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
    const { network, clocks, logger, hostName } = this.#options
    const { current } = this.#config
    requireSupported(current)
    const server = new SocketServer({
      network,
      clock: clocks.pacing,
      logger,
      limits: () => serverLimits(this.#config.current),
    })
    this.#endings.push(() => server.close(DRAIN_MS))
    this.#endpoints = await openListeners(server, current, hostName)
    const services = await this.#startNode()
    server.enableRequests(new RequestDispatcher({ handlers: createHandlers(services), logger }))
    // The connections are to end before what answers them, and what waits there must not hold them.
    this.#endings.push(() => {
      const closed = server.close(DRAIN_MS)
      services.replicas.close()
      services.groups.close()
      return closed
    })
  }

  async #startNode(): Promise<Omit<BrokerServices, 'handlers'>> {
    const { clocks, random, logger } = this.#options
    const { nodeId } = this.#config.current
    const logs = await this.#openLogs()
    const { loader, controller } = await this.#startController(logs)
    await logs.start()
    const replicas = new ReplicaManager({
      nodeId,
      clocks,
      logger,
      logs,
      topicConfig: (overrides) => this.#config.topicConfig(overrides),
    })
    loader.install(replicas)
    const config = groupCoordinatorConfig(this.#config.current)
    const groups = new GroupCoordinator({ clocks, random, logger, config })
    loader.install(new GroupElections({ nodeId, replicas, groups, logger }))
    await this.#join(logs, loader, controller)
    return {
      nodeId,
      clusterId: logs.clusterId,
      clocks,
      random,
      logger,
      authorizer: allowEverything,
      config: this.#config,
      metadata: new LiveMetadata(() => loader.image),
      controller,
      logs,
      replicas,
      groups,
    }
  }

  async #openLogs(): Promise<LogManager> {
    const { disk, clocks, random, logger } = this.#options
    const { current } = this.#config
    const logs = await openLogManager({
      disk,
      clocks,
      random,
      logger,
      directories: current.logDirs,
      nodeId: current.nodeId,
      clusterId: undefined,
      defaultConfig: this.#logConfig(NO_SETTINGS),
      configOf: (topic) => this.#logConfig(this.#topicSettings(topic)),
      producerIdExpirationMs: current.get('producer.id.expiration.ms'),
      retentionCheckIntervalMs: current.get('log.retention.check.interval.ms'),
      checkpointIntervalMs: current.get('log.flush.offset.checkpoint.interval.ms'),
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
    if (this.#hasFailed) return
    this.#hasFailed = true
    // There is nobody left to ask for a controlled shutdown.
    this.#lifecycle?.close()
    this.#options.onFault(error)
  }

  async #startController(
    logs: LogManager,
  ): Promise<{ loader: MetadataLoader; controller: ControllerChannel }> {
    const { disk, clocks, random, logger } = this.#options
    const onFault = (error: Error): void => this.#fault(error)
    const config = this.#config.current
    const quorum = { config, disk, clocks, random, logger, logs, onFault }
    const { raft, bootstrap } = await openMetadataQuorum(quorum)
    this.#endings.push(() => raft.close())
    const loader = new MetadataLoader({ clusterId: logs.clusterId, logger, onFault })
    this.#loader = loader
    loader.install({ onMetadataUpdate: (delta, image) => this.#configsChanged(delta, image) })
    raft.register(loader)
    const controller = new QuorumController({
      config,
      raft,
      loader,
      bootstrap,
      clocks,
      random,
      logger,
    })
    this.#endings.push(() => controller.close())
    await whenActive(loader)
    return { loader, controller: controller.channel }
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
    await registerController(current, channel, randomUuid(random))
    await lifecycle.register()
    await lifecycle.unfence()
  }
}

/** The log says all that it said when this node last stopped, and there is a controller. */
function whenActive(loader: MetadataLoader): Promise<void> {
  return new Promise((resolve) => {
    loader.install({
      onMetadataUpdate: () => {},
      onControllerChange: ({ leaderId }) => {
        if (leaderId !== NO_LEADER) resolve()
      },
    })
  })
}
