import { apis } from '../../src/protocol/apis.js'
import { Normalizer } from './normalize.js'
import { type Answer, type SendOptions, WireClient } from './wire-client.js'

/** One exchange of a script, in a form that is the same for two brokers that behave the same. */
export interface Exchange {
  readonly label: string
  readonly answer: unknown
  readonly deviation?: string
}

export interface AskOptions extends SendOptions {
  /** Arrays of the answer come in no particular order. */
  readonly unordered?: boolean
  /** The connection to use; each name is a connection of its own. */
  readonly on?: string
  /** The entry of docs/deviations.md that says why the answers differ. */
  readonly deviation?: string
  /** Asks again while this holds of the answer, for what a broker settles a moment later. */
  readonly until?: (body: Body) => boolean
}

// biome-ignore lint/suspicious/noExplicitAny: scripts pick fields of any message
export type Body = Record<string, any>

const SETTLE_TIMEOUT_MS = 15_000
const SETTLE_PAUSE_MS = 50

/** Puts a script's requests to one broker and tells what was answered. */
export class Conversation {
  /** The label of the exchange told last. */
  last = 'its start'
  readonly #connections = new Map<string, WireClient>()
  readonly #normalizer = new Normalizer()

  constructor(
    private readonly host: string,
    private readonly port: number,
    private readonly heard: (exchange: Exchange) => void,
  ) {}

  connection(name = 'main'): WireClient {
    let client = this.#connections.get(name)
    if (!client) {
      client = new WireClient(this.host, this.port)
      this.#connections.set(name, client)
    }
    return client
  }

  /** Asks, records the answer, and returns its body (empty when there was none). */
  async ask(
    label: string,
    apiKey: number,
    version: number,
    body: object,
    options: AskOptions = {},
  ): Promise<Body> {
    const answer = await this.#settled(apiKey, version, body, options)
    return this.record(`${label}: ${apis.get(apiKey)?.name} v${version}`, answer, options)
  }

  /** As {@link ask}, but leaves no trace: for preparing what a script needs. */
  async quietly(
    apiKey: number,
    version: number,
    body: object,
    options: AskOptions = {},
  ): Promise<Body> {
    const answer = await this.#settled(apiKey, version, body, options)
    if (answer.kind !== 'response') throw new Error(`${apis.get(apiKey)?.name}: ${answer.kind}`)
    return answer.body
  }

  record(label: string, answer: Answer, options: AskOptions = {}): Body {
    const said =
      answer.kind === 'response'
        ? this.#normalizer.normalize(answer.body, options.unordered)
        : `<${answer.kind}>`
    this.last = label
    this.heard({
      label,
      answer: said,
      ...(options.deviation && { deviation: options.deviation }),
    })
    return answer.kind === 'response' ? answer.body : {}
  }

  /** Gives an id its placeholder now, for answers whose order would decide which comes first. */
  introduce(id: string): void {
    this.#normalizer.introduce(id)
  }

  close(): void {
    for (const client of this.#connections.values()) client.close()
  }

  async #settled(
    apiKey: number,
    version: number,
    body: object,
    options: AskOptions,
  ): Promise<Answer> {
    const deadline = Date.now() + SETTLE_TIMEOUT_MS
    for (;;) {
      const answer = await this.connection(options.on).send(apiKey, version, body, options)
      const settled = answer.kind !== 'response' || !options.until || options.until(answer.body)
      if (settled || Date.now() > deadline) return answer
      await new Promise((resolve) => setTimeout(resolve, SETTLE_PAUSE_MS))
    }
  }
}
