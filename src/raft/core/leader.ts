import { ErrorCode } from '../../protocol/errors.js'
import { NO_DIRECTORY_ID } from '../voter-set.js'
import type { RequestToken } from './effects.js'
import type { FetchRequest, FetchSnapshotRequest } from './messages.js'
import type { Replica } from './replica.js'
import type { Leader, ParkedFetch, ReplicaProgress } from './state.js'

/** After this long without a fetch a replica that isn't a voter is forgotten (Kafka's five minutes). */
const OBSERVER_SESSION_MS = 300_000

export function becomeLeader(r: Replica, grantingVoters: Iterable<number>): void {
  const { epoch } = r
  const epochStartOffset = r.log.endOffset
  const replicas = new Map<number, ReplicaProgress>()
  for (const { id, directoryId } of r.voters.voters()) {
    const self = id === r.key.id
    replicas.set(id, {
      key: { id, directoryId },
      endOffset: self ? r.log.durableEndOffset : -1,
      lastFetchMs: -1,
      lastCaughtUpMs: -1,
      acknowledged: self,
    })
  }
  // A new leader doesn't know how far its predecessor committed. It learns that when an entry of
  // its own epoch is committed, and shows no high watermark before, so that none goes back.
  r.highWatermark = undefined
  r.become({
    name: 'leader',
    epoch,
    epochStartOffset,
    replicas,
    parked: [],
    checkQuorumDeadlineMs: r.nowMs + checkQuorumTimeout(r),
    nextBeginQuorumMs: r.nowMs,
    fetchedVoters: new Set(),
  })
  // The voters that a directory was formatted with come into the log by its first leader (KIP-853).
  const withVoters = r.kraftVersion > 0 && epochStartOffset === 0
  const entries = {
    kind: 'leaderChange',
    leaderId: r.key.id,
    voters: r.voters.ids(),
    grantingVoters: [...grantingVoters],
    withVoters,
  } as const
  r.append(epoch, epochStartOffset + (withVoters ? 3 : 1), entries)
}

/** Kafka gives a majority one and a half fetch timeouts, longer than a follower waits. */
function checkQuorumTimeout(r: Replica): number {
  return Math.floor(r.config.fetchTimeoutMs * 1.5)
}

export function handleFetch(r: Replica, token: RequestToken, request: FetchRequest): void {
  const refusal = refusalOf(r, request.epoch)
  if (refusal !== ErrorCode.NONE) {
    r.replyToFetch(token, refusal)
    return
  }
  if (
    request.maxWaitMs < 0 ||
    request.fetchOffset < 0 ||
    request.lastFetchedEpoch < 0 ||
    request.lastFetchedEpoch > request.epoch
  ) {
    r.replyToFetch(token, ErrorCode.INVALID_REQUEST)
    return
  }
  const state = r.state as Leader
  const validation = r.log.validate(request.fetchOffset, request.lastFetchedEpoch)
  if (validation.kind === 'diverging') {
    const response = r.fetchResponse(ErrorCode.NONE)
    r.reply(token, { ...response, divergingEpoch: validation.end })
    return
  }
  if (validation.kind === 'snapshot') {
    const response = r.fetchResponse(ErrorCode.NONE)
    r.reply(token, { ...response, snapshotId: validation.id })
    return
  }
  recordProgress(r, state, request)
  if (tryAnswerFetch(r, token, request)) return
  if (request.maxWaitMs === 0 || state.parked.length >= r.config.parkedFetchesMax) {
    r.replyToFetch(token, ErrorCode.NONE)
    return
  }
  state.parked.push({ token, request, deadlineMs: r.nowMs + request.maxWaitMs })
}

/** Whether only the leader of that epoch may answer, and this isn't it (`validateLeaderOnlyRequest`). */
function refusalOf(r: Replica, epoch: number): ErrorCode {
  if (epoch < r.epoch) return ErrorCode.FENCED_LEADER_EPOCH
  if (epoch > r.epoch) return ErrorCode.UNKNOWN_LEADER_EPOCH
  if (r.state.name !== 'leader') return ErrorCode.NOT_LEADER_OR_FOLLOWER
  if (r.shuttingDown) return ErrorCode.BROKER_NOT_AVAILABLE
  return ErrorCode.NONE
}

/** Answers when there is something new: entries, or a high watermark. */
function tryAnswerFetch(r: Replica, token: RequestToken, request: FetchRequest): boolean {
  const upToOffset = r.log.durableEndOffset
  if (upToOffset > request.fetchOffset) {
    r.emit({
      type: 'replyWithEntries',
      token,
      response: r.fetchResponse(ErrorCode.NONE),
      fromOffset: request.fetchOffset,
      upToOffset,
      maxBytes: Math.min(request.maxBytes, r.config.fetchMaxBytes),
    })
    return true
  }
  if ((r.highWatermark ?? -1) <= request.highWatermark) return false
  r.replyToFetch(token, ErrorCode.NONE)
  return true
}

function recordProgress(r: Replica, state: Leader, request: FetchRequest): void {
  const key = { id: request.replicaId, directoryId: request.replicaDirectoryId }
  if (key.id < 0 || key.id === r.key.id) return
  noteContact(r, state, key.id, key.directoryId)
  let progress = state.replicas.get(key.id)
  const voter = r.voters.has(key)
  // A node with a voter's id and another directory isn't that voter.
  if (progress !== undefined && !voter && r.voters.get(key.id) !== undefined) return
  if (progress === undefined) {
    if (state.replicas.size >= r.voters.size + r.config.observersMax) return
    progress = { key, endOffset: -1, lastFetchMs: -1, lastCaughtUpMs: -1, acknowledged: true }
    state.replicas.set(key.id, progress)
  }
  progress.acknowledged = true
  progress.lastFetchMs = r.nowMs
  if (request.fetchOffset >= r.log.endOffset) progress.lastCaughtUpMs = r.nowMs
  if (request.fetchOffset <= progress.endOffset) return
  progress.endOffset = request.fetchOffset
  if (voter) updateLeaderHighWatermark(r)
}

