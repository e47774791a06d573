import { requireConsistent } from './broker-config-rules.js'
import { brokerConfigs } from './broker-configs.js'
import { Config } from './config.js'
import { ConfigException } from './config-exception.js'
import {
  type Listener,
  parseListeners,
  parseProtocolMap,
  parseSecurityProtocol,
  type SecurityProtocolName,
} from './listeners.js'
import { samsaConfigs } from './samsa-configs.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** `node.id` and `broker.id` are one setting (`AbstractKafkaConfig.populateSynonyms`). */
function withSynonyms(properties: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const filled = new Map(properties)
  const nodeId = properties.get('node.id') ?? properties.get('broker.id')
  if (nodeId === undefined) return filled
  if (!properties.has('node.id')) filled.set('node.id', nodeId)
  if (!properties.has('broker.id')) filled.set('broker.id', nodeId)
  return filled
}

/** The configuration of a node: every setting of Kafka's with its value, and what follows from them. */
export class BrokerConfig extends Config<typeof brokerConfigs> {
  /** What Kafka doesn't have. */
  readonly #own: Config<typeof samsaConfigs>

  /** @throws ConfigException for the first value that can't be used, alone or with the others */
  constructor(properties: ReadonlyMap<string, string>) {
    super(brokerConfigs, withSynonyms(properties))
    this.#own = new Config(samsaConfigs, properties)
    requireConsistent(this)
  }

  /** Serves what Kafka 3.9 had before the API versions of 4.3. */
  get servesLegacyVersions(): boolean {
    return this.#own.get('samsa.legacy.api.versions.enable')
  }

  override unknownNames(): string[] {
    return super.unknownNames().filter((name) => !Object.hasOwn(samsaConfigs, name))
  }

  get nodeId(): number {
    return this.get('node.id')
  }

  hasRole(role: 'broker' | 'controller'): boolean {
    return this.get('process.roles').includes(role)
  }

  /** Directories of logs, from `log.dirs` or else `log.dir`. */
  get logDirs(): readonly string[] {
    return this.get('log.dirs') ?? this.get('log.dir')
  }

  get metadataLogDir(): string {
    return this.get('metadata.log.dir') ?? this.logDirs[0]!
  }

  /** Security protocol by listener name; controller listeners need no entry while all is PLAINTEXT. */
  get securityProtocols(): ReadonlyMap<string, SecurityProtocolName> {
    const name = 'listener.security.protocol.map'
    const map = parseProtocolMap(this.get(name), name)
    if (this.originals.has(name)) return map
    const secured = /^(SSL|SASL_SSL|SASL_PLAINTEXT)$/
    const controllers = this.get('controller.listener.names')
    const schemes = this.get('listeners').map((text) => text.slice(0, text.indexOf(':')))
    if ([...controllers, ...schemes].some((listener) => secured.test(listener))) return map
    for (const listener of controllers) map.set(listener.toUpperCase(), 'PLAINTEXT')
    return map
  }

  get listeners(): readonly Listener[] {
    return parseListeners(this.get('listeners'), this.securityProtocols, true)
  }

  isControllerListener(listener: Listener): boolean {
    return this.get('controller.listener.names').includes(listener.name)
  }

  /** What the broker opens for clients and other brokers. */
  get brokerListeners(): readonly Listener[] {
    return this.listeners.filter((listener) => !this.isControllerListener(listener))
  }

  get controllerListeners(): readonly Listener[] {
    return this.listeners.filter((listener) => this.isControllerListener(listener))
  }

  /** What the broker tells clients, before port 0 and missing hosts are filled in. */
  get advertisedBrokerListeners(): readonly Listener[] {
    return this.#advertised().filter((listener) => !this.isControllerListener(listener))
  }

  get advertisedControllerListeners(): readonly Listener[] {
    const listeners = [...this.#advertised(), ...this.listeners]
    return this.get('controller.listener.names').flatMap(
      (name) => listeners.find((listener) => listener.name === name.toUpperCase()) ?? [],
    )
  }

  #advertised(): readonly Listener[] {
    const advertised = this.get('advertised.listeners')
    if (advertised === null) return this.listeners
    return parseListeners(advertised, this.securityProtocols, false)
  }

  get interBrokerListenerName(): string {
    const name = this.get('inter.broker.listener.name')
    const protocolConfig = 'security.inter.broker.protocol'
    if (name === null) return parseSecurityProtocol(this.get(protocolConfig), protocolConfig)
    if (this.originals.has(protocolConfig)) {
      throw new ConfigException(
        `Only one of inter.broker.listener.name and ${protocolConfig} should be set.`,
      )
    }
    const listener = name.toUpperCase()
    if (this.securityProtocols.has(listener)) return listener
    throw new ConfigException(
      `Listener with name ${listener} defined in inter.broker.listener.name not found in listener.security.protocol.map.`,
    )
  }

  /** Voters of a static quorum; empty for a dynamic one. */
  get quorumVoters(): readonly { id: number; host: string; port: number }[] {
    return this.get('controller.quorum.voters').map((voter) => {
      const [, id, host, port] = /^(\d+)@(.+):(\d+)$/.exec(voter)!
      return { id: Number(id), host: host!, port: Number(port) }
    })
  }

  /** From `log.retention.ms`, `.minutes` or `.hours`; -1 for ever. */
  get logRetentionMs(): number {
    const minutes = this.get('log.retention.minutes')
    const ms =
      this.get('log.retention.ms') ??
      (minutes === null ? this.get('log.retention.hours') * HOUR_MS : minutes * MINUTE_MS)
    return ms < 0 ? -1 : ms
  }

  get logRollMs(): number {
    return this.get('log.roll.ms') ?? this.get('log.roll.hours') * HOUR_MS
  }

  get logRollJitterMs(): number {
    return this.get('log.roll.jitter.ms') ?? this.get('log.roll.jitter.hours') * HOUR_MS
  }
}
