import { ApiKey } from '../../src/protocol/api-keys.js'
import { ErrorCode } from '../../src/protocol/errors.js'
import { batchesOf, batchSize, buildBatch, nextOffset } from '../../src/protocol/records/index.js'
import type { Body } from '../oracle/conversation.js'
import { type AbortedTransaction, dataOf } from '../oracle/swap/partition-log.js'
import { WireClient } from '../oracle/wire-client.js'

/** The topic whose partitions have the numbers from 0, in order. */
export const LOAD = 'load'
const GROUP = 'group'
export const PARTITIONS = 4
/** Of the first record; a batch is the same each time it is sent. */
const START_MS = Date.now()
const RETENTION_MS = 'retention.ms'
/** Kafka's default. */
const FIRST_RETENTION_MS = 604_800_000
/** `ConfigResource.Type` */
const TOPIC_RESOURCE = 2
/** `AlterConfigOp.OpType` */
const SET = 0
const MAX_ATTEMPTS = 500
const RETRY_PAUSE_MS = 20
/** What a broker that has just started, or a transaction that is ending, may bring for a moment. */
const PASSING: readonly number[] = [
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.UNSTABLE_OFFSET_COMMIT,
]

/** The broker is gone: what was being asked has no answer. */
export class Gone extends Error {}

/** A connection that says when the broker is gone, and asks again what is refused for a moment. */
export class Caller {
  readonly #client: WireClient

  constructor(port: number) {
    this.#client = new WireClient('127.0.0.1', port)
  }

  /** `errorOf` finds the error code that decides whether to ask again. */
  async ask(
    apiKey: number,
    version: number,
    body: object,
    errorOf: (body: Body) => number = () => 0,
  ): Promise<Body> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const answer = await this.#client.send(apiKey, version, body).catch((error) => {
        throw new Gone(String(error))
      })
      if (answer.kind === 'closed') throw new Gone('closed')
      if (answer.kind === 'silence') throw new Error(`no answer to ${apiKey}`)
      if (!PASSING.includes(errorOf(answer.body))) return answer.body
      await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS))
    }
    throw new Error(`${apiKey} was refused ${MAX_ATTEMPTS} times`)
  }

  close(): void {
    this.#client.close()
  }
}

/**
 * An idempotent producer of one partition: it writes numbers in order, and after a crash begins with
 * the batch that wasn't acknowledged, as it was.
 */
export class Writer {
  acknowledged = 0
  /** As many may be there: the last batch was sent, and nobody knows what became of it. */
  sent = 0
  #producerId: number | undefined
  #batchSize = 1

  constructor(private readonly partition: number) {}

  /** Writes a batch of `count` records, unless one is pending, which is then written again. */
  async write(caller: Caller, count: number): Promise<void> {
    this.#producerId ??= (
      await caller.ask(
        ApiKey.InitProducerId,
        4,
        { transactionalId: null, transactionTimeoutMs: 60_000 },
        ({ errorCode }) => errorCode,
      )
    ).producerId
    if (this.sent === this.acknowledged) {
      this.#batchSize = count
      this.sent += count
    }
    const { errorCode } = await this.#produce(caller)
    if (errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
      throw new Error(`partition ${this.partition} refused ${this.acknowledged}: ${errorCode}`)
    }
    this.acknowledged = this.sent
  }

  async #produce(caller: Caller): Promise<Body> {
    const records = Array.from({ length: this.#batchSize }, (_, i) => ({
      value: Buffer.from(`${this.acknowledged + i}`),
      timestamp: START_MS + this.acknowledged + i,
    }))
    const batch = buildBatch({
      records,
      producerId: this.#producerId!,
      producerEpoch: 0,
      baseSequence: this.acknowledged,
    })
    const partitionOf = ({ responses }: Body) => responses[0].partitionResponses[0]
    const answer = await caller.ask(
      ApiKey.Produce,
      9,
      {
        transactionalId: null,
        acks: -1,
        timeoutMs: 10_000,
        topicData: [{ name: LOAD, partitionData: [{ index: this.partition, records: batch }] }],
      },
      (body) => partitionOf(body).errorCode,
    )
    return partitionOf(answer)
  }
}

/** Commits ever higher offsets of a group. */
export class Committer {
  acknowledged = -1
  sent = -1

  async commit(caller: Caller): Promise<void> {
    this.sent++
    const { topics } = await caller.ask(
      ApiKey.OffsetCommit,
      8,
      {
        groupId: GROUP,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [
          {
            name: LOAD,
            partitions: [
              { partitionIndex: 0, committedOffset: BigInt(this.sent), committedMetadata: '' },
            ],
          },
        ],
      },
      ({ topics }) => topics[0].partitions[0].errorCode,
    )
    const { errorCode } = topics[0].partitions[0]
    if (errorCode !== ErrorCode.NONE) throw new Error(`commit ${this.sent}: ${errorCode}`)
    this.acknowledged = this.sent
  }
}

/** Creates one topic after the other. */
export class Creator {
  /** How many were acknowledged. */
  acknowledged = 0

  async create(caller: Caller): Promise<void> {
    const code = await createTopic(caller, `topic-${this.acknowledged}`, 1)
    // It may have been created by a request whose answer never came.
    if (code !== ErrorCode.NONE && code !== ErrorCode.TOPIC_ALREADY_EXISTS) {
      throw new Error(`topic-${this.acknowledged}: ${code}`)
    }
    this.acknowledged++
  }
}

