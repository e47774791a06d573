import { ApiKey, type ApiName } from '../api-keys.js'
import type { Codec } from './codec.js'
import type { Fields, StructInput, StructValue } from './field.js'
import {
  includes,
  NO_VERSIONS,
  parseVersions,
  type Versions,
  type VersionText,
} from './versions.js'

export type MessageKind = 'request' | 'response' | 'record' | 'data'

/** The schema of one message in all its versions. */
export interface Message<Value, Input> {
  readonly $value: Value
  readonly $input: Input
  /** Kafka's name, e.g. `HeartbeatRequest`. */
  readonly name: string
  readonly kind: MessageKind
  /** The API key of a request or response, or the type id of a record; -1 of other data. */
  readonly key: number
  readonly versions: Versions
  /** The versions with compact types and tagged fields (KIP-482). */
  readonly flexible: Versions
  /** What ApiVersions says where Kafka's answer isn't `versions`. */
  readonly advertised: Versions
  /** Versions that Kafka 3.9 still had, for who asks for them: none of `versions`. */
  readonly legacy: Versions
  readonly fields: Fields
  /** The codecs compiled so far, by version. */
  readonly codecs: (Codec<Value, Input> | undefined)[]
}

// biome-ignore lint/suspicious/noExplicitAny: a message of any shape
export type AnyMessage = Message<any, any>

/** Whether the message can be read and written in that version. */
export function hasVersion({ versions, legacy }: AnyMessage, version: number): boolean {
  return includes(versions, version) || includes(legacy, version)
}

/** What decoding a message gives. */
export type Infer<M extends { readonly $value: unknown }> = M['$value']
/** What encoding a message takes: fields with a default may be left out. */
export type Input<M extends { readonly $input: unknown }> = M['$input']

type MessageOf<F extends Fields> = Message<StructValue<F>, StructInput<F>>

interface Options {
  /** What ApiVersions says, where it isn't the versions of the schema. */
  readonly advertised?: VersionText
  /** What Kafka 3.9 had before the schema's first version. */
  readonly legacy?: VersionText
}

function message<F extends Fields>(
  kind: MessageKind,
  name: string,
  key: number,
  versions: VersionText,
  flexible: VersionText | 'none',
  fields: F,
  options: Options = {},
): MessageOf<F> {
  const schema: Omit<MessageOf<F>, '$value' | '$input'> = {
    name,
    kind,
    key,
    versions: parseVersions(versions),
    flexible: parseVersions(flexible),
    advertised: parseVersions(options.advertised ?? versions),
    legacy: options.legacy === undefined ? NO_VERSIONS : parseVersions(options.legacy),
    fields,
    codecs: [],
  }
  return schema as MessageOf<F>
}

/** A request: the API's name, valid versions, flexible versions, fields in the order of the wire. */
export function request<F extends Fields>(
  api: ApiName,
  versions: VersionText,
  flexible: VersionText | 'none',
  fields: F,
  options?: Options,
): MessageOf<F> {
  return message('request', `${api}Request`, ApiKey[api], versions, flexible, fields, options)
}

export function response<F extends Fields>(
  api: ApiName,
  versions: VersionText,
  flexible: VersionText | 'none',
  fields: F,
  options?: Options,
): MessageOf<F> {
  return message('response', `${api}Response`, ApiKey[api], versions, flexible, fields, options)
}

/** A record of one of Kafka's own logs; `id` tells it from the log's other records. */
export function record<F extends Fields>(
  name: string,
  id: number,
  versions: VersionText,
  flexible: VersionText | 'none',
  fields: F,
): MessageOf<F> {
  return message('record', name, id, versions, flexible, fields)
}

/** Anything else with Kafka's encoding: headers, embedded protocols, control records. */
export function data<F extends Fields>(
  name: string,
  versions: VersionText,
  flexible: VersionText | 'none',
  fields: F,
): MessageOf<F> {
  return message('data', name, -1, versions, flexible, fields)
}
