import { ErrorCode } from '../../protocol/errors.js'
import { NO_LEADER } from '../client.js'
import { NO_DIRECTORY_ID, type ReplicaKey } from '../voter-set.js'
import type { RequestToken } from './effects.js'
import { becomeLeader } from './leader.js'
import type { VoteRequest, VoteResponse } from './messages.js'
import type { Replica, ReplicaStart } from './replica.js'
import {
  type Ballot,
  type EpochState,
  isGranted,
  isRejected,
  type Prospective,
  votedKeyOf,
} from './state.js'

/**
 * The state in which a replica starts (`QuorumState.initialize`). One that led when it stopped must
 * not lead that epoch again, as it may have lost what it appended.
 *
 * Apache Kafka goes on with a candidacy that a crash cut short. Here the vote is kept and the
 * epoch given up, which is as safe and one case less.
 */
export function initialState(start: ReplicaStart, nowMs: number): EpochState {
  const { quorumState, log, config, key, voters, random } = start
  const timeout = config.electionTimeoutMs
  const electionDeadlineMs = voters.has(key)
    ? nowMs + timeout + random.int(Math.max(1, timeout))
    : Number.POSITIVE_INFINITY
  const lastEpoch = log.epochs.at(-1)?.epoch ?? log.base?.epoch ?? 0
  const epoch = quorumState?.epoch ?? 0
  if (epoch < lastEpoch) {
    return {
      name: 'unattached',
      epoch: lastEpoch,
      leaderId: undefined,
      votedKey: undefined,
      electionDeadlineMs,
    }
  }
  if (quorumState?.leaderId === key.id) {
    const unacknowledged = new Set(voters.othersThan(key.id))
    return { name: 'resigned', epoch, electionDeadlineMs, unacknowledged, preferredCandidates: [] }
  }
  const leaderId = quorumState?.leaderId ?? NO_LEADER
  return {
    name: 'unattached',
    epoch,
    leaderId: leaderId >= 0 ? leaderId : undefined,
    votedKey: quorumState?.votedKey,
    electionDeadlineMs,
  }
}

/** Another epoch, or the same after an election that came to nothing; no leader is known. */
export function becomeUnattached(r: Replica, epoch: number, leaderId?: number): void {
  const { state } = r
  r.become({
    name: 'unattached',
    epoch,
    leaderId,
    votedKey: epoch === state.epoch ? votedKeyOf(state, r.key) : undefined,
    electionDeadlineMs: unattachedDeadline(r, state),
  })
}

function unattachedDeadline(r: Replica, state: EpochState): number {
  if (!r.isVoter) return Number.POSITIVE_INFINITY
  switch (state.name) {
    case 'candidate':
    case 'unattached':
    case 'resigned':
      if (state.electionDeadlineMs > r.nowMs) return state.electionDeadlineMs
      break
    case 'prospective':
      if (!isRejected(state.ballot, r.voters) && state.electionDeadlineMs > r.nowMs) {
        return state.electionDeadlineMs
      }
  }
  return r.randomElectionDeadline()
}

/** Asks the others whether they would vote for us, before an epoch is spent on it (KIP-996). */
export function becomeProspective(r: Replica): void {
  const { state } = r
  const leaderId =
    state.name === 'follower' || state.name === 'unattached' ? state.leaderId : undefined
  r.become({
    name: 'prospective',
    epoch: r.epoch,
    leaderId,
    votedKey: votedKeyOf(state, r.key),
    electionDeadlineMs: r.randomElectionDeadline(),
    ballot: { granted: new Set([r.key.id]), rejected: new Set() },
  })
  decide(r)
}

function becomeCandidate(r: Replica): void {
  r.become({
    name: 'candidate',
    epoch: r.epoch + 1,
    electionDeadlineMs: r.randomElectionDeadline(),
    ballot: { granted: new Set([r.key.id]), rejected: new Set() },
  })
  decide(r)
}

function decide(r: Replica): void {
  const { state } = r
  if (state.name === 'prospective') {
    if (isGranted(state.ballot, r.voters)) becomeCandidate(r)
    else if (isRejected(state.ballot, r.voters)) giveUp(r, state)
  } else if (state.name === 'candidate' && isGranted(state.ballot, r.voters)) {
    becomeLeader(r, state.ballot.granted)
  }
}

/** The others have a leader, or a longer log. */
function giveUp(r: Replica, state: Prospective): void {
  if (state.leaderId !== undefined) becomeFollower(r, state.epoch, state.leaderId)
  else becomeUnattached(r, state.epoch)
}

export function becomeFollower(r: Replica, epoch: number, leaderId: number): void {
  r.become({
    name: 'follower',
    epoch,
    leaderId,
    votedKey: epoch === r.epoch ? votedKeyOf(r.state, r.key) : undefined,
    fetchDeadlineMs: r.nowMs + r.config.fetchTimeoutMs,
    hasFetched: false,
    leaderHighWatermark: -1,
    snapshot: undefined,
  })
}

