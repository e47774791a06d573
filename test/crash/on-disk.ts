import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { partitionForKey } from '../../src/coordinator/group/java-hash.js'
import { decodeCoordinatorRecord } from '../../src/coordinator/runtime/record.js'
import { transactionRecords } from '../../src/protocol/record-types.js'
import { batchesOf, recordsOf } from '../../src/protocol/records/index.js'
import type {
  TransactionLogKey,
  TransactionLogValue,
} from '../../src/protocol/schema/transaction-records.js'

const FIRST_SEGMENT = '00000000000000000000.log'
/** Files are looked at so often before anything else of this process has a turn. */
const LOOKS_A_TURN = 200
const WAIT_MS = 30_000

/** How long the first segment of a partition is, bytes; 0 while there is none. */
export function logSize(data: string, topic: string, partition: number): number {
  const file = join(data, `${topic}-${partition}`, FIRST_SEGMENT)
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

/** The last state of a transaction that is on disk; undefined if there is none. */
export function transactionOnDisk(
  data: string,
  id: string,
  partitionCount: number,
): TransactionLogValue | undefined {
  const directory = `__transaction_state-${partitionForKey(id, partitionCount)}`
  const file = join(data, directory, FIRST_SEGMENT)
  if (!existsSync(file)) return undefined
  return [...transactionsIn(readFileSync(file))].findLast((each) => each.id === id)?.value
}

/** The records of transactions in a log, each with the position of its batch. */
export function* transactionsIn(log: Buffer): Generator<{
  readonly at: number
  readonly id: string
  readonly value: TransactionLogValue | undefined
}> {
  for (const at of batchesOf(log)) {
    for (const { key, value } of recordsOf(log, at)) {
      const record = decodeCoordinatorRecord(transactionRecords, { key: key!, value })
      if (record === undefined) continue
      const { transactionalId } = record.key as TransactionLogKey
      yield { at, id: transactionalId, value: (record.value ?? undefined) as TransactionLogValue }
    }
  }
}

/** Waits, and looks as often as it can, so as to be there at once. */
export async function atOnceWhen(isSo: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + WAIT_MS
  for (;;) {
    for (let look = 0; look < LOOKS_A_TURN; look++) if (isSo()) return
    if (Date.now() > deadline) throw new Error(`waited ${WAIT_MS} ms for ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
