import type { Clock } from '../../env/clock.js'
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

/** Decided, and told to the client, but not to all partitions yet. */
const DECIDED: ReadonlySet<string> = new Set(['PrepareCommit', 'PrepareAbort'])
const DECIDED_PATIENCE_MS = 5000
const DECIDED_POLL_MS = 2

/**
 * Waits until what has been decided of transactions is written to a topic's partitions, too, which
 * comes a moment after a commit was answered; for a while, should something stand in the way.
 *
 * @param clock the pacing one
 */
export async function whenDecided(
  client: () => LocalClient,
  topic: string,
  clock: Clock,
): Promise<void> {
  const deadlineMs = clock.now() + DECIDED_PATIENCE_MS
  while (clock.now() < deadlineMs) {
    const views = await transactionViews(client())
    const isOpen = views.some(
      ({ state, partitions }) =>
        DECIDED.has(state) && partitions.some((each) => each.topic === topic),
    )
    if (!isOpen) return
    await new Promise<void>((resolve) => clock.after(DECIDED_POLL_MS, resolve))
  }
}
