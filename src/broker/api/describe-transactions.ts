import type { TransactionCoordinator } from '../../coordinator/transaction/transaction-coordinator.js'
import { notDescribed } from '../../coordinator/transaction/transaction-queries.js'
import { ErrorCode } from '../../protocol/errors.js'
import {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
} from '../../protocol/schema/describe-transactions.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import { type Handler, handler } from '../handler.js'

export interface DescribeTransactionsServices {
  readonly authorizer: Authorizer
  readonly transactions: TransactionCoordinator
}

/** State, producer and partitions of transactional ids (KIP-664). */
export const describeTransactions = (services: DescribeTransactionsServices): Handler =>
  handler(DescribeTransactionsRequest, DescribeTransactionsResponse, {
    handle: async (context, { transactionalIds }) => {
      const { authorizer, transactions } = services
      const may = (type: ResourceType, name: string) =>
        authorizer.isAllowed(context, AclOperation.DESCRIBE, type, name)
      const isAllowed = (id: string) => may(ResourceType.TRANSACTIONAL_ID, id)
      const described = await transactions.describeTransactions(transactionalIds.filter(isAllowed))
      const refusal = ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
      const transactionStates = transactionalIds.map((id) =>
        isAllowed(id) ? described.shift()! : notDescribed(id, refusal),
      )
      return {
        throttleTimeMs: 0,
        transactionStates: transactionStates.map((each) => ({
          ...each,
          topics: each.topics.filter(({ topic }) => may(ResourceType.TOPIC, topic)),
        })),
      }
    },
    refuse: ({ transactionalIds }, { code }) => ({
      throttleTimeMs: 0,
      transactionStates: transactionalIds.map((id) => notDescribed(id, code)),
    }),
  })
