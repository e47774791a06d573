import type { LogSegments } from './log-segments.js'
import type { AbortedTxn } from './transaction-index.js'

/**
 * The aborted transactions that have records from `offset` on and before `upToOffset`, as the indexes
 * of the segment at `index` and those after it have them.
 */
export function collectAbortedTxns(
  segments: LogSegments,
  index: number,
  offset: number,
  upToOffset: number,
): AbortedTxn[] {
  const found: AbortedTxn[] = []
  for (let i = Math.max(0, index); i < segments.count; i++) {
    const { transactions, isComplete } = segments.at(i)!.txnIndex.search(offset, upToOffset)
    found.push(...transactions)
    if (isComplete) break
  }
  return found
}

/**
 * The aborted transactions that a slice of `bytes` read at `offset` may have records of. Where the
 * slice ends is looked up in the sparse index, as Kafka does (`LocalLog.addAbortedTransactions`): the
 * answer may name transactions that begin shortly after it.
 */
export function abortedTxnsOfSlice(
  segments: LogSegments,
  offset: number,
  bytes: number,
  logEndOffset: number,
): AbortedTxn[] {
  const first = Math.max(0, segments.indexOf(offset))
  if (!segments.all.some((segment, i) => i >= first && !segment.txnIndex.isEmpty)) return []
  // Where nothing is left of what came after the offset, the slice is out of a later segment.
  for (let index = first; index < segments.count; index++) {
    const segment = segments.at(index)!
    const position = segment.positionOf(offset)
    if (position === segment.visibleSize && index + 1 < segments.count) continue
    const end = segment.offsetIndex.offsetFrom(position + bytes)
    const upToOffset = end ?? segments.at(index + 1)?.baseOffset ?? logEndOffset
    return collectAbortedTxns(segments, index, offset, upToOffset)
  }
  return []
}
