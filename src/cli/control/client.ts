import { API_HEADER } from '../../testing/control/api-header.js'
import { UsageError } from '../arguments.js'

const LOCALHOST = 'http://127.0.0.1'
const CONTROL_VARIABLE = 'SAMSA_CONTROL_URL'
const HOST_AND_PORT = /^(\[[^\]/]+\]|[^:/]+):\d{1,5}$/

/** What the API has answered, as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: its shape is what the API describes
export type Answer = any

/** The broker can't be reached, or has refused. */
export class ControlFailure extends Error {
  /** @param code the API's; undefined when there is no answer */
  constructor(
    message: string,
    readonly code: string | undefined,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'ControlFailure'
  }
}

/** Asks the control API of a broker. */
export class ControlClient {
  constructor(readonly url: string) {}

  get(path: string, query: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    return this.#ask('GET', `${path}${queryText(query)}`)
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.#ask('POST', path, body)
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.#ask('PUT', path, body)
  }

  delete(path: string): Promise<Answer> {
    return this.#ask('DELETE', path)
  }

  /** @param mediaType of the content */
  send(
    path: string,
    content: Buffer,
    mediaType: string,
    query: Readonly<Record<string, unknown>> = {},
  ): Promise<Answer> {
    return this.#ask('POST', `${path}${queryText(query)}`, content, mediaType)
  }

  /** @throws ControlFailure */
  async #ask(method: string, path: string, body?: unknown, mediaType = 'application/json') {
    const response = await this.#fetch(path, {
      method,
      headers: { 'content-type': mediaType },
      ...(body === undefined ? {} : { body: body instanceof Buffer ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.headers.has(API_HEADER)) {
      const what = `what answers at ${this.url} is no control API of samsa`
      throw new ControlFailure(`${what} (status ${response.status})`, undefined)
    }
    if (response.headers.get('content-type')?.startsWith('application/json') !== true) {
      if (response.ok) return text
      throw new ControlFailure(`${this.url} has answered ${response.status}`, undefined)
    }
    const answer = JSON.parse(text)
    if (response.ok) return answer
    throw new ControlFailure(answer.error.message, answer.error.code)
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, init)
    } catch (error) {
      const { cause } = error as { readonly cause?: NodeJS.ErrnoException }
      // Those of the system say more by their code, those of fetch by their text.
      const ofSystem = cause?.code?.startsWith('E') === true ? cause.code : undefined
      const reason = ofSystem ?? cause?.message ?? (error as Error).message
      throw new ControlFailure(`no control API at ${this.url}: ${reason}`, undefined, {
        cause: error,
      })
    }
  }
}

/**
 * Where the control API is, by what was said on the command line or in the environment.
 *
 * @param text a URL, host:port, or a port of this machine
 * @throws UsageError
 */
export function controlUrl(
  text: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const said = text ?? environment[CONTROL_VARIABLE] ?? ''
  if (said === '') {
    throw new UsageError(
      `where is the broker? Say --control with the URL or the port that samsa start --control-port has, or set ${CONTROL_VARIABLE}`,
    )
  }
  const full = fullUrl(said)
  const url = URL.canParse(full) ? new URL(full) : undefined
  if (url?.protocol !== 'http:') {
    throw new UsageError(`${said} is neither a port nor a URL that begins with http://`)
  }
  return url.origin
}

function fullUrl(said: string): string {
  if (/^\d{1,5}$/.test(said)) return `${LOCALHOST}:${said}`
  return HOST_AND_PORT.test(said) ? `http://${said}` : said
}

/** A path whose parts may have any characters. */
export function path(strings: TemplateStringsArray, ...parts: readonly string[]): string {
  return strings.map((text, i) => text + encodeURIComponent(parts[i] ?? '')).join('')
}

function queryText(query: Readonly<Record<string, unknown>>): string {
  const said = Object.entries(query).filter(([, value]) => value !== undefined)
  if (said.length === 0) return ''
  return `?${new URLSearchParams(said.map(([name, value]): [string, string] => [name, String(value)]))}`
}
