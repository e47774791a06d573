import { ConfigException } from './config-exception.js'

/** `org.apache.kafka.common.security.auth.SecurityProtocol`. */
export const SecurityProtocol = { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 } as const
export type SecurityProtocolName = keyof typeof SecurityProtocol

/** One entry of `listeners` or `advertised.listeners`. */
export interface Listener {
  /** In upper case, as Kafka compares them. */
  readonly name: string
  readonly securityProtocol: SecurityProtocolName
  /** null: every interface to listen on, the machine's own name to advertise. */
  readonly host: string | null
  readonly port: number
}

/** @throws ConfigException when there is no such protocol */
export function parseSecurityProtocol(text: string, configName: string): SecurityProtocolName {
  const name = text.toUpperCase()
  if (Object.hasOwn(SecurityProtocol, name)) return name as SecurityProtocolName
  throw new ConfigException(`Invalid security protocol \`${text}\` defined in ${configName}`)
}

/** Reads `NAME:PROTOCOL,…`. */
export function parseProtocolMap(
  text: string,
  configName: string,
): Map<string, SecurityProtocolName> {
  const map = new Map<string, SecurityProtocolName>()
  for (const entry of text.split(',').filter((part) => part.trim() !== '')) {
    const colon = entry.lastIndexOf(':')
    if (colon < 0) {
      throw new ConfigException(
        `Error parsing configuration property '${configName}': ` +
          `the entry "${entry.trim()}" isn't of the form listener:protocol`,
      )
    }
    const name = entry.slice(0, colon).trim().toUpperCase()
    map.set(name, parseSecurityProtocol(entry.slice(colon + 1).trim(), configName))
  }
  return map
}

/** `NAME://host:port`; the host may be empty or an IPv6 address in brackets. */
const LISTENER = /^(.*):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)$/

function parseListener(
  text: string,
  protocols: ReadonlyMap<string, SecurityProtocolName>,
): Listener {
  const match = LISTENER.exec(text)
  if (!match) throw new Error(`Unable to parse ${text} to a broker endpoint`)
  const [, scheme, host, port] = match
  const name = scheme!.toUpperCase()
  const securityProtocol = protocols.get(name)
  if (!securityProtocol) throw new Error(`No security protocol defined for listener ${name}`)
  return { name, securityProtocol, host: host || null, port: Number(port) }
}

const isIpv4 = (host: string | null): boolean => host !== null && /^\d+(\.\d+){3}$/.test(host)
const isIpv6 = (host: string | null): boolean => host?.includes(':') ?? false

function requireDistinctPorts(listeners: readonly Listener[], texts: readonly string[]): void {
  const all = `listeners: [${texts.join(', ')}]`
  for (const port of new Set(listeners.map((listener) => listener.port))) {
    const hosts = listeners.filter((listener) => listener.port === port).map(({ host }) => host)
    if (port === 0 || hosts.length === 1) continue
    if (!hosts.every((host) => isIpv4(host) || isIpv6(host))) {
      throw new Error(`Each listener must have a different port, ${all}`)
    }
    if (hosts.length === 2 && hosts.some(isIpv4) && hosts.some(isIpv6)) continue
    throw new Error(
      hosts.length === 2
        ? `If you have two listeners on the same port then one needs to be IPv4 and the other IPv6, ${all}, port: ${port}`
        : `Each listener must have a different port unless exactly one listener has an IPv4 address and the other IPv6 address, ${all}, port: ${port}`,
    )
  }
}

/**
 * Reads `listeners` (with `distinctPorts`) or `advertised.listeners`.
 *
 * @throws ConfigException naming the entry that is wrong
 */
export function parseListeners(
  texts: readonly string[],
  protocols: ReadonlyMap<string, SecurityProtocolName>,
  distinctPorts: boolean,
): Listener[] {
  try {
    const listeners = texts.map((text) => parseListener(text, protocols))
    if (new Set(listeners.map(({ name }) => name)).size < listeners.length) {
      throw new Error(`Each listener must have a different name, listeners: [${texts.join(', ')}]`)
    }
    if (distinctPorts) requireDistinctPorts(listeners, texts)
    return listeners
  } catch (error) {
    throw new ConfigException(
      `Error creating broker listeners from '[${texts.join(', ')}]': ${(error as Error).message}`,
    )
  }
}
