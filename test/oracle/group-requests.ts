import { ApiKey } from '../../src/protocol/api-keys.js'
import type { Body, Conversation } from './conversation.js'

/** A consumer's subscription to the topic `a`. */
export const PROTOCOL_METADATA = Buffer.from('000100000001000161ffffffff00000000', 'hex')
/** A consumer's subscription to the topic `b`. */
export const OTHER_METADATA = Buffer.from('000100000001000162ffffffff00000000', 'hex')
/** Partition 0 of the topic `a`. */
export const ASSIGNMENT = Buffer.from('0001000000010001610000000100000000ffffffff', 'hex')

export function joinBody(groupId: string, more: object = {}): object {
  return {
    groupId,
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 30_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [
      { name: 'range', metadata: PROTOCOL_METADATA },
      { name: 'roundrobin', metadata: PROTOCOL_METADATA },
    ],
    ...more,
  }
}

/** Joins as a client does, over MEMBER_ID_REQUIRED where the version has it. */
export async function join(
  t: Conversation,
  version: number,
  groupId: string,
  more: object = {},
): Promise<Body> {
  const first = await t.ask('join', ApiKey.JoinGroup, version, joinBody(groupId, more))
  if (first.errorCode !== 79) return first
  return t.ask(
    'join with the member id',
    ApiKey.JoinGroup,
    version,
    joinBody(groupId, { ...more, memberId: first.memberId }),
  )
}

export function syncBody(groupId: string, joined: Body, more: object = {}): object {
  const { memberId, generationId } = joined
  return {
    groupId,
    memberId,
    generationId,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [{ memberId, assignment: ASSIGNMENT }],
    ...more,
  }
}
