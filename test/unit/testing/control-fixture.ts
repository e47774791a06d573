import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { BrokerOptions } from '../../../src/index.js'
import { controlRoutes } from '../../../src/testing/control/control-server.js'
import { isParameter } from '../../../src/testing/control/route.js'
import { mistake } from '../../../src/testing/control/schema.js'
import type { Teardown } from '../../support/teardown.js'
import { type Body, Fixture } from './broker-fixture.js'

export interface ControlAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Body
}

/** A broker with its control API, whose every answer is held against what the API says of itself. */
export class ControlFixture {
  static async start(t: Teardown, options: BrokerOptions = {}): Promise<ControlFixture> {
    return new ControlFixture(await Fixture.start(t, { controlPort: 0, ...options }))
  }

  private constructor(readonly fixture: Fixture) {}

  get broker() {
    return this.fixture.broker
  }

  get url(): URL {
    return new URL(this.broker.controlUrl!)
  }

  get port(): number {
    return Number(this.url.port)
  }

  /** @param body sent as JSON, or as it is with a media type of its own */
  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ControlAnswer> {
    const isText = headers['content-type'] !== undefined
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: isText ? String(body) : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
    const answer = isJson ? JSON.parse(text) : {}
    if (response.ok && isJson) requireDescribed(method, path, answer)
    return { status: response.status, headers: response.headers, text, body: answer }
  }

  /** The body of an answer, which must be a success. */
  async get(path: string): Promise<Body> {
    return this.#done('GET', path, await this.ask('GET', path))
  }

  async post(path: string, body?: unknown): Promise<Body> {
    return this.#done('POST', path, await this.ask('POST', path, body))
  }

  #done(method: string, path: string, { status, text, body }: ControlAnswer): Body {
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${text}`)
    return body
  }

  /** A connection that says what it likes. */
  raw(): Promise<RawHttp> {
    return RawHttp.connect(this.port)
  }
}

/** Of an answer that isn't as the route describes it. */
function requireDescribed(method: string, path: string, answer: unknown): void {
  const asked = path.split('?')[0]!.split('/').slice(1)
  const route = controlRoutes().find(
    (each) =>
      each.method === method &&
      each.segments.length === asked.length &&
      each.segments.every((segment, i) => isParameter(segment) || segment === asked[i]),
  )
  if (route === undefined || 'mediaType' in route.answer) return
  const wrong = mistake(route.answer, answer, 'the answer')
  if (wrong !== undefined) throw new Error(`${method} ${path}: ${wrong}`)
}

export class RawHttp {
  received = ''
  isClosed = false

  static async connect(port: number): Promise<RawHttp> {
    const socket = connect(port, '127.0.0.1')
    const raw = new RawHttp(socket)
    await once(socket, 'connect')
    return raw
  }

  private constructor(private readonly socket: Socket) {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      this.received += bytes.toString()
    })
    socket.on('close', () => {
      this.isClosed = true
    })
  }

  send(text: string): void {
    this.socket.write(text)
  }

  close(): void {
    this.socket.destroy()
  }

  get statuses(): number[] {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))
  }
}
