import { batchSize, MAGIC_V2, magic } from '../../protocol/records/index.js'

/** Where the CRC of a batch stands, and that of a message of the formats before. */
const CRC_AT = 17
const LEGACY_CRC_AT = 12
/** Of what the formats have in common: up to the magic, and the CRC that follows it. */
const COMMON_BYTES = CRC_AT + 4

/** The same batches, each with a CRC that doesn't match it. */
export function withBadCrc(records: Buffer | readonly Buffer[]): Buffer {
  const copy = Buffer.concat(Buffer.isBuffer(records) ? [records] : records)
  let at = 0
  while (copy.length - at >= COMMON_BYTES) {
    const crcAt = at + (magic(copy, at) >= MAGIC_V2 ? CRC_AT : LEGACY_CRC_AT)
    copy[crcAt] = copy[crcAt]! ^ 0xff
    at += Math.max(COMMON_BYTES, batchSize(copy, at))
  }
  return copy
}
