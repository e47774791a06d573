import { ErrorCode, KafkaError } from '../protocol/errors.js'
import {
  baseOffset,
  baseSequence,
  baseTimestamp,
  batchSize,
  CompressionType,
  checksum,
  compressionType,
  HEADER_SIZE,
  hasProducerId,
  isChecksumValid,
  isControl,
  isTransactional,
  LOG_OVERHEAD,
  lastOffsetDelta,
  MAGIC_V2,
  magic,
  maxTimestamp,
  NO_TIMESTAMP,
  producerEpoch,
  producerId,
  recordsCount,
  setMaxTimestamp,
  TimestampType,
  timestampType,
} from '../protocol/records/batch.js'
import { buildBatch } from '../protocol/records/builder.js'
import { DEFAULT_MAX_DECOMPRESSED_BYTES } from '../protocol/records/compression.js'
import { enterRecord, leaveRecord, recordBytes, recordsOf } from '../protocol/records/record.js'
import { corrupt, invalid } from '../protocol/records/record-error.js'
import { VarintReader } from '../protocol/records/varint.js'
import { type RefusedRecord, refuse } from './record-validation-error.js'

/** What a topic's config says of the batches that are produced to it. */
export interface ValidationConfig {
  /** `max.message.bytes` */
  readonly maxMessageBytes: number
  /** `cleanup.policy` contains `compact`: records need keys. */
  readonly compact: boolean
  /** `message.timestamp.type` */
  readonly messageTimestampType: TimestampType
  /** `message.timestamp.before.max.ms`; no bound from 2^53 - 1 on. */
  readonly messageTimestampBeforeMaxMs: number
  /** `message.timestamp.after.max.ms`; no bound from 2^53 - 1 on. */
  readonly messageTimestampAfterMaxMs: number
  /** `compression.type`; undefined for `producer`, which leaves batches as they come. */
  readonly compressionType: CompressionType | undefined
}

/** A batch that may be appended, but for its offsets and leader epoch, which the log sets. */
export interface ValidatedBatch {
  /** The one batch, without what followed it in the request. */
  readonly records: Buffer
  readonly maxTimestamp: number
  /** The time that was given to the records; -1 if they keep their own. */
  readonly logAppendTimeMs: number
  /**
   * The topic wants another compression: the batch has to be written anew before it is appended
   * ({@link rebuildBatch}).
   */
  readonly rebuildAs: CompressionType | undefined
}

const MAX_INT32 = 0x7fffffff
// Bytes of a message in format 0 after its length; Kafka's log input stream takes nothing shorter.
const MIN_BATCH_LENGTH = 14
const MAGIC_END = 17
const ZSTD_MIN_PRODUCE_VERSION = 7

/**
 * Checks a produced batch as Kafka's `ProduceRequest.validateRecords`, `UnifiedLog` and
 * `LogValidator` do together, in their order and with their messages. Nothing is decoded to objects:
 * a batch that isn't compressed is walked in place.
 */
export class LogValidator {
  readonly #walker = new RecordWalker()

  /**
   * Whether the batch that a Produce request carries for a partition is part of a transaction. Kafka
   * asks this first, of all partitions; what this throws fails the whole request, with its message.
   *
   * @throws KafkaError CORRUPT_MESSAGE
   */
  isTransactional(records: Buffer | null): boolean {
    const size = records === null ? -1 : nextBatchSize(records, 0)
    if (records === null || size < HEADER_SIZE || magic(records, 0) !== MAGIC_V2) return false
    return isTransactional(records, 0)
  }

