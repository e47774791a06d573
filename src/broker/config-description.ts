import {
  bucketsOfCopiedMap,
  bucketsOfGrownMap,
  inHashOrder,
  javaHashCode,
} from '../coordinator/group/java-hash.js'
import { brokerConfigs } from '../metadata/config/broker-configs.js'
import { brokerQuotaConfigs } from '../metadata/config/broker-quota-configs.js'
import { clientMetricsConfigs } from '../metadata/config/client-metrics-configs.js'
import { Config } from '../metadata/config/config.js'
import type { ConfigTable, ConfigType } from '../metadata/config/config-def.js'
import { documentationOf } from '../metadata/config/documentation/index.js'
import { groupConfigs } from '../metadata/config/group-configs.js'
import { ConfigResourceType } from '../metadata/config/resource.js'
import {
  brokerConfigSynonyms,
  groupConfigSynonyms,
  topicConfigSynonyms,
  withoutListenerPrefix,
} from '../metadata/config/synonyms.js'
import { isReadOnly } from '../metadata/config/update-mode.js'
import type { MetadataImage } from '../metadata/image.js'
import { requireTopicName } from '../metadata/topic-name.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type {
  DescribeConfigsRequest,
  DescribeConfigsResponse,
} from '../protocol/schema/describe-configs.js'
import { type DynamicBrokerConfig, defaultText } from './dynamic-broker-config.js'

/** Where a value comes from (`DescribeConfigsResponse.ConfigSource`). */
const Source = {
  TOPIC: 1,
  DYNAMIC_BROKER: 2,
  DYNAMIC_DEFAULT_BROKER: 3,
  STATIC_BROKER: 4,
  DEFAULT: 5,
  CLIENT_METRICS: 7,
  GROUP: 8,
} as const

/** `DescribeConfigsResponse.ConfigType`. */
const TYPE_IDS: Record<ConfigType, number> = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  SHORT: 4,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  CLASS: 8,
  PASSWORD: 9,
}
const UNKNOWN_TYPE_ID = 0

type Resource = DescribeConfigsRequest['resources'][number]
type Details = Pick<DescribeConfigsRequest, 'includeSynonyms' | 'includeDocumentation'>
type Entry = DescribeConfigsResponse['results'][number]['configs'][number]
type Synonym = Entry['synonyms'][number]

/** Kafka takes names it doesn't know for secrets (`KafkaConfig.maybeSensitive`). */
const isSensitive = (type: ConfigType | undefined): boolean =>
  type === undefined || type === 'PASSWORD'

function entryOf(
  name: string,
  value: string | null,
  type: ConfigType | undefined,
  synonyms: Synonym[],
  readOnly: boolean,
): Entry {
  const configSource = synonyms[0]?.source ?? Source.DEFAULT
  return {
    name,
    value: isSensitive(type) ? null : value,
    readOnly,
    isDefault: configSource === Source.DEFAULT,
    configSource,
    isSensitive: isSensitive(type),
    synonyms,
    configType: type ? TYPE_IDS[type] : UNKNOWN_TYPE_ID,
    documentation: null,
  }
}

/** Answers DescribeConfigs (Kafka's `ConfigHelper`). */
export class ConfigDescription {
  constructor(
    private readonly config: DynamicBrokerConfig,
    private readonly image: MetadataImage,
  ) {}

  /**
   * The configurations of one resource, in Kafka's order.
   *
   * @throws KafkaError when there is no such resource or this broker doesn't have it
   */
  entries(
    { resourceType, resourceName, configurationKeys }: Resource,
    { includeSynonyms, includeDocumentation }: Details,
  ): Entry[] {
    const wanted = new Set(configurationKeys)
    const all = this.#all(resourceType, resourceName)
    const entries = wanted.size === 0 ? all : all.filter(({ name }) => wanted.has(name))
    return entries.map((entry) => ({
      ...entry,
      synonyms: includeSynonyms ? entry.synonyms : [],
      documentation: includeDocumentation ? documentationOf(resourceType, entry.name) : null,
    }))
  }

