import {
  type AnyMessage,
  codecOf,
  DecodeError,
  Reader,
  Writer,
} from '../../protocol/codec/index.js'
import type { CoordinatorRecordType } from '../../protocol/record-types.js'

/**
 * A record of a coordinator's log: the message of its key, whose type is the key's first two bytes,
 * and that of its value with its version in front; null is a tombstone.
 */
export interface CoordinatorRecord {
  /** Number of the key's schema, as in Kafka's `CoordinatorRecordType`. */
  readonly type: number
  readonly key: unknown
  readonly version: number
  readonly value: unknown
}

/** The kinds of records of one coordinator's log, by type. */
export type CoordinatorRecordTypes = ReadonlyMap<number, CoordinatorRecordType>

/** Key and value as they are in a batch. */
export interface RecordBytes {
  readonly key: Buffer
  readonly value: Buffer | null
}

/** Keys have one version; their type stands where other messages have theirs. */
const KEY_VERSION = 0

/** The bytes of a record, as Kafka's `CoordinatorRecordSerde` writes them. */
export function encodeCoordinatorRecord(
  types: CoordinatorRecordTypes,
  record: CoordinatorRecord,
): RecordBytes {
  const schemas = types.get(record.type)
  if (schemas === undefined) throw new RangeError(`no coordinator record has type ${record.type}`)
  return {
    key: encode(schemas.key, record.type, KEY_VERSION, record.key),
    value:
      record.value === null
        ? null
        : encode(schemas.value, record.version, record.version, record.value),
  }
}

/**
 * A record out of its bytes, which its own bytes fields don't share; undefined when its type isn't
 * known here: a newer version wrote it, and an older one lives without it.
 *
 * @throws DecodeError, RangeError when the bytes aren't what they say, or have a newer version
 */
export function decodeCoordinatorRecord(
  types: CoordinatorRecordTypes,
  { key, value }: RecordBytes,
): CoordinatorRecord | undefined {
  const reader = new Reader(key)
  const type = reader.int16('record type')
  const schemas = types.get(type)
  if (schemas === undefined) return undefined
  const decodedKey: unknown = codecOf(schemas.key, KEY_VERSION).read(reader)
  if (value === null) return { type, key: decodedKey, version: 0, value: null }
  const valueReader = new Reader(Buffer.from(value))
  const version = valueReader.int16('record version')
  const decoded: unknown = codecOf(schemas.value, version).read(valueReader)
  if (valueReader.remaining > 0) {
    throw new DecodeError(
      `${valueReader.remaining} bytes after a ${schemas.value.name}`,
      valueReader.position,
    )
  }
  return { type, key: decodedKey, version, value: decoded }
}

function encode(schema: AnyMessage, prefix: number, version: number, message: unknown): Buffer {
  const writer = new Writer(64)
  writer.int16(prefix, 'version')
  codecOf(schema, version).write(writer, message)
  const chunks = writer.chunks()
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}
