import { createRequire } from 'node:module'
import { runtimeRequire } from './runtime-require.js'

type Checksum = (bytes: Uint8Array) => number

const PACKAGE = '@node-rs/crc32'
const LIBC_SUFFIXES: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['-gnu', '-musl'],
  win32: ['-msvc'],
}

/**
 * The prebuilt native checksum. The package's own entry is passed by: finding out which of its
 * binaries fits costs it 18 ms of start-up, where trying them costs 3.
 */
function loadNative(): Checksum | undefined {
  for (const suffix of LIBC_SUFFIXES[process.platform] ?? ['']) {
    try {
      const require = createRequire(runtimeRequire.resolve(PACKAGE))
      const binary = require(`${PACKAGE}-${process.platform}-${process.arch}${suffix}`)
      return (binary as { readonly crc32c: Checksum }).crc32c
    } catch {
      // Not installed, or made for another C library.
    }
  }
  return undefined
}

function loadPortable(): Checksum {
  const { buf } = runtimeRequire('crc-32/crc32c') as { buf(bytes: Uint8Array): number }
  return (bytes) => buf(bytes) >>> 0
}

const checksum = loadNative() ?? loadPortable()

/** CRC-32C (Castagnoli, RFC 3720) of the bytes from `start` to `end`, as an unsigned number. */
export function crc32c(buffer: Buffer, start = 0, end = buffer.length): number {
  return checksum(start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end))
}
