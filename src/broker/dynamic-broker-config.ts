import type { Logger } from '../env/logger.js'
import { BrokerConfig } from '../metadata/config/broker-config.js'
import { brokerConfigs } from '../metadata/config/broker-configs.js'
import { formatValue } from '../metadata/config/parse.js'
import { ConfigResourceType } from '../metadata/config/resource.js'
import { TopicConfig } from '../metadata/config/topic-config.js'
import type { MetadataImage } from '../metadata/image.js'

const NONE: ReadonlyMap<string, string> = new Map()

/**
 * The configuration a node runs with: what it was started with, under what the metadata log says of
 * all brokers, under what it says of this one (KIP-226, Kafka's `DynamicBrokerConfig`).
 */
export class DynamicBrokerConfig {
  #current: BrokerConfig
  #ofBroker = NONE
  #ofAllBrokers = NONE

  /** @throws ConfigException when the node can't run with these properties */
  constructor(
    /** What the node was started with. */
    readonly properties: ReadonlyMap<string, string>,
    private readonly logger: Logger,
  ) {
    this.#current = new BrokerConfig(properties)
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
   * Whether the node could run with other dynamic settings than it has.
   *
   * @throws ConfigException when it couldn't
   */
  validate(settings: ReadonlyMap<string, string>, perBroker: boolean): void {
    if (perBroker) this.#with(this.#ofAllBrokers, settings)
    else this.#with(settings, this.#ofBroker)
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
