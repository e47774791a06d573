import { type Disk, DiskError, type DiskLock } from '../env/disk.js'
import { randomUuid } from '../env/random.js'
import { CleanShutdownFile } from './clean-shutdown.js'
import { DataDirectory, LOST_DIRECTORY_ID } from './data-directory.js'
import {
  CLEAN_SHUTDOWN_FILE,
  META_PROPERTIES_FILE,
  parentOf,
  TEMPORARY_SUFFIX,
} from './file-names.js'
import type { LogManagerOptions } from './log-manager.js'
import {
  decodeMetaProperties,
  encodeMetaProperties,
  type MetaProperties,
} from './meta-properties.js'

/** What may lie in a directory that nobody has formatted yet: locks, and what a mount brings. */
const UNFORMATTED_FILES: readonly string[] = [
  '.lock',
  '.samsa.sock',
  'lost+found',
  CLEAN_SHUTDOWN_FILE,
  `${META_PROPERTIES_FILE}${TEMPORARY_SUFFIX}`,
]

/** The directories, locked and formatted. */
export interface OpenedDirectories {
  readonly clusterId: string
  readonly directories: DataDirectory[]
}

/** A directory that is held, as it was found. */
interface FoundDirectory {
  readonly path: string
  readonly lock: DiskLock
  /** Undefined for one that is still to be formatted. */
  readonly properties: MetaProperties | undefined
}

/**
 * Locks the directories, checks that they belong to this node and formats those that are empty or
 * absent. One that can't be read is offline from the start, unless it is the first, which holds the
 * metadata.
 *
 * @throws Error with a message for the user; nothing is held then
 */
export async function openDirectories(options: LogManagerOptions): Promise<OpenedDirectories> {
  const { disk, directories: paths } = options
  const found: (FoundDirectory | undefined)[] = []
  try {
    if (paths.length === 0) throw new Error('log.dirs names no directory')
    if (new Set(paths).size < paths.length) {
      throw new Error(`log.dirs names a directory twice: ${paths.join(', ')}`)
    }
    for (const path of paths) found.push(await find(options, path))
    const clusterId = clusterIdOf(options, found)
    const directories = found.map((directory, i) => {
      return directory === undefined
        ? offlineDirectory(disk, paths[i]!)
        : format(options, directory, clusterId)
    })
    refuseTwins(directories)
    return { clusterId, directories }
  } catch (error) {
    for (const directory of found) directory?.lock.release()
    throw error
  }
}

/** @returns undefined for one whose disk has failed */
async function find(options: LogManagerOptions, path: string): Promise<FoundDirectory | undefined> {
  const { disk } = options
  let lock: DiskLock | undefined
  try {
    makeDirectory(disk, path)
    lock = await disk.lock(path)
    const content = disk.readFile(`${path}/${META_PROPERTIES_FILE}`)
    if (content === undefined) refuseUnlessEmpty(disk, path)
    const properties = content && decodeMetaProperties(content, `${path}/${META_PROPERTIES_FILE}`)
    return { path, lock, properties }
  } catch (error) {
    lock?.release()
    refuseIfNeeded(options, path, error)
    return undefined
  }
}

/** Makes a directory that is still there after a crash. */
function makeDirectory(disk: Disk, path: string): void {
  const made: string[] = []
  for (let at = path; disk.stat(at) === undefined && at !== made[0]; at = parentOf(at)) {
    made.unshift(at)
  }
  disk.makeDirectory(path)
  for (const at of made) disk.syncDirectory(parentOf(at))
}

function refuseUnlessEmpty(disk: Disk, path: string): void {
  const other = disk.list(path)?.find(({ name }) => !UNFORMATTED_FILES.includes(name))
  if (other === undefined) return
  throw new Error(
    `${path} holds ${other.name} but no ${META_PROPERTIES_FILE}: it is no data directory. ` +
      'Name one that is empty or absent.',
  )
}

function clusterIdOf(
  { clusterId: wanted, nodeId, random }: LogManagerOptions,
  found: readonly (FoundDirectory | undefined)[],
): string {
  let clusterId = wanted
  for (const directory of found) {
    if (directory?.properties === undefined) continue
    const { path, properties } = directory
    clusterId ??= properties.clusterId
    if (properties.clusterId !== clusterId) {
      throw new Error(
        `${path} belongs to the cluster ${properties.clusterId}, but this node to ${clusterId}`,
      )
    }
    if (properties.nodeId !== nodeId) {
      throw new Error(`${path} belongs to node ${properties.nodeId}, but this is node ${nodeId}`)
    }
  }
  return clusterId ?? randomUuid(random)
}

function format(
  options: LogManagerOptions,
  { path, lock, properties }: FoundDirectory,
  clusterId: string,
): DataDirectory {
  const { disk, random, nodeId } = options
  const directoryId = properties?.directoryId ?? randomUuid(random)
  try {
    if (properties?.directoryId === undefined) {
      const content = encodeMetaProperties({ clusterId, nodeId, directoryId })
      disk.replaceFileSync(`${path}/${META_PROPERTIES_FILE}`, content)
    }
    const hadCleanShutdown = new CleanShutdownFile(disk, path).exists
    return new DataDirectory(disk, path, directoryId, hadCleanShutdown, lock)
  } catch (error) {
    refuseIfNeeded(options, path, error)
    lock.release()
    return offlineDirectory(disk, path)
  }
}

/** Passes on what is no failure of a disk that the node can do without. */
function refuseIfNeeded({ directories, logger }: LogManagerOptions, path: string, error: unknown) {
  if (!(error instanceof DiskError)) throw error
  if (error.code === 'ELOCKED') throw new Error(error.message, { cause: error })
  if (path === directories[0]) {
    throw new Error(`${path} can't be used: ${error.message}`, { cause: error })
  }
  logger.error({ directory: path, error: error.message }, 'the directory is offline')
}

function offlineDirectory(disk: Disk, path: string): DataDirectory {
  const directory = new DataDirectory(disk, path, LOST_DIRECTORY_ID, false, undefined)
  directory.offline = true
  return directory
}

// A directory that was copied by hand would be taken for its original.
function refuseTwins(directories: readonly DataDirectory[]): void {
  const byId = new Map<string, string>()
  for (const { directoryId, path, offline } of directories) {
    if (offline) continue
    const twin = byId.get(directoryId)
    if (twin !== undefined) throw new Error(`${twin} and ${path} both have the id ${directoryId}`)
    byId.set(directoryId, path)
  }
}
