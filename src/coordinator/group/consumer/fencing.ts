import type { CoordinatorRecord } from '../../runtime/record.js'
import type { GroupServices } from '../group-services.js'
import type { ConsumerGroup } from './consumer-group.js'
import type { ConsumerGroupMember } from './consumer-group-member.js'
import { groupEpochRecord, memberTombstones, regularExpressionTombstone } from './records.js'
import { regexesLeftBehind, topicsWithout } from './subscriptions.js'

/** How members are removed from a group, whether they leave or are thought to be gone. */
export class Fencing {
  constructor(private readonly services: GroupServices) {}

  /** The records that remove members (Kafka's `GroupMetadataManager.consumerGroupFenceMembers`). */
  fence(group: ConsumerGroup, members: readonly ConsumerGroupMember[]): CoordinatorRecord[] {
    if (members.length === 0) return []
    const { groupId, groupEpoch } = group
    const regexes = regexesLeftBehind(group, members)
    const topics = topicsWithout(group, members, regexes)
    const metadataHash = this.services.topicHashes.ofGroup(topics.keys())
    return [
      ...members.flatMap(({ memberId }) => memberTombstones(groupId, memberId)),
      ...regexes.map((regex) => regularExpressionTombstone(groupId, regex)),
      groupEpochRecord(groupId, groupEpoch + 1, metadataHash),
    ]
  }
}
