import {
  type AnyMessage,
  codecOf,
  DecodeError,
  type Infer,
  type Input,
  includes,
  Reader,
  Writer,
} from '../protocol/codec/index.js'
import * as schemas from '../protocol/schema/metadata-records.js'

/** The module has nothing but schemas of records. */
type Schemas = typeof schemas
/** A kind of record of the metadata log, by Kafka's name: `TopicRecord`, `PartitionRecord`, … */
export type RecordType = keyof Schemas & string
/** What a record of a kind says. */
export type RecordData<T extends RecordType> = Infer<Schemas[T]>

/** A record as it was read. */
export type MetadataRecord = {
  [T in RecordType]: { readonly type: T; readonly data: RecordData<T> }
}[RecordType]

/** A record to be written; what has a default may be left out. */
export type NewRecord = {
  [T in RecordType]: {
    readonly type: T
    readonly version: number
    readonly data: Input<Schemas[T]>
  }
}[RecordType]

/** There is only one so far: frame version, record type and version, each as unsigned varint. */
const FRAME_VERSION = 1

/** The metadata log has something in it that this version doesn't know, so it can't be used. */
export class UnsupportedMetadataError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UnsupportedMetadataError'
  }
}

const schemasByType: Readonly<Record<RecordType, AnyMessage>> = schemas

const typesByKey: ReadonlyMap<number, RecordType> = new Map(
  Object.entries(schemasByType).map(([type, schema]) => [schema.key, type as RecordType]),
)

/** The value of a log record, framed as Kafka's `MetadataRecordSerde` does. */
export function encodeRecord(record: NewRecord): Buffer {
  const schema = schemasByType[record.type]
  const writer = new Writer(64)
  writer.uvarint(FRAME_VERSION)
  writer.uvarint(schema.key)
  writer.uvarint(record.version)
  codecOf(schema, record.version).write(writer, record.data)
  const chunks = writer.chunks()
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

/**
 * @throws UnsupportedMetadataError for a frame, type or version that is not known
 * @throws DecodeError when the bytes aren't what they say
 */
export function decodeRecord(value: Buffer): MetadataRecord {
  const reader = new Reader(value, 0)
  const frame = reader.uvarint('frame version')
  if (frame !== FRAME_VERSION) {
    throw new UnsupportedMetadataError(
      `The metadata log has a record with frame version ${frame}; only ${FRAME_VERSION} is known.`,
    )
  }
  const key = reader.uvarint('record type')
  const version = reader.uvarint('record version')
  const type = typesByKey.get(key)
  if (type === undefined) {
    throw new UnsupportedMetadataError(
      `The metadata log has a record of the unknown type ${key}; it was written by a newer version.`,
    )
  }
  const schema = schemasByType[type]
  if (!includes(schema.versions, version)) {
    throw new UnsupportedMetadataError(
      `The metadata log has a ${type} of the unknown version ${version}; it was written by a newer version.`,
    )
  }
  const data = codecOf(schema, version).read(reader)
  if (reader.position !== value.length) {
    throw new DecodeError(
      `${value.length - reader.position} bytes after a ${type}`,
      reader.position,
    )
  }
  return { type, data } as MetadataRecord
}