/** Counts a voter's sign of life towards the majority that a leader needs to stay one (KIP-835). */
function noteContact(r: Replica, state: Leader, id: number, directoryId: string): void {
  if (!r.voters.has({ id, directoryId })) return
  state.fetchedVoters.add(id)
  const needed = r.voters.majority - (r.isVoter ? 1 : 0)
  if (state.fetchedVoters.size < needed) return
  state.fetchedVoters.clear()
  state.checkQuorumDeadlineMs = r.nowMs + checkQuorumTimeout(r)
}

/**
 * What a majority has is committed, but only once that reaches into the leader's own epoch: an entry
 * of an earlier epoch on a majority can still be overwritten (Raft §5.4.2).
 */
export function updateLeaderHighWatermark(r: Replica): void {
  const { state } = r
  if (state.name !== 'leader') return
  const ends = r.voters
    .ids()
    .map((id) =>
      id === r.key.id ? r.log.durableEndOffset : (state.replicas.get(id)?.endOffset ?? -1),
    )
    .sort((a, b) => b - a)
  const majorityEnd = ends[r.voters.majority - 1]!
  if (majorityEnd <= state.epochStartOffset) return
  if (r.advanceHighWatermark(majorityEnd)) answerParked(r, state)
}

function answerParked(r: Replica, state: Leader): void {
  const waiting = state.parked
  state.parked = []
  for (const parked of waiting) {
    if (!tryAnswerFetch(r, parked.token, parked.request)) state.parked.push(parked)
  }
}

export function leaderAppendCompleted(r: Replica, state: Leader): void {
  answerParked(r, state)
  updateLeaderHighWatermark(r)
}

export function handleFetchSnapshot(
  r: Replica,
  token: RequestToken,
  request: FetchSnapshotRequest,
): void {
  const refusal = refusalOf(r, request.epoch)
  const response = {
    type: 'FetchSnapshot',
    ...r.header(refusal),
    snapshotId: request.snapshotId,
    size: 0,
    position: request.position,
    bytes: Buffer.alloc(0),
  } as const
  if (refusal !== ErrorCode.NONE) {
    r.reply(token, response)
    return
  }
  const state = r.state as Leader
  noteContact(r, state, request.replicaId, request.replicaDirectoryId)
  const progress = state.replicas.get(request.replicaId)
  if (progress) progress.lastFetchMs = r.nowMs
  const maxBytes = Math.min(request.maxBytes, r.config.fetchMaxBytes)
  r.emit({ type: 'replyWithSnapshot', token, response, maxBytes })
}

export function handleBeginQuorumEpochResponse(r: Replica, from: number): void {
  if (r.state.name !== 'leader') return
  const progress = r.state.replicas.get(from)
  if (progress) progress.acknowledged = true
}

/** Stops leading: the others are told, those with the most of the log first. */
export function resign(r: Replica): void {
  const { state } = r
  if (state.name !== 'leader') return
  const others = r.voters.othersThan(r.key.id)
  const endOf = (id: number): number => state.replicas.get(id)?.endOffset ?? -1
  r.become({
    name: 'resigned',
    epoch: state.epoch,
    electionDeadlineMs: r.randomElectionDeadline(),
    unacknowledged: new Set(others),
    preferredCandidates: [...others].sort((a, b) => endOf(b) - endOf(a)),
  })
}

export function pollLeader(r: Replica, state: Leader): void {
  const others = r.voters.othersThan(r.key.id)
  if (others.length > 0 && r.nowMs >= state.checkQuorumDeadlineMs) {
    resign(r)
    return
  }
  if (r.shuttingDown) {
    resign(r)
    return
  }
  if (others.length > 0) r.wakeAt(state.checkQuorumDeadlineMs)
  sendBeginQuorumEpoch(r, state, others)
  expireParked(r, state)
  for (const [id, progress] of state.replicas) {
    if (!r.voters.get(id) && r.nowMs - progress.lastFetchMs > OBSERVER_SESSION_MS) {
      state.replicas.delete(id)
    }
  }
}

/** Voters that don't fetch may not know who leads: they are told, and again now and then. */
function sendBeginQuorumEpoch(r: Replica, state: Leader, others: readonly number[]): void {
  const periodMs = Math.floor(r.config.fetchTimeoutMs / 2)
  if (others.length === 0) return
  if (r.nowMs >= state.nextBeginQuorumMs) {
    state.nextBeginQuorumMs = r.nowMs + periodMs
    for (const id of others) {
      const progress = state.replicas.get(id)!
      if (r.nowMs - progress.lastFetchMs >= periodMs) progress.acknowledged = false
    }
  }
  for (const id of others) {
    if (state.replicas.get(id)!.acknowledged) continue
    r.send(id, {
      type: 'BeginQuorumEpoch',
      epoch: state.epoch,
      leaderId: r.key.id,
      voterId: id,
      voterDirectoryId: r.voters.get(id)?.directoryId ?? NO_DIRECTORY_ID,
    })
  }
  r.wakeAt(state.nextBeginQuorumMs)
}

function expireParked(r: Replica, state: Leader): void {
  const waiting: ParkedFetch[] = []
  for (const parked of state.parked) {
    if (r.nowMs >= parked.deadlineMs) {
      r.replyToFetch(parked.token, ErrorCode.NONE)
      continue
    }
    waiting.push(parked)
    r.wakeAt(parked.deadlineMs)
  }
  state.parked = waiting
}