/**
 * Takes in what a message says of epoch and leader.
 *
 * @returns whether it can be true; if not the message is to be ignored
 */
export function observe(r: Replica, epoch: number, leaderId: number): boolean {
  if (epoch < r.epoch) return false
  if (leaderId === r.key.id) return r.state.name === 'leader' && epoch === r.epoch
  if (epoch > r.epoch) {
    if (leaderId >= 0) becomeFollower(r, epoch, leaderId)
    else becomeUnattached(r, epoch)
    return true
  }
  if (leaderId < 0) return true
  if (r.state.name === 'leader' || r.state.name === 'resigned') return false
  const known = r.leaderId
  if (known !== undefined && known !== leaderId) return false
  if (r.state.name !== 'follower' && (known === undefined || r.state.name === 'unattached')) {
    becomeFollower(r, epoch, leaderId)
  }
  return true
}

function canGrant(r: Replica, candidate: ReplicaKey, upToDate: boolean, preVote: boolean): boolean {
  const { state } = r
  switch (state.name) {
    case 'leader':
      return false
    case 'candidate':
    case 'resigned':
      return preVote && upToDate
    case 'follower':
      return preVote && upToDate && !state.hasFetched
    case 'unattached':
    case 'prospective': {
      if (preVote) return upToDate
      const voted = state.votedKey
      if (voted !== undefined) {
        const sameDirectory =
          voted.directoryId === NO_DIRECTORY_ID || voted.directoryId === candidate.directoryId
        return voted.id === candidate.id && sameDirectory
      }
      return state.leaderId === undefined && upToDate
    }
  }
}

export function handleVote(r: Replica, token: RequestToken, request: VoteRequest): void {
  const answer = (error: ErrorCode, granted: boolean): void =>
    r.reply(token, { type: 'Vote', ...r.header(error), granted })
  const { epoch, lastEpoch, preVote } = request
  if (epoch < r.epoch) {
    answer(ErrorCode.FENCED_LEADER_EPOCH, false)
    return
  }
  const illegalEpoch = preVote ? lastEpoch > epoch : lastEpoch >= epoch
  if (illegalEpoch || lastEpoch < 0 || request.lastOffset < 0 || request.candidateId < 0) {
    answer(ErrorCode.INVALID_REQUEST, false)
    return
  }
  if (epoch > r.epoch) becomeUnattached(r, epoch)
  const meantForOther =
    (request.voterId >= 0 && request.voterId !== r.key.id) ||
    (request.voterDirectoryId !== NO_DIRECTORY_ID && request.voterDirectoryId !== r.key.directoryId)
  if (meantForOther) {
    answer(ErrorCode.INVALID_VOTER_KEY, false)
    return
  }
  const candidate = { id: request.candidateId, directoryId: request.candidateDirectoryId }
  const upToDate =
    lastEpoch > r.log.lastEpoch ||
    (lastEpoch === r.log.lastEpoch && request.lastOffset >= r.log.endOffset)
  const granted = candidate.id !== r.key.id && canGrant(r, candidate, upToDate, preVote)
  if (granted && !preVote) recordOwnVote(r, candidate)
  answer(ErrorCode.NONE, granted)
}

function recordOwnVote(r: Replica, candidate: ReplicaKey): void {
  const { state } = r
  if (state.name !== 'unattached' && state.name !== 'prospective') return
  if (state.votedKey !== undefined) return
  // The candidate has as good a chance as we had, so it gets the time to use it.
  r.become({ ...state, votedKey: candidate, electionDeadlineMs: r.randomElectionDeadline() })
}

/** A vote that was asked for in this very state: entering another forgets the requests under way. */
export function handleVoteResponse(r: Replica, from: number, response: VoteResponse): void {
  const { state } = r
  if (state.name !== 'prospective' && state.name !== 'candidate') return
  const ballot: Ballot = state.ballot
  const side = response.granted ? ballot.granted : ballot.rejected
  if (!ballot.granted.has(from) && !ballot.rejected.has(from)) side.add(from)
  decide(r)
}

export function pollNominee(r: Replica): void {
  const { state } = r
  if (state.name !== 'prospective' && state.name !== 'candidate') return
  if (r.nowMs >= state.electionDeadlineMs && !r.shuttingDown) {
    if (state.name === 'candidate') becomeProspective(r)
    else giveUp(r, state)
    return
  }
  r.wakeAt(state.electionDeadlineMs)
  if (isRejected(state.ballot, r.voters)) return
  for (const to of r.voters.othersThan(r.key.id)) {
    if (state.ballot.granted.has(to) || state.ballot.rejected.has(to)) continue
    r.send(to, {
      type: 'Vote',
      epoch: state.epoch,
      candidateId: r.key.id,
      candidateDirectoryId: r.key.directoryId,
      voterId: to,
      voterDirectoryId: r.voters.get(to)?.directoryId ?? NO_DIRECTORY_ID,
      lastEpoch: r.log.lastEpoch,
      lastOffset: r.log.endOffset,
      preVote: state.name === 'prospective',
    })
  }
}
