import {
  type Answer,
  CLOSE_CONNECTION,
  NO_ANSWER,
  PooledAnswer,
  releaseAnswer,
} from '../../broker/handler.js'
import type { Exchange, Proceed } from '../../broker/interceptor.js'
import { ApiKey } from '../../protocol/api-keys.js'
import { includes } from '../../protocol/codec/index.js'
import { errorName } from '../../protocol/errors.js'
import type { FetchResponse } from '../../protocol/schema/fetch.js'
import type { ActiveFault, WaitEnd } from './active-fault.js'
import { errorCodeOf } from './check-spec.js'
import { withBadCrc } from './corrupt-batches.js'
import type { Struct } from './entities.js'
import type { FaultAction, FaultKind } from './fault-spec.js'
import { injectError } from './inject-error.js'
import type { Match, RequestMatcher } from './request-matcher.js'

/** A fault and the request that it may strike. */
export interface Call {
  readonly fault: ActiveFault
  readonly matcher: RequestMatcher
  readonly match: Match
  readonly exchange: Exchange
  /** The request as it is without this fault. */
  readonly proceed: Proceed
  /** Something that the fault is for happens. @returns whether it strikes */
  readonly strike: () => boolean
  /** Takes nothing more from the connection for so long. */
  readonly mute: (ms: number) => void
}

type Strike<K extends FaultKind> = (
  call: Call,
  action: Extract<FaultAction, { kind: K }>,
) => Answer<unknown> | Promise<Answer<unknown>>

async function error(call: Call, action: Extract<FaultAction, { kind: 'error' }>) {
  const { exchange, matcher, match, proceed, strike } = call
  const code = errorCodeOf(action.error)
  if (exchange.context.apiKey === ApiKey.Fetch && matcher.selection !== undefined) {
    return failFetched(call, code)
  }
  const { level } = matcher
  const injected = { code, message: action.message ?? errorName(code), level }
  const { when = 'before' } = action
  return injectError({ exchange, matcher, match, proceed, strike, when, error: injected })
}

/** Most partitions of a fetch session aren't in its requests: the handler asks about each. */
function failFetched({ exchange, matcher, proceed, strike }: Call, code: number) {
  let strikes: boolean | undefined
  const { context } = exchange
  const before = context.refusePartition
  context.refusePartition = (topic, partition) => {
    const earlier = before?.(topic, partition)
    if (earlier !== undefined) return earlier
    if (!matcher.isPartition(topic, partition)) return undefined
    strikes ??= strike()
    return strikes ? code : undefined
  }
  return proceed()
}

async function delay(call: Call, { ms, when }: Extract<FaultAction, { kind: 'delay' }>) {
  const { fault, exchange, proceed } = call
  const { peer } = exchange.context
  if (!call.strike()) return proceed()
  if (when === 'after') return heldAnswer(await proceed(), fault.wait(peer, ms))
  return heldRequest(proceed, fault.wait(peer, ms))
}

/** A request after the wait for it, unless the client has gone meanwhile, or is to go. */
async function heldRequest(proceed: Proceed, waiting: Promise<WaitEnd>) {
  return INSTEAD[await waiting] ?? proceed()
}

/** An answer after the wait for it, unless the client has gone meanwhile, or is to go. */
async function heldAnswer(answer: Answer<unknown>, waiting: Promise<WaitEnd>) {
  const instead = INSTEAD[await waiting]
  if (instead !== undefined) releaseAnswer(answer)
  return instead ?? answer
}

/** Nothing is said when a wait has ended so. */
const INSTEAD: { readonly [E in WaitEnd]?: Answer<unknown> } = {
  gone: NO_ANSWER,
  closed: CLOSE_CONNECTION,
}

async function disconnect(call: Call, { when }: Extract<FaultAction, { kind: 'disconnect' }>) {
  if (!call.strike()) return call.proceed()
  if (when === 'after') releaseAnswer(await call.proceed())
  return CLOSE_CONNECTION
}

async function drop(call: Call, { when }: Extract<FaultAction, { kind: 'drop' }>) {
  const { fault, exchange, proceed } = call
  const { peer } = exchange.context
  if (!call.strike()) return proceed()
  if (when === 'after') return heldAnswer(await proceed(), fault.wait(peer))
  return heldRequest(proceed, fault.wait(peer))
}

async function blackhole({ fault, exchange, proceed, strike }: Call) {
  if (!strike()) return proceed()
  return heldRequest(proceed, fault.wait(exchange.context.peer))
}

async function throttle(call: Call, { ms }: Extract<FaultAction, { kind: 'throttle' }>) {
  const { exchange, proceed, strike, mute } = call
  const { handler, context } = exchange
  const { throttleTimeMs } = handler.response.fields
  const isTold =
    throttleTimeMs !== undefined && includes(throttleTimeMs.modifiers.versions, context.apiVersion)
  if (!strike()) return proceed()
  const answer = await proceed()
  mute(ms)
  return isTold ? changed(answer, (message) => ({ ...message, throttleTimeMs: ms })) : answer
}

async function corrupt({ exchange, matcher, proceed, strike }: Call) {
  if (exchange.context.apiKey !== ApiKey.Fetch) return proceed()
  let strikes: boolean | undefined
  return changed(await proceed(), (message) => {
    const { responses } = message as unknown as FetchResponse
    const corrupted = responses.map((topic) => ({
      ...topic,
      partitions: topic.partitions.map((partition) => {
        const { records, partitionIndex } = partition
        const name = topic.topic === '' ? matcher.broker.topicNames(topic.topicId) : topic.topic
        if (isEmpty(records) || !matcher.isPartition(name, partitionIndex)) return partition
        strikes ??= strike()
        return strikes ? { ...partition, records: withBadCrc(records!) } : partition
      }),
    }))
    return { ...message, responses: corrupted }
  })
}

/** Records come in pieces. */
function isEmpty(records: Buffer | readonly Buffer[] | null): boolean {
  return records === null || records.length === 0
}

function changed(answer: Answer<unknown>, change: (message: Struct) => Struct): Answer<unknown> {
  if (answer === NO_ANSWER || answer === CLOSE_CONNECTION) return answer
  if (!(answer instanceof PooledAnswer)) return change(answer as Struct)
  return new PooledAnswer(change(answer.message as Struct), answer.release)
}

/** What the kinds of faults that strike requests do with them. */
export const strikes: { readonly [K in FaultKind]?: Strike<K> } = {
  error,
  delay,
  disconnect,
  drop,
  blackhole,
  throttle,
  corrupt,
}

/** They act on whatever is answered, by other faults too. */
export const AROUND: ReadonlySet<FaultKind> = new Set(['delay', 'throttle', 'corrupt'])
