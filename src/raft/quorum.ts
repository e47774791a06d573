import type { Clocks } from '../env/clock.js'
import type { Disk } from '../env/disk.js'
import type { Logger } from '../env/logger.js'
import type { Random } from '../env/random.js'
import type { Log } from '../storage/log.js'
import { DEFAULT_LOG_CONFIG, type LogConfig } from '../storage/log-config.js'
import type { RaftConfig } from './core/replica.js'
import { RaftDriver } from './driver.js'
import { recoverLog } from './log-recovery.js'
import { QuorumStateFile, readConfiguredVoterIds } from './quorum-state-file.js'
import { MAX_BATCH_BYTES } from './records.js'
import { SnapshotFiles } from './snapshot-files.js'
import type { SnapshotRetention } from './snapshots.js'
import { StorageLog } from './storage-log.js'
import { noTransport, type RaftTransport } from './transport.js'
import { NO_DIRECTORY_ID, type ReplicaKey, VoterSet } from './voter-set.js'

/** The topic of the metadata log; it has the one partition 0. */
export const METADATA_TOPIC = '__cluster_metadata'
/** Kafka's `Uuid.METADATA_TOPIC_ID`. */
export const METADATA_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
/** The metadata log's directory within its log directory. */
export const METADATA_DIRECTORY = `${METADATA_TOPIC}-0`

export interface QuorumOptions {
  readonly disk: Disk
  /** The opened log of `__cluster_metadata-0`; the replica closes it with itself. */
  readonly log: Log
  /** The log's directory, absolute; made when it isn't there. */
  readonly directory: string
  /** Node id, and `directory.id` of the log directory's meta.properties. */
  readonly key: ReplicaKey
  readonly clocks: Clocks
  readonly random: Random
  readonly logger: Logger
  /** The value of `controller.quorum.voters`, empty when it isn't set: `1@localhost:9093`, ... */
  readonly configuredVoters?: readonly string[]
  readonly config?: RaftConfig
  readonly retention?: SnapshotRetention
  /** To the other voters; a quorum of one needs none. */
  readonly transport?: RaftTransport
  /** See {@link RaftDriver}'s option of that name. */
  readonly onFault: (error: Error) => void
}

/** How the metadata log is kept: snapshots decide what goes, not age or size. */
export function metadataLogConfig(settings: {
  /** `metadata.log.segment.bytes` */
  readonly segmentBytes: number
  /** `metadata.log.segment.ms` */
  readonly segmentMs: number
}): LogConfig {
  return {
    ...DEFAULT_LOG_CONFIG,
    ...settings,
    maxMessageBytes: MAX_BATCH_BYTES,
    retentionBytes: -1,
    retentionMs: -1,
  }
}

/**
 * Opens this node's replica of the metadata quorum. Who votes is said by the log and its snapshots
 * (a dynamic quorum, KIP-853; `kafka-storage format --standalone` begins one), otherwise by
 * `controller.quorum.voters`, otherwise by the `quorum-state` that an earlier start with that
 * configuration has left.
 *
 * A quorum of one leads when this returns, or as soon as its first writes are on the disk.
 *
 * @throws Error with a message for the user when nothing says who votes, when it is somebody else,
 *   or when log, snapshots or `quorum-state` can't be read
 */
export async function openQuorum(options: QuorumOptions): Promise<RaftDriver> {
  const { disk, directory, key } = options
  disk.makeDirectory(directory)
  disk.syncDirectory(directory)
  disk.syncDirectory(directory.slice(0, directory.lastIndexOf('/')) || '/')
  const log = new StorageLog(options.log)
  const snapshots = new SnapshotFiles(disk, directory)
  const control = await recoverLog(log, snapshots)
  const voters = control.voters ?? configuredVoters(options)
  if (options.transport === undefined && !voters.isOnlyVoter(key)) throw notAlone(options, voters)
  const kraftVersion = control.voters ? Math.max(1, control.kraftVersion) : control.kraftVersion
  return new RaftDriver({
    key,
    voters,
    kraftVersion,
    storage: {
      log,
      snapshots,
      quorumState: new QuorumStateFile(disk, directory, kraftVersion, voters),
    },
    transport: options.transport ?? noTransport,
    clocks: options.clocks,
    random: options.random,
    logger: options.logger,
    ...(options.config ? { config: options.config } : {}),
    ...(options.retention ? { retention: options.retention } : {}),
    onFault: options.onFault,
  })
}

function configuredVoters({ disk, directory, configuredVoters, key }: QuorumOptions): VoterSet {
  if (configuredVoters && configuredVoters.length > 0) return parseQuorumVoters(configuredVoters)
  const ids = readConfiguredVoterIds(disk, directory)
  if (ids && ids.length > 0) return VoterSet.ofIds(ids)
  throw new Error(
    `nothing says who votes in the metadata quorum of ${directory}: it was formatted for ` +
      `controller.quorum.voters (set it, for example to ${key.id}@localhost:9093) or for a quorum ` +
      'that it was to join',
  )
}

/**
 * The voters that `controller.quorum.voters` names.
 *
 * @throws Error for an entry that isn't `id@host:port`
 */
export function parseQuorumVoters(entries: readonly string[]): VoterSet {
  return new VoterSet(
    entries.map((entry) => {
      const match = /^(\d+)@(.+):(\d+)$/.exec(entry.trim())
      if (!match) throw new Error(`controller.quorum.voters: "${entry}" isn't id@host:port`)
      return {
        id: Number(match[1]),
        directoryId: NO_DIRECTORY_ID,
        endpoints: [{ name: '', host: match[2]!, port: Number(match[3]) }],
        kraftVersionMin: 0,
        kraftVersionMax: 0,
      }
    }),
  )
}

function notAlone({ directory, key }: QuorumOptions, voters: VoterSet): Error {
  const list = voters
    .voters()
    .map(({ id, directoryId }) => (directoryId === NO_DIRECTORY_ID ? id : `${id}-${directoryId}`))
  return new Error(
    `the voters of the metadata quorum of ${directory} are ${list.join(', ')}; this node, ` +
      `${key.id}-${key.directoryId}, can only be a quorum's only voter`,
  )
}
