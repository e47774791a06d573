import {
  type Answer,
  CLOSE_CONNECTION,
  NO_ANSWER,
  PooledAnswer,
  type RequestContext,
} from '../broker/handler.js'
import type { Exchange, Proceed, RequestInterceptor } from '../broker/interceptor.js'
import { ApiKey } from '../protocol/api-keys.js'

/** Where clients are to go. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Where responses say where brokers are; an empty name stands for the response itself. */
const PLACES: Readonly<Partial<Record<number, readonly string[]>>> = {
  [ApiKey.Produce]: ['nodeEndpoints'],
  [ApiKey.Fetch]: ['nodeEndpoints'],
  [ApiKey.ShareFetch]: ['nodeEndpoints'],
  [ApiKey.ShareAcknowledge]: ['nodeEndpoints'],
  [ApiKey.Metadata]: ['brokers'],
  [ApiKey.DescribeCluster]: ['brokers'],
  [ApiKey.FindCoordinator]: ['', 'coordinators'],
}

type Body = Readonly<Record<string, unknown>>

/**
 * Tells each client to find the broker where it has found it: at the local address of its connection,
 * or at one that was set after the start, as behind a forwarded port.
 */
export class AdvertisedAddress implements RequestInterceptor {
  /** What is told instead of the local address. */
  fixed: Address | undefined
  /** False: what the configuration says is told unless {@link fixed} is set. */
  followsConnections = false

  /** @param nodeId the broker's own */
  constructor(private readonly nodeId: number) {}

  intercept({ context }: Exchange, proceed: Proceed): Answer<unknown> | Promise<Answer<unknown>> {
    const places = PLACES[context.apiKey]
    const address = places && this.#addressFor(context)
    if (address === undefined) return proceed()
    const answer = proceed()
    return answer instanceof Promise
      ? answer.then((settled) => this.#changed(settled, places!, address))
      : this.#changed(answer, places!, address)
  }

  #addressFor({ peer }: RequestContext): Address | undefined {
    if (this.fixed !== undefined || !this.followsConnections) return this.fixed
    return { host: peer.localAddress, port: peer.localPort }
  }

  #changed(answer: Answer<unknown>, places: readonly string[], address: Address): Answer<unknown> {
    if (answer === NO_ANSWER || answer === CLOSE_CONNECTION) return answer
    if (!(answer instanceof PooledAnswer)) return this.#message(answer as Body, places, address)
    const { message, release } = answer
    return new PooledAnswer(this.#message(message as Body, places, address), release)
  }

  #message(message: Body, places: readonly string[], address: Address): Body {
    let changed = message
    for (const place of places) {
      if (place === '') changed = this.#node(changed, address)
      else if (Array.isArray(changed[place]) && changed[place].length > 0) {
        const nodes = changed[place] as Body[]
        changed = { ...changed, [place]: nodes.map((node) => this.#node(node, address)) }
      }
    }
    return changed
  }

  #node(node: Body, { host, port }: Address): Body {
    const id = node.nodeId ?? node.brokerId
    return id === this.nodeId ? { ...node, host, port } : node
  }
}

const ADDRESS = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/
const MAX_PORT = 65_535

/** @throws TypeError for what isn't `host:port` */
export function parseAddress(text: string): Address {
  const match = ADDRESS.exec(text)
  const port = Number(match?.[3])
  if (match === null || port < 1 || port > MAX_PORT) {
    throw new TypeError(`address ${text}: it has to be of the form host:port`)
  }
  return { host: match[1] ?? match[2]!, port }
}