  /**
   * Checks the form of what a Produce request carries for a partition, which Kafka does before it
   * looks at the partition.
   *
   * @returns the first batch's size in bytes
   * @throws KafkaError INVALID_RECORD, CORRUPT_MESSAGE, UNSUPPORTED_COMPRESSION_TYPE
   */
  validateRequest(produceVersion: number, records: Buffer | null): number {
    const prefix = `Produce requests with version ${produceVersion}`
    const size = records === null ? -1 : nextBatchSize(records, 0)
    if (records === null || size < 0) {
      throw invalid(`${prefix} must have at least one record batch per partition`)
    }
    if (magic(records, 0) !== MAGIC_V2) {
      throw invalid(`${prefix} are only allowed to contain record batches with magic version 2`)
    }
    if (size < HEADER_SIZE) throw corrupt(`A record batch of ${size} bytes lacks its header`)
    if (produceVersion < ZSTD_MIN_PRODUCE_VERSION) {
      requireKnownCompression(compressionType(records, 0))
      if (compressionType(records, 0) === CompressionType.ZSTD) {
        throw new KafkaError(
          ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
          `${prefix} are not allowed to use ZStandard compression`,
        )
      }
    }
    if (nextBatchSize(records, size) >= 0) {
      throw invalid(`${prefix} are only allowed to contain exactly one record batch per partition`)
    }
    return size
  }

  /**
   * Checks the batch and its records, and gives it the timestamps that the topic wants, in place.
   *
   * @param records what {@link validateRequest} found `size` bytes of a batch in
   * @param topicPartition as in messages: `topic-0`
   * @throws KafkaError INVALID_RECORD, MESSAGE_TOO_LARGE, CORRUPT_MESSAGE, UNKNOWN_SERVER_ERROR for
   *   compressed data that is broken, {@link RecordValidationError} for single records
   */
  validateBatch(
    records: Buffer,
    size: number,
    topicPartition: string,
    config: ValidationConfig,
    nowMs: number,
  ): ValidatedBatch {
    checkEnvelope(records, size, topicPartition, config)
    checkHeader(records, topicPartition)
    const batch = size === records.length ? records : records.subarray(0, size)
    const source = compressionType(batch, 0) as CompressionType
    const target = config.compressionType ?? source
    const walker = this.#walker
    walker.walk(batch, topicPartition, config, nowMs)
    const inPlace = source === target
    if (inPlace && source !== CompressionType.NONE && !walker.consecutive) {
      // Kafka would write the batch anew, but fails, as it has skipped the records' contents. In a
      // batch that isn't compressed it doesn't look at the offsets.
      throw new KafkaError(
        ErrorCode.UNKNOWN_SERVER_ERROR,
        `The offsets of a compressed batch have gaps in topic partition ${topicPartition}`,
      )
    }
    const appendTime = config.messageTimestampType === TimestampType.LOG_APPEND_TIME
    const largest = appendTime ? nowMs : walker.maxTimestamp
    if (inPlace) setMaxTimestamp(batch, 0, config.messageTimestampType, largest)
    return {
      records: batch,
      maxTimestamp: largest,
      logAppendTimeMs: appendTime ? nowMs : NO_TIMESTAMP,
      rebuildAs: inPlace ? undefined : target,
    }
  }
}

/**
 * Writes a batch anew whose {@link ValidatedBatch.rebuildAs} asks for it, with consecutive offsets.
 * Takes milliseconds for a large one: not for the event loop.
 *
 * @param level of the codec; its default if left out
 * @throws KafkaError MESSAGE_TOO_LARGE when it has become so
 */
export function rebuildBatch(
  validated: ValidatedBatch,
  maxMessageBytes: number,
  level?: number,
): Buffer {
  const batch = validated.records
  const appendTime = validated.logAppendTimeMs !== NO_TIMESTAMP
  const rebuilt = buildBatch({
    records: Array.from(recordsOf(batch, 0), ({ key, value, headers, timestamp }) => ({
      key,
      value,
      headers,
      timestamp,
    })),
    timestampType: appendTime ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME,
    timestamp: validated.logAppendTimeMs,
    compression: validated.rebuildAs ?? (compressionType(batch, 0) as CompressionType),
    ...(level === undefined ? {} : { compressionLevel: level }),
    producerId: producerId(batch, 0),
    producerEpoch: producerEpoch(batch, 0),
    baseSequence: baseSequence(batch, 0),
    transactional: isTransactional(batch, 0),
  })
  if (rebuilt.length > maxMessageBytes) {
    throw new KafkaError(
      ErrorCode.MESSAGE_TOO_LARGE,
      `The record batch comes to ${rebuilt.length} bytes in its topic's compression, ` +
        `which exceeds the maximum configured value of ${maxMessageBytes}.`,
    )
  }
  return rebuilt
}

