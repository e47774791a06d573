import { ErrorCode, KafkaError } from '../../errors.js'
import {
  batchesOf,
  batchSize,
  CompressionType,
  compressionType,
  HEADER_SIZE,
  isControl,
  TimestampType,
  timestampType,
} from '../batch.js'
import { buildBatch } from '../builder.js'
import { DEFAULT_MAX_DECOMPRESSED_BYTES } from '../compression.js'
import { recordsOf } from '../record.js'
import { corrupt, invalid } from '../record-error.js'
import {
  isPlain,
  type LegacyMagic,
  type LegacyMessage,
  LOG_OVERHEAD,
  nextMessage,
  readMessage,
} from './message.js'
import { unwrapMessages, writeMessageSet } from './message-set.js'

/**
 * One v2 batch with what a message set of format 0 or 1 holds, in the same compression. Offsets count
 * from 0: those that producers wrote meant nothing (Kafka 3.9's `LogValidator`).
 *
 * @param topicPartition as in messages: `topic-0`
 * @param maxMessageBytes of each message as it came: `max.message.bytes`
 * @returns undefined when there is no whole message
 * @throws KafkaError CORRUPT_MESSAGE, INVALID_RECORD, MESSAGE_TOO_LARGE,
 *   UNSUPPORTED_COMPRESSION_TYPE
 */
export function convertUp(
  bytes: Buffer,
  topicPartition: string,
  maxMessageBytes: number,
): Buffer | undefined {
  const messages = checkedMessages(bytes, topicPartition, maxMessageBytes)
  const first = messages[0]
  if (first === undefined) return undefined
  const wrapper = messages.find((message) => !isPlain(message))
  if (wrapper !== undefined && messages.length > 1) {
    throw invalid('Compressed outer record has more than one batch')
  }
  const records =
    wrapper === undefined ? messages : unwrapMessages(wrapper, DEFAULT_MAX_DECOMPRESSED_BYTES)
  const { LOG_APPEND_TIME, CREATE_TIME } = TimestampType
  const isAppendTime = records.some((each) => each.timestampType === LOG_APPEND_TIME)
  return buildBatch({
    records: records.map(({ key, value, timestamp }) => ({ key, value, timestamp })),
    timestampType: isAppendTime ? LOG_APPEND_TIME : CREATE_TIME,
    timestamp: first.timestamp,
    compression: first.compression as CompressionType,
  })
}

function checkedMessages(
  bytes: Buffer,
  topicPartition: string,
  maxMessageBytes: number,
): LegacyMessage[] {
  const messages: LegacyMessage[] = []
  let at = 0
  for (let end = nextMessage(bytes, at); end !== -1; end = nextMessage(bytes, at)) {
    if (end - at > maxMessageBytes) {
      throw new KafkaError(
        ErrorCode.MESSAGE_TOO_LARGE,
        `The record batch size in the append to ${topicPartition} is ${end - at} bytes ` +
          `which exceeds the maximum configured value of ${maxMessageBytes}).`,
      )
    }
    const message = readWithPlace(bytes, at, end, topicPartition)
    const magic = messages[0]?.magic ?? message.magic
    if (message.magic !== magic) {
      throw invalid(
        `Batch magic ${message.magic} is not the same as the first batch's magic byte ${magic} ` +
          `in topic partition ${topicPartition}.`,
      )
    }
    messages.push(message)
    at = end
  }
  return messages
}

function readWithPlace(
  bytes: Buffer,
  at: number,
  end: number,
  topicPartition: string,
): LegacyMessage {
  try {
    return readMessage(bytes, at, end)
  } catch (error) {
    throw corrupt(`${(error as Error).message} in topic partition ${topicPartition}.`)
  }
}

/**
 * The batches as message sets of an old format (Kafka 3.9's `RecordsUtil.downConvert`): headers go,
 * and so do control batches. Of batches that aren't compressed, only what a client asked for is there.
 * Where there is not even one whole batch, what is returned tells the client that it has to fetch
 * more: the beginning of a message that is longer than its set.
 *
 * @param fetchOffset what the client asked for
 * @throws KafkaError UNSUPPORTED_COMPRESSION_TYPE where a batch is compressed with zstd;
 *   CORRUPT_MESSAGE
 */
export function convertDown(batches: Buffer, magic: LegacyMagic, fetchOffset: number): Buffer {
  const sets: Buffer[] = []
  let isWhole = false
  for (const at of batchesOf(batches)) {
    isWhole = true
    if (isControl(batches, at)) continue
    const compression = compressionType(batches, at) as CompressionType
    const isCompressed = compression !== CompressionType.NONE
    const records = [...recordsOf(batches, at)].filter(
      ({ offset }) => isCompressed || offset >= fetchOffset,
    )
    if (records.length === 0) continue
    const format = { magic, compression, timestampType: timestampType(batches, at) }
    sets.push(writeMessageSet(format, records))
  }
  return isWhole || batches.length === 0 ? Buffer.concat(sets) : overflowing(batches)
}

function overflowing(batches: Buffer): Buffer {
  const known = batches.length >= LOG_OVERHEAD ? batchSize(batches, 0) : HEADER_SIZE
  const beginning = Buffer.alloc(LOG_OVERHEAD)
  beginning.writeBigInt64BE(-1n)
  beginning.writeInt32BE(known, LOG_OVERHEAD - 4)
  return beginning
}
