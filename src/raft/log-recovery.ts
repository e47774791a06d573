import type { OffsetAndEpoch } from './client.js'
import type { Done, RaftLog, SnapshotStore } from './storage.js'

const completed = (operation: (done: Done) => void): Promise<void> =>
  new Promise((resolve, reject) => operation((error) => (error ? reject(error) : resolve())))

/**
 * Brings log and snapshots back together after a stop at any moment (Kafka does the same when it
 * opens a `KafkaRaftLog`), and makes sure of what is there: what a process that crashed had written
 * may not have reached the disk yet.
 *
 * @throws Error when the log begins after every snapshot: what is missing can't be recovered
 */
export async function recoverLog(log: RaftLog, snapshots: SnapshotStore): Promise<void> {
  const ids = snapshots.list()
  const latest = ids.at(-1)
  if (latest && !holds(log, latest)) {
    // The snapshot came from a leader, and the log was about to be emptied for it.
    await completed((done) => log.truncateFullyAndStartAt(latest.offset, done))
  }
  // Segments go whole, so that the log may begin before the snapshot it was cut for.
  const start =
    log.startOffset > 0 ? ids.find(({ offset }) => offset >= log.startOffset) : undefined
  if (log.startOffset > 0 && !start) {
    throw new Error(`the metadata log begins at ${log.startOffset}, and no snapshot precedes it`)
  }
  if (start) {
    log.updateHighWatermark(start.offset)
    log.advanceStart(start.offset)
  }
  for (const id of ids) if (id.offset < log.startOffset) snapshots.remove(id)
  await completed((done) => log.sync(done))
}

/** Whether the log goes on from the snapshot, or holds its last entry. */
function holds(log: RaftLog, { offset, epoch }: OffsetAndEpoch): boolean {
  if (offset > log.endOffset) return false
  if (offset <= log.startOffset) return true
  const before = log.epochs().findLast(({ startOffset }) => startOffset < offset)
  return before?.epoch === epoch
}
