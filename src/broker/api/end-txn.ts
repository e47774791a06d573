import type { TransactionCoordinator } from '../../coordinator/transaction/transaction-coordinator.js'
import { EndTxnRequest, EndTxnResponse } from '../../protocol/schema/end-txn.js'
import { AclOperation, type Authorizer } from '../../security/authorizer.js'
import { type Handler, handler } from '../handler.js'
import { requireTransactionalId } from '../transaction-access.js'

export interface EndTxnServices {
  readonly authorizer: Authorizer
  readonly transactions: TransactionCoordinator
}

/**
 * Commits or aborts a transaction. From version 5 on the answer has the producer's next epoch, or its
 * next producer id when it had no epoch left (KIP-890).
 */
export const endTxn = ({ authorizer, transactions }: EndTxnServices): Handler =>
  handler(EndTxnRequest, EndTxnResponse, {
    handle: (context, request) => {
      requireTransactionalId(authorizer, context, AclOperation.WRITE, request.transactionalId)
      return transactions.endTxn(context, request)
    },
    refuse: (_, { code }) => ({ throttleTimeMs: 0, errorCode: code }),
  })
