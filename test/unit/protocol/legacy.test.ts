import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { ErrorCode } from '../../../src/protocol/errors.js'
import {
  batchesOf,
  buildBatch,
  CompressionType,
  convertDown,
  convertUp,
  maxTimestamp,
  recordsCount,
  recordsOf,
  TimestampType,
  timestampType,
} from '../../../src/protocol/records/index.js'
import { crc32 } from '../../../src/protocol/records/legacy/crc32.js'
import type { LegacyMagic } from '../../../src/protocol/records/legacy/message.js'
import { isPlain, type LegacyMessage } from '../../../src/protocol/records/legacy/message.js'
import {
  messagesOf,
  unwrapMessages,
  writeMessageSet,
} from '../../../src/protocol/records/legacy/message-set.js'

/** What Apache Kafka 3.9 wrote: test/golden/GoldenLegacy.java. */
interface Golden {
  readonly kind: 'set' | 'converted'
  readonly magic: LegacyMagic
  readonly compression: CompressionType
  readonly appendTime: boolean
  readonly bytes: string
  /** What a converted set was made of. */
  readonly batches: string
}

const TIME = 1_700_000_000_000
const MAX_BYTES = 1_000_000

const golden = readFileSync(join(process.cwd(), 'test/golden/legacy-sets.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Golden)

const nameOf = ({ kind, magic, compression, appendTime }: Golden) =>
  `${kind} v${magic} compression ${compression}${appendTime ? ' append time' : ''}`

const flatOf = (bytes: Buffer): LegacyMessage[] =>
  [...messagesOf(bytes)].flatMap((message) =>
    isPlain(message) ? [message] : unwrapMessages(message, MAX_BYTES),
  )

/** What the golden sets hold; converted ones begin with what was asked for, if not compressed. */
function expected({ kind, magic, compression, appendTime }: Golden) {
  const time = (own: number) => (magic === 0 ? -1 : appendTime ? TIME + 999 : own)
  const all = [
    ...[0, 1, 2].map((i) => ({
      offset: 40 + i,
      timestamp: time(TIME + 10 - i),
      key: `key-${i}`,
      value: `value-${'v'.repeat(50 * i)}`,
    })),
    { offset: 50, timestamp: time(TIME + 20), key: null, value: null },
  ]
  return kind === 'converted' && compression === CompressionType.NONE ? all.slice(2) : all
}

const text = (bytes: Buffer | null) => bytes?.toString() ?? null

t.test('message sets of Apache Kafka are read', async (t) => {
  for (const each of golden) {
    const messages = flatOf(Buffer.from(each.bytes, 'base64'))
    t.strictSame(
      messages.map(({ offset, timestamp, key, value }) => ({
        offset,
        timestamp,
        key: text(key),
        value: text(value),
      })),
      expected(each),
      nameOf(each),
    )
    const { LOG_APPEND_TIME, CREATE_TIME } = TimestampType
    const type = each.magic === 1 && each.appendTime ? LOG_APPEND_TIME : CREATE_TIME
    t.ok(
      messages.every((message) => message.timestampType === type),
      `${nameOf(each)}: timestamp type`,
    )
  }
})

t.test('batches are converted down to what Apache Kafka makes of them', async (t) => {
  for (const each of golden.filter(({ kind }) => kind === 'converted')) {
    const batches = Buffer.from(each.batches, 'base64')
    const theirs = Buffer.from(each.bytes, 'base64')
    const ours = convertDown(batches, each.magic, 42)
    if (each.compression === CompressionType.NONE) t.same(ours, theirs, nameOf(each))
    // Compressors differ in their output; what they have compressed doesn't.
    t.strictSame(flatOf(ours), flatOf(theirs), nameOf(each))
    const outer = (bytes: Buffer) =>
      [...messagesOf(bytes)].map(({ value, ...rest }) => ({ ...rest, isNull: value === null }))
    t.strictSame(outer(ours), outer(theirs), `${nameOf(each)}: wrappers`)
  }
})

t.test('the header of an LZ4 frame has the wrong checksum in format 0 alone', async (t) => {
  const headerOf = ({ bytes }: Golden) =>
    [...messagesOf(Buffer.from(bytes, 'base64'))][0]!.value!.subarray(0, 7)
  const frames = golden.filter(({ kind, compression, appendTime }) => {
    return kind === 'set' && compression === CompressionType.LZ4 && !appendTime
  })
  const [broken, right] = [0, 1].map((magic) =>
    headerOf(frames.find((each) => each.magic === magic)!),
  )
  t.same(broken!.subarray(0, 6), right!.subarray(0, 6))
  t.notSame(broken![6], right![6])
  const records = [{ offset: 0, timestamp: 5, key: null, value: Buffer.alloc(100) }]
  for (const magic of [0, 1] as const) {
    const format = {
      magic,
      compression: CompressionType.LZ4,
      timestampType: TimestampType.CREATE_TIME,
    }
    const set = writeMessageSet(format, records)
    const [wrapper] = messagesOf(set)
    t.equal(unwrapMessages(wrapper!, MAX_BYTES)[0]!.value?.length, 100)
    if (magic === 0) {
      const asV1 = { ...wrapper!, magic: 1 as const }
      t.throws(() => unwrapMessages(asV1, MAX_BYTES), { code: ErrorCode.CORRUPT_MESSAGE })
    }
  }
})

t.test('message sets are converted up to one batch', async (t) => {
  for (const each of golden.filter(({ kind }) => kind === 'set')) {
    const bytes = Buffer.from(each.bytes, 'base64')
    const [first, second] = [...messagesOf(bytes)]
    const isWrapped = !isPlain(first!)
    if (isWrapped) {
      t.throws(
        () => convertUp(bytes, 't-0', MAX_BYTES),
        { code: ErrorCode.INVALID_RECORD, message: /more than one batch/ },
        `${nameOf(each)}: one wrapper at a time`,
      )
    }
    t.ok(second)
    const sizeOfFirst = 12 + bytes.readInt32BE(8)
    const batch = convertUp(isWrapped ? bytes.subarray(0, sizeOfFirst) : bytes, 't-0', MAX_BYTES)!
    t.strictSame([...batchesOf(batch)], [0])
    const wanted = expected(each).slice(0, isWrapped ? 3 : 4)
    t.equal(recordsCount(batch, 0), wanted.length)
    t.strictSame(
      [...recordsOf(batch, 0)].map(({ offset, timestamp, key, value, headers }) => ({
        offset,
        timestamp,
        key: text(key),
        value: text(value),
        headers,
      })),
      wanted.map((record, offset) => ({ ...record, offset, headers: [] })),
      nameOf(each),
    )
    const { LOG_APPEND_TIME, CREATE_TIME } = TimestampType
    const type = each.magic === 1 && each.appendTime ? LOG_APPEND_TIME : CREATE_TIME
    t.equal(timestampType(batch, 0), type)
    t.equal(maxTimestamp(batch, 0), Math.max(...wanted.map(({ timestamp }) => timestamp)))
  }
})

const FORMAT = {
  magic: 1,
  compression: CompressionType.NONE,
  timestampType: TimestampType.CREATE_TIME,
} as const
const record = (value: string, offset = 0) => ({
  offset,
  timestamp: TIME,
  key: null,
  value: Buffer.from(value),
})

t.test('what is wrong with a message set', async (t) => {
  const good = writeMessageSet(FORMAT, [record('one'), record('two')])
  const up =
    (bytes: Buffer, max = MAX_BYTES) =>
    () =>
      convertUp(bytes, 't-0', max)
  const broken = Buffer.from(good)
  broken[broken.length - 1]! ^= 1
  const { CORRUPT_MESSAGE, INVALID_RECORD, MESSAGE_TOO_LARGE } = ErrorCode
  t.throws(up(broken), { code: CORRUPT_MESSAGE, message: /stored crc = \d+.*partition t-0/ })
  t.throws(up(good, good.length / 2 - 1), { code: MESSAGE_TOO_LARGE, message: /is 37 bytes/ })
  const short = Buffer.from(good)
  short.writeInt32BE(13, 8)
  t.throws(up(short), { code: CORRUPT_MESSAGE, message: /minimum record overhead/ })
  const other = writeMessageSet({ ...FORMAT, magic: 0 }, [record('x')])
  t.throws(up(Buffer.concat([good, other])), { code: INVALID_RECORD, message: /first batch/ })
  t.equal(recordsCount(up(good.subarray(0, good.length - 1))()!, 0), 1, 'the end is cut off')
  t.equal(up(Buffer.alloc(0))(), undefined)
  t.equal(up(good.subarray(0, 11))(), undefined)
})

t.test('lengths that lead out of a message', async (t) => {
  const good = writeMessageSet(FORMAT, [record('one')])
  for (const [at, length] of [
    [26, 1000],
    [26, -2],
    [30, 1000],
    [30, 2],
  ] as const) {
    const bytes = Buffer.from(good)
    bytes.writeInt32BE(length, at)
    bytes.writeUInt32BE(crc32(bytes.subarray(16)), 12)
    t.throws(() => convertUp(bytes, 't-0', MAX_BYTES), { code: ErrorCode.CORRUPT_MESSAGE })
  }
})

t.test('wrappers that wrap nothing that may be wrapped', async (t) => {
  const inner = writeMessageSet({ ...FORMAT, compression: CompressionType.GZIP }, [record('one')])
  const wrapping = (bytes: Buffer | null, magic: LegacyMagic = 1): LegacyMessage => ({
    ...FORMAT,
    magic,
    compression: CompressionType.GZIP,
    offset: 0,
    timestamp: TIME,
    key: null,
    value: bytes,
  })
  t.throws(() => unwrapMessages(wrapping(null), MAX_BYTES), { message: /null value/ })
  t.throws(() => unwrapMessages(wrapping(gzipSync(Buffer.alloc(0))), MAX_BYTES), {
    message: /no inner records/,
  })
  t.throws(() => unwrapMessages(wrapping(gzipSync(inner)), MAX_BYTES), {
    message: /compressed within/,
  })
  const plain = writeMessageSet(FORMAT, [record('one')])
  t.throws(() => unwrapMessages(wrapping(gzipSync(plain), 0), MAX_BYTES), {
    message: /magic 1 does not match wrapper magic 0/,
  })
  t.throws(() => unwrapMessages(wrapping(gzipSync(plain)), 10), { code: ErrorCode.CORRUPT_MESSAGE })
  const zstd = { ...wrapping(plain), compression: CompressionType.ZSTD }
  t.throws(() => unwrapMessages(zstd, MAX_BYTES), {
    code: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
  })
})

t.test('what old formats have no place for', async (t) => {
  const headers = [{ key: 'h', value: null }]
  const batch = (options: object) =>
    buildBatch({ records: [{ value: Buffer.from('x'), headers }], timestamp: TIME, ...options })
  t.throws(() => convertDown(batch({ compression: CompressionType.ZSTD }), 1, 0), {
    code: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
  })
  t.equal(convertDown(batch({ control: true }), 1, 0).length, 0, 'markers')
  t.strictSame(flatOf(convertDown(batch({}), 1, 0)), [{ ...FORMAT, ...record('x') }])
  t.equal(convertDown(Buffer.alloc(0), 1, 0).length, 0)
})

t.test('a batch that is not whole becomes a message that is not', async (t) => {
  const batch = buildBatch({ records: [{ value: Buffer.alloc(100) }] })
  for (const size of [5, 20, batch.length - 1]) {
    const set = convertDown(batch.subarray(0, size), 0, 0)
    t.equal(set.length, 12)
    t.equal(set.readBigInt64BE(0), -1n)
    t.ok(set.readInt32BE(8) > 0)
    t.strictSame([...messagesOf(set)], [])
  }
})
