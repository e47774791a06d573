import type { RequestInterceptor } from '../broker/interceptor.js'
import { absolutePath } from '../env/absolute-path.js'
import type { Disk } from '../env/disk.js'
import { MemoryDisk } from '../env/disk-memory.js'
import { NodeDisk } from '../env/disk-node.js'
import { machineName } from '../env/host.js'
import { type Logger, silentLogger } from '../env/logger.js'
import { systemNetwork } from '../env/network-node.js'
import { systemRandom } from '../env/random.js'
import { BrokerServer } from '../server/broker-server.js'
import {
  DEFAULT_MEMORY_BYTES,
  MEMORY_DIRECTORY,
  nodeProperties,
} from '../server/node-properties.js'
import { AdvertisedAddress } from './advertised-address.js'
import { type MovableClocks, realClocks, virtualClocks } from './broker-clock.js'
import { FaultRegistry } from './faults/fault-registry.js'
import type { FaultSpec } from './faults/fault-spec.js'
import { hasLegacyVersions } from './faults/release-versions.js'
import { FaultyDisk } from './faulty-disk.js'
import { FetchWatch } from './fetch-watch.js'
import { RequestJournal } from './journal.js'
import { LocalClient } from './local-client.js'
import { BrokerMetrics } from './metrics/broker-metrics.js'
import { profileProperties } from './profiles.js'
import { RemovedMembers } from './removed-members.js'
import { RequestGate } from './request-gate.js'
import type { BrokerOptions } from './running-broker.js'
import {
  BrokerFailedError,
  NotRunningError,
  type RunningServer,
  ServerFaults,
} from './server-faults.js'
import { tellRequests } from './waiting.js'

/** Both addresses that it may stand for are opened. */
const LOCALHOST = 'localhost'
const LOOPBACK = new Set([LOCALHOST, '127.0.0.1', '::1'])
const RECENT_REQUESTS = 50
const LEGACY = 'samsa.legacy.api.versions.enable'

/** A node as the command runs it, instead of what the options say of directory, port and config. */
export interface NodeSetting {
  /** Its whole configuration, by Kafka's names; `log.dirs` absolute. */
  readonly properties: ReadonlyMap<string, string>
  readonly disk: Disk
  /** For a new directory; one of its own unless said. */
  readonly clusterId?: string | undefined
  /** Nothing stands between clients and the broker: there is nothing to see then, nor to inject. */
  readonly isPlain: boolean
  /** In force from the start. */
  readonly faults?: readonly FaultSpec[]
}

/** What a broker is made of that stays when it is restarted. */
export class BrokerParts {
  readonly clocks: MovableClocks
  readonly journal: RequestJournal
  readonly faults: FaultRegistry
  readonly address: AdvertisedAddress
  readonly gate = new RequestGate()
  readonly fetchWatch = new FetchWatch()
  readonly removedMembers = new RemovedMembers()
  readonly serverFaults: ServerFaults
  /** Kept only where somebody can ask for them. */
  readonly metrics: BrokerMetrics | undefined
  /** Why the broker can't go on; undefined while it can. */
  failure: Error | undefined
  readonly #disk: FaultyDisk
  readonly #properties: Map<string, string>
  #running: RunningServer | undefined

