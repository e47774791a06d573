import type { Disk } from '../env/disk.js'
import type { Logger } from '../env/logger.js'
import { ZERO_UUID } from '../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type { Log, LogSlice } from '../storage/log.js'
import type { FetchReservation } from './fetch-memory.js'
import {
  emptyPartition,
  type FetchedPartition,
  type FetchPartition,
  type FetchPartitionAnswer,
  failedPartition,
  isDiverging,
} from './fetch-partition.js'
import { NO_LEADER_EPOCH, type Partition } from './partition.js'
import type { ReplicaManager } from './replica-manager.js'

/** So much is read in one turn of the event loop at most; further partitions follow in the next. */
const MAX_BYTES_A_TURN = 8 * 1024 * 1024

export interface FetchLimits {
  /** Of all partitions together; the first batch of all comes even if it is larger. */
  readonly maxBytes: number
  readonly reservation: FetchReservation
  /** `read_committed`: nothing of a transaction that is open, or later, is seen. */
  readonly readCommitted: boolean
  /** Node id of the follower that fetches; undefined for a consumer. */
  readonly followerId: number | undefined
  /**
   * What doesn't fit is cut off, even the first batch of all: before KIP-74 (version 3) a client
   * learns from that how much to ask for.
   */
  readonly isHard?: boolean
}

/** What there is of a partition, for one that waits for more. */
export interface ReadPosition {
  readonly partition: Partition
  readonly request: FetchPartition
  /** Bytes that could have been answered. */
  readonly readableBytes: number
  /** {@link Partition.committedBytes} when it was read. */
  readonly committedBytes: number
  /** Where what the fetch sees ended then. */
  readonly endOffset: number
  /** Nothing that was committed was hidden from it then by a transaction that is open. */
  readonly sawAll: boolean
}

/** What was read for one fetch. Holds buffers of the logs until {@link release}. */
export class FetchedData {
  /**
   * @param reservation of all that is read
   * @param isHard as in {@link FetchLimits}
   */
  constructor(
    readonly reservation: FetchReservation,
    private readonly isHard = false,
  ) {}

  readonly partitions: FetchedPartition[] = []
  readonly positions: ReadPosition[] = []
  readonly #slices: LogSlice[] = []
  bytes = 0
  /** There is an error or a diverging epoch, which the client is told at once. */
  isUrgent = false

  /** A partition that couldn't be read. */
  fail(request: FetchPartition, answer: FetchPartitionAnswer): void {
    this.isUrgent = true
    this.partitions.push({ request, answer })
  }

  add(request: FetchPartition, answer: FetchPartitionAnswer, slice: LogSlice | undefined): void {
    this.partitions.push({ request, answer })
    if (isDiverging(answer)) this.isUrgent = true
    if (slice === undefined || slice.records.length === 0) return
    // Clients get on without what isn't a whole batch, and take it for an error (KIP-74).
    if (slice.firstEntryIncomplete && !this.isHard) {
      answer.abortedTransactions = null
      slice.release()
      return
    }
    answer.records = slice.records
    this.bytes += slice.records.length
    this.#slices.push(slice)
  }

  /** Gives the buffers back. Harmless the second time. */
  release(): void {
    for (const slice of this.#slices.splice(0)) slice.release()
    this.reservation.release()
  }
}

/** The first offset that a consumer doesn't see. */
export function visibleEnd(log: Log, readCommitted: boolean): number {
  return readCommitted ? log.lastStableOffset : log.highWatermark
}

export interface FetchReaderServices {
  readonly replicas: ReplicaManager
  readonly disk: Disk
  readonly logger: Logger
}

interface Opened {
  readonly answer: FetchPartitionAnswer
  readonly slice: LogSlice | undefined | Promise<LogSlice>
}

/** Reads what one fetch asks for, partition after partition (Kafka's `ReplicaManager.readFromLog`). */
export class FetchReader {
  readonly #data: FetchedData
  #bytesLeft: number
  #bytesOfTurns = 0

  constructor(
    private readonly services: FetchReaderServices,
    private readonly asked: readonly FetchPartition[],
    private readonly limits: FetchLimits,
  ) {
    this.#data = new FetchedData(limits.reservation, limits.isHard)
    this.#bytesLeft = limits.maxBytes
  }

  /** At once where all is likely cached. The caller releases the result. */
  read(): FetchedData | Promise<FetchedData> {
    return this.#from(0)
  }

