import { compileRead } from './compile-read.js'
import { compileWrite } from './compile-write.js'
import { hasVersion, type Message } from './message.js'
import { DecodeError, Reader } from './reader.js'
import { includes } from './versions.js'
import { EncodeError, Writer } from './writer.js'

/** Reads and writes one version of one message. */
export interface Codec<Value, Input> {
  readonly version: number
  /** Reads the message at the reader's position. */
  readonly read: (reader: Reader) => Value
  /** Appends the message. */
  readonly write: (writer: Writer, message: Input) => void
}

/** A decoded message and where in the buffer it ends. */
export interface Decoded<Value> {
  readonly value: Value
  readonly end: number
}

/**
 * The codec of a version, compiled when it is first met.
 *
 * @throws RangeError when the message has no such version
 */
export function codecOf<V, I>(message: Message<V, I>, version: number): Codec<V, I> {
  const known = message.codecs[version]
  if (known !== undefined) return known
  if (!hasVersion(message, version)) {
    const { min, max } = message.versions
    throw new RangeError(`${message.name} has versions ${min} to ${max}, not ${version}`)
  }
  const codec = lazyCodec(message, version)
  message.codecs[version] = codec
  return codec
}

/** Most messages are only read or only written by one process, so each half waits for its first use. */
function lazyCodec<V, I>(message: Message<V, I>, version: number): Codec<V, I> {
  const flexible = includes(message.flexible, version)
  const codec = {
    version,
    read(reader: Reader): V {
      codec.read = compileRead<V>(message.fields, version, flexible)
      return codec.read(reader)
    },
    write(writer: Writer, input: I): void {
      codec.write = compileWrite<I>(message.fields, version, flexible)
      codec.write(writer, input)
    },
  }
  return codec
}

/**
 * Decodes a message. Bytes and records are views of `buffer`.
 *
 * @throws DecodeError when the bytes aren't that message
 */
export function decode<V, I>(
  message: Message<V, I>,
  version: number,
  buffer: Buffer,
  offset = 0,
): Decoded<V> {
  const codec = codecOf(message, version)
  const reader = new Reader(buffer, offset)
  try {
    const value = codec.read(reader)
    return { value, end: reader.position }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new DecodeError(`${message.name} v${version}: ${error.message}`, error.offset)
  }
}

/**
 * Encodes a message as a list of chunks: record bytes aren't copied, so they may not change until
 * the chunks were used.
 *
 * @throws EncodeError when a value doesn't fit its field, or has no place in this version
 */
export function encode<V, I>(message: Message<V, I>, version: number, input: I): Buffer[] {
  const writer = new Writer()
  writeMessage(writer, message, version, input)
  return writer.chunks()
}

/** The same in one buffer. */
export function encodeToBuffer<V, I>(message: Message<V, I>, version: number, input: I): Buffer {
  const chunks = encode(message, version, input)
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

/** Appends a message to what `writer` has already. */
export function writeMessage<V, I>(
  writer: Writer,
  message: Message<V, I>,
  version: number,
  input: I,
): void {
  const codec = codecOf(message, version)
  try {
    codec.write(writer, input)
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error
    throw new EncodeError(`${message.name} v${version}: ${error.message}`)
  }
}
