import { randomBytes, randomInt } from 'node:crypto'

/** A source of randomness, so that a simulation can repeat a run from its seed. */
export interface Random {
  /** A whole number, 0 ≤ n < `bound`; `bound` at most 2^48 - 1. */
  int(bound: number): number
  /** A fraction, 0 ≤ x < 1. */
  fraction(): number
  bytes(length: number): Buffer
}

/** The machine's cryptographic randomness. */
export const systemRandom: Random = {
  int: (bound) => randomInt(bound),
  fraction: () => randomInt(2 ** 47) / 2 ** 47,
  bytes: (length) => randomBytes(length),
}

/** The same numbers for the same seed (mulberry32); not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next32 = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = state
    x = Math.imul(x ^ (x >>> 15), x | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return (x ^ (x >>> 14)) >>> 0
  }
  const fraction = (): number => next32() / 2 ** 32
  return {
    int: (bound) => Math.floor(fraction() * bound),
    fraction,
    bytes: (length) => {
      const out = Buffer.allocUnsafe(length)
      for (let i = 0; i < length; i++) out[i] = next32() & 0xff
      return out
    },
  }
}

/**
 * A random (version 4) UUID in Kafka's text form: 22 characters of base64url. Like Kafka's
 * `Uuid.randomUuid` it never begins with a dash, which command lines would take for an option.
 */
export function randomUuid(random: Random): string {
  for (;;) {
    const bytes = random.bytes(16)
    bytes[6] = (bytes[6]! & 0x0f) | 0x40
    bytes[8] = (bytes[8]! & 0x3f) | 0x80
    const text = bytes.toString('base64url')
    if (!text.startsWith('-')) return text
  }
}
