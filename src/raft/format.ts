import type { Disk } from '../env/disk.js'
import { METADATA_DIRECTORY } from './quorum.js'
import {
  buildDataBatch,
  committedBatch,
  encodeSnapshotFooter,
  encodeSnapshotHeader,
  entryBatches,
} from './records.js'
import { snapshotFileName } from './snapshot-files.js'
import { type ReplicaKey, type VoterEndpoint, VoterSet } from './voter-set.js'

const BOOTSTRAP_FILE = 'bootstrap.checkpoint'
/** The `kraft.version` levels that a voter here can work with. */
const KRAFT_VERSIONS = { kraftVersionMin: 0, kraftVersionMax: 1 }

/** A voter that a quorum begins with. */
export interface InitialVoter {
  readonly key: ReplicaKey
  /** The node's controller listeners. */
  readonly endpoints: readonly VoterEndpoint[]
}

export interface MetadataFormat {
  /** The log directory (the one of `log.dirs` or `metadata.log.dir`), absolute; it exists. */
  readonly logDirectory: string
  /** The encoded records of `bootstrap.checkpoint`: the features' levels. */
  readonly bootstrap: readonly Buffer[]
  /**
   * Begins a dynamic quorum with this node as its only voter (`kafka-storage format --standalone`).
   * Left out where `controller.quorum.voters` is set.
   */
  readonly standalone?: InitialVoter
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number
}

/**
 * Gives a log directory what the metadata quorum starts from, byte for byte as Kafka 4.3's
 * `kafka-storage format` (`Formatter`): `bootstrap.checkpoint`, and for a dynamic quorum the snapshot
 * `0-0.checkpoint` with its voters. `meta.properties` is not written here; it comes last, as it says
 * that the directory is complete.
 *
 * @throws DiskError
 */
export function formatMetadataDirectory(disk: Disk, format: MetadataFormat): void {
  const { logDirectory, bootstrap, standalone, nowMs } = format
  if (standalone) writeVoters(disk, logDirectory, [standalone], nowMs)
  const checkpoint = [
    encodeSnapshotHeader(0, nowMs, 0, undefined),
    buildDataBatch(bootstrap, { baseOffset: 1, epoch: 0, timestampMs: nowMs }),
    encodeSnapshotFooter(0, nowMs, 1 + bootstrap.length),
  ]
  disk.replaceFileSync(`${logDirectory}/${BOOTSTRAP_FILE}`, Buffer.concat(checkpoint))
}

/**
 * Writes the snapshot that a dynamic quorum starts from, `0-0.checkpoint`, as `--standalone` and
 * `--initial-controllers` of `kafka-storage format` do.
 *
 * @throws DiskError
 */
export function writeVoters(
  disk: Disk,
  logDirectory: string,
  initial: readonly InitialVoter[],
  nowMs: number,
): void {
  const directory = `${logDirectory}/${METADATA_DIRECTORY}`
  disk.makeDirectory(directory)
  const voters = new VoterSet(
    initial.map(({ key, endpoints }) => ({ ...key, endpoints, ...KRAFT_VERSIONS })),
  )
  const snapshot = [
    encodeSnapshotHeader(0, nowMs, nowMs, voters),
    encodeSnapshotFooter(0, nowMs, 3),
  ]
  const name = snapshotFileName({ offset: 0, epoch: 0 })
  disk.replaceFileSync(`${directory}/${name}`, Buffer.concat(snapshot))
}

/**
 * The encoded records of `bootstrap.checkpoint`, for the first leader's first append; undefined where
 * there is no such file.
 *
 * @throws Error when there is one that isn't whole
 */
export function readBootstrapCheckpoint(
  disk: Disk,
  logDirectory: string,
): readonly Buffer[] | undefined {
  const path = `${logDirectory}/${BOOTSTRAP_FILE}`
  const bytes = disk.readFile(path)
  if (!bytes) return undefined
  const batches = entryBatches(bytes)
  const length = batches.reduce((sum, batch) => sum + batch.bytes.length, 0)
  if (length !== bytes.length) throw new Error(`${path} is damaged at byte ${length}`)
  return batches.flatMap((batch) => committedBatch(batch)?.records ?? [])
}
