import * as zlib from 'node:zlib'
import { ErrorCode, KafkaError } from '../errors.js'
import { tooLarge } from './growing-buffer.js'
import { corrupt } from './record-error.js'
import { zstdFrames } from './zstd-frame.js'
import { loadWasmZstd, type Zstd } from './zstd-wasm.js'

/** What node:zlib has from Node 22.15 on. */
interface NodeZstd {
  zstdCompressSync(bytes: Buffer, options: { readonly params: Record<number, number> }): Buffer
  zstdDecompressSync(bytes: Buffer, options: { readonly maxOutputLength: number }): Buffer
  readonly constants: { readonly ZSTD_c_compressionLevel: number }
}

function makeNodeZstd(node: NodeZstd): Zstd {
  return {
    compress: (bytes, level) =>
      node.zstdCompressSync(bytes, {
        params: { [node.constants.ZSTD_c_compressionLevel]: level },
      }),
    decompressFrame: (bytes, maxSize) =>
      node.zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, maxSize) }),
  }
}

function load(): Zstd {
  if ('zstdDecompressSync' in zlib) return makeNodeZstd(zlib as unknown as NodeZstd)
  try {
    return loadWasmZstd()
  } catch (cause) {
    throw new KafkaError(
      ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
      'zstd needs Node 22.15 or the package @bokuweb/zstd-wasm',
      { cause },
    )
  }
}

// Loaded when the first zstd batch comes: the WebAssembly takes milliseconds and megabytes.
const zstd = (() => {
  let loaded: Zstd | undefined
  return () => {
    loaded ??= load()
    return loaded
  }
})()

/** @throws KafkaError CORRUPT_MESSAGE; UNSUPPORTED_COMPRESSION_TYPE where zstd can't be loaded */
export function decompressZstd(bytes: Buffer, maxBytes: number): Buffer {
  const codec = zstd()
  const parts: Buffer[] = []
  let left = maxBytes
  for (const frame of zstdFrames(bytes)) {
    if (frame.contentSize !== undefined && frame.contentSize > left) throw tooLarge(maxBytes)
    const capped = frame.maxSize > left
    let part: Buffer
    try {
      part = codec.decompressFrame(
        bytes.subarray(frame.start, frame.end),
        Math.min(frame.maxSize, left),
      )
    } catch (cause) {
      if (capped) throw tooLarge(maxBytes)
      throw corrupt(`a zstd frame can't be decompressed: ${(cause as Error).message}`)
    }
    if (frame.contentSize !== undefined && part.length !== frame.contentSize) {
      throw corrupt('a zstd frame shorter than its length')
    }
    left -= part.length
    parts.push(part)
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}

/** One frame; `level` as libzstd's, 3 by default as in Kafka. */
export function compressZstd(bytes: Buffer, level: number): Buffer {
  return zstd().compress(bytes, level)
}