  #all(type: number, name: string): Entry[] {
    switch (type) {
      case ConfigResourceType.TOPIC:
        return this.#ofTopic(name)
      case ConfigResourceType.BROKER:
        return name === '' ? this.#ofAllBrokers() : this.#ofThisBroker(name)
      case ConfigResourceType.BROKER_LOGGER:
        return this.#ofLoggers(name)
      case ConfigResourceType.CLIENT_METRICS:
        return this.#ofClientMetrics(name)
      case ConfigResourceType.GROUP:
        return this.#ofGroup(name)
      default:
        throw new KafkaError(ErrorCode.INVALID_REQUEST, `Unsupported resource type: ${type}`)
    }
  }

  #ofTopic(topic: string): Entry[] {
    requireTopicName(topic)
    if (!this.image.topicsByName.has(topic)) {
      throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, '')
    }
    const own = this.image.configs(ConfigResourceType.TOPIC, topic)
    return shown(this.config.topicConfig(own), own).map(([name, value, type]) => {
      const brokerName = topicConfigSynonyms[name as keyof typeof topicConfigSynonyms]
      const synonyms = brokerName ? this.#synonyms(brokerName, type) : []
      const set = own.has(name) ? [{ name, value, source: Source.TOPIC }] : []
      return entryOf(name, value, type, [...set, ...synonyms], false)
    })
  }

  #ofGroup(group: string): Entry[] {
    if (group === '') {
      throw new KafkaError(ErrorCode.INVALID_REQUEST, 'Group name must not be empty')
    }
    const own = this.image.configs(ConfigResourceType.GROUP, group)
    const inherited = Object.entries(groupConfigSynonyms).flatMap(([name, brokerName]) => {
      const text = this.config.current.text(brokerName)
      return text === null || text === undefined ? [] : [[name, text] as const]
    })
    const config = new Config(groupConfigs, new Map([...inherited, ...own]))
    return shown(config, own).map(([name, value, type]) => {
      const brokerName = groupConfigSynonyms[name as keyof typeof groupConfigSynonyms]
      const codeDefault = new Config(groupConfigs, new Map()).text(name) ?? null
      const synonyms = brokerName
        ? this.#synonyms(brokerName, type)
        : [{ name, value: codeDefault, source: Source.DEFAULT }]
      const set = own.has(name) ? [{ name, value, source: Source.GROUP }] : []
      return entryOf(name, value, type, [...set, ...synonyms], false)
    })
  }

  #ofClientMetrics(subscription: string): Entry[] {
    if (subscription === '') {
      const message = 'Client metrics subscription name must not be empty'
      throw new KafkaError(ErrorCode.INVALID_REQUEST, message)
    }
    const own = this.image.configs(ConfigResourceType.CLIENT_METRICS, subscription)
    return shown(new Config(clientMetricsConfigs, own), own).map(([name, value, type]) => {
      const set = own.has(name) ? [{ name, value, source: Source.CLIENT_METRICS }] : []
      return entryOf(name, value, type, set, false)
    })
  }

  #ofThisBroker(id: string): Entry[] {
    const { current } = this.config
    requireThisBroker(id, current.nodeId, `${current.nodeId} or empty string,`)
    return shown(current, current.originals).map(([name, value, type]) =>
      entryOf(name, value, type, this.#synonyms(name, type), isReadOnly(name)),
    )
  }

  /** There are no loggers with a level of their own here. */
  #ofLoggers(id: string): Entry[] {
    const { nodeId } = this.config.current
    if (id === '') throw new KafkaError(ErrorCode.INVALID_REQUEST, 'Broker id must not be empty')
    requireThisBroker(id, nodeId, `${nodeId}`)
    return []
  }

  /** What is set for all brokers, and nothing else. */
  #ofAllBrokers(): Entry[] {
    const { current, ofAllBrokers } = this.config
    const types: ConfigTable = current.table
    return inMapOrder([...ofAllBrokers].sort()).map(([name, value]) => {
      const type = types[name]?.type ?? unusualType(name)
      const synonyms = this.#synonyms(name, type).filter(
        ({ source }) => source === Source.DYNAMIC_DEFAULT_BROKER,
      )
      return entryOf(name, value, type, synonyms, isReadOnly(name))
    })
  }

  /** All that a broker setting's value may come from, the nearest first. */
  #synonyms(brokerName: string, type: ConfigType | undefined): Synonym[] {
    const names = brokerConfigSynonyms(brokerName)
    const { ofBroker, ofAllBrokers, properties } = this.config
    const levels: readonly [number, (name: string) => string | undefined][] = [
      [Source.DYNAMIC_BROKER, (name) => ofBroker.get(name)],
      [Source.DYNAMIC_DEFAULT_BROKER, (name) => ofAllBrokers.get(name)],
      [Source.STATIC_BROKER, (name) => properties.get(name)],
      [Source.DEFAULT, defaultText],
    ]
    const all = levels.flatMap(([source, find]) =>
      names.flatMap((name) => {
        const value = find(name)
        if (value === undefined) return []
        return [{ name, value: isSensitive(type) ? null : value, source }]
      }),
    )
    // A coarser unit or a listener's override doesn't come before the setting itself.
    const first = all.findIndex(({ name }) => name === brokerName)
    return first < 0 ? [] : all.slice(first)
  }
}

