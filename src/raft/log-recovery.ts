import type { OffsetAndEpoch } from './client.js'
import type { EntryBatch } from './core/messages.js'
import { applyControlBatch, type ControlState, entryBatches, readControlState } from './records.js'
import type { Done, RaftLog, SnapshotStore } from './storage.js'

const completed = (operation: (done: Done) => void): Promise<void> =>
  new Promise((resolve, reject) => operation((error) => (error ? reject(error) : resolve())))

/** Log that is read at once, bytes. */
const SCAN_BYTES = 1024 * 1024

/**
 * Brings log and snapshots back together after a stop at any moment (Kafka does the same when it
 * opens a `KafkaRaftLog`), and makes sure of what is there: what a process that crashed had written
 * may not have reached the disk yet.
 *
 * @returns what the newest snapshot and the log after it say of the quorum
 * @throws Error when the log begins after every snapshot: what is missing can't be recovered
 */
export async function recoverLog(log: RaftLog, snapshots: SnapshotStore): Promise<ControlState> {
  const ids = snapshots.list()
  const latest = ids.at(-1)
  if (latest && !(await holds(log, latest))) {
    // The snapshot came from a leader, and the log was about to be emptied for it.
    await completed((done) => log.truncateFullyAndStartAt(latest.offset, done))
  }
  // Segments go whole, so that the log may begin before the snapshot it was cut for.
  const wasCut = log.startOffset > 0 || (log.endOffset > 0 && log.epochs().length === 0)
  if (wasCut) {
    const start = ids.find(({ offset }) => offset >= log.startOffset)
    if (!start) {
      throw new Error(`the metadata log begins at ${log.startOffset}, and no snapshot precedes it`)
    }
    log.updateHighWatermark(start.offset)
    log.advanceStart(start.offset)
  }
  for (const id of ids) if (id.offset < log.startOffset) snapshots.remove(id)
  const snapshot = latest ? snapshots.read(latest, 0, Number.MAX_SAFE_INTEGER) : Buffer.alloc(0)
  const control = readControlState(entryBatches(snapshot))
  const from = Math.max(latest?.offset ?? 0, log.startOffset)
  const end = await scan(log, from, (batch) => applyControlBatch(control, batch))
  // A segment may have reached the disk and the end of the one before it not.
  if (end < log.endOffset) await completed((done) => log.truncateTo(end, done))
  await completed((done) => log.sync(done))
  return control
}

/** @returns up to where the batches follow each other */
async function scan(
  log: RaftLog,
  from: number,
  visit: (batch: EntryBatch) => void,
): Promise<number> {
  let offset = from
  while (offset < log.endOffset) {
    const before = offset
    for (const batch of entryBatches(await log.read(offset, SCAN_BYTES, log.endOffset))) {
      if (batch.baseOffset > offset) break
      visit(batch)
      offset = batch.endOffset
    }
    if (offset === before) break
  }
  return offset
}

/** Whether the log goes on from the snapshot, or holds its last entry. */
async function holds(log: RaftLog, { offset, epoch }: OffsetAndEpoch): Promise<boolean> {
  if (offset > log.endOffset) return false
  if (offset <= log.startOffset) return true
  // The epochs that the log keeps beside it may begin at the snapshot already.
  const [batch] = entryBatches(await log.read(offset - 1, 1, offset))
  return batch?.endOffset === offset && batch.epoch === epoch
}
