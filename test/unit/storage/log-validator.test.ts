import t from 'tap'
import { ErrorCode, type KafkaError } from '../../../src/protocol/errors.js'
import {
  CompressionType,
  compressionType,
  isChecksumValid,
  maxTimestamp,
  setBaseOffset,
  TimestampType,
  timestampType,
  updateChecksum,
} from '../../../src/protocol/records/batch.js'
import { type BatchInput, buildBatch } from '../../../src/protocol/records/builder.js'
import {
  buildEndTxnMarker,
  ControlRecordType,
} from '../../../src/protocol/records/control-records.js'
import { recordsOf } from '../../../src/protocol/records/record.js'
import {
  LogValidator,
  rebuildBatch,
  type ValidationConfig,
} from '../../../src/storage/log-validator.js'
import type { RecordValidationError } from '../../../src/storage/record-validation-error.js'

const NOW = 1_700_000_000_000
const HOUR_MS = 60 * 60 * 1000
const TOPIC = 'pets-0'
const CONFIG: ValidationConfig = {
  maxMessageBytes: 1_048_588,
  compact: false,
  messageTimestampType: TimestampType.CREATE_TIME,
  messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  messageTimestampAfterMaxMs: HOUR_MS,
  compressionType: undefined,
}
const validator = new LogValidator()
const bytes = (text: string) => Buffer.from(text)
const record = (value: string, timestamp = NOW) => ({
  key: bytes('k'),
  value: bytes(value),
  timestamp,
})

function batch(input: Partial<BatchInput> = {}): Buffer {
  return buildBatch({ records: [record('a'), record('b', NOW + 5)], ...input })
}

/** A batch with one field of its header set otherwise, and its checksum right. */
function changed(write: (bytes: Buffer) => void, input: Partial<BatchInput> = {}): Buffer {
  const bytes = batch(input)
  write(bytes)
  updateChecksum(bytes, 0)
  return bytes
}

const validate = (records: Buffer, changes: Partial<ValidationConfig> = {}) =>
  validator.validateBatch(records, records.length, TOPIC, { ...CONFIG, ...changes }, NOW)

function errorIn(work: () => unknown): KafkaError & Partial<RecordValidationError> {
  try {
    work()
  } catch (error) {
    return error as KafkaError
  }
  throw new Error('nothing was thrown')
}

