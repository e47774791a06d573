import { runtimeRequire } from '../runtime-require.js'

type Checksum = (bytes: Uint8Array) => number

// Loaded for the first message of an old format, which most brokers never see.
const checksum = (() => {
  let loaded: Checksum | undefined
  return (bytes: Uint8Array): number => {
    loaded ??= (runtimeRequire('crc-32') as { readonly buf: Checksum }).buf
    return loaded(bytes)
  }
})()

/** CRC-32 (ISO 3309, as in zip files) as an unsigned number. */
export function crc32(bytes: Buffer): number {
  return checksum(bytes) >>> 0
}
