import { createRequire } from 'node:module'

type Checksum = (bytes: Uint8Array, seed?: number) => number

// The native package is prebuilt for most systems and three times as fast; where it can't be loaded
// the one in JavaScript does the same.
function load(): Checksum {
  const require = createRequire(typeof __filename === 'string' ? __filename : import.meta.url)
  try {
    const native = require('@node-rs/crc32') as { crc32c(bytes: Uint8Array, seed?: number): number }
    return native.crc32c
  } catch {
    const portable = require('crc-32/crc32c.js') as {
      buf(bytes: Uint8Array, seed?: number): number
    }
    return (bytes, seed) => portable.buf(bytes, seed) >>> 0
  }
}

const checksum = load()

/** CRC-32C (Castagnoli, RFC 3720) of the bytes from `start` to `end`, as an unsigned number. */
export function crc32c(buffer: Buffer, start = 0, end = buffer.length): number {
  return checksum(start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end))
}