t.test('a request', async (t) => {
  const code = (version: number, records: Buffer | null) =>
    errorIn(() => validator.validateRequest(version, records)).code
  t.test('has exactly one batch of format 2 for a partition', async (t) => {
    t.equal(validator.validateRequest(9, batch()), batch().length)
    t.equal(validator.validateRequest(9, Buffer.concat([batch(), bytes('rest')])), batch().length)
    for (const records of [null, Buffer.alloc(0), batch().subarray(0, 60)]) {
      t.equal(code(9, records), ErrorCode.INVALID_RECORD)
    }
    t.equal(code(9, Buffer.concat([batch(), batch()])), ErrorCode.INVALID_RECORD)
    const old = batch()
    old[16] = 1
    t.equal(code(9, old), ErrorCode.INVALID_RECORD)
  })
  t.test('is corrupt where a size or a format can not be', async (t) => {
    const small = batch()
    small.writeInt32BE(13, 8)
    t.equal(code(9, small), ErrorCode.CORRUPT_MESSAGE)
    const short = batch()
    short.writeInt32BE(40, 8)
    t.equal(code(9, short), ErrorCode.CORRUPT_MESSAGE)
    const unknown = batch()
    unknown[16] = 3
    t.equal(code(9, unknown), ErrorCode.CORRUPT_MESSAGE)
  })
  t.test('may be of zstd from version 7 on', async (t) => {
    const zstd = batch({ compression: CompressionType.ZSTD })
    t.equal(code(6, zstd), ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
    t.equal(validator.validateRequest(7, zstd), zstd.length)
  })
  t.test('is transactional where its batch is', async (t) => {
    t.notOk(validator.isTransactional(batch()))
    t.notOk(validator.isTransactional(null))
    t.ok(
      validator.isTransactional(
        batch({ transactional: true, producerId: 1, producerEpoch: 0, baseSequence: 0 }),
      ),
    )
  })
})

t.test('a sound batch keeps its bytes', async (t) => {
  for (const compression of Object.values(CompressionType)) {
    const records = batch({ compression })
    const before = Buffer.from(records)
    const validated = validate(records)
    t.match(validated, { maxTimestamp: NOW + 5, logAppendTimeMs: -1, rebuildAs: undefined })
    t.ok(validated.records.equals(before))
  }
  const followed = Buffer.concat([batch(), bytes('rest')])
  const { records } = validator.validateBatch(followed, batch().length, TOPIC, CONFIG, NOW)
  t.equal(records.length, batch().length)
})

t.test('a header that can not be is refused', async (t) => {
  const code = (records: Buffer, changes: Partial<ValidationConfig> = {}) =>
    errorIn(() => validate(records, changes)).code
  const INVALID = ErrorCode.INVALID_RECORD
  const offset = batch()
  setBaseOffset(offset, 0, 3)
  t.equal(code(offset), INVALID, 'a base offset other than 0')
  t.equal(code(batch(), { maxMessageBytes: batch().length - 1 }), ErrorCode.MESSAGE_TOO_LARGE)
  const damaged = batch()
  damaged[70]! ^= 1
  t.equal(code(damaged), ErrorCode.CORRUPT_MESSAGE, 'a wrong checksum')
  t.equal(code(changed((b) => b.writeInt16BE(6, 21))), ErrorCode.UNKNOWN_SERVER_ERROR)
  t.equal(code(changed((b) => b.writeInt32BE(-1, 23))), INVALID, 'a negative offset delta')
  t.equal(code(changed((b) => b.writeInt32BE(0, 57))), INVALID, 'no records')
  t.equal(code(changed((b) => b.writeInt32BE(5, 23))), INVALID, 'an offset delta without records')
  t.equal(code(changed((b) => b.writeInt32BE(3, 57))), INVALID, 'a count of too many')
  const wrongCount = changed((b) => {
    b.writeInt32BE(0, 23)
    b.writeInt32BE(1, 57)
  })
  t.equal(code(wrongCount), INVALID, 'a count of too few')
  const sequence = { producerId: 4, producerEpoch: 0, baseSequence: -1 }
  t.equal(code(batch(sequence)), INVALID, 'a producer without a sequence')
  const marker = buildEndTxnMarker({
    type: ControlRecordType.COMMIT,
    producerId: 4,
    producerEpoch: 0,
    coordinatorEpoch: 0,
    timestamp: NOW,
  })
  t.equal(code(marker), INVALID, 'a control batch')
})

t.test('records that are damaged are refused', async (t) => {
  const cut = changed((b) => b.writeInt8(0x7e, 61))
  t.equal(errorIn(() => validate(cut)).code, ErrorCode.INVALID_RECORD)
  const compressed = changed(
    (b) => {
      b[b.length - 3]! ^= 0xff
    },
    { compression: CompressionType.GZIP },
  )
  t.equal(errorIn(() => validate(compressed)).code, ErrorCode.UNKNOWN_SERVER_ERROR)
})

t.test('timestamps', async (t) => {
  t.test('are held against the bounds of the topic, each record by itself', async (t) => {
    const changes = { messageTimestampBeforeMaxMs: 1000, messageTimestampAfterMaxMs: 2000 }
    const at = (...times: number[]) => batch({ records: times.map((time) => record('v', time)) })
    t.equal(validate(at(NOW - 1000, NOW + 2000), changes).maxTimestamp, NOW + 2000)
    const error = errorIn(() => validate(at(NOW, NOW - 1001, NOW + 2001), changes))
    t.equal(error.code, ErrorCode.INVALID_TIMESTAMP)
    t.match(error.recordErrors, [
      {
        batchIndex: 1,
        batchIndexErrorMessage:
          `Timestamp ${NOW - 1001} of message with offset 1 is out of range. ` +
          `The timestamp should be within [${NOW - 1000}, ${NOW + 2000}]`,
      },
      { batchIndex: 2 },
    ])
    t.equal(validate(at(-1), changes).maxTimestamp, -1, 'no timestamp is always in range')
  })
  t.test('are the broker’s where the topic wants it so', async (t) => {
    const wanted = { messageTimestampType: TimestampType.LOG_APPEND_TIME }
    for (const compression of [CompressionType.NONE, CompressionType.LZ4]) {
      const validated = validate(batch({ compression }), wanted)
      t.match(validated, { maxTimestamp: NOW, logAppendTimeMs: NOW })
      const { records } = validated
      t.ok(isChecksumValid(records, 0))
      t.equal(timestampType(records, 0), TimestampType.LOG_APPEND_TIME)
      t.equal(maxTimestamp(records, 0), NOW)
      const times = [...recordsOf(records, 0)].map(({ timestamp }) => timestamp)
      t.strictSame(times, [NOW, NOW])
    }
  })
  t.test('of the broker can not come from a producer', async (t) => {
    const theirs = () => batch({ timestampType: TimestampType.LOG_APPEND_TIME, timestamp: NOW })
    t.ok(validate(theirs()), 'but where records keep theirs, only the bounds count, as in Kafka')
    const wanted = { messageTimestampType: TimestampType.LOG_APPEND_TIME }
    const error = errorIn(() => validate(theirs(), wanted))
    t.equal(error.code, ErrorCode.INVALID_TIMESTAMP)
    t.match(error.recordErrors?.[0]?.batchIndexErrorMessage, /should not set timestamp type/)
  })
  t.test('that the header tells wrongly are set right', async (t) => {
    const lying = changed((b) => b.writeBigInt64BE(BigInt(NOW + 999_999), 35))
    const { records } = validate(lying)
    t.equal(maxTimestamp(records, 0), NOW + 5)
    t.ok(isChecksumValid(records, 0))
  })
})

t.test('a compacted topic needs keys', async (t) => {
  const records = [record('a'), { value: bytes('b') }, { value: bytes('c') }].map((input) => ({
    timestamp: NOW,
    ...input,
  }))
  t.ok(validate(batch({ records })))
  const error = errorIn(() => validate(batch({ records }), { compact: true }))
  t.equal(error.code, ErrorCode.INVALID_RECORD)
  t.strictSame(
    error.recordErrors?.map(({ batchIndex }) => batchIndex),
    [1, 2],
  )
  t.match(error.message, /rejected due to 2 record errors in total/)
})

t.test('a topic with a compression of its own has batches written anew', async (t) => {
  for (const wanted of Object.values(CompressionType)) {
    const given = batch({
      compression: CompressionType.SNAPPY,
      producerId: 77,
      producerEpoch: 3,
      baseSequence: 12,
      records: [{ ...record('a'), headers: [{ key: 'h', value: null }] }, record('b', NOW + 1)],
    })
    const before = [...recordsOf(Buffer.from(given), 0)]
    const validated = validate(given, { compressionType: wanted })
    t.equal(validated.rebuildAs, wanted === CompressionType.SNAPPY ? undefined : wanted)
    const rebuilt = rebuildBatch(validated, CONFIG.maxMessageBytes)
    t.ok(isChecksumValid(rebuilt, 0))
    t.equal(compressionType(rebuilt, 0), wanted)
    t.strictSame([...recordsOf(rebuilt, 0)], before)
  }
  const small = validate(
    batch({
      compression: CompressionType.GZIP,
      records: [record('x'.repeat(10_000))],
    }),
    { compressionType: CompressionType.NONE },
  )
  t.equal(errorIn(() => rebuildBatch(small, 5000)).code, ErrorCode.MESSAGE_TOO_LARGE)
})

t.test('offsets of a compressed batch have no gaps', async (t) => {
  const gap = (compression: CompressionType) =>
    batch({
      compression,
      records: [record('a'), { ...record('b'), offsetDelta: 2 }],
      lastOffsetDelta: 1,
    })
  t.ok(validate(gap(CompressionType.NONE)))
  const error = errorIn(() => validate(gap(CompressionType.GZIP)))
  t.equal(error.code, ErrorCode.UNKNOWN_SERVER_ERROR)
})
