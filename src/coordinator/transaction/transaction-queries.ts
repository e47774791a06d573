import type { RE2JS } from 're2js'
import type { Input } from '../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import type { DescribeTransactionsResponse } from '../../protocol/schema/describe-transactions.js'
import type {
  ListTransactionsRequest,
  ListTransactionsResponse,
} from '../../protocol/schema/list-transactions.js'
import { compileRe2 } from '../re2.js'
import type { MarkerSender } from './marker-sender.js'
import type { Transaction } from './transaction.js'
import type { TransactionServices } from './transaction-services.js'
import { transactionStateName, transactionStateOf } from './transaction-state.js'

type One<T> = T extends readonly (infer Element)[] ? Element : never
export type DescribedTransaction = One<
  Input<typeof DescribeTransactionsResponse>['transactionStates']
>
export type ListedTransaction = One<Input<typeof ListTransactionsResponse>['transactionStates']>

/** Which transactions ListTransactions is to tell of. */
export interface TransactionFilter {
  /** Of the filters that were asked for, those that no state has. */
  readonly unknownStates: readonly string[]
  isMet(transaction: Transaction, nowMs: number): boolean
}

/** @throws KafkaError INVALID_REGULAR_EXPRESSION */
export function transactionFilter({
  stateFilters,
  producerIdFilters,
  durationFilter,
  transactionalIdPattern,
}: ListTransactionsRequest): TransactionFilter {
  const states = new Set(stateFilters.map(transactionStateOf))
  const producerIds = new Set(producerIdFilters)
  const pattern = transactionalIdPattern ? compile(transactionalIdPattern) : undefined
  return {
    unknownStates: [...new Set(stateFilters)].filter(
      (name) => transactionStateOf(name) === undefined,
    ),
    isMet: (transaction, nowMs) =>
      (producerIds.size === 0 || producerIds.has(transaction.producerId)) &&
      (states.size === 0 || states.has(transaction.state)) &&
      (durationFilter < 0 || nowMs - transaction.startTimestampMs > durationFilter) &&
      (pattern === undefined || pattern.matches(transaction.transactionalId)),
  }
}

/** RE2, so that no pattern can keep the broker busy for long (KIP-1152 has Java's syntax). */
function compile(pattern: string): RE2JS {
  try {
    return compileRe2(pattern)
  } catch (error) {
    throw new KafkaError(ErrorCode.INVALID_REGULAR_EXPRESSION, undefined, { cause: error })
  }
}

/** What is said of transactions to those who don't take part. */
export class TransactionQueries {
  constructor(
    private readonly services: TransactionServices,
    private readonly markers: MarkerSender,
  ) {}

  list(filter: TransactionFilter): ListedTransaction[] {
    const nowMs = this.services.clocks.logical.now()
    const listed: ListedTransaction[] = []
    for (const transaction of this.services.transactions.all()) {
      if (!filter.isMet(transaction, nowMs)) continue
      const { transactionalId, producerId, state } = transaction
      listed.push({ transactionalId, producerId, transactionState: transactionStateName(state) })
    }
    return listed
  }

  describe(transactionalId: string): DescribedTransaction {
    const transaction = this.services.transactions.get(transactionalId)
    if (transaction === undefined) {
      return notDescribed(transactionalId, ErrorCode.TRANSACTIONAL_ID_NOT_FOUND)
    }
    const partitions = this.markers.partitionsLeft(transaction) ?? transaction.partitions
    return {
      errorCode: ErrorCode.NONE,
      transactionalId,
      transactionState: transactionStateName(transaction.state),
      transactionTimeoutMs: transaction.timeoutMs,
      transactionStartTimeMs: transaction.startTimestampMs,
      producerId: transaction.producerId,
      producerEpoch: transaction.producerEpoch,
      topics: partitions
        .inHashOrder()
        .topics()
        .map(({ topic, partitionIds }) => ({ topic, partitions: partitionIds })),
    }
  }
}

export function notDescribed(transactionalId: string, errorCode: ErrorCode): DescribedTransaction {
  return {
    errorCode,
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  }
}
