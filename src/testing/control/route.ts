import type { ControlContext } from './context.js'
import type { JsonSchema, Of, Schema } from './schema.js'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Text in one of several formats, which the route reads itself. */
export interface TextBody {
  /** What each holds, by its media type. */
  readonly mediaTypes: Readonly<Record<string, JsonSchema>>
  readonly description: string
}

type QuerySchemas = Readonly<Record<string, Schema<unknown>>>
type Query<Q extends QuerySchemas> = { readonly [K in keyof Q]?: Of<Q[K]> }

/** A request that has been understood. */
export interface Call<Q, B> {
  readonly context: ControlContext
  /** The parts of the path in braces, by name. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Q
  readonly body: B
  /** Of a {@link TextBody}. */
  readonly mediaType: string
  /** Called once when nobody waits for the answer any more. */
  onAbandoned(listener: () => void): void
}

export interface RouteOptions<Q extends QuerySchemas, B, A> {
  readonly method: Method
  /** `/topics/{name}/records` */
  readonly path: string
  /** What the generated code of clients calls it. */
  readonly operationId: string
  readonly summary: string
  readonly query?: Q
  /** What is sent as JSON. */
  readonly body?: Schema<B>
  readonly textBody?: TextBody
  /** What is answered as JSON, with status 200; text of that media type otherwise. */
  readonly answer: Schema<A> | { readonly mediaType: string }
  readonly handle: (call: Call<Query<Q>, B>) => A | Promise<A>
}

/** One thing that the API does: what dispatches, checks, and describes it. */
export interface Route {
  readonly method: Method
  readonly path: string
  /** The parts of the path; those in braces are parameters. */
  readonly segments: readonly string[]
  readonly operationId: string
  readonly summary: string
  readonly query: Readonly<Record<string, JsonSchema>>
  readonly body: JsonSchema | undefined
  readonly textBody: TextBody | undefined
  readonly answer: JsonSchema | { readonly mediaType: string }
  readonly handle: (call: Call<Readonly<Record<string, unknown>>, unknown>) => unknown
}

export function route<A, Q extends QuerySchemas = Record<never, never>, B = undefined>(
  options: RouteOptions<Q, B, A>,
): Route {
  const { path, query, body, textBody, handle } = options
  return {
    ...options,
    segments: path.split('/').slice(1),
    query: query ?? {},
    body,
    textBody,
    // The router hands each what its own schemas have been checked against.
    handle: handle as Route['handle'],
  }
}

export const isParameter = (segment: string): boolean => segment.startsWith('{')
export const parameterName = (segment: string): string => segment.slice(1, -1)
