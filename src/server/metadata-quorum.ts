import type { Clocks } from '../env/clock.js'
import type { Disk } from '../env/disk.js'
import type { Logger } from '../env/logger.js'
import type { Random } from '../env/random.js'
import { bootstrapRecords } from '../metadata/bootstrap.js'
import type { BrokerConfig } from '../metadata/config/broker-config.js'
import { decodeRecord, encodeRecord, type NewRecord } from '../metadata/record.js'
import type { RaftDriver } from '../raft/driver.js'
import { formatMetadataDirectory, readBootstrapCheckpoint } from '../raft/format.js'
import {
  METADATA_DIRECTORY,
  METADATA_TOPIC,
  metadataLogConfig,
  openQuorum,
} from '../raft/quorum.js'
import type { ReplicaKey } from '../raft/voter-set.js'
import type { LogDirectory, LogManager } from '../storage/log-manager.js'

const BOOTSTRAP_FILE = 'bootstrap.checkpoint'

export interface MetadataQuorumOptions {
  readonly config: BrokerConfig
  readonly disk: Disk
  readonly clocks: Clocks
  readonly random: Random
  readonly logger: Logger
  readonly logs: LogManager
  /** The metadata log can't go on. */
  readonly onFault: (error: Error) => void
}

export interface MetadataQuorum {
  readonly raft: RaftDriver
  /** What `bootstrap.checkpoint` holds; undefined without one. */
  readonly bootstrap: readonly NewRecord[] | undefined
}

/**
 * Opens this node's replica of `__cluster_metadata-0`, in a directory that is formatted first where
 * it is new, as `kafka-storage format` does.
 *
 * @throws Error with a message for the user
 */
export async function openMetadataQuorum(options: MetadataQuorumOptions): Promise<MetadataQuorum> {
  const { config, disk, clocks, random, logger, logs, onFault } = options
  const directory = metadataDirectory(config, logs)
  const key: ReplicaKey = { id: config.nodeId, directoryId: directory.directoryId }
  if (isNew(disk, directory.path)) format(options, directory.path, key)
  const log = await logs.openLog(
    { topic: METADATA_TOPIC, partition: 0 },
    metadataLogConfig({
      segmentBytes: config.get('metadata.log.segment.bytes'),
      segmentMs: config.get('metadata.log.segment.ms'),
    }),
    directory,
  )
  const raft = await openQuorum({
    disk,
    log,
    directory: `${directory.path}/${METADATA_DIRECTORY}`,
    key,
    clocks,
    random,
    logger,
    configuredVoters: config.get('controller.quorum.voters'),
    onFault,
  })
  const bootstrap = readBootstrapCheckpoint(disk, directory.path)
  return { raft, bootstrap: bootstrap?.map(asNewRecord) }
}

function metadataDirectory(config: BrokerConfig, logs: LogManager): LogDirectory {
  const path = config.get('metadata.log.dir')
  const directory =
    path === null ? logs.directories[0] : logs.directories.find((d) => d.path === path)
  if (directory !== undefined) return directory
  throw new Error(`metadata.log.dir: ${path} is not one of log.dirs, which is not supported`)
}

/** Nothing was ever written for the quorum; `meta.properties` may have been, just now. */
function isNew(disk: Disk, path: string): boolean {
  if (disk.stat(`${path}/${BOOTSTRAP_FILE}`) !== undefined) return false
  const files = disk.list(`${path}/${METADATA_DIRECTORY}`) ?? []
  return !files.some(({ name }) => name.endsWith('.log'))
}

function format(options: MetadataQuorumOptions, logDirectory: string, key: ReplicaKey): void {
  const { config, disk, clocks } = options
  const endpoints = config.advertisedControllerListeners.map(({ name, host, port }) => ({
    name,
    host: host ?? 'localhost',
    port,
  }))
  formatMetadataDirectory(disk, {
    logDirectory,
    bootstrap: encodedBootstrap(),
    ...(config.quorumVoters.length === 0 ? { standalone: { key, endpoints } } : {}),
    nowMs: clocks.logical.now(),
  })
}

/** There is only version 0 of what a bootstrap.checkpoint may hold. */
const asNewRecord = (value: Buffer): NewRecord => ({ ...decodeRecord(value), version: 0 })

const encodedBootstrap = (): Buffer[] => bootstrapRecords().map(encodeRecord)
