/**
 * Where a transactional id's current or last transaction is. The numbers are those of the log, the
 * names those of ListTransactions and DescribeTransactions (Kafka's `TransactionState`).
 *
 * Dead and PrepareEpochFence are never on the log: Kafka goes through them within one decision. Their
 * names can be asked for all the same.
 */
export const TransactionState = {
  EMPTY: 0,
  ONGOING: 1,
  PREPARE_COMMIT: 2,
  PREPARE_ABORT: 3,
  COMPLETE_COMMIT: 4,
  COMPLETE_ABORT: 5,
  DEAD: 6,
  PREPARE_EPOCH_FENCE: 7,
} as const
export type TransactionState = (typeof TransactionState)[keyof typeof TransactionState]

const { EMPTY, ONGOING, PREPARE_COMMIT, PREPARE_ABORT } = TransactionState
const { COMPLETE_COMMIT, COMPLETE_ABORT, DEAD, PREPARE_EPOCH_FENCE } = TransactionState

const NAMES: ReadonlyMap<TransactionState, string> = new Map([
  [EMPTY, 'Empty'],
  [ONGOING, 'Ongoing'],
  [PREPARE_COMMIT, 'PrepareCommit'],
  [PREPARE_ABORT, 'PrepareAbort'],
  [COMPLETE_COMMIT, 'CompleteCommit'],
  [COMPLETE_ABORT, 'CompleteAbort'],
  [DEAD, 'Dead'],
  [PREPARE_EPOCH_FENCE, 'PrepareEpochFence'],
])

const BY_NAME: ReadonlyMap<string, TransactionState> = new Map(
  [...NAMES].map(([state, name]) => [name, state]),
)

/** From which states each may be reached: whatever is appended is checked against it. */
const PREVIOUS: ReadonlyMap<TransactionState, readonly TransactionState[]> = new Map([
  [EMPTY, [EMPTY, COMPLETE_COMMIT, COMPLETE_ABORT]],
  [ONGOING, [ONGOING, EMPTY, COMPLETE_COMMIT, COMPLETE_ABORT]],
  [PREPARE_COMMIT, [ONGOING]],
  // With transaction version 2 a client may abort what it never began, for the new epoch (KIP-890).
  [PREPARE_ABORT, [ONGOING, EMPTY, COMPLETE_COMMIT, COMPLETE_ABORT]],
  [COMPLETE_COMMIT, [PREPARE_COMMIT]],
  [COMPLETE_ABORT, [PREPARE_ABORT]],
])

export function transactionStateName(state: TransactionState): string {
  return NAMES.get(state)!
}

export function transactionStateOf(name: string): TransactionState | undefined {
  return BY_NAME.get(name)
}

/** @throws RangeError for a number that no state has */
export function requireTransactionState(id: number): TransactionState {
  if (NAMES.has(id as TransactionState)) return id as TransactionState
  throw new RangeError(`no transaction state has the number ${id}`)
}

export function mayFollow(state: TransactionState, next: TransactionState): boolean {
  return PREVIOUS.get(next)?.includes(state) ?? false
}

/** The outcome is decided, and its markers are going out. */
export function isPrepared(state: TransactionState): boolean {
  return state === PREPARE_COMMIT || state === PREPARE_ABORT
}

/** Nothing is under way: the transactional id may expire. */
export function isIdle(state: TransactionState): boolean {
  return state === EMPTY || state === COMPLETE_COMMIT || state === COMPLETE_ABORT
}
