import { constants, gunzipSync, gzipSync } from 'node:zlib'
import { ErrorCode, KafkaError } from '../errors.js'
import { CompressionType } from './batch.js'
import { tooLarge } from './growing-buffer.js'
import { compressLz4, decompressLz4 } from './lz4.js'
import { corrupt } from './record-error.js'
import { compressSnappy, decompressSnappy } from './snappy.js'
import { compressZstd, decompressZstd } from './zstd.js'

/**
 * What the records of one batch may come to, bytes. Kafka has no such bound, since it decompresses as
 * a stream; a batch is 1 MiB at most by default, and real data seldom shrinks to a fiftieth.
 */
export const DEFAULT_MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024

/** The name of each type in configs such as `compression.type`. */
export const COMPRESSION_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

const ZSTD_DEFAULT_LEVEL = 3

/**
 * Compresses a batch's records.
 *
 * @param level of gzip (1 to 9) and zstd (-131072 to 22); the codec's default if left out
 */
export function compress(type: CompressionType, bytes: Buffer, level?: number): Buffer {
  switch (type) {
    case CompressionType.NONE:
      return bytes
    case CompressionType.GZIP:
      return gzipSync(bytes, { level: level ?? constants.Z_DEFAULT_COMPRESSION })
    case CompressionType.SNAPPY:
      return compressSnappy(bytes)
    case CompressionType.LZ4:
      return compressLz4(bytes)
    case CompressionType.ZSTD:
      return compressZstd(bytes, level ?? ZSTD_DEFAULT_LEVEL)
  }
}

/**
 * Decompresses a batch's records.
 *
 * @param type as it stands in the batch's attributes
 * @throws KafkaError CORRUPT_MESSAGE when the bytes are cut off or otherwise wrong, or come to more
 *   than `maxBytes`; UNSUPPORTED_COMPRESSION_TYPE for a number that no type has
 */
export function decompress(
  type: number,
  bytes: Buffer,
  maxBytes = DEFAULT_MAX_DECOMPRESSED_BYTES,
): Buffer {
  switch (type) {
    case CompressionType.NONE:
      return bytes
    case CompressionType.GZIP:
      return decompressGzip(bytes, maxBytes)
    case CompressionType.SNAPPY:
      return decompressSnappy(bytes, maxBytes)
    case CompressionType.LZ4:
      return decompressLz4(bytes, maxBytes)
    case CompressionType.ZSTD:
      return decompressZstd(bytes, maxBytes)
    default:
      throw new KafkaError(
        ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
        `Unknown compression type id: ${type}`,
      )
  }
}

function decompressGzip(bytes: Buffer, maxBytes: number): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes)
    throw corrupt(`gzip data can't be decompressed: ${(cause as Error).message}`)
  }
}
