import {
  type Answer,
  CLOSE_CONNECTION,
  NO_ANSWER,
  PooledAnswer,
  releaseAnswer,
} from '../../broker/handler.js'
import type { Exchange, Proceed } from '../../broker/interceptor.js'
import { ApiKey } from '../../protocol/api-keys.js'
import { type ErrorCode, KafkaError } from '../../protocol/errors.js'
import type { MetadataResponse } from '../../protocol/schema/metadata.js'
import type { Struct } from './entities.js'
import {
  entriesFor,
  failEntries,
  type InjectedError,
  tellsOfEntries,
  withoutFailures,
} from './error-entries.js'
import type { FaultMoment } from './fault-spec.js'
import type { Match, RequestMatcher } from './request-matcher.js'
import { mergeMessages } from './split.js'

export interface Injection {
  readonly exchange: Exchange
  readonly proceed: Proceed
  readonly matcher: RequestMatcher
  readonly match: Match
  readonly error: InjectedError
  /** After: it takes effect all the same. */
  readonly when: FaultMoment
  /** The fault strikes now; only once what it is for has been found in an answer. */
  readonly strike: () => boolean
}

/**
 * Answers a request, or the entries of it that a fault is for, with an error, as the handler itself
 * would say that all of it has failed (Kafka's `getErrorResponse`); the other entries are answered as
 * ever.
 */
export async function injectError(injection: Injection): Promise<Answer<unknown>> {
  const { exchange, proceed, match, when } = injection
  if (exchange.context.apiKey === ApiKey.Metadata) return failMetadata(injection)
  if (match.kind === 'all') return failFound(injection, await proceed())
  if (!injection.strike()) return proceed()
  if (match.kind === 'whole') {
    if (when === 'after') {
      const done = await proceed()
      if (messageOf(done) === undefined) return done
    }
    return refuseWhole(injection)
  }
  const { meant, rest } = match.split
  if (!tellsOfEntries(exchange.handler.response)) {
    if (when === 'after') releaseAnswer(await proceed())
    return refuse(injection, exchange.request)
  }
  const done = await proceed(when === 'after' ? exchange.request : rest)
  const real = messageOf(done)
  // Nobody hears of errors, so the connection is closed for them.
  if (real === undefined) return done === NO_ANSWER ? CLOSE_CONNECTION : done
  return combine(injection, when === 'after' ? othersIn(injection, real) : real, meant!)
}

/**
 * All that was asked for fails. Where topics or partitions were picked out, each of them says so, also
 * where the handler itself would say it once for all that they are in (the group of an OffsetFetch).
 */
function refuseWhole(injection: Injection): Answer<unknown> {
  const { exchange, matcher, error } = injection
  const { request, response } = exchange.handler
  const refused = refuse(injection, exchange.request)
  const isOfTopics = error.level === 'topic' || error.level === 'partition'
  if (!isOfTopics || !tellsOfEntries(response)) return refused
  const refusal = messageOf(refused)
  if (refusal === undefined) return refused
  if (matcher.splitter(exchange).split(response, refusal).meant !== undefined) return refusal
  const reader = matcher.reader(exchange)
  const entries = entriesFor(request, exchange.request as Struct, response, reader, error)
  return mergeMessages(response, reader, withoutFailures(refusal), entries)
}

/** The answer's message; undefined without one. What was lent for it is given back. */
function messageOf(answer: Answer<unknown>): Struct | undefined {
  if (answer === NO_ANSWER || answer === CLOSE_CONNECTION) return undefined
  releaseAnswer(answer)
  return (answer instanceof PooledAnswer ? answer.message : answer) as Struct
}

function refuse({ exchange, error }: Injection, request: unknown): Answer<unknown> {
  const { handler, context } = exchange
  const code = error.code as ErrorCode
  const refusal = new KafkaError(code, error.message ?? undefined)
  return handler.refuse(request, refusal, context)
}

/** What is answered of the entries that the fault isn't for. */
function othersIn({ exchange, matcher }: Injection, real: Struct): Struct {
  const { response } = exchange.handler
  const { meant, rest } = matcher.splitter(exchange).split(response, real)
  if (rest !== undefined || meant === undefined) return rest ?? real
  // All of it: an answer with no entries.
  return mapArrays(real, () => [])
}

function mapArrays(value: Struct, map: (array: unknown[]) => unknown[]): Struct {
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, Array.isArray(each) ? map(each) : each]),
  )
}

/** The real answer with the failed entries of those that were meant. */
function combine(injection: Injection, real: Struct, meant: Struct): Struct {
  const { exchange, matcher, error } = injection
  const { request, response } = exchange.handler
  const reader = matcher.reader(exchange)
  const refusal = messageOf(refuse(injection, meant))
  const splitter = matcher.splitter(exchange)
  if (refusal !== undefined && splitter.split(response, refusal).meant !== undefined) {
    return mergeMessages(response, reader, real, refusal)
  }
  return mergeMessages(response, reader, real, entriesFor(request, meant, response, reader, error))
}

/** Of what was answered to a request for all there is, the entries that are meant fail. */
function failFound(injection: Injection, answer: Answer<unknown>): Answer<unknown> {
  const { exchange, matcher, error } = injection
  const { response } = exchange.handler
  if (answer === NO_ANSWER || answer === CLOSE_CONNECTION) return answer
  const real = (answer instanceof PooledAnswer ? answer.message : answer) as Struct
  const { meant, rest } = matcher.splitter(exchange).split(response, real)
  if (meant === undefined || !injection.strike()) return answer
  releaseAnswer(answer)
  const failed = failEntries(response, meant, error, false)
  if (rest === undefined) return failed
  return mergeMessages(response, matcher.reader(exchange), rest, failed)
}

/**
 * Kafka tells where its brokers are also when it has an error for each topic; clients take an answer
 * without brokers for none at all.
 */
async function failMetadata(injection: Injection): Promise<Answer<unknown>> {
  const { exchange, proceed, match, error, when, matcher } = injection
  if (match.kind === 'all') return failFound(injection, await proceed())
  if (!injection.strike()) return proceed()
  const request = exchange.request as Struct
  const answer = await proceed(when === 'after' ? request : withoutCreation(request))
  if (matcher.selection !== undefined)
    return failFound({ ...injection, strike: () => true }, answer)
  const real = messageOf(answer)
  if (real === undefined) return answer
  if (request.topics === null) return failEntries(exchange.handler.response, real, error, true)
  const { topics, errorCode } = messageOf(refuse(injection, request)) as MetadataResponse
  return { ...real, topics, errorCode }
}

const withoutCreation = (request: Struct): Struct => ({ ...request, allowAutoTopicCreation: false })
