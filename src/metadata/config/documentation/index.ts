import type { BrokerConfigName } from '../broker-configs.js'
import { ConfigResourceType } from '../resource.js'
import { groupConfigSynonyms, topicConfigSynonyms } from '../synonyms.js'
import { coordinatorDocumentation } from './coordinator.js'
import { clientMetricsDocumentation, groupDocumentation } from './groups.js'
import { logDocumentation } from './log.js'
import { networkDocumentation } from './network.js'
import { quorumDocumentation } from './quorum.js'
import { remoteStorageDocumentation } from './remote-storage.js'
import { securityDocumentation } from './security.js'
import { topicDocumentation } from './topics.js'

/** What configurations are for, by name. */
type Documentation = Readonly<Partial<Record<string, string>>>

/** What groups of a kind may have, and how far. */
const BOUND = /^group\.(consumer|share|streams)\.(min|max)\.(.+)$/

/** Broker configurations that topics or groups have, too. */
const inherited: Documentation = Object.fromEntries([
  ...defaultsOf('topics', topicConfigSynonyms, topicDocumentation),
  ...defaultsOf('groups', groupConfigSynonyms, groupDocumentation),
])

function defaultsOf(
  whose: string,
  synonyms: Readonly<Partial<Record<string, BrokerConfigName>>>,
  documentation: Documentation,
): [string, string][] {
  return Object.entries(synonyms).map(([name, brokerName]) => [
    brokerName!,
    `${name} of ${whose} that have none of their own. ${documentation[name]}`,
  ])
}

const own: Documentation = {
  ...quorumDocumentation,
  ...networkDocumentation,
  ...logDocumentation,
  ...coordinatorDocumentation,
  ...remoteStorageDocumentation,
  ...securityDocumentation,
}

/**
 * What a configuration is for, in a sentence or two.
 *
 * @param type a {@link ConfigResourceType}
 * @returns null for a configuration that Kafka doesn't have
 */
export function documentationOf(type: number, name: string): string | null {
  return byType(type, name) ?? null
}

function byType(type: number, name: string): string | undefined {
  const ofTopics: Documentation = topicDocumentation
  const ofGroups: Documentation = groupDocumentation
  const ofClientMetrics: Documentation = clientMetricsDocumentation
  switch (type) {
    case ConfigResourceType.TOPIC:
      return ofTopics[name]
    case ConfigResourceType.GROUP:
      return ofGroups[name]
    case ConfigResourceType.CLIENT_METRICS:
      return ofClientMetrics[name]
    case ConfigResourceType.BROKER:
      return own[name] ?? inherited[name] ?? boundDocumentation(name)
    default:
      return undefined
  }
}

function boundDocumentation(name: string): string | undefined {
  const [, kind, bound, what] = BOUND.exec(name) ?? []
  if (what === undefined) return undefined
  if (what === 'size') return `Members that a ${kind} group may have.`
  const groupName = what === 'standby.replicas' ? `${kind}.num.${what}` : `${kind}.${what}`
  const extreme = bound === 'min' ? 'smallest' : 'largest'
  return `The ${extreme} ${groupName} that a group may have.`
}
