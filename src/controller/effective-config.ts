import type { BrokerConfig } from '../metadata/config/broker-config.js'
import { formatValue } from '../metadata/config/parse.js'
import { ConfigResourceType } from '../metadata/config/resource.js'
import {
  brokerConfigSynonyms,
  type TopicConfigName,
  topicConfigSynonyms,
} from '../metadata/config/synonyms.js'
import { topicConfigs } from '../metadata/config/topic-configs.js'
import type { MetadataImage } from '../metadata/image.js'

/** Where a value comes from (`DescribeConfigsResponse.ConfigSource`). */
const Source = {
  TOPIC: 1,
  DYNAMIC_BROKER: 2,
  DYNAMIC_DEFAULT_BROKER: 3,
  STATIC_BROKER: 4,
  DEFAULT: 5,
} as const

export interface EffectiveConfig {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

/** Broker settings in other units, as the topic's milliseconds. */
function inMilliseconds(name: string, value: string): string {
  if (name.endsWith('.hours')) return String(BigInt(value.trim()) * 3_600_000n)
  if (name.endsWith('.minutes')) return String(BigInt(value.trim()) * 60_000n)
  return value
}

/**
 * What a topic configuration comes to (Kafka's `KafkaConfigSchema.resolveEffectiveTopicConfig`): the
 * topic's own value, else what is set for this broker, for all brokers, or in the node's file.
 */
export function effectiveTopicConfig(
  name: TopicConfigName,
  overrides: ReadonlyMap<string, string>,
  image: MetadataImage,
  config: BrokerConfig,
): EffectiveConfig {
  const own = overrides.get(name)
  if (own !== undefined) return { name, value: own, source: Source.TOPIC }
  const layers = [
    [Source.DYNAMIC_BROKER, image.configs(ConfigResourceType.BROKER, String(config.nodeId))],
    [Source.DYNAMIC_DEFAULT_BROKER, image.configs(ConfigResourceType.BROKER, '')],
    [Source.STATIC_BROKER, config.originals],
  ] as const
  const synonym = topicConfigSynonyms[name]
  for (const [source, settings] of synonym ? layers : []) {
    for (const brokerName of brokerConfigSynonyms(synonym!)) {
      const value = settings.get(brokerName)
      if (value !== undefined) return { name, value: inMilliseconds(brokerName, value), source }
    }
  }
  const key = topicConfigs[name]
  return { name, value: formatValue(key.defaultValue ?? null, key.type), source: Source.DEFAULT }
}

/** All configurations of a topic but the internal ones, by name. */
export function effectiveTopicConfigs(
  overrides: ReadonlyMap<string, string>,
  image: MetadataImage,
  config: BrokerConfig,
): EffectiveConfig[] {
  const names = Object.keys(topicConfigs).sort() as TopicConfigName[]
  const shown = names.filter((name) => !topicConfigs[name].internal)
  return shown.map((name) => effectiveTopicConfig(name, overrides, image, config))
}
