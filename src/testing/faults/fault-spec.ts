import type { ApiName } from '../../protocol/api-keys.js'
import type { ErrorName } from '../../protocol/errors.js'

/** One API, several, or all of them. */
export type ApiSelector = ApiName | readonly ApiName[] | '*'

/** A name: exactly this one, or, between slashes or as a RegExp, every one that matches. */
export type NameSelector = string | RegExp

/**
 * Which requests a fault is for; all that is named must be so. A topic, partition, group or
 * transactional id picks those entries out of a request, and the others of the same request are
 * answered as ever.
 */
export interface FaultSelectors {
  readonly clientId?: NameSelector
  readonly topic?: NameSelector
  readonly partition?: number
  readonly group?: NameSelector
  readonly transactionalId?: NameSelector
  /** Node id of the broker that is asked. */
  readonly broker?: number
  /** A connection's id, as the journal has it. */
  readonly connection?: string
}

/** When a fault strikes among the requests that it is for: at each, unless said. */
export interface FaultTriggers {
  /** At the first one only. */
  readonly once?: boolean
  /** At the first so many. */
  readonly times?: number
  /** At that one only, the first being 1; with {@link times} at so many from there on. */
  readonly onCall?: number
  /** At each with this probability, 0 to 1. */
  readonly probability?: number
  /** What decides then: the same seed strikes at the same calls. 1 unless said. */
  readonly seed?: number
}

/** Before the request has any effect, or after it, so that only its answer is lost. */
export type FaultMoment = 'before' | 'after'

/** What a failing disk says. */
export type DiskOperation = 'read' | 'write' | 'sync'

/** What goes wrong. */
export type FaultAction =
  | {
      /** Answered with an error, in each place where that API's response has one. */
      readonly kind: 'error'
      readonly api: ApiSelector
      /** Kafka's name of the error, or its code. */
      readonly error: ErrorName | number
      /** Told where the response has a place for it. */
      readonly message?: string
      /** `after`: what was asked for is done all the same. `before` unless said. */
      readonly when?: FaultMoment
    }
  | {
      /** Answered later by so many milliseconds; what else that connection asks waits behind it. */
      readonly kind: 'delay'
      readonly api: ApiSelector
      readonly ms: number
      /** `after`: has its effect at once. `before` unless said. */
      readonly when?: FaultMoment
    }
  | {
      /** The connection is closed instead of an answer. */
      readonly kind: 'disconnect'
      readonly api: ApiSelector
      readonly when: FaultMoment
    }
  | {
      /**
       * Not answered, and neither is what the connection asks after it, as with a broker that
       * hangs: until the client closes the connection, or the fault is stopped.
       */
      readonly kind: 'drop'
      readonly api: ApiSelector
      readonly when?: FaultMoment
    }
  | {
      /**
       * Answered with a throttle time, in milliseconds, for which nothing more is taken from the
       * connection (KIP-219).
       */
      readonly kind: 'throttle'
      readonly api: ApiSelector
      readonly ms: number
    }
  /** Nothing that these clients send has an effect or an answer. */
  | { readonly kind: 'blackhole' }
  /** Fetched record batches don't match their CRC. */
  | { readonly kind: 'corrupt' }
  | {
      /** Versions beyond are neither advertised nor served; with `max` -1 the API isn't there at all. */
      readonly kind: 'capVersions'
      readonly api: ApiSelector
      readonly max: number
      readonly min?: number
    }
  | {
      /** Advertises and serves what that release of Apache Kafka did, e.g. `2.8`. */
      readonly kind: 'asVersion'
      readonly release: string
    }
  /** The broker's port is closed, and its connections; it opens again with `stop`. */
  | { readonly kind: 'down' }
  /** Writes fail with ENOSPC. */
  | { readonly kind: 'diskFull'; readonly path?: NameSelector }
  | {
      /** Reads, writes or syncs of files fail; all of them unless said. */
      readonly kind: 'ioError'
      readonly operation?: DiskOperation
      /** Files whose path has this in it (`orders-0`), or matches. */
      readonly path?: NameSelector
      /** The system's name of the error, `EIO` unless said. */
      readonly code?: string
    }
  /** The controller takes the broker for dead: it leads nothing until `stop`. */
  | { readonly kind: 'fenceBroker' }

export type FaultKind = FaultAction['kind']

/** A fault as data: what the command line and HTTP know as JSON. */
export type FaultSpec = FaultAction & FaultSelectors & FaultTriggers

/** What may be said of a fault beside what goes wrong. */
export type FaultOptions = FaultSelectors &
  FaultTriggers & {
    /** Ends the fault when it is aborted, or resolves. */
    readonly until?: AbortSignal | Promise<unknown>
  }
