import { gunzipSync, gzipSync } from 'node:zlib'
import { ErrorCode, KafkaError } from '../errors.js'
import { CompressionType } from './batch.js'

export const DEFAULT_MAX_DECOMPRESSED_BYTES = 256 * 1024 * 1024
export function compress(type: CompressionType, bytes: Buffer, level?: number): Buffer {
  if (type === CompressionType.NONE) return bytes
  if (type === CompressionType.GZIP) return gzipSync(bytes, { level: level ?? -1 })
  throw new KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, `compression type ${type}`)
}
export function decompress(type: number, bytes: Buffer, maxBytes: number): Buffer {
  if (type === CompressionType.NONE) return bytes
  if (type === CompressionType.GZIP) return gunzipSync(bytes, { maxOutputLength: maxBytes })
  throw new KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, `compression type ${type}`)
}
