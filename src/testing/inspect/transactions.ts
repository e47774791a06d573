import { ErrorCode } from '../../protocol/errors.js'
import {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
} from '../../protocol/schema/describe-transactions.js'
import {
  ListTransactionsRequest,
  ListTransactionsResponse,
} from '../../protocol/schema/list-transactions.js'
import type { LocalClient } from '../local-client.js'
import type { TransactionView } from '../views.js'

/** The transactional ids that the broker coordinates, with what is under way of each. */
export async function transactionViews(client: LocalClient): Promise<readonly TransactionView[]> {
  const listed = await client.ask(ListTransactionsRequest, ListTransactionsResponse, 0, {
    stateFilters: [],
    producerIdFilters: [],
  })
  const transactionalIds = listed.transactionStates.map((each) => each.transactionalId).sort()
  if (transactionalIds.length === 0) return []
  const { transactionStates } = await client.ask(
    DescribeTransactionsRequest,
    DescribeTransactionsResponse,
    0,
    { transactionalIds },
  )
  return transactionStates
    .filter(({ errorCode }) => errorCode === ErrorCode.NONE)
    .map((each) => ({
      transactionalId: each.transactionalId,
      state: each.transactionState,
      producerId: each.producerId,
      producerEpoch: each.producerEpoch,
      timeoutMs: each.transactionTimeoutMs,
      startedMs: each.transactionStartTimeMs,
      partitions: each.topics.map(({ topic, partitions }) => ({ topic, partitions })),
    }))
}
