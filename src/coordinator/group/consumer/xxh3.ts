const PRIME32_1 = 0x9e3779b1n
const PRIME32_2 = 0x85ebca77n
const PRIME32_3 = 0xc2b2ae3dn
const PRIME64_1 = 0x9e3779b185ebca87n
const PRIME64_2 = 0xc2b2ae3d27d4eb4fn
const PRIME64_3 = 0x165667b19e3779f9n
const PRIME64_4 = 0x85ebca77c2b2ae63n
const PRIME64_5 = 0x27d4eb2f165667c5n
const PRIME_MX1 = 0x165667919e3779f9n
const PRIME_MX2 = 0x9fb21c651e98df25n

/** The secret that XXH3 takes when it is given none. */
const SECRET = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f' +
    'cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c' +
    '3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364' +
    'eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e' +
    '2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
)

const SECRET_VIEW = new DataView(SECRET.buffer, SECRET.byteOffset, SECRET.length)

const TWO_16 = 0x10000
const STRIPE_BYTES = 64
const STRIPES_IN_BLOCK = (SECRET.length - STRIPE_BYTES) / 8
const BLOCK_BYTES = STRIPE_BYTES * STRIPES_IN_BLOCK
/** Inputs up to here are mixed as a whole; longer ones in stripes. */
const MAX_MIXED_BYTES = 240

/**
 * XXH3 of 64 bits without a seed, of four bytes and more (the specification of xxHash 0.8). The hash
 * is unsigned.
 *
 * @throws RangeError if there are less than four bytes
 */
export function xxh3(input: Buffer): bigint {
  if (input.length < 4) throw new RangeError('XXH3 is made here for four bytes and more')
  if (input.length <= 8) return hashTo8(input)
  if (input.length <= 16) return hashTo16(input)
  if (input.length <= 128) return hashTo128(input)
  if (input.length <= MAX_MIXED_BYTES) return hashTo240(input)
  return hashLong(input)
}

function hashTo8(input: Buffer): bigint {
  const length = BigInt(input.length)
  const first = BigInt(input.readUInt32LE(0))
  const last = BigInt(input.readUInt32LE(input.length - 4))
  let hash = (last + (first << 32n)) ^ secret(8) ^ secret(16)
  hash ^= rotateLeft(hash, 49n) ^ rotateLeft(hash, 24n)
  hash = wrap(hash * PRIME_MX2)
  hash = wrap((hash ^ ((hash >> 35n) + length)) * PRIME_MX2)
  return hash ^ (hash >> 28n)
}

function hashTo16(input: Buffer): bigint {
  const low = input.readBigUInt64LE(0) ^ secret(24) ^ secret(32)
  const high = input.readBigUInt64LE(input.length - 8) ^ secret(40) ^ secret(48)
  return avalanche(wrap(BigInt(input.length) + swapBytes(low) + high + foldedProduct(low, high)))
}

function hashTo128(input: Buffer): bigint {
  const pairs = Math.ceil(input.length / 32)
  let sum = BigInt(input.length) * PRIME64_1
  for (let i = 0; i < pairs; i++) {
    sum += mix(input, 16 * i, 32 * i) + mix(input, input.length - 16 * (i + 1), 32 * i + 16)
  }
  return avalanche(wrap(sum))
}

function hashTo240(input: Buffer): bigint {
  const rounds = Math.trunc(input.length / 16)
  let sum = BigInt(input.length) * PRIME64_1
  for (let i = 0; i < 8; i++) sum += mix(input, 16 * i, 16 * i)
  sum = avalanche(wrap(sum))
  for (let i = 8; i < rounds; i++) sum += mix(input, 16 * i, 16 * (i - 8) + 3)
  sum += mix(input, input.length - 16, 119)
  return avalanche(wrap(sum))
}

function hashLong(input: Buffer): bigint {
  const view = new DataView(input.buffer, input.byteOffset, input.length)
  const sums = BigUint64Array.of(
    PRIME32_3,
    PRIME64_1,
    PRIME64_2,
    PRIME64_3,
    PRIME64_4,
    PRIME32_2,
    PRIME64_5,
    PRIME32_1,
  )
  const words = new Uint32Array(sums.buffer)
  let at = 0
  for (; at + BLOCK_BYTES < input.length; at += BLOCK_BYTES) {
    for (let i = 0; i < STRIPES_IN_BLOCK; i++) addStripe(words, view, at + STRIPE_BYTES * i, 8 * i)
    scramble(sums)
  }
  for (let i = 0; at + STRIPE_BYTES < input.length; i++, at += STRIPE_BYTES) {
    addStripe(words, view, at, 8 * i)
  }
  addStripe(words, view, input.length - STRIPE_BYTES, SECRET.length - STRIPE_BYTES - 7)
  let hash = BigInt(input.length) * PRIME64_1
  for (let i = 0; i < 8; i += 2) {
    hash += foldedProduct(sums[i]! ^ secret(11 + 8 * i), sums[i + 1]! ^ secret(19 + 8 * i))
  }
  return avalanche(wrap(hash))
}

/**
 * In halves of 32 bits, for long inputs would take several times as long in bigints.
 *
 * @param words the eight sums, each its low half and its high half
 */
function addStripe(words: Uint32Array, input: DataView, at: number, secretAt: number): void {
  for (let i = 0; i < 16; i += 2) {
    const low = input.getUint32(at + 4 * i, true)
    const high = input.getUint32(at + 4 * i + 4, true)
    add(words, i ^ 2, low, high)
    const keyedLow = (low ^ SECRET_VIEW.getUint32(secretAt + 4 * i, true)) >>> 0
    const keyedHigh = (high ^ SECRET_VIEW.getUint32(secretAt + 4 * i + 4, true)) >>> 0
    const upper =
      keyedLow * (keyedHigh >>> 16) + Math.floor((keyedLow * (keyedHigh & 0xffff)) / TWO_16)
    add(words, i, Math.imul(keyedLow, keyedHigh) >>> 0, Math.floor(upper / TWO_16))
  }
}

function add(words: Uint32Array, at: number, low: number, high: number): void {
  const sum = words[at]! + low
  // What doesn't fit into 32 bits is dropped as it is stored.
  words[at] = sum
  words[at + 1] = words[at + 1]! + high + (sum > 0xffffffff ? 1 : 0)
}

function scramble(sums: BigUint64Array): void {
  for (let i = 0; i < 8; i++) {
    const sum = sums[i]!
    sums[i] = (sum ^ (sum >> 47n) ^ secret(SECRET.length - STRIPE_BYTES + 8 * i)) * PRIME32_1
  }
}

function mix(input: Buffer, at: number, secretAt: number): bigint {
  return foldedProduct(
    input.readBigUInt64LE(at) ^ secret(secretAt),
    input.readBigUInt64LE(at + 8) ^ secret(secretAt + 8),
  )
}

function secret(at: number): bigint {
  return SECRET.readBigUInt64LE(at)
}

/** The two halves of the 128 bits of a product, one upon the other. */
function foldedProduct(a: bigint, b: bigint): bigint {
  const product = a * b
  return wrap(product) ^ (product >> 64n)
}

function avalanche(hash: bigint): bigint {
  const mixed = wrap((hash ^ (hash >> 37n)) * PRIME_MX1)
  return mixed ^ (mixed >> 32n)
}

function rotateLeft(value: bigint, bits: bigint): bigint {
  return wrap(value << bits) | (value >> (64n - bits))
}

function swapBytes(value: bigint): bigint {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64LE(value)
  return bytes.readBigUInt64BE()
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value)
}