  #from(index: number): FetchedData | Promise<FetchedData> {
    for (let at = index; at < this.asked.length; at++) {
      if (this.#data.bytes - this.#bytesOfTurns >= MAX_BYTES_A_TURN) return this.#inNextTurn(at)
      const request = this.asked[at]!
      const opened = this.#open(request)
      if (opened === undefined) continue
      const { answer, slice } = opened
      if (slice instanceof Promise) return this.#continue(at, answer, slice)
      this.#add(request, answer, slice)
    }
    this.limits.reservation.settle(this.#data.bytes)
    return this.#data
  }

  #inNextTurn(at: number): Promise<FetchedData> {
    this.#bytesOfTurns = this.#data.bytes
    return new Promise((resolve) => {
      this.services.disk.atTurnEnd(() => resolve(this.#from(at)))
    })
  }

  async #continue(
    at: number,
    answer: FetchPartitionAnswer,
    pending: Promise<LogSlice>,
  ): Promise<FetchedData> {
    const request = this.asked[at]!
    try {
      this.#add(request, answer, await pending)
    } catch (error) {
      this.#fail(request, error)
    }
    return this.#from(at + 1)
  }

  #add(request: FetchPartition, answer: FetchPartitionAnswer, slice: LogSlice | undefined): void {
    this.#data.add(request, answer, slice)
    this.#bytesLeft = Math.max(0, this.#bytesLeft - answer.records.length)
  }

  #fail(request: FetchPartition, error: unknown): void {
    this.#bytesLeft = Math.max(0, this.#bytesLeft)
    const isKnown = error instanceof KafkaError
    if (!isKnown) this.services.logger.error({ error }, 'a fetch has failed unexpectedly')
    const code = isKnown ? error.code : ErrorCode.UNKNOWN_SERVER_ERROR
    this.#data.fail(request, failedPartition(request.partition, code))
  }

  /** Begins to read a partition; undefined when it has failed. */
  #open(request: FetchPartition): Opened | undefined {
    try {
      return this.#openPartition(request)
    } catch (error) {
      this.#fail(request, error)
      return undefined
    }
  }

  #openPartition(request: FetchPartition): Opened {
    const partition = this.services.replicas.partition(request.topic!, request.partition)
    if (request.topicId !== ZERO_UUID && request.topicId !== partition.topicId) {
      throw new KafkaError(ErrorCode.INCONSISTENT_TOPIC_ID)
    }
    const log = partition.leaderLog(Math.max(request.currentLeaderEpoch, NO_LEADER_EPOCH))
    this.#requireReplica(request)
    const answer = emptyPartition(request.partition)
    answer.highWatermark = log.highWatermark
    answer.lastStableOffset = log.lastStableOffset
    answer.logStartOffset = log.logStartOffset
    const diverging = divergingEpoch(log, request)
    if (diverging !== undefined) {
      answer.divergingEpoch = diverging
      return { answer, slice: undefined }
    }
    if (this.limits.readCommitted) answer.abortedTransactions = []
    return { answer, slice: this.#slice(partition, log, request, answer) }
  }

  #slice(
    partition: Partition,
    log: Log,
    request: FetchPartition,
    answer: FetchPartitionAnswer,
  ): LogSlice | Promise<LogSlice> {
    const endOffset = visibleEnd(log, this.limits.readCommitted)
    const maxBytes = Math.min(request.maxBytes, this.#bytesLeft)
    const { committedBytes } = partition
    const sawAll = endOffset === log.highWatermark
    const { fetchOffset } = request
    if (maxBytes < 0 && fetchOffset >= log.logStartOffset && fetchOffset < endOffset) {
      throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, 'nothing has a negative size')
    }
    const minOneBatch = this.#data.bytes === 0 && this.limits.isHard !== true
    const slice = log.read(fetchOffset, maxBytes, endOffset, minOneBatch)
    const note = (read: LogSlice): LogSlice => {
      const { firstEntryIncomplete, records } = read
      const readableBytes = firstEntryIncomplete ? request.maxBytes : records.length
      const seen = { readableBytes, committedBytes, endOffset, sawAll }
      this.#data.positions.push({ partition, request, ...seen })
      if (this.limits.readCommitted && records.length > 0) {
        answer.abortedTransactions = log.abortedTransactions(fetchOffset, records.length)
      }
      return read
    }
    return slice instanceof Promise ? slice.then(note) : note(slice)
  }

  /** Followers that aren't among the replicas are told so as Kafka's `Partition` does. */
  #requireReplica({ currentLeaderEpoch }: FetchPartition): void {
    if (this.limits.followerId === undefined) return
    throw new KafkaError(
      currentLeaderEpoch >= 0 ? ErrorCode.UNKNOWN_LEADER_EPOCH : ErrorCode.NOT_LEADER_OR_FOLLOWER,
    )
  }
}

/** Where the client's log parts from this one, if it does (KIP-595). */
function divergingEpoch(
  log: Log,
  { fetchOffset, lastFetchedEpoch }: FetchPartition,
): { epoch: number; endOffset: number } | undefined {
  if (lastFetchedEpoch < 0) return undefined
  const { leaderEpoch, endOffset } = log.endOffsetForEpoch(lastFetchedEpoch)
  if (leaderEpoch < 0 || endOffset < 0 || fetchOffset < log.logStartOffset) {
    throw new KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE)
  }
  if (leaderEpoch >= lastFetchedEpoch && endOffset >= fetchOffset) return undefined
  return { epoch: leaderEpoch, endOffset }
}
