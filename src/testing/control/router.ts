import type {
  HttpHandler,
  HttpHead,
  HttpRefusal,
  HttpRequest,
  HttpResponse,
} from '../../env/http.js'
import { ErrorCode, errorName, KafkaError } from '../../protocol/errors.js'
import { BrokerFailedError, NotRunningError } from '../server-faults.js'
import { utf8Text } from '../utf8.js'
import { requireLocal } from './admission.js'
import { API_HEADER, API_VERSION } from './api-header.js'
import type { ControlContext } from './context.js'
import { badRequest, ControlError, notFound } from './control-error.js'
import { type Call, isParameter, type Method, parameterName, type Route } from './route.js'
import { checked, queryValue } from './schema.js'

export const JSON_TYPE = 'application/json'
const COMMON_HEADERS = {
  [API_HEADER]: API_VERSION,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const
const REFUSALS: Readonly<Record<HttpRefusal, ControlError>> = {
  malformed: badRequest('this is no request of HTTP/1.1'),
  headersTooLarge: new ControlError(431, 'HEADERS_TOO_LARGE', 'the headers are too large'),
  bodyTooLarge: new ControlError(413, 'BODY_TOO_LARGE', 'the body is too large'),
  tooSlow: new ControlError(408, 'REQUEST_TOO_SLOW', 'the request has not come in time'),
  tooMany: new ControlError(503, 'TOO_MANY_REQUESTS', 'too many requests are under way'),
}
const IDENTITY = 'identity'
const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i
/** ASCII is UTF-8, too. */
const UTF_8: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii'])
/** What there is nothing of. */
const ABSENT: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.GROUP_ID_NOT_FOUND,
  ErrorCode.TRANSACTIONAL_ID_NOT_FOUND,
])

interface Found {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
  readonly query: string
}

/** Takes each request to its route, and what comes of it back to HTTP. */
export class Router implements HttpHandler {
  constructor(
    private readonly routes: readonly Route[],
    private readonly context: ControlContext,
  ) {}

  admit(head: HttpHead): HttpResponse | undefined {
    try {
      requireLocal(head)
      const { route } = this.#find(head)
      requireMediaType(route, head)
      return undefined
    } catch (error) {
      return this.#failure(error)
    }
  }

  async answer(request: HttpRequest): Promise<HttpResponse> {
    try {
      const { route, params, query } = this.#find(request)
      const call: Call<Readonly<Record<string, unknown>>, unknown> = {
        context: this.context,
        params,
        query: parsedQuery(route, query),
        body: parsedBody(route, request.body),
        mediaType: mediaTypeOf(request),
        onAbandoned: (listener) => request.onAbandoned(listener),
      }
      return answered(route, await route.handle(call))
    } catch (error) {
      return this.#failure(error)
    }
  }

  refuse(refusal: HttpRefusal): HttpResponse {
    return failed(REFUSALS[refusal])
  }

  /** @throws ControlError 400, 404, 405 */
  #find({ method, target }: HttpHead): Found {
    const [path = '', query = ''] = target.split('?', 2)
    const asked = path.split('/').slice(1).map(decoded)
    const here = this.routes.filter((each) => path.startsWith('/') && matches(each, asked))
    if (here.length === 0) throw notFound(`there is no ${path}; /openapi.json tells what there is`)
    const route = here.find((each) => each.method === (method === 'HEAD' ? 'GET' : method))
    if (route === undefined)
      throw new MethodNotAllowed(path, [...new Set(here.map((r) => r.method))])
    const params = route.segments.flatMap((segment, i) =>
      isParameter(segment) ? [[parameterName(segment), asked[i]!] as const] : [],
    )
    return { route, params: Object.fromEntries(params), query }
  }

  #failure(error: unknown): HttpResponse {
    const known = asControlError(error)
    if (known !== undefined) return failed(known)
    this.context.logger.error(
      { err: error },
      'a request to the control API has failed unexpectedly',
    )
    return failed(new ControlError(500, 'INTERNAL_ERROR', 'the broker has failed at this'))
  }
}

class MethodNotAllowed extends ControlError {
  constructor(
    path: string,
    readonly allowed: readonly Method[],
  ) {
    super(405, 'METHOD_NOT_ALLOWED', `${path} is for ${allowed.join(', ')}`)
  }
}

