import { resolve } from 'node:path'
import { systemClocks } from './env/clock.js'
import type { Disk } from './env/disk.js'
import { MemoryDisk } from './env/disk-memory.js'
import { NodeDisk } from './env/disk-node.js'
import { machineName } from './env/host.js'
import { type Logger, silentLogger } from './env/logger.js'
import { systemNetwork } from './env/network-node.js'
import { systemRandom } from './env/random.js'
import { BrokerServer } from './server/broker-server.js'
import { addressText } from './server/endpoints.js'
import { DEFAULT_MEMORY_BYTES, MEMORY_DIRECTORY, nodeProperties } from './server/node-properties.js'

export type { Logger } from './env/logger.js'

/** How a broker is to be started. Everything may be left out. */
export interface BrokerOptions {
  /** Where it listens; a port of its own is chosen where none is given. */
  readonly port?: number
  /** Where its data is kept, and found again by the next broker there; otherwise in memory. */
  readonly directory?: string
  /** Configuration by Kafka's names, over what a single node runs with: `{'num.partitions': '3'}`. */
  readonly config?: Readonly<Record<string, string>>
  /** What the broker has to say; it is silent without. A pino logger will do. */
  readonly logger?: Logger
  /** The broker can't go on, because its disks have failed: it should be closed. */
  readonly onFailure?: (error: Error) => void
}

/** A broker in this process. */
export interface RunningBroker {
  /** `host:port`, for the clients' configuration. */
  readonly bootstrapServers: string
  readonly clusterId: string
  readonly nodeId: number
  /** Answers what is under way, then closes everything. */
  close(): Promise<void>
  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts a broker in this process, on 127.0.0.1. When this resolves, clients can use it. As many as
 * you like run side by side, each with its own cluster.
 *
 * @throws Error with a message for the user: a port that is in use, a value that can't be used, a
 *   directory that belongs to another broker
 */
export async function startBroker(options: BrokerOptions = {}): Promise<RunningBroker> {
  const { config = {}, logger = silentLogger, port = 0 } = options
  const directory = options.directory === undefined ? MEMORY_DIRECTORY : resolve(options.directory)
  const disk: Disk =
    options.directory === undefined ? new MemoryDisk(DEFAULT_MEMORY_BYTES) : new NodeDisk()
  const nodeId = config['node.id']
  const properties = nodeProperties({ disk, directory, host: '127.0.0.1', port, nodeId })
  for (const [name, value] of Object.entries(config)) properties.set(name, String(value))
  const server = await BrokerServer.start({
    properties,
    disk,
    network: systemNetwork,
    clocks: systemClocks,
    random: systemRandom,
    logger,
    hostName: machineName(),
    onFault: (error) => {
      logger.error({ err: error }, 'the broker has failed')
      options.onFailure?.(error)
    },
  })
  return {
    bootstrapServers: addressText(server.endpoints[0]!),
    clusterId: server.clusterId,
    nodeId: server.nodeId,
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  }
}
