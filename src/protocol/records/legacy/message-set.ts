import { CompressionType, TimestampType } from '../batch.js'
import { invalid } from '../record-error.js'
import { compressMessages, decompressMessages } from './compression.js'
import {
  isPlain,
  type LegacyMagic,
  type LegacyMessage,
  MAGIC_V1,
  nextMessage,
  readMessage,
  sizeOfMessage,
  writeMessageAt,
} from './message.js'

/** What is to be written of a record; headers have no place in old formats. */
export interface MessageInput {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
}

export interface MessageSetFormat {
  readonly magic: LegacyMagic
  readonly compression: CompressionType
  readonly timestampType: TimestampType
}

/**
 * The messages one after the other, those that are wrapped still wrapped. What isn't whole at the end
 * is left out: fetches ended so.
 *
 * @throws KafkaError CORRUPT_MESSAGE
 */
export function* messagesOf(bytes: Buffer): Generator<LegacyMessage> {
  let at = 0
  for (let end = nextMessage(bytes, at); end !== -1; end = nextMessage(bytes, at)) {
    yield readMessage(bytes, at, end)
    at = end
  }
}

/**
 * The messages within a wrapper. In format 1 their offsets are relative, and the wrapper's is that of
 * the last one; where the broker set the time, the wrapper has it (KIP-31, KIP-32).
 *
 * @throws KafkaError CORRUPT_MESSAGE, INVALID_RECORD, UNSUPPORTED_COMPRESSION_TYPE
 */
export function unwrapMessages(wrapper: LegacyMessage, maxBytes: number): LegacyMessage[] {
  const { magic, compression, value, timestampType, timestamp } = wrapper
  if (value === null) {
    throw invalid(`Found invalid compressed record set with null value (magic = ${magic})`)
  }
  const inner = [...messagesOf(decompressMessages(magic, compression, value, maxBytes))]
  const last = inner.at(-1)
  if (last === undefined) throw invalid('Found invalid compressed record set with no inner records')
  const base = magic === MAGIC_V1 ? wrapper.offset - last.offset : 0
  return inner.map((message, index) => {
    if (message.magic !== magic) {
      throw invalid(
        `Compressed message magic ${message.magic} does not match wrapper magic ${magic}`,
      )
    }
    if (!isPlain(message)) {
      throw invalid(`Record ${index} is compressed within a compressed one`)
    }
    const appendTime = timestampType === TimestampType.LOG_APPEND_TIME
    return {
      ...message,
      offset: base + message.offset,
      timestampType,
      timestamp: appendTime ? timestamp : message.timestamp,
    }
  })
}

/**
 * Bytes of a message set that holds the records, of which there is at least one; with a compression,
 * one message that wraps them (Kafka's `MemoryRecordsBuilder` with magic 0 and 1).
 */
export function writeMessageSet(
  { magic, compression, timestampType }: MessageSetFormat,
  records: readonly MessageInput[],
): Buffer {
  const isWrapped = compression !== CompressionType.NONE
  const base = isWrapped && magic === MAGIC_V1 ? records[0]!.offset : 0
  const messages = records.map(
    ({ offset, timestamp, key, value }): LegacyMessage => ({
      offset: offset - base,
      magic,
      compression: CompressionType.NONE,
      timestampType,
      timestamp,
      key,
      value,
    }),
  )
  const plain = concatenated(messages)
  if (!isWrapped) return plain
  let timestamp = -1
  for (const each of records) timestamp = Math.max(timestamp, each.timestamp)
  const value = compressMessages(magic, compression, plain)
  const { offset } = records.at(-1)!
  return concatenated([{ offset, magic, compression, timestampType, timestamp, key: null, value }])
}

function concatenated(messages: readonly LegacyMessage[]): Buffer {
  let size = 0
  for (const message of messages) size += sizeOfMessage(message)
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const message of messages) at = writeMessageAt(bytes, at, message)
  return bytes
}
