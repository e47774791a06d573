import type { Clock } from '../../env/clock.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  batchesOf,
  ControlRecordType,
  controlRecordType,
  isControl,
  isTransactional,
  type LogRecord,
  lastOffset,
  MAGIC_V2,
  magic,
  producerEpoch,
  producerId,
  recordsOf,
  TimestampType,
  timestampType,
} from '../../protocol/records/index.js'
import { FetchRequest, FetchResponse } from '../../protocol/schema/fetch.js'
import type { RunningServer } from '../server-faults.js'
import type { PartitionView, RecordQuery, RecordView, TopicView } from '../views.js'
import { whenDecided } from './transactions.js'

/** The last one that names topics. */
const FETCH_VERSION = 12
const FETCH_BYTES = 8 * 1024 * 1024
const CONSUMER = -1
const NO_SESSION = { sessionId: 0, sessionEpoch: -1 }
/** What `records` gives of a partition at most, unless said. */
export const DEFAULT_MAX_RECORDS = 100_000

type FetchedPartition = FetchResponse['responses'][number]['partitions'][number]
/** Called with each record, by partition and offset, and the batch that it is in. */
type Visit = (partition: number, batch: Buffer, at: number, record: LogRecord) => void

/** A topic as its broker has it. */
export class InspectedTopic implements TopicView {
  constructor(
    readonly name: string,
    private readonly running: () => RunningServer,
    /** The pacing one. */
    private readonly clock: Clock,
  ) {}

  exists(): boolean {
    return this.running().server.services.metadata.topicsByName.has(this.name)
  }

  partitions(): readonly PartitionView[] {
    const { metadata, logs } = this.running().server.services
    const partitions = metadata.topicsByName.get(this.name)?.partitions ?? new Map()
    return [...partitions]
      .map(([partition, { leader, leaderEpoch }]): PartitionView => {
        // One that nobody has used has no log yet.
        const log = logs.log(this.name, partition)
        return {
          partition,
          leader,
          leaderEpoch,
          logStartOffset: log?.logStartOffset ?? 0,
          highWatermark: log?.highWatermark ?? 0,
          lastStableOffset: log?.lastStableOffset ?? 0,
          logEndOffset: log?.logEndOffset ?? 0,
        }
      })
      .sort((a, b) => a.partition - b.partition)
  }

  async records(query: RecordQuery = {}): Promise<readonly RecordView[]> {
    const { max = DEFAULT_MAX_RECORDS } = query
    const found: RecordView[] = []
    await this.#visit({ ...query, max }, (...at) => found.push(recordView(this.name, ...at)))
    return found
  }

  async count(query: RecordQuery = {}): Promise<number> {
    let count = 0
    await this.#visit(query, () => count++)
    return count
  }

  async #visit(query: RecordQuery, visit: Visit): Promise<void> {
    if (query.isolation !== 'read_uncommitted' && this.#hasUndecided()) {
      await whenDecided(() => this.running().client, this.name, this.clock)
    }
    for (const view of this.partitions()) {
      if (query.partition !== undefined && query.partition !== view.partition) continue
      await this.#visitPartition(view, query, visit)
    }
  }

  #hasUndecided(): boolean {
    return this.partitions().some((each) => each.lastStableOffset < each.highWatermark)
  }

  async #visitPartition(view: PartitionView, query: RecordQuery, visit: Visit): Promise<void> {
    const { from = 0, max = Number.POSITIVE_INFINITY, isolation = 'read_committed' } = query
    const readCommitted = isolation === 'read_committed'
    const { partition } = view
    const end = readCommitted ? view.lastStableOffset : view.highWatermark
    let offset = Math.max(from, view.logStartOffset)
    let left = max
    while (offset < end && left > 0) {
      const fetched = new FetchedRecords(
        await this.#fetch(partition, offset, readCommitted),
        offset,
      )
      for (const [batch, at, record] of fetched) {
        visit(partition, batch, at, record)
        if (--left <= 0) return
      }
      if (fetched.nextOffset <= offset) return
      offset = fetched.nextOffset
    }
  }

  async #fetch(
    partition: number,
    fetchOffset: number,
    readCommitted: boolean,
  ): Promise<FetchedPartition> {
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: FETCH_BYTES }]
    const { responses } = await this.running().client.ask(
      FetchRequest,
      FetchResponse,
      FETCH_VERSION,
      {
        replicaId: CONSUMER,
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: FETCH_BYTES,
        isolationLevel: readCommitted ? 1 : 0,
        ...NO_SESSION,
        topics: [{ topic: this.name, partitions }],
        forgottenTopicsData: [],
      },
    )
    const fetched = responses[0]!.partitions[0]!
    if (fetched.errorCode === ErrorCode.NONE) return fetched
    throw new KafkaError(fetched.errorCode as ErrorCode)
  }
}

/** The records in an answer to a fetch, as a consumer takes them out. */
class FetchedRecords {
  /** To go on with, after those that were taken out. */
  nextOffset: number
  /** Of the transactions that are aborted from where the reading has come to. */
  readonly #aborted = new Set<number>()
  readonly #abortedFrom: { readonly producerId: number; readonly firstOffset: number }[]

  constructor(
    private readonly fetched: FetchedPartition,
    private readonly from: number,
  ) {
    this.nextOffset = from
    const aborted = fetched.abortedTransactions ?? []
    this.#abortedFrom = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  *[Symbol.iterator](): Generator<readonly [batch: Buffer, at: number, record: LogRecord]> {
    const { records } = this.fetched
    if (records === null) return
    for (const at of batchesOf(records)) {
      if (magic(records, at) !== MAGIC_V2) continue
      this.nextOffset = lastOffset(records, at) + 1
      this.#beginAborted(this.nextOffset)
      if (isControl(records, at)) this.#endAborted(records, at)
      else if (!isTransactional(records, at) || !this.#aborted.has(producerId(records, at))) {
        for (const record of recordsOf(records, at)) {
          if (record.offset >= this.from) yield [records, at, record]
        }
      }
    }
  }

  #beginAborted(before: number): void {
    while (this.#abortedFrom.length > 0 && this.#abortedFrom[0]!.firstOffset < before) {
      this.#aborted.add(this.#abortedFrom.shift()!.producerId)
    }
  }

  #endAborted(records: Buffer, at: number): void {
    for (const { key } of recordsOf(records, at)) {
      if (controlRecordType(key) !== ControlRecordType.ABORT) continue
      this.#aborted.delete(producerId(records, at))
    }
  }
}

function recordView(
  topic: string,
  partition: number,
  batch: Buffer,
  at: number,
  record: LogRecord,
): RecordView {
  const { offset, timestamp, key, value, headers } = record
  const isAppendTime = timestampType(batch, at) === TimestampType.LOG_APPEND_TIME
  return {
    topic,
    partition,
    offset,
    timestampMs: timestamp,
    timestampType: isAppendTime ? 'LogAppendTime' : 'CreateTime',
    key: textOf(key),
    value: textOf(value),
    keyBytes: key && Buffer.from(key),
    valueBytes: value && Buffer.from(value),
    headers: headers.map((each) => ({ name: each.key, value: textOf(each.value) })),
    producerId: producerId(batch, at),
    producerEpoch: producerEpoch(batch, at),
    isTransactional: isTransactional(batch, at),
  }
}

const textOf = (bytes: Buffer | null): string | null => bytes?.toString('utf8') ?? null
