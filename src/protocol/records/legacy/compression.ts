import { ErrorCode, KafkaError } from '../../errors.js'
import { CompressionType } from '../batch.js'
import { compress, decompress } from '../compression.js'
import { decompressLz4, withHeaderChecksumFrom } from '../lz4.js'
import type { LegacyMagic } from './message.js'

/**
 * The messages that one message of format `magic` wraps. In format 0 the checksum of an LZ4 frame's
 * header is wrong (KAFKA-3160), so nobody looks at it.
 *
 * @throws KafkaError as {@link decompress}; UNSUPPORTED_COMPRESSION_TYPE for zstd, which came later
 */
export function decompressMessages(
  magic: LegacyMagic,
  type: number,
  bytes: Buffer,
  maxBytes: number,
): Buffer {
  requireOldType(type)
  if (magic === 0 && type === CompressionType.LZ4) return decompressLz4(bytes, maxBytes, true)
  return decompress(type, bytes, maxBytes)
}

/** @throws KafkaError UNSUPPORTED_COMPRESSION_TYPE for zstd */
export function compressMessages(magic: LegacyMagic, type: CompressionType, bytes: Buffer): Buffer {
  requireOldType(type)
  const compressed = compress(type, bytes)
  const isBroken = magic === 0 && type === CompressionType.LZ4
  return isBroken ? withHeaderChecksumFrom(compressed, 0) : compressed
}

function requireOldType(type: number): void {
  if (type !== CompressionType.ZSTD) return
  throw new KafkaError(
    ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
    'Messages of formats 0 and 1 cannot be compressed with zstd',
  )
}
