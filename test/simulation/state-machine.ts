import { createHash } from 'node:crypto'
import type { CommittedBatch, RaftListener, Snapshot } from '../../src/raft/client.js'

/** What everybody has to agree on: how many records came before an offset, and which. */
export interface Prefix {
  readonly count: number
  /** Of all the records so far. */
  readonly digest: string
}

export const EMPTY: Prefix = { count: 0, digest: '' }

export function extended(prefix: Prefix, records: readonly Buffer[]): Prefix {
  const hash = createHash('sha1').update(prefix.digest)
  for (const record of records) hash.update(`${record.length}:`).update(record)
  return { count: prefix.count + records.length, digest: hash.digest('base64') }
}

/** What the state machines tell the invariants. */
export interface Witness {
  applied(nodeId: number, batch: CommittedBatch, before: number, state: Prefix): void
  loaded(nodeId: number, snapshot: Snapshot, before: number, state: Prefix): void
}

/** A state machine over the log that remembers only what it has seen. */
export class StateMachine implements RaftListener {
  state = EMPTY
  /** After the last record that was applied, or the snapshot. */
  nextOffset = 0
  lastEpoch = 0
  lastTimestamp = 0

  constructor(
    private readonly nodeId: number,
    private readonly witness: Witness,
  ) {}

  handleCommit(batch: CommittedBatch): void {
    const before = this.nextOffset
    this.state = extended(this.state, batch.records)
    this.nextOffset = batch.baseOffset + batch.records.length
    this.lastEpoch = batch.epoch
    this.lastTimestamp = batch.appendTimestamp
    this.witness.applied(this.nodeId, batch, before, this.state)
  }

  handleLoadSnapshot(snapshot: Snapshot): void {
    const before = this.nextOffset
    const records = [...snapshot.batches()].flat()
    this.state = records.length === 0 ? EMPTY : (JSON.parse(records[0]!.toString()) as Prefix)
    this.nextOffset = snapshot.id.offset
    this.lastEpoch = snapshot.id.epoch
    this.lastTimestamp = snapshot.lastContainedLogTimestamp
    this.witness.loaded(this.nodeId, snapshot, before, this.state)
  }

  handleLeaderChange(): void {}

  /** Its content as the records of a snapshot; several batches, so that pieces may end anywhere. */
  records(padding: Buffer): Buffer[][] {
    return [[Buffer.from(JSON.stringify(this.state))], [padding]]
  }
}
