import type { Input } from '../../../protocol/codec/index.js'
import type { ErrorCode } from '../../../protocol/errors.js'
import type { JoinGroupResponse } from '../../../protocol/schema/join-group.js'
import type { SyncGroupResponse } from '../../../protocol/schema/sync-group.js'

export type JoinAnswer = Input<typeof JoinGroupResponse>
export type SyncAnswer = Input<typeof SyncGroupResponse>

/** What a member id is before the coordinator has given one. */
export const UNKNOWN_MEMBER_ID = ''
/** From this version of JoinGroup on, a member is given its id first, and joins with it (KIP-394). */
export const VERSION_WITH_REQUIRED_MEMBER_ID = 4
const NO_BYTES = Buffer.alloc(0)

export function refusedJoin(errorCode: ErrorCode, memberId = UNKNOWN_MEMBER_ID): JoinAnswer {
  return {
    throttleTimeMs: 0,
    errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  }
}

export function refusedSync(errorCode: ErrorCode): SyncAnswer {
  return {
    throttleTimeMs: 0,
    errorCode,
    protocolType: null,
    protocolName: null,
    assignment: NO_BYTES,
  }
}
