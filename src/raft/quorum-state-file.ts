import type { Disk } from '../env/disk.js'
import { NO_LEADER } from './client.js'
import type { QuorumState } from './core/effects.js'
import type { Done, QuorumStateStore } from './storage.js'
import { NO_DIRECTORY_ID, type VoterSet } from './voter-set.js'

const FILE_NAME = 'quorum-state'

/**
 * The file that keeps what a voter promised (Kafka's `FileQuorumStateStore`): one line of JSON, as
 * Kafka's converter writes `QuorumStateData`. Version 0 belongs to configured voters, version 1 to
 * those in the log (KIP-853); either is read.
 */
export class QuorumStateFile implements QuorumStateStore {
  readonly #path: string

  /** @param directory the metadata log's, absolute */
  constructor(
    private readonly disk: Disk,
    directory: string,
    private readonly kraftVersion: number,
    private readonly voters: VoterSet,
  ) {
    this.#path = `${directory}/${FILE_NAME}`
  }

  read(): QuorumState | undefined {
    const bytes = this.disk.readFile(this.#path)
    if (!bytes) return undefined
    try {
      return parse(JSON.parse(bytes.toString('utf8')))
    } catch (cause) {
      throw unreadable(this.#path, cause)
    }
  }

  write(state: QuorumState, done: Done): void {
    this.disk.replaceFile(this.#path, Buffer.from(this.#format(state)), done)
  }

  #format({ leaderId, epoch, votedKey }: QuorumState): string {
    const votedId = votedKey?.id ?? -1
    const fields =
      this.kraftVersion === 0
        ? {
            clusterId: '',
            leaderId,
            leaderEpoch: epoch,
            votedId,
            appliedOffset: 0,
            currentVoters: this.voters.ids().map((voterId) => ({ voterId })),
            data_version: 0,
          }
        : {
            leaderId,
            leaderEpoch: epoch,
            votedId,
            votedDirectoryId: votedKey?.directoryId ?? NO_DIRECTORY_ID,
            data_version: 1,
          }
    return JSON.stringify(fields)
  }
}

/**
 * The node ids of the configured voters that a `quorum-state` of version 0 names; undefined where
 * there is no such file. They are for information: the configuration decides where there is one.
 *
 * @throws Error when there is a file that can't be read
 */
export function readConfiguredVoterIds(disk: Disk, directory: string): number[] | undefined {
  const path = `${directory}/${FILE_NAME}`
  const bytes = disk.readFile(path)
  if (!bytes) return undefined
  try {
    const json: { currentVoters?: readonly { voterId: number }[] | null } = JSON.parse(
      bytes.toString('utf8'),
    )
    return json.currentVoters?.map(({ voterId }) => voterId)
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

const unreadable = (path: string, cause: unknown): Error =>
  new Error(`${path} can't be read: ${cause}`, { cause })

function parse(json: Record<string, unknown>): QuorumState {
  const version = json.data_version
  if (version !== 0 && version !== 1) throw new Error(`data_version ${version} is not known`)
  const int = (name: string, absent: number): number => {
    const value = json[name] ?? absent
    if (!Number.isInteger(value)) throw new Error(`${name} is not a whole number`)
    return value as number
  }
  const votedId = int('votedId', -1)
  const directoryId =
    version === 1 ? String(json.votedDirectoryId ?? NO_DIRECTORY_ID) : NO_DIRECTORY_ID
  return {
    epoch: int('leaderEpoch', 0),
    leaderId: int('leaderId', NO_LEADER),
    votedKey: votedId < 0 ? undefined : { id: votedId, directoryId },
  }
}