  constructor(
    private readonly options: BrokerOptions,
    private readonly setting?: NodeSetting,
  ) {
    const { directory, memoryBytes = DEFAULT_MEMORY_BYTES, clock, journal = {} } = options
    const own = (): Disk => (directory === undefined ? new MemoryDisk(memoryBytes) : new NodeDisk())
    const disk = setting?.disk ?? own()
    this.#disk = new FaultyDisk(disk)
    this.clocks = clock === 'virtual' ? virtualClocks((task) => disk.atTurnEnd(task)) : realClocks()
    const { pacing } = this.clocks.clocks
    this.#properties = setting ? new Map(setting.properties) : this.#configuration()
    if (options.asVersion !== undefined) this.#serveLegacy(options.asVersion)
    this.journal = new RequestJournal({ clock: pacing, ...journal })
    this.serverFaults = new ServerFaults(
      () => this.running,
      () => this.usable,
      () => this.#running !== undefined,
      this.#disk,
      pacing,
    )
    this.faults = new FaultRegistry({
      broker: this.serverFaults,
      clock: pacing,
      onStrike: (context, { id }) => this.journal.struck(context, id),
      recentRequests: () => tellRequests(this.journal.entries().slice(-RECENT_REQUESTS)),
      asVersion: options.asVersion,
    })
    if (options.controlPort !== undefined) {
      this.metrics = new BrokerMetrics(() => this.running, pacing)
    }
    const nodeId = Number(this.#properties.get('node.id'))
    this.address = new AdvertisedAddress(nodeId)
  }

  /** Nothing stands between clients and the broker. */
  get isPlain(): boolean {
    return this.setting?.isPlain === true
  }

  get logger(): Logger {
    return this.options.logger ?? silentLogger
  }

  get running(): RunningServer {
    if (this.#running === undefined) throw new NotRunningError()
    return this.#running
  }

  /** What is running, to be changed. @throws NotRunningError, BrokerFailedError */
  get usable(): RunningServer {
    if (this.failure !== undefined) throw new BrokerFailedError(this.failure)
    return this.running
  }

  /** @throws Error with a message for the user */
  async start(): Promise<void> {
    const { logger } = this
    const server = await BrokerServer.start({
      properties: this.#properties,
      disk: this.setting?.isPlain === true ? this.setting.disk : this.#disk,
      network: systemNetwork,
      clocks: this.clocks.clocks,
      random: systemRandom,
      logger,
      hostName: machineName(),
      clusterId: this.setting?.clusterId,
      interceptors: this.#interceptors(),
      onFault: (error) => {
        this.failure = error
        this.#running?.client.fail(new BrokerFailedError(error))
        logger.error({ err: error }, 'the broker has failed')
        this.options.onFailure?.(error)
      },
    })
    // What a port on every interface is reached by, its connections don't tell: it may be forwarded.
    this.address.followsConnections =
      !this.#properties.has('advertised.listeners') &&
      server.endpoints.every(({ host }) => LOOPBACK.has(host))
    this.failure = undefined
    this.#running = {
      server,
      client: new LocalClient(server.services, server.endpoints[0]!.name),
    }
    await this.serverFaults.renew(this.faults.active)
  }

  /** Ends what is running; {@link start} begins it anew, with the same data on the same port. */
  async stop(): Promise<void> {
    const running = this.#running
    if (running === undefined) return
    this.#running = undefined
    this.#keepPort(running.server.endpoints[0]!.port)
    running.client.close()
    this.faults.release()
    await running.server.close()
  }

  #interceptors(): readonly RequestInterceptor[] {
    if (this.isPlain) return []
    const metrics = this.metrics === undefined ? [] : [this.metrics.requests]
    const { journal, faults, address, gate, fetchWatch, removedMembers } = this
    return [...metrics, journal, faults, address, gate, fetchWatch, removedMembers]
  }

  #configuration(): Map<string, string> {
    const { config = {}, port = 0, profile = 'test' } = this.options
    const directory =
      this.options.directory === undefined ? MEMORY_DIRECTORY : absolutePath(this.options.directory)
    const nodeId = config['node.id']
    const disk = this.#disk
    const properties = nodeProperties({ disk, directory, host: LOCALHOST, port, nodeId })
    for (const [name, value] of profileProperties(profile)) properties.set(name, value)
    for (const [name, value] of Object.entries(config)) properties.set(name, String(value))
    return properties
  }

  /** Unless the configuration says something else. @throws TypeError for an unknown release */
  #serveLegacy(release: string): void {
    const isLegacy = hasLegacyVersions(release)
    if (isLegacy && !this.#properties.has(LEGACY)) this.#properties.set(LEGACY, 'true')
  }

  /** Where the system has chosen one, it is this one from now on. */
  #keepPort(port: number): void {
    const listeners = this.#properties.get('listeners')!
    this.#properties.set('listeners', listeners.replace(/:0(?=,|$)/, `:${port}`))
  }
}
