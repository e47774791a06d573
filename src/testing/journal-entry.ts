import type { ApiName } from '../protocol/api-keys.js'
import type { ErrorName } from '../protocol/errors.js'

/** What became of a request. */
export type JournalOutcome =
  /** There is an answer. */
  | 'answered'
  /** None was asked for (Produce with acks 0), or the client had gone. */
  | 'unanswered'
  /** The connection was closed instead. */
  | 'disconnected'

/** A request, and its response once there is one. */
export interface JournalEntry {
  /** Counts the broker's requests, from 1. */
  readonly number: number
  readonly api: ApiName
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
  /** Kafka's form: `local address:port-remote address:port-number`. */
  readonly connection: string
  /** Name of the listener, e.g. `PLAINTEXT`. */
  readonly listener: string
  /** Decoded, with the names of the protocol's fields; long bytes are cut short. */
  readonly request: Readonly<Record<string, unknown>>
  readonly requestBytes: number
  /** Milliseconds since the Unix epoch, of the machine's clock. */
  readonly atMs: number
  /** Undefined while it is under way. */
  readonly outcome: JournalOutcome | undefined
  /** As {@link request}; undefined without an answer. */
  readonly response: Readonly<Record<string, unknown>> | undefined
  readonly responseBytes: number
  /** From the request's arrival to its answer; undefined while it is under way. */
  readonly durationMs: number | undefined
  /** Every error in the response, wherever it stands, each once; empty when there is none. */
  readonly errors: readonly ErrorName[]
  /** Ids of the faults that struck it. */
  readonly faults: readonly number[]
}

/** Which entries are meant: all that is named must be so. */
export interface JournalFilter {
  readonly api?: ApiName
  readonly clientId?: string | RegExp
  readonly connection?: string
  /** Error that is in the response. */
  readonly error?: ErrorName
  /** Entries after this number. */
  readonly after?: number
}

/** What has been asked and answered, the last of it: bounded by entries and by bytes. */
export interface Journal {
  /** The oldest first. */
  entries(filter?: JournalFilter): readonly JournalEntry[]
  /** Number of the last request, 0 before the first. */
  readonly lastNumber: number
  /** Forgets what is there. */
  clear(): void
  /** Calls `listener` when a request has come and again when it is answered. @returns what ends it */
  listen(listener: (entry: JournalEntry) => void): () => void
}