/**
 * Bytes of the batch at `at`, -1 if it isn't whole (Kafka's `ByteBufferLogInputStream`).
 *
 * @throws KafkaError CORRUPT_MESSAGE, UNKNOWN_SERVER_ERROR
 */
function nextBatchSize(records: Buffer, at: number): number {
  const left = records.length - at
  if (left < LOG_OVERHEAD) return -1
  const length = batchSize(records, at) - LOG_OVERHEAD
  if (length < MIN_BATCH_LENGTH) {
    throw corrupt(
      `Record size ${length} is less than the minimum record overhead (${MIN_BATCH_LENGTH})`,
    )
  }
  if (left < MAGIC_END) return -1
  const version = magic(records, at)
  if (version < 0 || version > MAGIC_V2) throw corrupt(`Invalid magic found in record: ${version}`)
  // With its first fields it can't be counted in 32 bits. Kafka fails on that.
  if (length + LOG_OVERHEAD > MAX_INT32) {
    throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, `Record size ${length} is too large`)
  }
  return length + LOG_OVERHEAD > left ? -1 : length + LOG_OVERHEAD
}

/** What `UnifiedLog.analyzeAndValidateRecords` checks. */
function checkEnvelope(
  records: Buffer,
  size: number,
  topicPartition: string,
  config: ValidationConfig,
): void {
  if (baseOffset(records, 0) !== 0) {
    throw invalid(
      `The baseOffset of the record batch in the append to ${topicPartition} should be 0, ` +
        `but it is ${baseOffset(records, 0)}`,
    )
  }
  if (size > config.maxMessageBytes) {
    throw new KafkaError(
      ErrorCode.MESSAGE_TOO_LARGE,
      `The record batch size in the append to ${topicPartition} is ${size} bytes ` +
        `which exceeds the maximum configured value of ${config.maxMessageBytes}).`,
    )
  }
  if (!isChecksumValid(records, 0)) {
    throw corrupt(
      `Record is corrupt (stored crc = ${checksum(records, 0)}) in topic partition ${topicPartition}.`,
    )
  }
  requireKnownCompression(compressionType(records, 0))
}

function requireKnownCompression(type: number): void {
  if (type <= CompressionType.ZSTD) return
  throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, `Unknown compression type id: ${type}`)
}

/** What `LogValidator.validateBatch` checks. */
function checkHeader(batch: Buffer, topicPartition: string): void {
  const range = `[0, ${lastOffsetDelta(batch, 0)}]`
  if (lastOffsetDelta(batch, 0) < 0) {
    throw invalid(
      `Batch has an invalid offset range: ${range} in topic partition ${topicPartition}`,
    )
  }
  const count = recordsCount(batch, 0)
  if (count <= 0) {
    throw invalid(
      `Invalid reported count for record batch: ${count} in topic partition ${topicPartition}`,
    )
  }
  if (lastOffsetDelta(batch, 0) + 1 !== count) {
    throw invalid(
      `Inconsistent batch offset range ${range} and count of records ${count} ` +
        `in topic partition ${topicPartition}`,
    )
  }
  if (isControl(batch, 0)) {
    throw invalid(
      `Clients are not allowed to write control records in topic partition ${topicPartition}`,
    )
  }
  if (hasProducerId(batch, 0) && baseSequence(batch, 0) < 0) {
    throw invalid(
      `Invalid sequence number ${baseSequence(batch, 0)} in record batch with producerId ` +
        `${producerId(batch, 0)} in topic partition ${topicPartition}`,
    )
  }
}

