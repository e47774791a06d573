import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { Body, Conversation } from '../conversation.js'
import { committedOffsets } from './content.js'
import type { Ledger } from './ledger.js'
import { TOPICS, TRANSACTIONAL, TRANSACTIONS } from './names.js'
import { dataOf, readPartition } from './partition-log.js'
import { type Complain, ready } from './workload.js'

const UNSTABLE_OFFSET_COMMIT = 88
const PARTITIONS = TOPICS[TRANSACTIONS]!.partitions
const BATCHES = 3
const TRANSACTION_TIMEOUT_MS = 15 * 60 * 1000

/** A transaction, or `undefined` where a record is of none. */
type Owner = Transaction | undefined

interface Written {
  readonly offset: number
  readonly value: string
  readonly owner: Owner
}

/** A transactional producer of before KIP-890, in one transaction. */
export class Transaction {
  state: 'open' | 'committed' | 'aborted' = 'open'
  readonly #sequences = new Map<string, number>()

  private constructor(
    readonly id: string,
    private readonly producerId: number,
    private readonly producerEpoch: number,
  ) {}

  /** @param topics how many partitions each has; all of them are added */
  static async begin(
    c: Conversation,
    id: string,
    topics: Readonly<Record<string, number>> = { [TRANSACTIONS]: PARTITIONS },
  ): Promise<Transaction> {
    const taken = { until: (body: Body) => body.errorCode === 0 }
    await c.quietly(ApiKey.FindCoordinator, 3, { key: id, keyType: 1 }, taken)
    const init = { transactionalId: id, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS }
    const { producerId, producerEpoch } = await c.quietly(ApiKey.InitProducerId, 4, init, taken)
    const transaction = new Transaction(id, producerId, producerEpoch)
    await transaction.#ask(c, ApiKey.AddPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: id,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: Object.entries(topics).map(([name, length]) => ({
        name,
        partitions: Array.from({ length }, (_, i) => i),
      })),
    })
    return transaction
  }

  /** A batch of one record that goes on with the producer's sequence. */
  next(topic: string, partition: number, value: string, ledger: Ledger): Buffer {
    const { producerId, producerEpoch } = this
    const where = `${topic}-${partition}`
    const baseSequence = this.#sequences.get(where) ?? 0
    this.#sequences.set(where, baseSequence + 1)
    const numbers = { producerId, producerEpoch, baseSequence, transactional: true }
    return ledger.batchOf([{ value: Buffer.from(value) }], numbers)
  }

  /** Commits the offset of partition 0. */
  async commitOffset(
    c: Conversation,
    offset: bigint,
    groupId: string = TRANSACTIONAL,
    name: string = TRANSACTIONS,
  ): Promise<void> {
    await ready(c, groupId)
    const request = { ...this.#identity(), groupId }
    await this.#ask(c, ApiKey.AddOffsetsToTxn, 3, request)
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: this.id }]
    const topics = [{ name, partitions }]
    await this.#ask(c, ApiKey.TxnOffsetCommit, 3, { ...request, topics })
  }

  /** Ends it, and waits until all its markers are written. */
  async end(c: Conversation, state: 'committed' | 'aborted'): Promise<void> {
    await this.endWithoutWaiting(c, state)
    await c.quietly(
      ApiKey.DescribeTransactions,
      0,
      { transactionalIds: [this.id] },
      { until: (body) => body.transactionStates[0].transactionState.startsWith('Complete') },
    )
    this.state = state
  }

  /** Ends it; markers may be on their way. */
  async endWithoutWaiting(c: Conversation, state: 'committed' | 'aborted'): Promise<void> {
    const request = { ...this.#identity(), committed: state === 'committed' }
    await this.#ask(c, ApiKey.EndTxn, 3, request)
  }

  #identity() {
    const { id, producerId, producerEpoch } = this
    return { transactionalId: id, producerId, producerEpoch }
  }

  async #ask(c: Conversation, apiKey: number, version: number, body: object): Promise<void> {
    const isTaken = (answer: Body) => errorCodesOf(answer).every((errorCode) => errorCode === 0)
    const answer = await c.quietly(apiKey, version, body, { until: isTaken })
    if (!isTaken(answer)) throw new Error(`${this.id}, API ${apiKey}: ${errorCodesOf(answer)}`)
  }
}

function errorCodesOf({ errorCode, topics = [], resultsByTopicV3AndBelow = [] }: Body): number[] {
  return [
    ...(errorCode === undefined ? [] : [errorCode]),
    ...topics.flatMap((topic: Body) => topic.partitions.map((each: Body) => each.errorCode)),
    ...resultsByTopicV3AndBelow.flatMap((topic: Body) =>
      topic.resultsByPartition.map((each: Body) => each.partitionErrorCode),
    ),
  ]
}

/** Transactions that one broker begins and another one sees, and which of their records are seen. */
export class Transactions {
  readonly #written: Written[][] = Array.from({ length: PARTITIONS }, () => [])
  #open: Transaction | undefined
  #committedOffset = 0n
  #pendingOffset = 0n
  #round = 0

