import { readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { partitionForKey } from '../../../src/coordinator/group/java-hash.js'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { batchSize } from '../../../src/protocol/records/index.js'
import { atOnceWhen, logSize, transactionsIn } from '../../crash/on-disk.js'
import { until } from '../../support/until.js'
import type { Conversation } from '../conversation.js'
import { createTopic } from '../fixtures.js'
import { STATE_PARTITIONS } from './brokers.js'
import { committedOffsets } from './content.js'
import type { Ledger } from './ledger.js'
import { dataOf, readPartition } from './partition-log.js'
import { Transaction } from './transactions.js'
import { type Complain, ready } from './workload.js'

const TOPIC = 'prepared'
const PARTITIONS = 20
const ID = 'prepared'
const GROUP = 'prepared'
const FIRST_SEGMENT = '00000000000000000000.log'
/** `TransactionState` of Kafka. */
const PREPARE: readonly number[] = [2, 3]
const WORDS = { committed: 'CompleteCommit', aborted: 'CompleteAbort' } as const

interface Pending {
  readonly state: 'committed' | 'aborted'
  readonly values: readonly string[]
  readonly offset: bigint
}

/**
 * A transaction whose end was decided and written down by a broker that was killed then, before it
 * told all partitions; the next broker does that.
 */
export class Prepared {
  readonly #expected: string[][] = Array.from({ length: PARTITIONS }, () => [])
  #offset: bigint | undefined
  #round = 0
  #pending: Pending | undefined

  constructor(private readonly ledger: Ledger) {}

  /** A transaction that the broker ends itself. */
  async round(c: Conversation): Promise<void> {
    if (this.#round === 0) await createTopic(c, TOPIC, PARTITIONS)
    const { transaction, pending } = await this.#begin(c)
    await transaction.end(c, pending.state)
    this.#settle(pending)
  }

  /** Has the broker decide on the end of a transaction, and killed. */
  async leave(c: Conversation, data: string, kill: () => Promise<void>): Promise<void> {
    const { transaction, pending } = await this.#begin(c)
    const partition = partitionForKey(ID, STATE_PARTITIONS)
    const before = logSize(data, '__transaction_state', partition)
    const isWritten = () => logSize(data, '__transaction_state', partition) > before
    // There is no answer to that.
    const ended = transaction.endWithoutWaiting(c, pending.state).catch(() => {})
    await atOnceWhen(isWritten, 'the decision')
    await kill()
    await ended
    forgetCompletion(join(data, `__transaction_state-${partition}`, FIRST_SEGMENT))
    this.#pending = pending
  }

  /**
   * Waits until the transaction that the broker of before had decided is complete.
   *
   * @returns whether it has ended in all partitions
   */
  async hasEnded(c: Conversation): Promise<boolean> {
    if (!this.#pending) return true
    await this.#stateAtTheEnd(c)
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const { lastStableOffset, highWatermark } = await readPartition(c, TOPIC, partition)
      if (lastStableOffset !== highWatermark) return false
    }
    return true
  }

  async check(c: Conversation, complain: Complain): Promise<void> {
    if (this.#round === 0) return
    if (this.#pending) {
      const transactionState = await this.#stateAtTheEnd(c)
      const word = WORDS[this.#pending.state]
      if (transactionState !== word) complain(`${ID} is ${transactionState}, not ${word}`)
      this.#settle(this.#pending)
    }
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const log = await until(async () => {
        const read = await readPartition(c, TOPIC, partition, 'read_committed')
        return read.lastStableOffset === read.highWatermark ? read : undefined
      }, `the transaction in ${TOPIC}-${partition} to end`)
      const read = [...dataOf(log)].map(({ value }) => `${value}`).join()
      const expected = this.#expected[partition]!.join()
      if (read !== expected) complain(`${TOPIC}-${partition}: ${read}, not ${expected}`)
    }
    await ready(c, GROUP)
    const offsets = await committedOffsets(c, GROUP, true)
    const said = offsets[`${TOPIC}-0`]?.split(' ')[0]
    if (said !== this.#offset?.toString()) complain(`${GROUP} is at ${said}, not ${this.#offset}`)
  }

  async #stateAtTheEnd(c: Conversation): Promise<string> {
    const { transactionStates } = await c.quietly(
      ApiKey.DescribeTransactions,
      0,
      { transactionalIds: [ID] },
      { until: (body) => body.transactionStates[0].transactionState.startsWith('Complete') },
    )
    return transactionStates[0].transactionState
  }

  async #begin(c: Conversation) {
    const number = ++this.#round
    const transaction = await Transaction.begin(c, ID, { [TOPIC]: PARTITIONS })
    const values: string[] = []
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const value = `${number} ${partition}`
      const batch = transaction.next(TOPIC, partition, value, this.ledger)
      await this.ledger.produce(c, TOPIC, partition, batch, ID)
      values.push(value)
    }
    await transaction.commitOffset(c, BigInt(number), GROUP, TOPIC)
    // Both ends are met in turn.
    const state = number % 3 === 0 ? 'aborted' : 'committed'
    const pending: Pending = { state, values, offset: BigInt(number) }
    return { transaction, pending }
  }

  #settle({ state, values, offset }: Pending): void {
    this.#pending = undefined
    if (state === 'aborted') return
    for (const [partition, value] of values.entries()) this.#expected[partition]!.push(value)
    this.#offset = offset
  }
}

/** Cuts off what the broker may have written after its decision: that all partitions were told. */
function forgetCompletion(file: string): void {
  const log = readFileSync(file)
  const decided = [...transactionsIn(log)].findLast(
    ({ id, value }) => id === ID && PREPARE.includes(value?.transactionStatus ?? -1),
  )
  if (decided === undefined) throw new Error(`no decision on ${ID} in ${file}`)
  truncateSync(file, decided.at + batchSize(log, decided.at))
}