/** Sets `retention.ms` of the topic, ever higher. */
export class Configurer {
  acknowledged = FIRST_RETENTION_MS
  sent = FIRST_RETENTION_MS

  async alter(caller: Caller): Promise<void> {
    this.sent++
    const configs = [{ name: RETENTION_MS, configOperation: SET, value: String(this.sent) }]
    const { responses } = await caller.ask(ApiKey.IncrementalAlterConfigs, 1, {
      resources: [{ resourceType: TOPIC_RESOURCE, resourceName: LOAD, configs }],
      validateOnly: false,
    })
    const { errorCode } = responses[0]
    if (errorCode !== ErrorCode.NONE) throw new Error(`${RETENTION_MS} ${this.sent}: ${errorCode}`)
    this.acknowledged = this.sent
  }
}

/** @returns the error code */
export async function createTopic(
  caller: Caller,
  name: string,
  numPartitions: number,
): Promise<number> {
  const { topics } = await caller.ask(ApiKey.CreateTopics, 7, {
    topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  return topics[0].errorCode
}

/** Makes the topic that is written to. */
export async function prepare(caller: Caller): Promise<void> {
  const code = await createTopic(caller, LOAD, PARTITIONS)
  if (code !== ErrorCode.NONE) throw new Error(`${LOAD}: ${code}`)
  await findGroup(caller, GROUP)
}

/** Finds a group's coordinator, and creates its topic where that isn't there yet. */
export async function findGroup(caller: Caller, groupId: string): Promise<void> {
  const body = { key: groupId, keyType: 0 }
  await caller.ask(ApiKey.FindCoordinator, 3, body, ({ errorCode }) => errorCode)
}

/** What consumers are given of a partition. */
export interface Read {
  readonly values: string[]
  readonly highWatermark: number
  readonly lastStableOffset: number
}

/** The values of a partition from an offset on, in order, without those of aborted transactions. */
export async function readFrom(
  caller: Caller,
  topic: string,
  partition: number,
  from: number,
  isolation: 'read_uncommitted' | 'read_committed' = 'read_uncommitted',
): Promise<Read> {
  const isolationLevel = isolation === 'read_committed' ? 1 : 0
  const batches: Buffer[] = []
  const aborted = new Map<string, AbortedTransaction>()
  for (let fetchOffset = from; ; ) {
    const { responses } = await caller.ask(
      ApiKey.Fetch,
      12,
      {
        maxWaitMs: 0,
        isolationLevel,
        topics: [
          {
            topic,
            partitions: [{ partition, fetchOffset, partitionMaxBytes: 1_000_000 }],
          },
        ],
        forgottenTopicsData: [],
      },
      ({ responses }) => responses[0].partitions[0].errorCode,
    )
    const { errorCode, records, ...answer } = responses[0].partitions[0]
    if (errorCode !== ErrorCode.NONE)
      throw new Error(`fetch of ${topic}-${partition}: ${errorCode}`)
    for (const each of answer.abortedTransactions ?? []) {
      aborted.set(`${each.producerId} ${each.firstOffset}`, each)
    }
    for (const at of batchesOf(records ?? Buffer.alloc(0))) {
      batches.push(records.subarray(at, at + batchSize(records, at)))
      fetchOffset = nextOffset(records, at)
    }
    const { highWatermark, lastStableOffset } = answer
    if (fetchOffset < (isolationLevel === 1 ? lastStableOffset : highWatermark)) continue
    const inOrder = [...aborted.values()].sort((a, b) => a.firstOffset - b.firstOffset)
    // A batch is given whole, also where an offset in the middle of it was asked for.
    const values = [...dataOf({ batches, aborted: inOrder })]
      .filter(({ offset }) => offset >= from)
      .map(({ value }) => String(value))
    return { values, highWatermark, lastStableOffset }
  }
}

/** All values of a partition of {@link LOAD}, in order. */
export async function readPartition(caller: Caller, partition: number): Promise<string[]> {
  return (await readFrom(caller, LOAD, partition, 0)).values
}

/** The offset that a group has committed of a partition, -1 if none. */
export async function readCommittedOffset(
  caller: Caller,
  groupId: string,
  name: string,
  partition: number,
): Promise<number> {
  await findGroup(caller, groupId)
  const { topics } = await caller.ask(
    ApiKey.OffsetFetch,
    7,
    { groupId, topics: [{ name, partitionIndexes: [partition] }], requireStable: true },
    ({ errorCode, topics }) => errorCode || topics[0].partitions[0].errorCode,
  )
  const { errorCode, committedOffset } = topics[0].partitions[0]
  if (errorCode !== ErrorCode.NONE) throw new Error(`offset of ${groupId}: ${errorCode}`)
  return Number(committedOffset)
}

/** The offset that {@link Committer}'s group has committed, -1 if none. */
export function readCommitted(caller: Caller): Promise<number> {
  return readCommittedOffset(caller, GROUP, LOAD, 0)
}

export async function readTopics(caller: Caller): Promise<string[]> {
  const { topics } = await caller.ask(ApiKey.Metadata, 9, { topics: null })
  return topics.map(({ name }: { name: string }) => name)
}

/** What the topic's `retention.ms` is. */
export async function readRetentionMs(caller: Caller): Promise<number> {
  const { results } = await caller.ask(ApiKey.DescribeConfigs, 4, {
    resources: [
      { resourceType: TOPIC_RESOURCE, resourceName: LOAD, configurationKeys: [RETENTION_MS] },
    ],
  })
  return Number(results[0].configs[0].value)
}
