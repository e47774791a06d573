import { inspect, isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { seededRandom } from '../../../src/env/random.js'
import {
  type AnyMessage,
  annotate,
  DecodeError,
  decode,
  encode,
  encodeToBuffer,
} from '../../../src/protocol/codec/index.js'
import { everyVersion } from './all-messages.js'
import { randomMessage } from './random-message.js'

const SEED = 4_3_1

interface Case {
  readonly message: AnyMessage
  readonly version: number
  readonly seed: number
  readonly value: Record<string, unknown>
}

/** Random messages of every version; the same ones in every run. */
function* cases(rounds: number): Generator<Case> {
  let seed = SEED
  for (const { message, version } of everyVersion()) {
    for (let i = 0; i < rounds; i++) {
      seed++
      yield { message, version, seed, value: randomMessage(message, version, seededRandom(seed)) }
    }
  }
}

/** The cases of which `check` says that they are wrong, and why. */
function wrongOnes(rounds: number, check: (each: Case) => string | undefined): string[] {
  const wrong: string[] = []
  for (const each of cases(rounds)) {
    const reason = check(each)
    if (reason === undefined) continue
    wrong.push(`${each.message.name} v${each.version}, seed ${each.seed}: ${reason}`)
  }
  return wrong
}

const encoded = ({ message, version, value }: Case) => encodeToBuffer(message, version, value)

t.test('every message in every version decodes to what was encoded', async (t) => {
  const wrong = wrongOnes(12, (each) => {
    const bytes = encoded(each)
    const { value, end } = decode(each.message, each.version, bytes)
    if (end !== bytes.length) return `ends at ${end} of ${bytes.length}`
    return isDeepStrictEqual(value, each.value) ? undefined : inspect(value, { depth: 9 })
  })
  t.strictSame(wrong, [])
})

t.test('a message decodes from the middle of a buffer', async (t) => {
  const wrong = wrongOnes(1, (each) => {
    const chunks = encode(each.message, each.version, each.value)
    const bytes = Buffer.concat([Buffer.alloc(3, 0xff), ...chunks, Buffer.alloc(5, 0xff)])
    const { value, end } = decode(each.message, each.version, bytes, 3)
    if (end !== bytes.length - 5) return `ends at ${end}`
    return isDeepStrictEqual(value, each.value) ? undefined : inspect(value, { depth: 9 })
  })
  t.strictSame(wrong, [])
})

t.test('cut short anywhere, it is a DecodeError', async (t) => {
  const wrong = wrongOnes(1, (each) => {
    const bytes = encoded(each)
    const step = bytes.length > 400 ? 5 : 1
    for (let length = 0; length < bytes.length; length += step) {
      const error = decodeError(each, bytes.subarray(0, length))
      if (!(error instanceof DecodeError)) return `cut to ${length}: ${error}`
    }
    return undefined
  })
  t.strictSame(wrong, [])
})

t.test('damaged bytes decode or are a DecodeError, and annotate alike', async (t) => {
  const wrong = wrongOnes(4, (each) => {
    const random = seededRandom(each.seed)
    const bytes = encoded(each)
    for (let i = 0; i < 8 && bytes.length > 0; i++) {
      bytes[random.int(bytes.length)] = [0, 0x7f, 0x80, 0xff][random.int(4)]!
      const error = decodeError(each, bytes)
      if (error !== undefined && !(error instanceof DecodeError)) return String(error)
      const gap = findGap(each, bytes, error !== undefined)
      if (gap !== undefined) return gap
    }
    return undefined
  })
  t.strictSame(wrong, [])
})

t.test('the annotations cover every byte once', async (t) => {
  t.strictSame(
    wrongOnes(2, (each) => findGap(each, encoded(each), false)),
    [],
  )
})

/** What is wrong with the annotations of these bytes, if anything. */
function findGap(each: Case, bytes: Buffer, malformed: boolean): string | undefined {
  const annotations = annotate(each.message, each.version, bytes)
  let offset = 0
  for (const annotation of annotations) {
    if (annotation.offset !== offset) return `gap at ${offset}`
    offset += annotation.length
  }
  const saysSo = annotations.at(-1)?.type === 'malformed'
  if (saysSo !== malformed) return `malformed is ${saysSo}`
  const end = malformed ? bytes.length : decode(each.message, each.version, bytes).end
  return offset === end ? undefined : `covers ${offset} of ${end}`
}

function decodeError(each: Case, bytes: Buffer): unknown {
  // Hundreds of thousands of errors, whose stacks nobody reads.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    decode(each.message, each.version, bytes)
    return undefined
  } catch (error) {
    return error
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
