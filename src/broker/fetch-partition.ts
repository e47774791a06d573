import type { Input } from '../protocol/codec/index.js'
import { ErrorCode } from '../protocol/errors.js'
import type { FetchResponse } from '../protocol/schema/fetch.js'
import { UNKNOWN_LEADER } from './current-leader.js'

/** What a Fetch asks of one partition. */
export interface FetchPartition {
  /** Undefined while no topic has the id that it was asked for by. */
  readonly topic: string | undefined
  /** The zero id in versions that name topics by name. */
  readonly topicId: string
  readonly partition: number
  readonly fetchOffset: number
  readonly maxBytes: number
  /** Negative when the client doesn't know it. */
  readonly currentLeaderEpoch: number
  /** Epoch of the last record that the client has; negative when it doesn't say (KIP-595). */
  readonly lastFetchedEpoch: number
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
export type FetchAnswer = Input<typeof FetchResponse>
export type FetchTopicAnswer = FetchAnswer['responses'][number]
export type FetchPartitionAnswer = Mutable<Required<FetchTopicAnswer['partitions'][number]>> & {
  records: Buffer
}

/** What is asked of a partition with what is answered. */
export interface FetchedPartition {
  readonly request: FetchPartition
  readonly answer: FetchPartitionAnswer
}

const NO_OFFSET = -1
const NO_RECORDS = Buffer.alloc(0)
const NO_DIVERGING_EPOCH = { epoch: -1, endOffset: -1 }
const NO_SNAPSHOT = { endOffset: -1, epoch: -1 }
const NO_REPLICA = -1
const NO_TAGS: readonly never[] = []

/** The answer for a partition that nothing could be read of; all its offsets are unknown. */
export function failedPartition(
  partitionIndex: number,
  errorCode: ErrorCode,
): FetchPartitionAnswer {
  return {
    partitionIndex,
    errorCode,
    highWatermark: NO_OFFSET,
    lastStableOffset: NO_OFFSET,
    logStartOffset: NO_OFFSET,
    divergingEpoch: NO_DIVERGING_EPOCH,
    currentLeader: UNKNOWN_LEADER,
    snapshotId: NO_SNAPSHOT,
    abortedTransactions: null,
    preferredReadReplica: NO_REPLICA,
    records: NO_RECORDS,
    unknownTags: NO_TAGS,
  }
}

/** The answer for a partition with nothing in it yet. */
export function emptyPartition(partitionIndex: number): FetchPartitionAnswer {
  return failedPartition(partitionIndex, ErrorCode.NONE)
}

/** Whether the answer tells the client to truncate (KIP-595). */
export function isDiverging({ divergingEpoch }: FetchPartitionAnswer): boolean {
  return divergingEpoch !== NO_DIVERGING_EPOCH
}

/** Partitions of one topic that follow one another are answered together, as Kafka does. */
export function groupByTopic(fetched: readonly FetchedPartition[]): FetchTopicAnswer[] {
  const topics: { topic: string; topicId: string; partitions: FetchPartitionAnswer[] }[] = []
  for (const { request, answer } of fetched) {
    const { topic = '', topicId } = request
    const last = topics.at(-1)
    if (last !== undefined && last.topicId === topicId && last.topic === topic) {
      last.partitions.push(answer)
    } else {
      topics.push({ topic, topicId, partitions: [answer] })
    }
  }
  return topics
}
