import { crc32c } from '../protocol/records/crc32c.js'
import { readInt64, writeInt64 } from '../protocol/records/int64.js'
import { ProducerEntry } from './producer-entry.js'

/** The file's version, int16, then an unsigned int32 checksum of all after it, then a count. */
const VERSION = 1
const CRC_AT = 2
const ENTRIES_AT = 6
const ENTRY_SIZE = 46

/** Producer state as a `.snapshot` file holds it (schema `ProducerSnapshot`): of each its last batch. */
export function encodeProducerSnapshot(producers: ReadonlyMap<number, ProducerEntry>): Buffer {
  const bytes = Buffer.allocUnsafe(ENTRIES_AT + 4 + producers.size * ENTRY_SIZE)
  bytes.writeInt16BE(VERSION, 0)
  bytes.writeInt32BE(producers.size, ENTRIES_AT)
  let at = ENTRIES_AT + 4
  for (const producer of producers.values()) {
    const batch = producer.lastBatch
    writeInt64(bytes, at, producer.producerId)
    bytes.writeInt16BE(producer.epoch, at + 8)
    bytes.writeInt32BE(producer.lastSequence, at + 10)
    writeInt64(bytes, at + 14, batch?.lastOffset ?? -1)
    bytes.writeInt32BE(batch?.offsetDelta ?? 0, at + 22)
    writeInt64(bytes, at + 26, producer.lastTimestamp)
    bytes.writeInt32BE(producer.coordinatorEpoch, at + 34)
    writeInt64(bytes, at + 38, producer.currentTxnFirstOffset)
    at += ENTRY_SIZE
  }
  bytes.writeUInt32BE(crc32c(bytes, ENTRIES_AT), CRC_AT)
  return bytes
}

/** @returns undefined for a file that is damaged */
export function decodeProducerSnapshot(bytes: Buffer): ProducerEntry[] | undefined {
  if (bytes.length < ENTRIES_AT + 4 || bytes.readInt16BE(0) !== VERSION) return undefined
  if (bytes.readUInt32BE(CRC_AT) !== crc32c(bytes, ENTRIES_AT)) return undefined
  const count = bytes.readInt32BE(ENTRIES_AT)
  if (bytes.length < ENTRIES_AT + 4 + count * ENTRY_SIZE) return undefined
  const entries: ProducerEntry[] = []
  for (let i = 0, at = ENTRIES_AT + 4; i < count; i++, at += ENTRY_SIZE) {
    const entry = new ProducerEntry(readInt64(bytes, at))
    const epoch = bytes.readInt16BE(at + 8)
    const lastOffset = readInt64(bytes, at + 14)
    const timestamp = readInt64(bytes, at + 26)
    entry.startEpoch(epoch)
    if (lastOffset >= 0) {
      const lastSequence = bytes.readInt32BE(at + 10)
      entry.addBatch(epoch, lastSequence, lastOffset, bytes.readInt32BE(at + 22), timestamp)
    }
    entry.lastTimestamp = timestamp
    entry.coordinatorEpoch = bytes.readInt32BE(at + 34)
    entry.currentTxnFirstOffset = readInt64(bytes, at + 38)
    entries.push(entry)
  }
  return entries
}
