import { ApiKey } from '../api-keys.js'
import { type Api, apis } from '../apis.js'
import { decode, writeMessage } from './codec.js'
import { int16, int32, string } from './field.js'
import { data, type Infer, type Input, type Message } from './message.js'
import { DecodeError } from './reader.js'
import { includes } from './versions.js'
import { Writer } from './writer.js'

export const RequestHeader = data('RequestHeader', '1-2', '2+', {
  requestApiKey: int16,
  requestApiVersion: int16,
  correlationId: int32,
  // Not compact in any version, so that every broker can read it and answer (KIP-511).
  clientId: string.nullable.inflexible,
})
export type RequestHeader = Infer<typeof RequestHeader>

export const ResponseHeader = data('ResponseHeader', '0-1', '1+', {
  correlationId: int32,
})
export type ResponseHeader = Infer<typeof ResponseHeader>

/**
 * The version of the header before a request, also for versions that Kafka 4.3 doesn't have.
 *
 * @throws RangeError for an unknown API, whose requests can't be read at all
 */
export function requestHeaderVersion(apiKey: number, apiVersion: number): 1 | 2 {
  return includes(apiOf(apiKey).request.flexible, apiVersion) ? 2 : 1
}

/**
 * The version of the header before a response.
 *
 * @throws RangeError for an unknown API
 */
export function responseHeaderVersion(apiKey: number, apiVersion: number): 0 | 1 {
  // A client asks for ApiVersions before it knows what the broker speaks, and must be able to read
  // the answer in any case (KIP-511).
  if (apiKey === ApiKey.ApiVersions) return 0
  return includes(apiOf(apiKey).response.flexible, apiVersion) ? 1 : 0
}

function apiOf(key: number): Api {
  const api = apis.get(key)
  if (api === undefined) throw new RangeError(`no API has key ${key}`)
  return api
}

/** A request's header and where its body begins. */
export interface DecodedRequestHeader {
  readonly header: RequestHeader
  readonly bodyOffset: number
}

/**
 * Decodes the header of the request in `frame` (without the frame's size).
 *
 * @throws DecodeError when it can't be read, which includes an unknown API key
 */
export function decodeRequestHeader(frame: Buffer, offset = 0): DecodedRequestHeader {
  if (frame.length - offset < 4) throw new DecodeError('no request header', offset)
  const apiKey = frame.readInt16BE(offset)
  if (!apis.has(apiKey)) throw new DecodeError(`unknown API key ${apiKey}`, offset)
  const version = requestHeaderVersion(apiKey, frame.readInt16BE(offset + 2))
  const { value, end } = decode(RequestHeader, version, frame, offset)
  return { header: value, bodyOffset: end }
}

/** Encodes a whole request frame: size, header, body. */
export function encodeRequestFrame<V, I>(
  message: Message<V, I>,
  apiVersion: number,
  header: { readonly correlationId: number; readonly clientId: string | null },
  body: I,
): Buffer[] {
  const fullHeader: Input<typeof RequestHeader> = {
    requestApiKey: message.key,
    requestApiVersion: apiVersion,
    ...header,
  }
  const writer = new Writer()
  writer.beginFrame()
  writeMessage(writer, RequestHeader, requestHeaderVersion(message.key, apiVersion), fullHeader)
  writeMessage(writer, message, apiVersion, body)
  return writer.frame()
}

/** Encodes a whole response frame: size, header, body. */
export function encodeResponseFrame<V, I>(
  message: Message<V, I>,
  apiVersion: number,
  correlationId: number,
  body: I,
): Buffer[] {
  const writer = new Writer()
  writer.beginFrame()
  const headerVersion = responseHeaderVersion(message.key, apiVersion)
  writeMessage(writer, ResponseHeader, headerVersion, { correlationId })
  writeMessage(writer, message, apiVersion, body)
  return writer.frame()
}
