import { ErrorCode } from '../../protocol/errors.js'
import { NO_DIRECTORY_ID } from '../voter-set.js'
import type { RequestToken } from './effects.js'
import { becomeFollower, becomeProspective, becomeUnattached, observe } from './elections.js'
import type {
  BeginQuorumEpochRequest,
  EndQuorumEpochRequest,
  EntryBatch,
  FetchRequest,
  FetchResponse,
  FetchSnapshotResponse,
} from './messages.js'
import type { Replica } from './replica.js'
import type { Follower, Resigned, Unattached } from './state.js'

/** The log or what a leader says of it can't be true; going on would lose committed entries. */
export class RaftFault extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RaftFault'
  }
}

export function handleBeginQuorumEpoch(
  r: Replica,
  token: RequestToken,
  request: BeginQuorumEpochRequest,
): void {
  const answer = (error: ErrorCode): void =>
    r.reply(token, { type: 'BeginQuorumEpoch', ...r.header(error) })
  if (request.epoch < r.epoch) {
    answer(ErrorCode.FENCED_LEADER_EPOCH)
    return
  }
  if (request.leaderId < 0) {
    answer(ErrorCode.INVALID_REQUEST)
    return
  }
  const meantForOther =
    (request.voterId >= 0 && request.voterId !== r.key.id) ||
    (request.voterDirectoryId !== NO_DIRECTORY_ID && request.voterDirectoryId !== r.key.directoryId)
  if (meantForOther) {
    answer(ErrorCode.INVALID_VOTER_KEY)
    return
  }
  if (!observe(r, request.epoch, request.leaderId)) {
    answer(ErrorCode.INVALID_REQUEST)
    return
  }
  // The leader lives after all.
  if (r.state.name === 'prospective') becomeFollower(r, request.epoch, request.leaderId)
  answer(ErrorCode.NONE)
}

export function handleEndQuorumEpoch(
  r: Replica,
  token: RequestToken,
  request: EndQuorumEpochRequest,
): void {
  const answer = (error: ErrorCode): void =>
    r.reply(token, { type: 'EndQuorumEpoch', ...r.header(error) })
  if (request.epoch < r.epoch) {
    answer(ErrorCode.FENCED_LEADER_EPOCH)
    return
  }
  if (request.leaderId < 0) {
    answer(ErrorCode.INVALID_REQUEST)
    return
  }
  if (!observe(r, request.epoch, request.leaderId)) {
    answer(ErrorCode.INVALID_REQUEST)
    return
  }
  const { state } = r
  if (state.name === 'follower' && state.leaderId === request.leaderId) {
    state.fetchDeadlineMs = r.nowMs + successionDelay(r, request.preferredCandidates)
    // Whoever asks next need not be told that this leader is well.
    state.hasFetched = false
  }
  answer(ErrorCode.NONE)
}

/** The first in line stands at once, each later one gives those before it time to win. */
function successionDelay(r: Replica, candidates: readonly number[]): number {
  const position = candidates.indexOf(r.key.id)
  if (position <= 0) return 0
  const max = r.config.electionBackoffMaxMs
  const base = max / 2 ** (candidates.length - 1)
  return Math.floor(Math.min(max, base * 2 ** (position - 1)))
}

export function handleFetchResponse(
  r: Replica,
  request: FetchRequest,
  response: FetchResponse,
): void {
  const { state } = r
  if (state.name !== 'follower' || request.fetchOffset !== r.log.endOffset) return
  state.hasFetched = true
  state.fetchDeadlineMs = r.nowMs + r.config.fetchTimeoutMs
  if (response.divergingEpoch) {
    truncate(r, r.log.truncationPoint(response.divergingEpoch))
  } else if (response.snapshotId) {
    state.snapshot = { id: response.snapshotId, position: 0 }
  } else {
    appendFetched(r, response)
    state.leaderHighWatermark = Math.max(state.leaderHighWatermark, response.highWatermark)
    updateFollowerHighWatermark(r, state)
  }
}

function truncate(r: Replica, offset: number): void {
  if (offset < r.committedOffset) {
    throw new RaftFault(
      `the leader of epoch ${r.epoch} asks for truncation to ${offset}, below the high watermark ${r.committedOffset}`,
    )
  }
  if (offset >= r.log.endOffset) return
  r.log.truncateTo(offset)
  r.emit({ type: 'truncate', endOffset: offset })
}

