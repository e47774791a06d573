import { decode, encodeToBuffer, type Infer } from '../protocol/codec/index.js'
import {
  baseOffset,
  batchesOf,
  batchSize,
  buildBatch,
  buildControlBatch,
  type ControlRecordInput,
  ControlRecordType,
  controlRecordType,
  forEachRecord,
  isChecksumValid,
  isControl,
  maxTimestamp,
  nextOffset,
  partitionLeaderEpoch,
} from '../protocol/records/index.js'
import {
  KRaftVersionRecord,
  LeaderChangeMessage,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  VotersRecord,
} from '../protocol/schema/control-records.js'
import type { CommittedBatch } from './client.js'
import type { Entries } from './core/effects.js'
import type { EntryBatch } from './core/messages.js'
import { type Voter, VoterSet } from './voter-set.js'

/** Kafka's `MAX_BATCH_SIZE_BYTES` of the metadata log. */
export const MAX_BATCH_BYTES = 8 * 1024 * 1024

/** Where and when a batch is written. */
export interface BatchPlace {
  readonly baseOffset: number
  readonly epoch: number
  readonly timestampMs: number
}

/** One batch of records that are only values. */
export function buildDataBatch(records: readonly Buffer[], place: BatchPlace): Buffer {
  return buildBatch({
    baseOffset: place.baseOffset,
    partitionLeaderEpoch: place.epoch,
    timestamp: place.timestampMs,
    records: records.map((value) => ({ value })),
  })
}

/** The batch for an append of this node's own. */
export function encodeEntries(
  entries: Exclude<Entries, { kind: 'fetched' }>,
  place: BatchPlace,
  voters: VoterSet,
): Buffer {
  const common = {
    baseOffset: place.baseOffset,
    partitionLeaderEpoch: place.epoch,
    timestamp: place.timestampMs,
  }
  if (entries.kind === 'data') return buildDataBatch(entries.records, place)
  const keyed = (ids: readonly number[]): { voterId: number }[] =>
    ids.map((voterId) => ({ voterId }))
  // Kafka 4.3 writes version 0 in dynamic quorums too.
  const value = encodeToBuffer(LeaderChangeMessage, 0, {
    version: 0,
    leaderId: entries.leaderId,
    voters: keyed(entries.voters),
    grantingVoters: keyed(entries.grantingVoters),
  })
  const records: ControlRecordInput[] = [{ type: ControlRecordType.LEADER_CHANGE, value }]
  if (entries.withVoters) records.push(...quorumRecords(voters))
  return buildControlBatch({ ...common, records })
}

function quorumRecords(voters: VoterSet): ControlRecordInput[] {
  const version = encodeToBuffer(KRaftVersionRecord, 0, { version: 0, kRaftVersion: 1 })
  const value = encodeToBuffer(VotersRecord, 0, {
    version: 0,
    voters: voters.voters().map((voter) => ({
      voterId: voter.id,
      voterDirectoryId: voter.directoryId,
      endpoints: voter.endpoints.map((endpoint) => ({ ...endpoint })),
      kRaftVersionFeature: {
        minSupportedVersion: voter.kraftVersionMin,
        maxSupportedVersion: voter.kraftVersionMax,
      },
    })),
  })
  return [
    { type: ControlRecordType.KRAFT_VERSION, value: version },
    { type: ControlRecordType.KRAFT_VOTERS, value },
  ]
}

/** The batch that opens a snapshot of that epoch. `voters` only in a dynamic quorum. */
export function encodeSnapshotHeader(
  epoch: number,
  timestampMs: number,
  lastContainedLogTimestamp: number,
  voters: VoterSet | undefined,
): Buffer {
  const value = encodeToBuffer(SnapshotHeaderRecord, 0, { version: 0, lastContainedLogTimestamp })
  const records: ControlRecordInput[] = [{ type: ControlRecordType.SNAPSHOT_HEADER, value }]
  if (voters) records.push(...quorumRecords(voters))
  return buildControlBatch({ records, timestamp: timestampMs, partitionLeaderEpoch: epoch })
}

/** The batch that closes a snapshot. */
export function encodeSnapshotFooter(epoch: number, timestampMs: number, baseAt: number): Buffer {
  const value = encodeToBuffer(SnapshotFooterRecord, 0, { version: 0 })
  const records = [{ type: ControlRecordType.SNAPSHOT_FOOTER, value }]
  return buildControlBatch({
    baseOffset: baseAt,
    records,
    timestamp: timestampMs,
    partitionLeaderEpoch: epoch,
  })
}

/**
 * Cuts what was read or fetched into batches. A last one that isn't whole is left out, and so is all
 * that follows one whose checksum is wrong.
 */
export function entryBatches(bytes: Buffer): EntryBatch[] {
  const batches: EntryBatch[] = []
  for (const at of batchesOf(bytes)) {
    if (!isChecksumValid(bytes, at)) break
    batches.push({
      baseOffset: baseOffset(bytes, at),
      endOffset: nextOffset(bytes, at),
      epoch: partitionLeaderEpoch(bytes, at),
      bytes: bytes.subarray(at, at + batchSize(bytes, at)),
    })
  }
  return batches
}

/** The data that a batch holds; undefined for a control batch. */
export function committedBatch(batch: EntryBatch): CommittedBatch | undefined {
  if (isControl(batch.bytes, 0)) return undefined
  const records: Buffer[] = []
  forEachRecord(batch.bytes, 0, ({ value }) => {
    if (value) records.push(value)
  })
  return {
    baseOffset: batch.baseOffset,
    epoch: batch.epoch,
    appendTimestamp: maxTimestamp(batch.bytes, 0),
    records,
  }
}

/** What the control records of a log or a snapshot say of the quorum (KIP-853). */
export interface ControlState {
  /** 0: voters are configured statically. 1: they are in the log. */
  kraftVersion: number
  /** Undefined while only the configuration names them. */
  voters: VoterSet | undefined
  /** Of a snapshot: append time of the last record it holds. */
  lastContainedLogTimestamp: number
}

/** What the batches' control records add up to. */
export function readControlState(batches: Iterable<EntryBatch>): ControlState {
  const state: ControlState = { kraftVersion: 0, voters: undefined, lastContainedLogTimestamp: -1 }
  for (const batch of batches) applyControlBatch(state, batch)
  return state
}

/** Takes in what the batch says, if it is a control batch. */
export function applyControlBatch(state: ControlState, batch: EntryBatch): void {
  if (!isControl(batch.bytes, 0)) return
  forEachRecord(batch.bytes, 0, ({ key, value }) => {
    if (!value) return
    switch (controlRecordType(key)) {
      case ControlRecordType.SNAPSHOT_HEADER: {
        const header = decode(SnapshotHeaderRecord, 0, value).value
        state.lastContainedLogTimestamp = header.lastContainedLogTimestamp
        break
      }
      case ControlRecordType.KRAFT_VERSION:
        state.kraftVersion = decode(KRaftVersionRecord, 0, value).value.kRaftVersion
        break
      case ControlRecordType.KRAFT_VOTERS:
        state.voters = new VoterSet(decode(VotersRecord, 0, value).value.voters.map(toVoter))
        break
    }
  })
}

function toVoter(record: Infer<typeof VotersRecord>['voters'][number]): Voter {
  return {
    id: record.voterId,
    directoryId: record.voterDirectoryId,
    endpoints: record.endpoints,
    kraftVersionMin: record.kRaftVersionFeature.minSupportedVersion,
    kraftVersionMax: record.kRaftVersionFeature.maxSupportedVersion,
  }
}
