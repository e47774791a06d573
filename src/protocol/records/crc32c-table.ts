const POLYNOMIAL = 0x82f63b78
const SLICES = 8

/** `tables[k * 256 + b]`: what byte b does to the checksum after k further bytes. */
function makeTables(): Int32Array {
  const tables = new Int32Array(SLICES * 256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1
    tables[byte] = value
  }
  for (let at = 256; at < tables.length; at++) {
    const previous = tables[at - 256]!
    tables[at] = (previous >>> 8) ^ tables[previous & 0xff]!
  }
  return tables
}

/** CRC-32C in JavaScript, eight bytes a step ("slicing by 8"). */
export function makeTableCrc32c(): (bytes: Uint8Array) => number {
  const tables = makeTables()
  return (bytes) => {
    let crc = -1
    let at = 0
    const end = bytes.length - (bytes.length % SLICES)
    for (; at < end; at += SLICES) {
      crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
      crc =
        tables[1792 + (crc & 0xff)]! ^
        tables[1536 + ((crc >>> 8) & 0xff)]! ^
        tables[1280 + ((crc >>> 16) & 0xff)]! ^
        tables[1024 + (crc >>> 24)]! ^
        tables[768 + bytes[at + 4]!]! ^
        tables[512 + bytes[at + 5]!]! ^
        tables[256 + bytes[at + 6]!]! ^
        tables[bytes[at + 7]!]!
    }
    for (; at < bytes.length; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 0xff]!
    return ~crc >>> 0
  }
}