/** Goes over a batch's records; holds what it found until the next time. */
class RecordWalker {
  maxTimestamp = NO_TIMESTAMP
  /** The records' offsets follow one another from 0. */
  consecutive = true
  readonly #reader = new VarintReader(Buffer.alloc(0))

  walk(batch: Buffer, topicPartition: string, config: ValidationConfig, nowMs: number): void {
    const compressed = compressionType(batch, 0) !== CompressionType.NONE
    const bytes = compressed ? decompressed(batch) : batch
    const reader = this.#reader
    reader.reset(bytes, compressed ? 0 : HEADER_SIZE, bytes.length)
    const appendTime = timestampType(batch, 0) === TimestampType.LOG_APPEND_TIME
    const base = appendTime ? maxTimestamp(batch, 0) : baseTimestamp(batch, 0)
    const createTimeWanted = config.messageTimestampType === TimestampType.CREATE_TIME
    const earliest = nowMs - unbounded(config.messageTimestampBeforeMaxMs)
    const latest = nowMs + unbounded(config.messageTimestampAfterMaxMs)
    const count = recordsCount(batch, 0)
    let largest = NO_TIMESTAMP
    let consecutive = true
    let refused: RefusedRecord[] | undefined
    for (let index = 0; index < count; index++) {
      const end = enterRecord(reader)
      const delta = reader.varlong()
      const timestamp = appendTime ? base : base + delta
      const offset = reader.varint()
      const keySize = skipNullable(reader)
      const valueSize = skipNullable(reader)
      skipHeaders(reader)
      leaveRecord(reader, end, bytes.length)
      if (offset !== index) consecutive = false
      if (timestamp > largest) largest = timestamp
      const withoutKey = config.compact && keySize < 0
      const wrongTime =
        createTimeWanted && timestamp !== NO_TIMESTAMP
          ? timestamp < earliest || timestamp > latest
          : appendTime
      if (withoutKey || wrongTime) {
        refused ??= []
        const sizes = { keySize, valueSize, compressed }
        refused.push({ index, offset, timestamp, withoutKey, appendTime, ...sizes })
      }
    }
    if (reader.position !== bytes.length) {
      throw invalid('Incorrect declared batch size, records still remaining in file')
    }
    if (refused) {
      refuse(refused, topicPartition, {
        nowMs,
        beforeMaxMs: config.messageTimestampBeforeMaxMs,
        afterMaxMs: config.messageTimestampAfterMaxMs,
        type: config.messageTimestampType,
      })
    }
    this.maxTimestamp = largest
    this.consecutive = consecutive
  }
}

function unbounded(limitMs: number): number {
  return limitMs >= Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : limitMs
}

// Kafka has nothing that says "this can't be decompressed" to a producer.
function decompressed(batch: Buffer): Buffer {
  try {
    return recordBytes(batch, 0, DEFAULT_MAX_DECOMPRESSED_BYTES)
  } catch (cause) {
    if (!(cause instanceof KafkaError)) throw cause
    throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, cause.message, { cause })
  }
}

/** Returns the length, negative for null. */
function skipNullable(reader: VarintReader): number {
  const length = reader.varint()
  if (length > 0) reader.skip(length)
  return length
}

function skipHeaders(reader: VarintReader): void {
  const count = reader.varint()
  if (count === 0) return
  if (count < 0) throw invalid(`Found invalid number of record headers ${count}`)
  for (let index = 0; index < count; index++) {
    const keyLength = reader.varint()
    if (keyLength < 0) throw invalid(`Invalid negative header key size ${keyLength}`)
    reader.skip(keyLength)
    skipNullable(reader)
  }
}