/** Parameters stand for anything but nothing, and give way to what is spelled out. */
function matches({ segments }: Route, asked: readonly string[]): boolean {
  if (segments.length !== asked.length) return false
  return segments.every((segment, i) => {
    return isParameter(segment) ? asked[i] !== '' : asked[i] === segment
  })
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (error) {
    throw badRequest(`the path has ${segment}, which isn't well encoded`, error)
  }
}

function mediaTypeOf({ headers }: HttpHead): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase()
}

/** @throws ControlError 415 */
function requireMediaType(route: Route, head: HttpHead): void {
  const { body, textBody } = route
  const { 'content-length': length, 'transfer-encoding': encoding } = head.headers
  const hasBody = (length !== undefined && length !== '0') || encoding !== undefined
  if (body === undefined && textBody === undefined) return
  // A seed that says nothing brings nothing about.
  if (!hasBody && body !== undefined) throw badRequest(`${route.method} ${route.path} needs a body`)
  const types = [
    ...(body === undefined ? [] : [JSON_TYPE]),
    ...Object.keys(textBody?.mediaTypes ?? {}),
  ]
  if (!types.includes(mediaTypeOf(head))) {
    throw unsupported(`the body's Content-Type has to be ${types.join(', ')}`)
  }
  const { 'content-type': type = '', 'content-encoding': coding = IDENTITY } = head.headers
  const charset = CHARSET.exec(type)?.[1]
  if (charset !== undefined && !UTF_8.has(charset.toLowerCase())) {
    throw unsupported(`the body's charset has to be utf-8, not ${charset}`)
  }
  if (coding.toLowerCase() !== IDENTITY) {
    throw unsupported(`the body can't have the Content-Encoding ${coding}`)
  }
}

const unsupported = (message: string): ControlError =>
  new ControlError(415, 'UNSUPPORTED_MEDIA_TYPE', message)

/** @throws ControlError 400 */
function parsedQuery(route: Route, query: string): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {}
  for (const [name, value] of new URLSearchParams(query)) {
    const schema = Object.hasOwn(route.query, name) ? route.query[name] : undefined
    if (schema === undefined) {
      const names = Object.keys(route.query).join(', ')
      throw badRequest(
        `the query has ${name}; ${names === '' ? 'there is none' : `there are ${names}`}`,
      )
    }
    if (Object.hasOwn(values, name)) throw badRequest(`the query has ${name} more than once`)
    values[name] = checked(schema, queryValue(schema, value), name)
  }
  return values
}

/** @throws ControlError 400 */
function parsedBody({ body, textBody }: Route, bytes: Buffer): unknown {
  if (textBody !== undefined) return textOf(bytes)
  if (body === undefined) return undefined
  const text = textOf(bytes)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw badRequest(`the body is no JSON: ${(error as Error).message}`, error)
  }
  return checked(body, value, 'the body')
}

/** @throws ControlError 400 */
function textOf(bytes: Buffer): string {
  try {
    return utf8Text(bytes)
  } catch (error) {
    throw badRequest(`the body: ${(error as Error).message}`, error)
  }
}

function answered({ answer }: Route, value: unknown): HttpResponse {
  if ('mediaType' in answer) return response(200, answer.mediaType, String(value))
  return response(200, JSON_TYPE, JSON.stringify(value))
}

function asControlError(error: unknown): ControlError | undefined {
  if (error instanceof ControlError) return error
  if (error instanceof NotRunningError) {
    return new ControlError(503, 'NOT_RUNNING', error.message)
  }
  if (error instanceof BrokerFailedError) {
    return new ControlError(503, 'BROKER_FAILED', error.message)
  }
  if (error instanceof KafkaError) {
    const status = ABSENT.has(error.code) ? 404 : 409
    return new ControlError(status, errorName(error.code), error.message)
  }
  return undefined
}

function failed(error: ControlError): HttpResponse {
  const { status, code, message, saw } = error
  const body = JSON.stringify({ error: { code, message, ...(saw === undefined ? {} : { saw }) } })
  const made = response(status, JSON_TYPE, body)
  if (!(error instanceof MethodNotAllowed)) return made
  return { ...made, headers: { ...made.headers, allow: error.allowed.join(', ') } }
}

const response = (status: number, mediaType: string, body: string): HttpResponse => ({
  status,
  headers: { ...COMMON_HEADERS, 'content-type': `${mediaType}; charset=utf-8` },
  body,
})
