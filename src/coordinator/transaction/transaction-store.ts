import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import type { Transaction } from './transaction.js'

/** The transactional ids of one partition. */
export class TransactionStore {
  readonly #transactions = new Map<string, Transaction>()

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
    this.#transactions.set(transaction.transactionalId, transaction)
  }

  delete(transactionalId: string): void {
    this.#transactions.delete(transactionalId)
  }

  all(): IterableIterator<Transaction> {
    return this.#transactions.values()
  }
}
