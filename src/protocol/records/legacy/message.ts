import { CompressionType, TimestampType } from '../batch.js'
import { readInt64, writeInt64 } from '../int64.js'
import { corrupt } from '../record-error.js'
import { crc32 } from './crc32.js'

/**
 * A message of format 0 or 1, as it stood in logs and on the wire before record batches (KIP-98),
 * while it lies in a buffer. Where messages are compressed, one message wraps the others: its value
 * is their compressed bytes (Kafka's `LegacyRecord` and `AbstractLegacyRecordBatch`).
 *
 *     offset int64, size int32, crc int32, magic int8, attributes int8,
 *     [timestamp int64, from format 1 on (KIP-32)], key bytes, value bytes
 */
export interface LegacyMessage {
  readonly offset: number
  readonly magic: LegacyMagic
  readonly compression: number
  readonly timestampType: TimestampType
  /** Milliseconds since the Unix epoch; -1 in format 0. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
}

export type LegacyMagic = 0 | 1

/** Bytes of offset and size, which the size doesn't count. */
export const LOG_OVERHEAD = 12
/** Bytes of a message of format 0 with neither key nor value, after its size. */
export const MIN_MESSAGE_SIZE = 14
export const MAGIC_V1 = 1

const SIZE = 8
const CRC = 12
const MAGIC = 16
const ATTRIBUTES = 17
const TIMESTAMP = 18
const LENGTH_BYTES = 4
const NULL_LENGTH = -1
const COMPRESSION_MASK = 0x07
const APPEND_TIME_MASK = 0x08
const NO_TIMESTAMP = -1

/**
 * Position after the message at `at`, -1 if it isn't whole.
 *
 * @throws KafkaError CORRUPT_MESSAGE for a size that no message has
 */
export function nextMessage(bytes: Buffer, at: number): number {
  const left = bytes.length - at
  if (left < LOG_OVERHEAD) return -1
  const size = bytes.readInt32BE(at + SIZE)
  if (size < MIN_MESSAGE_SIZE) {
    throw corrupt(
      `Record size ${size} is less than the minimum record overhead (${MIN_MESSAGE_SIZE})`,
    )
  }
  return size > left - LOG_OVERHEAD ? -1 : at + LOG_OVERHEAD + size
}

/** The format of the message at `at`, which {@link nextMessage} has found whole. */
export function messageMagic(bytes: Buffer, at: number): number {
  return bytes.readInt8(at + MAGIC)
}

/**
 * Reads the message from `at` to `end`; key and value are views of `bytes`.
 *
 * @throws KafkaError CORRUPT_MESSAGE when it isn't what its checksum or its lengths say
 */
export function readMessage(bytes: Buffer, at: number, end: number): LegacyMessage {
  const magic = messageMagic(bytes, at)
  if (magic !== 0 && magic !== MAGIC_V1) throw corrupt(`Invalid magic found in record: ${magic}`)
  const stored = bytes.readUInt32BE(at + CRC)
  const computed = crc32(bytes.subarray(at + MAGIC, end))
  if (stored !== computed) {
    throw corrupt(`Record is corrupt (stored crc = ${stored}, computed crc = ${computed})`)
  }
  const attributes = bytes.readInt8(at + ATTRIBUTES)
  const hasTimestamp = magic === MAGIC_V1
  const keyAt = at + TIMESTAMP + (hasTimestamp ? 8 : 0)
  const key = readNullable(bytes, keyAt, end)
  const valueAt = keyAt + LENGTH_BYTES + (key?.length ?? 0)
  const value = readNullable(bytes, valueAt, end)
  if (valueAt + LENGTH_BYTES + (value?.length ?? 0) !== end) {
    throw corrupt('a message whose parts end before it does')
  }
  const isAppendTime = hasTimestamp && (attributes & APPEND_TIME_MASK) !== 0
  return {
    offset: readInt64(bytes, at),
    magic,
    compression: attributes & COMPRESSION_MASK,
    timestampType: isAppendTime ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME,
    timestamp: hasTimestamp ? readInt64(bytes, at + TIMESTAMP) : NO_TIMESTAMP,
    key,
    value,
  }
}

function readNullable(bytes: Buffer, at: number, end: number): Buffer | null {
  if (end - at < LENGTH_BYTES) throw corrupt('a message ends within its key or value')
  const length = bytes.readInt32BE(at)
  if (length === NULL_LENGTH) return null
  const start = at + LENGTH_BYTES
  if (length < 0 || length > end - start) {
    throw corrupt(`a message with a key or value of ${length} bytes`)
  }
  return bytes.subarray(start, start + length)
}

/** Bytes of the message, its offset and its size. */
export function sizeOfMessage({ magic, key, value }: LegacyMessage): number {
  const overhead = LOG_OVERHEAD + MIN_MESSAGE_SIZE + (magic === MAGIC_V1 ? 8 : 0)
  return overhead + (key?.length ?? 0) + (value?.length ?? 0)
}

/** Writes a message; returns the position after it. */
export function writeMessageAt(target: Buffer, at: number, message: LegacyMessage): number {
  const { offset, magic, compression, timestampType, timestamp, key, value } = message
  const end = at + sizeOfMessage(message)
  const isAppendTime = magic === MAGIC_V1 && timestampType === TimestampType.LOG_APPEND_TIME
  writeInt64(target, at, offset)
  target.writeInt32BE(end - at - LOG_OVERHEAD, at + SIZE)
  target.writeInt8(magic, at + MAGIC)
  target.writeInt8(compression | (isAppendTime ? APPEND_TIME_MASK : 0), at + ATTRIBUTES)
  if (magic === MAGIC_V1) writeInt64(target, at + TIMESTAMP, timestamp)
  const keyAt = at + TIMESTAMP + (magic === MAGIC_V1 ? 8 : 0)
  writeNullable(target, writeNullable(target, keyAt, key), value)
  target.writeUInt32BE(crc32(target.subarray(at + MAGIC, end)), at + CRC)
  return end
}

function writeNullable(target: Buffer, at: number, bytes: Buffer | null): number {
  target.writeInt32BE(bytes?.length ?? NULL_LENGTH, at)
  return at + LENGTH_BYTES + (bytes?.copy(target, at + LENGTH_BYTES) ?? 0)
}

/** A message that wraps nothing. */
export function isPlain({ compression }: LegacyMessage): boolean {
  return compression === CompressionType.NONE
}
