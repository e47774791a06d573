import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runtimeRequire } from './runtime-require.js'

/** zstd for runtimes whose node:zlib lacks it (before Node 22.15). */
export interface Zstd {
  compress(bytes: Buffer, level: number): Buffer
  /** Decompresses one whole frame, to `maxSize` bytes at most. Throws what says why it can't. */
  decompressFrame(bytes: Buffer, maxSize: number): Buffer
}

/** What of WebAssembly's API is used here; the compiler's own declarations come only with the DOM's. */
interface WebAssemblyApi {
  readonly Module: new (binary: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
}
const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly

interface Memory {
  readonly buffer: ArrayBuffer
  grow(pages: number): void
}

/** The functions of libzstd, under the names that the build of this package version gave them. */
interface Exports {
  readonly f: Memory
  /** Runs the constructors. */
  readonly g: () => void
  /** ZSTD_isError */
  readonly h: (code: number) => number
  /** ZSTD_compressBound */
  readonly i: (size: number) => number
  /** ZSTD_compress */
  readonly m: (to: number, capacity: number, from: number, size: number, level: number) => number
  /** ZSTD_decompress */
  readonly r: (to: number, capacity: number, from: number, size: number) => number
  /** malloc */
  readonly s: (size: number) => number
  /** free */
  readonly t: (address: number) => void
}

const PACKAGE = '@bokuweb/zstd-wasm'
const PAGE_BYTES = 65536
const MAX_MEMORY_BYTES = 1024 * 1024 * 1024
// Memory of an instance never shrinks; one that had to grow beyond this is thrown away after use.
const MAX_KEPT_MEMORY_BYTES = 32 * 1024 * 1024

class WasmZstd implements Zstd {
  readonly #module: object
  #instance: Exports | undefined

  constructor(binary: Uint8Array) {
    this.#module = new Module(binary)
  }

  compress(bytes: Buffer, level: number): Buffer {
    const zstd = this.#open()
    return this.#run(zstd, bytes, zstd.i(bytes.length), (to, capacity, from) =>
      zstd.m(to, capacity, from, bytes.length, level),
    )
  }

  decompressFrame(bytes: Buffer, maxSize: number): Buffer {
    const zstd = this.#open()
    return this.#run(zstd, bytes, maxSize, (to, capacity, from) =>
      zstd.r(to, capacity, from, bytes.length),
    )
  }

  #run(
    zstd: Exports,
    bytes: Buffer,
    capacity: number,
    operation: (to: number, capacity: number, from: number) => number,
  ): Buffer {
    const from = this.#allocate(zstd, bytes.length)
    const to = this.#allocate(zstd, capacity)
    new Uint8Array(zstd.f.buffer, from, bytes.length).set(bytes)
    try {
      const size = operation(to, capacity, from)
      if (zstd.h(size)) throw new Error(`libzstd error ${-size}`)
      return Buffer.from(new Uint8Array(zstd.f.buffer, to, size))
    } finally {
      zstd.t(to)
      zstd.t(from)
      if (zstd.f.buffer.byteLength > MAX_KEPT_MEMORY_BYTES) this.#instance = undefined
    }
  }

  #allocate(zstd: Exports, size: number): number {
    const address = zstd.s(Math.max(1, size)) >>> 0
    if (address === 0) {
      this.#instance = undefined
      throw new Error(`no memory for ${size} bytes`)
    }
    return address
  }

  #open(): Exports {
    this.#instance ??= instantiate(this.#module)
    return this.#instance
  }
}

/** What Emscripten's C library asks of the world around it. */
function instantiate(module: object): Exports {
  const abort = (): never => {
    throw new Error('libzstd gave up')
  }
  const resizeHeap = (size: number): number => {
    const missing = (size >>> 0) - exports.f.buffer.byteLength
    if (size >>> 0 > MAX_MEMORY_BYTES) return 0
    try {
      exports.f.grow(Math.ceil(missing / PAGE_BYTES))
      return 1
    } catch {
      return 0
    }
  }
  const imports = { a: abort, b: () => {}, c: abort, d: () => 0, e: resizeHeap }
  const instance = new Instance(module, { a: imports })
  const exports = instance.exports as Exports
  exports.g()
  return exports
}

/** @throws Error when the package isn't installed */
export function loadWasmZstd(): Zstd {
  const path = join(dirname(runtimeRequire.resolve(PACKAGE)), 'zstd.wasm')
  return new WasmZstd(readFileSync(path))
}
