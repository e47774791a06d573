import type { TransactionCoordinator } from '../../coordinator/transaction/transaction-coordinator.js'
import {
  ListTransactionsRequest,
  ListTransactionsResponse,
} from '../../protocol/schema/list-transactions.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import { type Handler, handler } from '../handler.js'

export interface ListTransactionsServices {
  readonly authorizer: Authorizer
  readonly transactions: TransactionCoordinator
}

/** The transactional ids that this node coordinates (KIP-664). */
export const listTransactions = ({ authorizer, transactions }: ListTransactionsServices): Handler =>
  handler(ListTransactionsRequest, ListTransactionsResponse, {
    handle: async (context, request) => {
      const answer = await transactions.listTransactions(request)
      const { TRANSACTIONAL_ID } = ResourceType
      const visible = answer.transactionStates.filter(({ transactionalId }) =>
        authorizer.isAllowed(context, AclOperation.DESCRIBE, TRANSACTIONAL_ID, transactionalId),
      )
      return { ...answer, transactionStates: visible }
    },
    refuse: (_, { code }) => ({
      throttleTimeMs: 0,
      errorCode: code,
      unknownStateFilters: [],
      transactionStates: [],
    }),
  })