function appendFetched(r: Replica, response: FetchResponse): void {
  let run: EntryBatch[] = []
  const flush = (): void => {
    const last = run.at(-1)
    if (!last) return
    r.append(last.epoch, last.endOffset, { kind: 'fetched', batches: run })
    run = []
  }
  let endOffset = r.log.endOffset
  let lastEpoch = r.log.lastEpoch
  for (const batch of response.batches) {
    const follows = batch.baseOffset === endOffset && batch.endOffset > endOffset
    if (!follows || batch.epoch < lastEpoch || batch.epoch > response.epoch) break
    if (batch.epoch !== run.at(-1)?.epoch) flush()
    run.push(batch)
    endOffset = batch.endOffset
    lastEpoch = batch.epoch
  }
  flush()
}

export function updateFollowerHighWatermark(r: Replica, state: Follower): void {
  r.advanceHighWatermark(Math.min(state.leaderHighWatermark, r.log.durableEndOffset))
}

export function handleFetchSnapshotResponse(r: Replica, response: FetchSnapshotResponse): void {
  const { state } = r
  if (state.name !== 'follower' || !state.snapshot) return
  state.hasFetched = true
  state.fetchDeadlineMs = r.nowMs + r.config.fetchTimeoutMs
  const { id, position } = state.snapshot
  const expected =
    response.snapshotId.offset === id.offset && response.snapshotId.epoch === id.epoch
  if (
    response.error !== ErrorCode.NONE ||
    !expected ||
    response.position !== position ||
    response.bytes.length === 0
  ) {
    // The leader no longer has it: what it has instead is learned by the next fetch.
    state.snapshot = undefined
    return
  }
  r.emit({ type: 'storeSnapshotPiece', snapshotId: id, position, bytes: response.bytes })
  state.snapshot.position = position + response.bytes.length
  if (state.snapshot.position < response.size) return
  state.snapshot = undefined
  r.emit({ type: 'installSnapshot', snapshotId: id })
  r.log.resetTo(id)
  r.advanceHighWatermark(id.offset)
}

export function pollFollower(r: Replica, state: Follower): void {
  if (r.shuttingDown) return
  if (r.nowMs >= state.fetchDeadlineMs) {
    if (r.isVoter) becomeProspective(r)
    else becomeUnattached(r, state.epoch)
    return
  }
  r.wakeAt(state.fetchDeadlineMs)
  // A fetch tells the leader that everything before its offset is durable here.
  if (r.log.appending) return
  if (!state.snapshot) {
    r.send(state.leaderId, fetchRequest(r))
    return
  }
  r.send(state.leaderId, {
    type: 'FetchSnapshot',
    epoch: state.epoch,
    replicaId: r.key.id,
    replicaDirectoryId: r.key.directoryId,
    snapshotId: state.snapshot.id,
    position: state.snapshot.position,
    maxBytes: r.config.fetchMaxBytes,
  })
}

function fetchRequest(r: Replica): FetchRequest {
  return {
    type: 'Fetch',
    epoch: r.epoch,
    replicaId: r.key.id,
    replicaDirectoryId: r.key.directoryId,
    fetchOffset: r.log.endOffset,
    lastFetchedEpoch: r.log.lastEpoch,
    maxWaitMs: r.config.fetchMaxWaitMs,
    maxBytes: r.config.fetchMaxBytes,
    highWatermark: r.highWatermark ?? -1,
  }
}

export function pollUnattached(r: Replica, state: Unattached): void {
  if (r.shuttingDown) return
  if (r.isVoter && r.nowMs >= state.electionDeadlineMs) {
    becomeProspective(r)
    return
  }
  r.wakeAt(state.electionDeadlineMs)
  const others = r.voters.othersThan(r.key.id)
  if (r.log.appending || others.length === 0) return
  // Any voter knows who leads, if somebody does.
  const ready = others.filter((id) => r.nowMs >= r.requests.readyAt(id))
  if (ready.length === others.length) r.send(r.pick(ready), fetchRequest(r))
  else r.wakeAt(Math.max(...others.map((id) => r.requests.readyAt(id))))
}

export function pollResigned(r: Replica, state: Resigned): void {
  if (!r.shuttingDown && r.nowMs >= state.electionDeadlineMs) {
    becomeUnattached(r, state.epoch + 1)
    return
  }
  r.wakeAt(state.electionDeadlineMs)
  for (const to of state.unacknowledged) {
    r.send(to, {
      type: 'EndQuorumEpoch',
      epoch: state.epoch,
      leaderId: r.key.id,
      preferredCandidates: state.preferredCandidates,
    })
  }
}

export function handleEndQuorumEpochResponse(r: Replica, from: number): void {
  if (r.state.name === 'resigned') r.state.unacknowledged.delete(from)
}
