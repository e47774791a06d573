import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import type { Transaction } from './transaction.js'
import { TransactionState } from './transaction-state.js'

/** The transactional ids of one partition. */
export class TransactionStore {
  readonly #transactions = new Map<string, Transaction>()
  /** The ids with a transaction under way: few of many. */
  readonly #ongoing = new Set<string>()

  get(transactionalId: string): Transaction | undefined {
    return this.#transactions.get(transactionalId)
  }

  /** @throws KafkaError INVALID_PRODUCER_ID_MAPPING when there is no such id */
  require(transactionalId: string): Transaction {
    const transaction = this.#transactions.get(transactionalId)
    if (transaction !== undefined) return transaction
    throw new KafkaError(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
  }

  set(transaction: Transaction): void {
    const { transactionalId, state } = transaction
    this.#transactions.set(transactionalId, transaction)
    if (state === TransactionState.ONGOING) this.#ongoing.add(transactionalId)
    else this.#ongoing.delete(transactionalId)
  }

  delete(transactionalId: string): void {
    this.#transactions.delete(transactionalId)
    this.#ongoing.delete(transactionalId)
  }

  *ongoing(): Generator<Transaction> {
    for (const transactionalId of this.#ongoing) yield this.#transactions.get(transactionalId)!
  }

  all(): IterableIterator<Transaction> {
    return this.#transactions.values()
  }
}