const ALL_BROKER_CONFIGS: ConfigTable = { ...brokerConfigs, ...brokerQuotaConfigs }

/** Of a broker configuration that is only dynamic, or set for one listener. */
function unusualType(name: string): ConfigType | undefined {
  const base = withoutListenerPrefix(name) ?? name
  return Object.hasOwn(ALL_BROKER_CONFIGS, base) ? ALL_BROKER_CONFIGS[base]!.type : undefined
}

type Shown = [name: string, value: string | null, type: ConfigType | undefined]

/**
 * Names, values and types of what DescribeConfigs shows: first what is set but isn't one of the usual
 * ones (unknown or internal), as it was given, then those (Kafka's `ConfigHelperUtils`).
 */
function shown<T extends ConfigTable>(
  config: Config<T>,
  own: ReadonlyMap<string, string>,
): Shown[] {
  const { table } = config
  const isUsual = (name: string) => Object.hasOwn(table, name) && !table[name]!.internal
  const inOrder = inHashOrder(own.keys(), javaHashCode, bucketsOfCopiedMap(own.size))
  const unusual = inOrder
    .filter((name) => !isUsual(name))
    .map((name): Shown => [name, own.get(name)!, table[name]?.type ?? unusualType(name)])
  const usual = Object.entries(table)
    .filter(([, key]) => !key.internal)
    .map(([name, key]): Shown => [name, config.text(name) ?? null, key.type])
  return [...unusual, ...inMapOrder(usual)]
}

/** As the `HashMap` of Kafka's `AbstractConfig` hands them out: some clients look at the first. */
function inMapOrder<T extends readonly [string, ...unknown[]]>(entries: readonly T[]): T[] {
  return inHashOrder(entries, ([name]) => javaHashCode(name), bucketsOfGrownMap(entries.length))
}

function requireThisBroker(id: string, nodeId: number, expected: string): void {
  if (!/^[+-]?\d+$/.test(id)) {
    const message = `Broker id must be an integer, but it is: ${id}`
    throw new KafkaError(ErrorCode.INVALID_REQUEST, message)
  }
  if (Number(id) === nodeId) return
  const message = `Unexpected broker id, expected ${expected} but received ${id}`
  throw new KafkaError(ErrorCode.INVALID_REQUEST, message)
}
