/** The endings of a segment's files. */
export const LOG_SUFFIX = '.log'
export const INDEX_SUFFIX = '.index'
export const TIME_INDEX_SUFFIX = '.timeindex'
export const TXN_INDEX_SUFFIX = '.txnindex'
/** Producer state as it was at the offset in the file's name. */
export const SNAPSHOT_SUFFIX = '.snapshot'

/** A file on its way out. */
export const DELETED_SUFFIX = '.deleted'
/** What the cleaner writes, and what is complete and about to replace its segment. */
export const CLEANED_SUFFIX = '.cleaned'
export const SWAP_SUFFIX = '.swap'
/** What is written aside before it replaces a file. */
export const TEMPORARY_SUFFIX = '.tmp'
/** A raft snapshot (`<offset>-<epoch>.checkpoint`) on its way out: raft's, not ours. */
export const RAFT_SNAPSHOT_DELETED_SUFFIX = '.checkpoint.deleted'

export const LEADER_EPOCH_FILE = 'leader-epoch-checkpoint'
export const PARTITION_METADATA_FILE = 'partition.metadata'
export const META_PROPERTIES_FILE = 'meta.properties'
export const RECOVERY_POINT_FILE = 'recovery-point-offset-checkpoint'
export const LOG_START_FILE = 'log-start-offset-checkpoint'
export const HIGH_WATERMARK_FILE = 'replication-offset-checkpoint'
export const CLEANER_OFFSET_FILE = 'cleaner-offset-checkpoint'
export const CLEAN_SHUTDOWN_FILE = '.kafka_cleanshutdown'

/** The directory of a deleted log, until its files are gone. */
export const DELETE_DIRECTORY_SUFFIX = '-delete'
/** A replica on its way to another log directory, and one that no topic has any more. */
const OTHER_DIRECTORY_SUFFIXES = ['-future', '-stray']
/** Longest name of a directory that the usual file systems take. */
const MAX_NAME_LENGTH = 255

/** The name of the file with this ending that begins at `offset`. */
export function fileName(offset: number, suffix: string): string {
  return `${String(offset).padStart(20, '0')}${suffix}`
}

/** The offset in a segment file's name; undefined for any other file. */
export function offsetOfFile(name: string): number | undefined {
  const digits = /^(\d{20})\./.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

export function logDirectoryName(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** Topic and partition of a log's directory; undefined for the name of anything else. */
export function parseLogDirectoryName(
  name: string,
): { readonly topic: string; readonly partition: number } | undefined {
  if (OTHER_DIRECTORY_SUFFIXES.some((suffix) => name.endsWith(suffix))) return undefined
  const match = /^(.+)-(\d+)$/.exec(name)
  if (match === null) return undefined
  return { topic: match[1]!, partition: Number(match[2]) }
}

/**
 * The name of a deleted log's directory: topic-partition.uniqueId-delete, the topic cut short where
 * the name would be too long (Kafka's `LocalLog.logDeleteDirName`).
 */
export function deletedDirectoryName(topic: string, partition: number, uniqueId: string): string {
  const suffix = `-${partition}.${uniqueId}${DELETE_DIRECTORY_SUFFIX}`
  return topic.slice(0, MAX_NAME_LENGTH - suffix.length) + suffix
}

/** The directory that a path is in. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')))
}
