import { createHash } from 'node:crypto'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import {
  baseOffset,
  batchesOf,
  batchSize,
  ControlRecordType,
  controlRecordType,
  isChecksumValid,
  isControl,
  isTransactional,
  type LogRecord,
  lastOffset,
  nextOffset,
  partitionLeaderEpoch,
  producerId,
  recordsOf,
} from '../../../src/protocol/records/index.js'
import type { Body, Conversation } from '../conversation.js'

const EARLIEST = -2n
/** A batch from here on is as its producer made it: before it are its offset, its size, its epoch. */
const FROM_MAGIC = 16
const MAX_FETCH_BYTES = 1024 * 1024

/** As a fetch tells of it. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** All that a consumer is given of a partition. */
export interface PartitionLog {
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly batches: readonly Buffer[]
  /** In the order of their first offsets. */
  readonly aborted: readonly AbortedTransaction[]
}

/** Reads a partition from its beginning to the end that the isolation level lets see. */
export async function readPartition(
  c: Conversation,
  topic: string,
  partition: number,
  isolation: 'read_uncommitted' | 'read_committed' = 'read_uncommitted',
): Promise<PartitionLog> {
  const readCommitted = isolation === 'read_committed'
  const batches: Buffer[] = []
  const aborted = new Map<string, AbortedTransaction>()
  let { offset } = await lookUp(c, topic, partition, EARLIEST)
  for (;;) {
    const answer = await fetchFrom(c, topic, partition, offset, readCommitted)
    const { highWatermark, lastStableOffset, logStartOffset } = answer
    const records: Buffer = answer.records ?? Buffer.alloc(0)
    for (const each of answer.abortedTransactions ?? []) {
      aborted.set(`${each.producerId} ${each.firstOffset}`, each)
    }
    for (const at of batchesOf(records)) {
      if (!isChecksumValid(records, at)) throw new Error(`${topic}-${partition}: bad checksum`)
      batches.push(records.subarray(at, at + batchSize(records, at)))
      offset = nextOffset(records, at)
    }
    if (offset >= (readCommitted ? lastStableOffset : highWatermark)) {
      const inOrder = [...aborted.values()].sort((a, b) => a.firstOffset - b.firstOffset)
      return { logStartOffset, highWatermark, lastStableOffset, batches, aborted: inOrder }
    }
    if (records.length === 0) throw new Error(`${topic}-${partition} ends at ${offset}`)
  }
}

async function fetchFrom(
  c: Conversation,
  topic: string,
  partition: number,
  fetchOffset: number,
  readCommitted: boolean,
): Promise<Body> {
  const partitions = [{ partition, fetchOffset, partitionMaxBytes: MAX_FETCH_BYTES }]
  const { responses } = await c.quietly(ApiKey.Fetch, 12, {
    maxWaitMs: 0,
    minBytes: 0,
    isolationLevel: readCommitted ? 1 : 0,
    topics: [{ topic, partitions }],
    forgottenTopicsData: [],
  })
  const answer = responses[0].partitions[0]
  if (answer.errorCode !== 0) throw new Error(`${topic}-${partition}: ${answer.errorCode}`)
  return answer
}

/** Which offset is at a time, once the partition has its leader. */
export async function lookUp(
  c: Conversation,
  topic: string,
  partition: number,
  timestamp: bigint,
): Promise<{ readonly offset: number; readonly timestamp: bigint; readonly leaderEpoch: number }> {
  const { topics } = await c.quietly(
    ApiKey.ListOffsets,
    8,
    {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }],
    },
    { until: (body) => body.topics[0].partitions[0].errorCode === 0 },
  )
  const { errorCode, offset, leaderEpoch, ...found } = topics[0].partitions[0]
  if (errorCode !== 0) throw new Error(`offsets of ${topic}-${partition}: ${errorCode}`)
  return { offset, timestamp: found.timestamp, leaderEpoch }
}

/** Tells a batch from every other: its offsets, its size, and a digest of what its producer made. */
export function identityOf(batch: Buffer): string {
  const digest = createHash('sha256').update(batch.subarray(FROM_MAGIC)).digest('hex')
  return `${baseOffset(batch, 0)}-${lastOffset(batch, 0)} ${batch.length} ${digest.slice(0, 16)}`
}

/** Which batches there are, byte by byte, and in which epochs they were written. */
export function contentOfLog(log: PartitionLog): object {
  const { logStartOffset, highWatermark, lastStableOffset, batches, aborted } = log
  return {
    logStartOffset,
    highWatermark,
    lastStableOffset,
    batches: batches.map((batch) => `${identityOf(batch)} ${partitionLeaderEpoch(batch, 0)}`),
    aborted,
  }
}

/** The records that aren't markers; without those of aborted transactions that the log knows of. */
export function* dataOf(log: Pick<PartitionLog, 'batches' | 'aborted'>): Generator<LogRecord> {
  const upcoming = [...log.aborted]
  const aborting = new Set<number>()
  for (const batch of log.batches) {
    while (upcoming.length > 0 && upcoming[0]!.firstOffset <= lastOffset(batch, 0)) {
      aborting.add(upcoming.shift()!.producerId)
    }
    const producer = producerId(batch, 0)
    if (isControl(batch, 0)) {
      const [marker] = recordsOf(batch, 0)
      const isAbort = controlRecordType(marker!.key) === ControlRecordType.ABORT
      if (isAbort) aborting.delete(producer)
    } else if (!isTransactional(batch, 0) || !aborting.has(producer)) {
      yield* recordsOf(batch, 0)
    }
  }
}
