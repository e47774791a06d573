import type { Logger } from '../env/logger.js'
import { BrokerConfig } from '../metadata/config/broker-config.js'
import { requireChangeable } from '../metadata/config/broker-config-rules.js'
import { brokerConfigs } from '../metadata/config/broker-configs.js'
import { brokerQuotaConfigs } from '../metadata/config/broker-quota-configs.js'
import type { ConfigTable } from '../metadata/config/config-def.js'
import { ConfigException } from '../metadata/config/config-exception.js'
import { formatValue, parseKey } from '../metadata/config/parse.js'
import { ConfigResourceType } from '../metadata/config/resource.js'
import { withoutListenerPrefix } from '../metadata/config/synonyms.js'
import { TopicConfig } from '../metadata/config/topic-config.js'
import { isPerBroker, isReadOnly, needsListenerPrefix } from '../metadata/config/update-mode.js'
import type { MetadataImage } from '../metadata/image.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'

const NONE: ReadonlyMap<string, string> = new Map()

/**
 * The configuration a node runs with: what it was started with, under what the metadata log says of
 * all brokers, under what it says of this one (KIP-226, Kafka's `DynamicBrokerConfig`).
 */
export class DynamicBrokerConfig {
  #current: BrokerConfig
  #ofBroker = NONE
  #ofAllBrokers = NONE

  /** What the node was started with, `node.id` under both its names. */
  readonly properties: ReadonlyMap<string, string>

  /** @throws ConfigException when the node can't run with these properties */
  constructor(
    properties: ReadonlyMap<string, string>,
    private readonly logger: Logger,
  ) {
    this.#current = new BrokerConfig(properties)
    this.properties = this.#current.originals
  }

  get current(): BrokerConfig {
    return this.#current
  }

  /** Set for this broker. */
  get ofBroker(): ReadonlyMap<string, string> {
    return this.#ofBroker
  }

  /** Set for all brokers. */
  get ofAllBrokers(): ReadonlyMap<string, string> {
    return this.#ofAllBrokers
  }

  /** What a topic's logs act on, with what is set on the topic itself. */
  topicConfig(overrides: ReadonlyMap<string, string>): TopicConfig {
    return new TopicConfig(this.#current, overrides)
  }

  /** Takes over what the metadata log says now. A value that can't be used leaves all as it was. */
  update(image: MetadataImage): void {
    this.#ofAllBrokers = image.configs(ConfigResourceType.BROKER, '')
    this.#ofBroker = image.configs(ConfigResourceType.BROKER, String(this.#current.nodeId))
    try {
      this.#current = this.#with(this.#ofAllBrokers, this.#ofBroker)
    } catch (error) {
      this.logger.error({ error: String(error) }, 'the dynamic configuration cannot be used')
    }
  }

  /**
   * Checks dynamic settings that somebody wants for this broker, or for all of them.
   *
   * @param settings all that would be set
   * @throws KafkaError INVALID_REQUEST when they can't be set, or the node couldn't run with them
   */
  validate(settings: ReadonlyMap<string, string>, perBroker: boolean): void {
    requireDynamic([...settings.keys()], perBroker)
    try {
      for (const [name, text] of settings) requireParsable(name, text)
      requireChangeable(
        perBroker ? this.#with(this.#ofAllBrokers, settings) : this.#with(settings, this.#ofBroker),
      )
    } catch (error) {
      if (!(error instanceof ConfigException)) throw error
      throw new KafkaError(ErrorCode.INVALID_REQUEST, error.message)
    }
  }

  #with(...settings: readonly ReadonlyMap<string, string>[]): BrokerConfig {
    return new BrokerConfig(new Map([this.properties, ...settings].flatMap((each) => [...each])))
  }
}

/** Kafka's default of a broker configuration as text; undefined where there is none. */
export function defaultText(name: string): string | undefined {
  if (!Object.hasOwn(brokerConfigs, name)) return undefined
  const key = brokerConfigs[name as keyof typeof brokerConfigs]
  return key.defaultValue === undefined
    ? undefined
    : (formatValue(key.defaultValue, key.type) ?? undefined)
}

/** Whether a broker configuration is a list; undefined when there is no such configuration. */
export function isListConfig(name: string): boolean | undefined {
  if (!Object.hasOwn(brokerConfigs, name)) return undefined
  return brokerConfigs[name as keyof typeof brokerConfigs].type === 'LIST'
}

/** Kafka's `DynamicBrokerConfig.validateConfigs`. */
function requireDynamic(names: readonly string[], perBroker: boolean): void {
  const isFixed = (name: string) => Object.hasOwn(brokerConfigs, name) && isReadOnly(name)
  refuseAny(names.filter(isFixed), 'Cannot update these configs dynamically')
  refuseAny(
    names.filter(needsListenerPrefix),
    'These security configs can be dynamically updated only per-listener using the listener prefix',
  )
  if (perBroker) return
  refuseAny(
    names.filter(isPerBroker),
    'Cannot update these configs at default cluster level, broker id must be specified',
  )
}

function refuseAny(names: readonly string[], reason: string): void {
  if (names.length === 0) return
  throw new KafkaError(ErrorCode.INVALID_REQUEST, `${reason}: [${names.join(', ')}]`)
}

/** What is set for one listener is of the type that it would be for all of them. */
function requireParsable(name: string, text: string): void {
  const table: ConfigTable = { ...brokerConfigs, ...brokerQuotaConfigs }
  const base = withoutListenerPrefix(name) ?? name
  if (Object.hasOwn(table, base)) parseKey(base, table[base]!, text)
}
