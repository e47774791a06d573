import type { Input } from '../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import type { DescribeGroupsResponse } from '../../protocol/schema/describe-groups.js'
import type { ListGroupsResponse } from '../../protocol/schema/list-groups.js'
import { ClassicGroup, CONSUMER_PROTOCOL_TYPE } from './classic/classic-group.js'
import type { ClassicMember } from './classic/classic-member.js'
import type { Group, GroupStore } from './group-store.js'

type One<T> = T extends readonly (infer Element)[] ? Element : never
export type DescribedGroup = One<Input<typeof DescribeGroupsResponse>['groups']>
export type ListedGroup = One<Input<typeof ListGroupsResponse>['groups']>

/** From this version on, DescribeGroups says GROUP_ID_NOT_FOUND (KIP-1043). */
const VERSION_WITH_GROUP_ID_NOT_FOUND = 6
/** What DescribeGroups says of a group that isn't. */
const DEAD = 'Dead'
const NO_BYTES = Buffer.alloc(0)
/** What a group is an instance of for ListGroups (KIP-848). */
const CLASSIC = 'classic'
const CONSUMER = 'consumer'

/** Which groups ListGroups is to tell of; an empty filter lets everything through. */
export interface GroupFilter {
  /** In lower case. */
  readonly states: ReadonlySet<string>
  /** In lower case. */
  readonly types: ReadonlySet<string>
}

/** What is said of groups to those who aren't members. */
export class GroupQueries {
  constructor(private readonly groups: GroupStore) {}

  describe(groupId: string, apiVersion: number): DescribedGroup {
    const group = this.groups.get(groupId)
    if (group === undefined) return this.#unknown(groupId, apiVersion)
    const isStable = group.state === 'Stable'
    const protocol = isStable ? (group.protocolName ?? '') : ''
    return {
      ...undescribed(groupId, ErrorCode.NONE),
      groupState: group.state,
      protocolType: group.protocolType ?? '',
      protocolData: protocol,
      members: [...group.members()].map((member) => describedMember(member, isStable, protocol)),
    }
  }

  list(filter: GroupFilter): ListedGroup[] {
    return this.groups
      .listed()
      .map(listedGroup)
      .filter(
        ({ groupType, groupState }) =>
          passes(filter.types, groupType) && passes(filter.states, groupState),
      )
  }

  /** @throws KafkaError GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP */
  requireDeletable(groupId: string): Group {
    const group = this.groups.require(groupId)
    if (group.state !== 'Empty') throw new KafkaError(ErrorCode.NON_EMPTY_GROUP)
    return group
  }

  #unknown(groupId: string, apiVersion: number): DescribedGroup {
    const dead = { ...undescribed(groupId, ErrorCode.NONE), groupState: DEAD }
    if (apiVersion < VERSION_WITH_GROUP_ID_NOT_FOUND) return dead
    const errorMessage = this.groups.has(groupId)
      ? `Group ${groupId} is not a classic group.`
      : `Group ${groupId} not found.`
    return { ...dead, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
  }
}

/** A group of which there is only an error to be told. */
export function undescribed(groupId: string, errorCode: ErrorCode): DescribedGroup {
  return {
    errorCode,
    errorMessage: null,
    groupId,
    groupState: '',
    protocolType: '',
    protocolData: '',
    members: [],
  }
}

/** What members subscribe to belongs to the protocol, which only a stable group has for sure. */
function describedMember(
  member: ClassicMember,
  isStable: boolean,
  protocolName: string,
): DescribedGroup['members'][number] {
  return {
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    memberMetadata: isStable ? member.metadata(protocolName) : NO_BYTES,
    memberAssignment: member.assignment,
  }
}

type ListedAs = Required<Pick<ListedGroup, 'groupState' | 'groupType'>> & ListedGroup

function listedGroup(group: Group): ListedAs {
  const isClassic = group instanceof ClassicGroup
  return {
    groupId: group.groupId,
    protocolType: isClassic ? (group.protocolType ?? '') : CONSUMER_PROTOCOL_TYPE,
    groupState: group.state,
    groupType: isClassic ? CLASSIC : CONSUMER,
  }
}

function passes(filter: ReadonlySet<string>, value: string): boolean {
  return filter.size === 0 || filter.has(value.toLowerCase())
}
