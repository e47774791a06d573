import type { BrokerRegistration } from './cluster.js'
import { DirectoryId } from './partition-record.js'

/** Whether the directory of a broker's replica works, as far as is known (KIP-858). */
export function hasOnlineDirectory(
  broker: BrokerRegistration,
  directory: string | undefined,
): boolean {
  if (directory === DirectoryId.LOST) return false
  if (directory === undefined || directory === DirectoryId.UNASSIGNED) return true
  if (directory === DirectoryId.MIGRATING || broker.directories.length === 0) return true
  return broker.directories.includes(directory)
}