  constructor(private readonly ledger: Ledger) {}

  /** Records of no transaction, which any broker can write. */
  async writePlain(c: Conversation): Promise<void> {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const value = `plain ${this.#written[partition]!.length}`
      const batch = this.ledger.batchOf([{ value: Buffer.from(value) }])
      await this.#write(c, partition, value, batch, undefined)
    }
  }

  /** Ends what was left open, commits, aborts, and leaves one open again with others behind it. */
  async round(c: Conversation): Promise<void> {
    await this.#endOpen(c)
    const round = this.#round++
    const committed = await Transaction.begin(c, `committed ${round}`)
    const aborted = await Transaction.begin(c, `aborted ${round}`)
    for (let i = 0; i < BATCHES; i++) {
      await this.#writeTo(c, aborted)
      await this.#writeTo(c, committed)
    }
    await committed.commitOffset(c, BigInt(100 * round + 1))
    await committed.end(c, 'committed')
    this.#committedOffset = BigInt(100 * round + 1)
    await aborted.commitOffset(c, BigInt(100 * round + 2))
    await aborted.end(c, 'aborted')
    await this.writePlain(c)

    this.#open = await Transaction.begin(c, `open ${round}`)
    await this.#writeTo(c, this.#open)
    this.#pendingOffset = BigInt(100 * round + 3)
    await this.#open.commitOffset(c, this.#pendingOffset)
    for (const state of ['committed', 'aborted'] as const) {
      const behind = await Transaction.begin(c, `${state} behind ${round}`)
      await this.#writeTo(c, behind)
      await behind.end(c, state)
    }
    await this.#writeTo(c, this.#open)
  }

  async #endOpen(c: Conversation): Promise<void> {
    if (this.#open === undefined) return
    // Both ends are met in turn.
    const state = this.#round % 2 ? 'committed' : 'aborted'
    await this.#writeTo(c, this.#open)
    await this.#open.end(c, state)
    if (state === 'committed') this.#committedOffset = this.#pendingOffset
    this.#open = undefined
  }

  async #writeTo(c: Conversation, transaction: Transaction): Promise<void> {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const value = `${transaction.id} ${this.#written[partition]!.length}`
      const batch = transaction.next(TRANSACTIONS, partition, value, this.ledger)
      await this.#write(c, partition, value, batch, transaction)
    }
  }

  async #write(c: Conversation, partition: number, value: string, batch: Buffer, owner: Owner) {
    const id = owner?.id ?? null
    const offset = await this.ledger.produce(c, TRANSACTIONS, partition, batch, id)
    this.#written[partition]!.push({ offset, value, owner })
  }

  async check(c: Conversation, complain: Complain): Promise<void> {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const written = this.#written[partition]!
      const firstOpen = written.find(({ owner }) => owner?.state === 'open')
      const uncommitted = await readPartition(c, TRANSACTIONS, partition)
      const committed = await readPartition(c, TRANSACTIONS, partition, 'read_committed')
      const lastStableOffset = firstOpen?.offset ?? uncommitted.highWatermark
      const where = `${TRANSACTIONS}-${partition}`
      if (committed.lastStableOffset !== lastStableOffset) {
        complain(`${where}: stable to ${committed.lastStableOffset}, not ${lastStableOffset}`)
      }
      const isSeen = ({ offset, owner }: Written) =>
        offset < lastStableOffset && (owner === undefined || owner.state === 'committed')
      compare(complain, `${where} uncommitted`, uncommitted, written)
      compare(complain, `${where} committed`, committed, written.filter(isSeen))
    }
    await this.#checkOffsets(c, complain)
  }

  async #checkOffsets(c: Conversation, complain: Complain): Promise<void> {
    await ready(c, TRANSACTIONAL)
    for (const requireStable of [false, true]) {
      const offsets = await committedOffsets(c, TRANSACTIONAL, requireStable)
      const said = offsets[`${TRANSACTIONS}-0`]
      const isUnstable = requireStable && this.#open !== undefined
      const expected = isUnstable ? `-1 ${UNSTABLE_OFFSET_COMMIT}` : `${this.#committedOffset} 0`
      const [offset, errorCode] = [said?.split(' ').at(0), said?.split(' ').at(-1)]
      if (this.#round > 0 && `${offset} ${errorCode}` !== expected) {
        complain(`committed in transactions: ${said}, not ${expected}`)
      }
    }
  }
}

function compare(
  complain: Complain,
  what: string,
  log: Parameters<typeof dataOf>[0],
  expected: readonly Written[],
): void {
  const line = (offset: number, value: unknown) => `${offset} ${value}`
  const read = [...dataOf(log)].map(({ offset, value }) => line(offset, value))
  const wanted = expected.map(({ offset, value }) => line(offset, value))
  for (const each of read) if (!wanted.includes(each)) complain(`${what}: ${each} is seen`)
  for (const each of wanted) if (!read.includes(each)) complain(`${what}: ${each} isn't seen`)
}
