import { ErrorCode, KafkaError } from '../protocol/errors.js'
import { NO_TIMESTAMP, TimestampType } from '../protocol/records/batch.js'

/** What is wrong with one record of a produced batch (KIP-467). */
export interface RecordError {
  /** The record's place in its batch, from 0. */
  readonly batchIndex: number
  readonly batchIndexErrorMessage: string
}

const SHOWN_ERRORS = 3

/**
 * Single records of a produced batch are refused, and the batch with them: INVALID_TIMESTAMP if one of
 * them has a wrong timestamp, else INVALID_RECORD. Of all errors of a produce only this one is
 * answered with its message (Kafka's `RecordValidationException`).
 */
export class RecordValidationError extends KafkaError {
  constructor(
    code: typeof ErrorCode.INVALID_TIMESTAMP | typeof ErrorCode.INVALID_RECORD,
    readonly recordErrors: readonly RecordError[],
  ) {
    super(code, messageOf(code, recordErrors))
    this.name = 'RecordValidationError'
  }
}

function messageOf(code: ErrorCode, errors: readonly RecordError[]): string {
  if (code === ErrorCode.INVALID_TIMESTAMP) {
    return 'One or more records have been rejected due to invalid timestamp'
  }
  const shown = errors
    .slice(0, SHOWN_ERRORS)
    .map((e) => `RecordError(batchIndex=${e.batchIndex}, message='${e.batchIndexErrorMessage}')`)
  return (
    `One or more records have been rejected due to ${errors.length} record errors in total, ` +
    `and only showing the first three errors at most: [${shown.join(', ')}]`
  )
}

/** A record that is refused. */
export interface RefusedRecord {
  readonly index: number
  readonly offset: number
  readonly timestamp: number
  /** Negative for no key. */
  readonly keySize: number
  /** Negative for no value. */
  readonly valueSize: number
  /** Its topic is compacted, and it has no key; otherwise its timestamp is wrong. */
  readonly withoutKey: boolean
  /** Its batch says that the broker has set its timestamp. */
  readonly appendTime: boolean
  readonly compressed: boolean
}

/** What a refused timestamp was held against, milliseconds. */
export interface TimestampBounds {
  readonly nowMs: number
  readonly beforeMaxMs: number
  readonly afterMaxMs: number
  readonly type: TimestampType
}

/** Throws what is said of the records of a batch that are refused. */
export function refuse(
  records: readonly RefusedRecord[],
  topicPartition: string,
  bounds: TimestampBounds,
): never {
  throw new RecordValidationError(
    records.every((record) => record.withoutKey)
      ? ErrorCode.INVALID_RECORD
      : ErrorCode.INVALID_TIMESTAMP,
    records.map((record) => ({
      batchIndex: record.index,
      batchIndexErrorMessage: reason(record, topicPartition, bounds),
    })),
  )
}

function reason(record: RefusedRecord, topicPartition: string, bounds: TimestampBounds): string {
  if (record.withoutKey) {
    return `Compacted topic cannot accept message without key in topic partition ${topicPartition}`
  }
  if (bounds.type === TimestampType.CREATE_TIME && record.timestamp !== NO_TIMESTAMP) {
    const now = BigInt(bounds.nowMs)
    const earliest = BigInt.asIntN(64, now - int64(bounds.beforeMaxMs))
    const latest = BigInt.asIntN(64, now + int64(bounds.afterMaxMs))
    return (
      `Timestamp ${record.timestamp} of message with offset ${record.offset} is out of range. ` +
      `The timestamp should be within [${earliest}, ${latest}]`
    )
  }
  return (
    `Invalid timestamp type in message ${describe(record)}. ` +
    'Producer should not set timestamp type to LogAppendTime.'
  )
}

// As in Kafka's toString, which differs where a compressed record's key and value were skipped.
function describe(record: RefusedRecord): string {
  const { offset, timestamp, keySize, valueSize } = record
  return record.compressed
    ? `PartialDefaultRecord(offset=${offset}, timestamp=${timestamp}, key=${keySize} bytes, value=${valueSize} bytes)`
    : `DefaultRecord(offset=${offset}, timestamp=${timestamp}, key=${Math.max(0, keySize)} bytes, value=${Math.max(0, valueSize)} bytes)`
}

const INT64_MAX = 2n ** 63n - 1n

// A config of 2^63 - 1 has been cut to the largest safe integer on its way here.
function int64(value: number): bigint {
  return value >= Number.MAX_SAFE_INTEGER ? INT64_MAX : BigInt(value)
}
