import type { CoordinatorRecord } from '../../runtime/record.js'
import { NOTHING, type Outcome } from '../../runtime/state-machine.js'
import type { GroupMetadataChange } from '../group-metadata.js'
import type { GroupServices } from '../group-services.js'
import type { ConsumerGroup, ResolvedRegularExpression } from './consumer-group.js'
import { type ConsumerGroupMember, regexOf, sameSet } from './consumer-group-member.js'
import { countByRegex } from './counts.js'
import { groupEpochRecord, regularExpressionRecord, regularExpressionTombstone } from './records.js'
import { regexesAfter } from './subscriptions.js'

/** Whether who asks may know that a topic exists. */
export type MayDescribe = (topic: string) => boolean

/**
 * What became of a member's regular expression: it has another one, and it is known already what that
 * matches (`resolved`), or it isn't (`updated`).
 */
export type RegexChange = 'none' | 'updated' | 'resolved'

/** So long the topics that match are taken for those that do, whatever happens, ms. */
const MIN_REFRESH_INTERVAL_MS = 10_000

/**
 * Subscriptions by regular expression. They are resolved beside the heartbeats, for all of a group's at
 * once, and the group assigns anew when that is done.
 */
export class RegexSubscriptions {
  /** Groups whose expressions are being resolved: soft state. */
  readonly #resolving = new Set<string>()
  /** Of the metadata that had topics for the first time; before it was loaded, any may be new. */
  #versionWithNewTopics: number

  constructor(private readonly services: GroupServices) {
    this.#versionWithNewTopics = services.metadata.version
  }

  /**
   * A member's heartbeat, with the expression it has now (Kafka's `maybeUpdateRegularExpressions`).
   *
   * @throws KafkaError INVALID_REGULAR_EXPRESSION
   */
  update(
    group: ConsumerGroup,
    before: ConsumerGroupMember,
    updated: ConsumerGroupMember,
    mayDescribe: MayDescribe,
  ): { readonly change: RegexChange; readonly records: readonly CoordinatorRecord[] } {
    const { groupId, subscribedRegularExpressions } = group
    const [formerRegex, regex] = [regexOf(before), regexOf(updated)]
    const records: CoordinatorRecord[] = []
    let change: RegexChange = 'none'
    let isNew = false
    if (before.subscribedTopicRegex !== updated.subscribedTopicRegex) {
      change = 'updated'
      if (formerRegex !== undefined && subscribedRegularExpressions.get(formerRegex) === 1) {
        records.push(regularExpressionTombstone(groupId, formerRegex))
      }
      if (regex === undefined) {
        if (formerRegex !== undefined) change = 'resolved'
      } else if (!subscribedRegularExpressions.has(regex)) {
        this.services.regularExpressions.require(regex)
        isNew = true
      } else if (group.resolvedRegularExpressions.has(regex)) change = 'resolved'
    }
    if (isNew || subscribedRegularExpressions.size > 0) {
      this.#refresh(group, formerRegex, regex, isNew, mayDescribe)
    }
    return { change, records }
  }

  onMetadataUpdate({ hasNewTopics }: GroupMetadataChange): void {
    if (hasNewTopics) this.#versionWithNewTopics = this.services.metadata.version
  }

  #refresh(
    group: ConsumerGroup,
    formerRegex: string | undefined,
    regex: string | undefined,
    isNew: boolean,
    mayDescribe: MayDescribe,
  ): void {
    const { groupId, resolvedRegularExpressions } = group
    if (this.#resolving.has(groupId)) return
    const nowMs = this.services.clocks.logical.now()
    const [anyResolved] = resolvedRegularExpressions.values()
    const sinceMs = anyResolved === undefined ? undefined : nowMs - anyResolved.timestampMs
    if (sinceMs !== undefined && sinceMs <= MIN_REFRESH_INTERVAL_MS) return
    const regexes = regexesAfter(group, formerRegex, regex)
    const isNeeded =
      isNew ||
      regexes.size !== resolvedRegularExpressions.size ||
      (anyResolved?.version ?? 0) < this.#versionWithNewTopics ||
      sinceMs === undefined ||
      sinceMs > this.services.config.consumerGroupRegexRefreshIntervalMs
    if (isNeeded && regexes.size > 0) this.#resolve(groupId, [...regexes.keys()], mayDescribe)
  }

  #resolve(groupId: string, regexes: readonly string[], mayDescribe: MayDescribe): void {
    const { clocks, context, logger, metadata, regularExpressions } = this.services
    const { version } = metadata
    const timestampMs = clocks.logical.now()
    this.#resolving.add(groupId)
    regularExpressions
      .resolve(regexes, metadata.topicNames(), mayDescribe)
      .then((resolved) => {
        this.#resolving.delete(groupId)
        const results = [...resolved].map(
          ([regex, topics]) => [regex, { topics, version, timestampMs }] as const,
        )
        context.schedule(groupId, 'regular expressions', () =>
          this.#resolved(groupId, new Map(results)),
        )
      })
      .catch((error: unknown) => {
        this.#resolving.delete(groupId)
        logger.error({ groupId, err: error }, 'cannot resolve the regular expressions of a group')
      })
  }

  /** Writes what they match; when that is something else than before, the group assigns anew. */
  #resolved(
    groupId: string,
    results: ReadonlyMap<string, ResolvedRegularExpression>,
  ): Outcome<void> {
    const group = this.services.groups.consumer.get(groupId)
    if (group === undefined) return NOTHING
    const topics = new Map(group.subscribedTopicNames)
    const records: CoordinatorRecord[] = []
    let isBumped = false
    for (const [regex, resolved] of results) {
      if (!group.subscribedRegularExpressions.has(regex)) continue
      const former = group.resolvedRegularExpressions.get(regex)?.topics ?? new Set<string>()
      records.push(regularExpressionRecord(groupId, regex, resolved))
      if (sameSet(former, resolved.topics)) continue
      isBumped = true
      countByRegex(topics, former, -1)
      countByRegex(topics, resolved.topics, 1)
    }
    const metadataHash = this.services.topicHashes.ofGroup(topics.keys())
    if (isBumped || metadataHash !== group.metadataHash) {
      const groupEpoch = group.groupEpoch + 1
      records.push(groupEpochRecord(groupId, groupEpoch, metadataHash))
      const nowMs = this.services.clocks.logical.now()
      group.setMetadataRefreshed(nowMs, groupEpoch)
    }
    return { records, response: undefined }
  }
}
