import {
  type Answer,
  CLOSE_CONNECTION,
  NO_ANSWER,
  PooledAnswer,
  type RequestContext,
} from '../broker/handler.js'
import type { Answered, Exchange, Proceed, RequestInterceptor } from '../broker/interceptor.js'
import type { Clock } from '../env/clock.js'
import { type ApiName, apiName } from '../protocol/api-keys.js'
import type { ErrorName } from '../protocol/errors.js'
import type { Journal, JournalEntry, JournalFilter, JournalOutcome } from './journal-entry.js'
import { keptMessage } from './kept-message.js'
import { nameMatcher } from './name-matcher.js'
import { errorsIn } from './response-errors.js'

const DEFAULT_MAX_ENTRIES = 10_000
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024

type Body = Readonly<Record<string, unknown>>

/** An exchange as it is kept. */
class Entry implements JournalEntry {
  readonly api: ApiName
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly connection: string
  readonly listener: string
  outcome: JournalOutcome | undefined
  response: Body | undefined
  responseBytes = 0
  durationMs: number | undefined
  faults: readonly number[] = []
  #errors: readonly ErrorName[] | undefined

  constructor(
    readonly number: number,
    context: RequestContext,
    readonly request: Body,
    readonly requestBytes: number,
    readonly atMs: number,
  ) {
    this.api = apiName(context.apiKey)!
    this.version = context.apiVersion
    this.correlationId = context.correlationId
    this.clientId = context.clientId
    this.connection = context.connectionId
    this.listener = context.listener
  }

  get errors(): readonly ErrorName[] {
    if (this.response === undefined) return []
    this.#errors ??= errorsIn(this.response)
    return this.#errors
  }

  get bytes(): number {
    return this.requestBytes + this.responseBytes
  }
}

/**
 * Whether an entry is meant.
 *
 * @throws SyntaxError for a client id between slashes that is no regular expression
 */
export function entryMatcher(filter: JournalFilter): (entry: JournalEntry) => boolean {
  const { api, clientId, connection, error, after = 0 } = filter
  const isClient = clientId === undefined ? undefined : nameMatcher(clientId)
  return (entry) =>
    entry.number > after &&
    (api === undefined || entry.api === api) &&
    (isClient === undefined || isClient(entry.clientId ?? '')) &&
    (connection === undefined || entry.connection === connection) &&
    (error === undefined || entry.errors.includes(error))
}

export interface RequestJournalOptions {
  /** The machine's. */
  readonly clock: Clock
  readonly maxEntries?: number
  /** Of the requests and responses on the wire. */
  readonly maxBytes?: number
}

/** Keeps the last requests and their responses, and tells listeners of each. */
export class RequestJournal implements Journal, RequestInterceptor {
  lastNumber = 0
  readonly #clock: Clock
  readonly #maxEntries: number
  readonly #maxBytes: number
  /** The first {@link #begin} of them are forgotten. */
  #entries: Entry[] = []
  #begin = 0
  #bytes = 0
  readonly #underWay = new WeakMap<RequestContext, Entry>()
  readonly #listeners = new Set<(entry: JournalEntry) => void>()

  constructor({ clock, maxEntries, maxBytes }: RequestJournalOptions) {
    this.#clock = clock
    this.#maxEntries = maxEntries ?? DEFAULT_MAX_ENTRIES
    this.#maxBytes = maxBytes ?? DEFAULT_MAX_BYTES
  }

  entries(filter: JournalFilter = {}): readonly JournalEntry[] {
    return this.#entries.slice(this.#begin).filter(entryMatcher(filter))
  }

  clear(): void {
    this.#entries = []
    this.#begin = 0
    this.#bytes = 0
  }

  listen(listener: (entry: JournalEntry) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** A fault strikes a request that is under way. */
  struck(context: RequestContext, faultId: number): void {
    const entry = this.#underWay.get(context)
    if (entry !== undefined) entry.faults = [...entry.faults, faultId]
  }

  intercept(
    { context, handler, request, requestBytes }: Exchange,
    proceed: Proceed,
  ): Answer<unknown> | Promise<Answer<unknown>> {
    const body = keptMessage(handler.request, request) as Body
    const nowMs = this.#clock.now()
    const entry = new Entry(++this.lastNumber, context, body, requestBytes, nowMs)
    this.#underWay.set(context, entry)
    this.#keep(entry)
    this.#tell(entry)
    return proceed()
  }

  answered({ context, handler }: Exchange, { answer, responseBytes }: Answered): void {
    const entry = this.#underWay.get(context)
    if (entry === undefined) return
    entry.durationMs = this.#clock.now() - entry.atMs
    if (answer === NO_ANSWER) entry.outcome = 'unanswered'
    else if (answer === CLOSE_CONNECTION) entry.outcome = 'disconnected'
    else {
      const message = answer instanceof PooledAnswer ? answer.message : answer
      entry.response = keptMessage(handler.response, message) as Body
      entry.outcome = 'answered'
      entry.responseBytes = responseBytes
      // It may have been forgotten meanwhile.
      if (this.#isKept(entry)) this.#bytes += responseBytes
      this.#forget()
    }
    this.#tell(entry)
  }

  #keep(entry: Entry): void {
    if (this.#maxEntries <= 0) return
    this.#entries.push(entry)
    this.#bytes += entry.requestBytes
    this.#forget()
  }

  #isKept({ number }: Entry): boolean {
    const oldest = this.#entries[this.#begin]
    return oldest !== undefined && number >= oldest.number
  }

  #forget(): void {
    const entries = this.#entries
    const isFull = () =>
      entries.length - this.#begin > this.#maxEntries || this.#bytes > this.#maxBytes
    while (this.#begin < entries.length && isFull()) this.#bytes -= entries[this.#begin++]!.bytes
    // Moved together now and then only, so that each costs the same.
    if (this.#begin > this.#maxEntries || this.#begin === entries.length) {
      this.#entries = entries.slice(this.#begin)
      this.#begin = 0
    }
  }

  #tell(entry: JournalEntry): void {
    for (const listener of [...this.#listeners]) listener(entry)
  }
}
