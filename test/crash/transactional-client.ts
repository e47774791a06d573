import { ApiKey } from '../../src/protocol/api-keys.js'
import { ErrorCode } from '../../src/protocol/errors.js'
import { buildBatch } from '../../src/protocol/records/index.js'
import type { Body } from '../oracle/conversation.js'
import type { Caller } from './workload.js'

/** Which client a producer is: one that adds partitions by itself, or one of KIP-890. */
export type TransactionVersion = 1 | 2

interface Versions {
  readonly init: number
  readonly produce: number
  readonly txnOffsetCommit: number
  readonly endTxn: number
}

const VERSIONS: Readonly<Record<TransactionVersion, Versions>> = {
  1: { init: 4, produce: 11, txnOffsetCommit: 3, endTxn: 4 },
  2: { init: 5, produce: 12, txnOffsetCommit: 5, endTxn: 5 },
}

/** A transactional producer, request by request. */
export class TransactionalClient {
  #producerId = -1
  #producerEpoch = -1
  readonly #sequences = new Map<string, number>()
  readonly #added = new Set<string>()

  constructor(
    readonly id: string,
    private readonly version: TransactionVersion,
    private readonly timeoutMs: number,
  ) {}

  /** Finds out who it is; whatever its predecessor left open is over by then. */
  async init(caller: Caller): Promise<void> {
    const find = { key: this.id, keyType: 1 }
    await caller.ask(ApiKey.FindCoordinator, 3, find, ({ errorCode }) => errorCode)
    const request = { transactionalId: this.id, transactionTimeoutMs: this.timeoutMs }
    const { init } = VERSIONS[this.version]
    this.#become(await this.#ask(caller, ApiKey.InitProducerId, init, request))
    this.#sequences.clear()
  }

  /** Writes a batch, in the transaction that this begins where there is none yet. */
  async produce(
    caller: Caller,
    topic: string,
    partition: number,
    values: readonly string[],
  ): Promise<void> {
    await this.#add(caller, topic, partition)
    const where = `${topic}-${partition}`
    const baseSequence = this.#sequences.get(where) ?? 0
    const records = buildBatch({
      records: values.map((value) => ({ value: Buffer.from(value), timestamp: Date.now() })),
      producerId: this.#producerId,
      producerEpoch: this.#producerEpoch,
      baseSequence,
      transactional: true,
    })
    await this.#ask(caller, ApiKey.Produce, VERSIONS[this.version].produce, {
      transactionalId: this.id,
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
    })
    this.#sequences.set(where, baseSequence + values.length)
  }

  /** Commits an offset of a group that has no members, in the transaction. */
  async commitOffset(
    caller: Caller,
    groupId: string,
    name: string,
    partitionIndex: number,
    offset: number,
  ): Promise<void> {
    if (this.version === 1) {
      await this.#ask(caller, ApiKey.AddOffsetsToTxn, 3, { ...this.#identity(), groupId })
    }
    const partition = {
      partitionIndex,
      committedOffset: BigInt(offset),
      committedMetadata: this.id,
    }
    await this.#ask(caller, ApiKey.TxnOffsetCommit, VERSIONS[this.version].txnOffsetCommit, {
      ...this.#identity(),
      groupId,
      topics: [{ name, partitions: [partition] }],
    })
  }

  async end(caller: Caller, committed: boolean): Promise<void> {
    const request = { ...this.#identity(), committed }
    const answer = await this.#ask(caller, ApiKey.EndTxn, VERSIONS[this.version].endTxn, request)
    this.#added.clear()
    if (this.version === 1) return
    // The next transaction has an epoch of its own.
    this.#become(answer)
    this.#sequences.clear()
  }

  async #add(caller: Caller, topic: string, partition: number): Promise<void> {
    const where = `${topic}-${partition}`
    if (this.version !== 1 || this.#added.has(where)) return
    await this.#ask(caller, ApiKey.AddPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: this.id,
      v3AndBelowProducerId: this.#producerId,
      v3AndBelowProducerEpoch: this.#producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
    })
    this.#added.add(where)
  }

  #identity() {
    return {
      transactionalId: this.id,
      producerId: this.#producerId,
      producerEpoch: this.#producerEpoch,
    }
  }

  #become({ producerId, producerEpoch }: Body): void {
    this.#producerId = producerId
    this.#producerEpoch = producerEpoch
    this.#added.clear()
  }

  async #ask(caller: Caller, apiKey: number, version: number, body: object): Promise<Body> {
    const answer = await caller.ask(apiKey, version, body, errorOf)
    const errorCode = errorOf(answer)
    if (errorCode !== ErrorCode.NONE) throw new Error(`${this.id}: API ${apiKey}: ${errorCode}`)
    return answer
  }
}

/** The first error that an answer to a producer tells of. */
function errorOf(answer: Body): number {
  const { errorCode, topics, responses, resultsByTopicV3AndBelow } = answer
  if (errorCode) return errorCode
  const partitions = [
    ...(topics ?? []).flatMap((each: Body) => each.partitions),
    ...(responses ?? []).flatMap((each: Body) => each.partitionResponses),
  ]
  const codes = [
    ...partitions.map((each: Body) => each.errorCode),
    ...(resultsByTopicV3AndBelow ?? []).flatMap((each: Body) =>
      each.resultsByPartition.map((one: Body) => one.partitionErrorCode),
    ),
  ]
  return codes.find((code) => code !== ErrorCode.NONE) ?? ErrorCode.NONE
}
