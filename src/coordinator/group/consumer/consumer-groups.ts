import { ErrorCode } from '../../../protocol/errors.js'
import type { ConsumerGroupHeartbeatRequest } from '../../../protocol/schema/consumer-group-heartbeat.js'
import type { Outcome } from '../../runtime/state-machine.js'
import type { GroupRequestContext } from '../group-context.js'
import type { GroupMetadataChange } from '../group-metadata.js'
import type { GroupServices } from '../group-services.js'
import { assignorsByName } from './assignors.js'
import { ClassicJoin } from './classic-join.js'
import { ClassicProtocolMembers } from './classic-members.js'
import type { ConsumerGroup } from './consumer-group.js'
import { LEAVING_MEMBER_EPOCH, LEAVING_STATIC_MEMBER_EPOCH } from './consumer-group-member.js'
import { type DescribedConsumerGroup, describedGroup } from './description.js'
import { Downgrade } from './downgrade.js'
import { Fencing } from './fencing.js'
import { ConsumerGroupSettings } from './group-settings.js'
import { ConsumerGroupHeartbeat, type HeartbeatAnswer } from './heartbeat.js'
import { leave } from './leave.js'
import { Rebalance } from './rebalance.js'
import { type MayDescribe, RegexSubscriptions } from './regex-subscriptions.js'
import { MemberTimeouts } from './timeouts.js'
import { Upgrade } from './upgrade.js'

/** The consumer groups of one partition: what their members ask, and what time does to them. */
export class ConsumerGroups {
  /** Members that speak the classic protocol. */
  readonly classicJoin: ClassicJoin
  readonly classicMembers: ClassicProtocolMembers
  readonly #fencing: Fencing
  readonly #timeouts: MemberTimeouts
  readonly #regexes: RegexSubscriptions
  readonly #heartbeat: ConsumerGroupHeartbeat

  constructor(private readonly services: GroupServices) {
    const { metadata, config } = services
    const settings = new ConsumerGroupSettings(metadata, config)
    const assignors = assignorsByName(config.consumerGroupAssignors)
    const downgrade = new Downgrade(services)
    this.#fencing = new Fencing(services, downgrade)
    this.#timeouts = new MemberTimeouts(services, settings, this.#fencing)
    this.#regexes = new RegexSubscriptions(services)
    const rebalance = new Rebalance(services, settings, this.#timeouts, assignors)
    this.#heartbeat = new ConsumerGroupHeartbeat(
      services,
      settings,
      this.#timeouts,
      this.#regexes,
      rebalance,
      new Upgrade(services, this.#timeouts),
    )
    this.classicJoin = new ClassicJoin(
      services,
      this.#timeouts,
      this.#regexes,
      rebalance,
      downgrade,
    )
    this.classicMembers = new ClassicProtocolMembers(services, this.#timeouts, this.#fencing)
  }

  /**
   * @param request valid as such, see `requireValidHeartbeat`
   * @throws KafkaError what the member is to know
   */
  heartbeat(
    context: GroupRequestContext,
    request: ConsumerGroupHeartbeatRequest,
    mayDescribe: MayDescribe,
  ): Outcome<HeartbeatAnswer> {
    const { groupId, memberEpoch } = request
    if (memberEpoch !== LEAVING_MEMBER_EPOCH && memberEpoch !== LEAVING_STATIC_MEMBER_EPOCH) {
      return this.#heartbeat.run(context, request, mayDescribe)
    }
    const records = leave(this.services.groups.requireConsumer(groupId), request, this.#fencing)
    return {
      records,
      response: {
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        memberId: request.memberId,
        memberEpoch,
        heartbeatIntervalMs: 0,
        assignment: null,
      },
    }
  }

  /** @throws KafkaError GROUP_ID_NOT_FOUND */
  describe(groupId: string): DescribedConsumerGroup {
    const { groups, config, metadata } = this.services
    const group = groups.requireConsumer(groupId)
    return describedGroup(group, config.consumerGroupAssignors[0]!, metadata)
  }

  /** A group that was just loaded begins to live. */
  begin(group: ConsumerGroup): void {
    this.#timeouts.begin(group)
  }

  onMetadataUpdate(change: GroupMetadataChange): void {
    this.#regexes.onMetadataUpdate(change)
    for (const group of this.services.groups.consumer.values()) {
      if (group.isSubscribedToAny(change.changedTopics)) group.requestMetadataRefresh()
    }
  }

  /** A member is gone from the log. */
  forget(groupId: string, memberId: string): void {
    this.#timeouts.end(groupId, memberId)
  }
}
