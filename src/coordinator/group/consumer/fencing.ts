import type { CoordinatorRecord } from '../../runtime/record.js'
import type { GroupServices } from '../group-services.js'
import type { ConsumerGroup } from './consumer-group.js'
import type { ConsumerGroupMember } from './consumer-group-member.js'
import type { Downgrade } from './downgrade.js'
import { groupEpochRecord, memberTombstones, regularExpressionTombstone } from './records.js'
import { regexesLeftBehind, topicsWithout } from './subscriptions.js'

/** How members are removed from a group, whether they leave or are thought to be gone. */
export class Fencing {
  constructor(
    private readonly services: GroupServices,
    private readonly downgrade: Downgrade,
  ) {}

  /** The records that remove members (Kafka's `GroupMetadataManager.consumerGroupFenceMembers`). */
  fence(group: ConsumerGroup, members: readonly ConsumerGroupMember[]): CoordinatorRecord[] {
    if (members.length === 0) return []
    const { groupId, groupEpoch } = group
    if (this.downgrade.isDueWithout(group, members)) {
      const reason = 'no member of the consumer protocol is left'
      return this.downgrade.withoutMembers(group, members, reason)
    }
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
