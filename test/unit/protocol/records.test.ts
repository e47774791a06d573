import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ErrorCode, type KafkaError } from '../../../src/protocol/errors.js'
import {
  baseOffset,
  batchesOf,
  type CompressionType,
  checksum,
  compressionType,
  computeChecksum,
  deleteHorizonMs,
  HEADER_SIZE,
  incrementSequence,
  isChecksumValid,
  isControl,
  isTransactional,
  lastOffset,
  lastSequence,
  maxTimestamp,
  nextBatch,
  partitionLeaderEpoch,
  setBaseOffset,
  setLastOffset,
  setMaxTimestamp,
  setPartitionLeaderEpoch,
  TimestampType,
  timestampType,
} from '../../../src/protocol/records/batch.js'
import {
  type BatchInput,
  buildBatch,
  type RecordInput,
} from '../../../src/protocol/records/builder.js'
import { COMPRESSION_NAMES } from '../../../src/protocol/records/compression.js'
import {
  buildControlBatch,
  buildEndTxnMarker,
  ControlRecordType,
  controlRecordType,
  endTxnMarkerCoordinatorEpoch,
} from '../../../src/protocol/records/control-records.js'
import { crc32c } from '../../../src/protocol/records/crc32c.js'
import { forEachRecord, type LogRecord, recordsOf } from '../../../src/protocol/records/record.js'
import {
  sizeOfVarint,
  sizeOfVarlong,
  VarintReader,
  writeVarint,
  writeVarlong,
} from '../../../src/protocol/records/varint.js'

/** Batches that Apache Kafka built; test/golden/GoldenBatches.java wrote them. */
const golden = new Map(
  readFileSync(join(process.cwd(), 'test/golden/batches.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; batch: string })
    .map(({ name, batch }) => [name, Buffer.from(batch, 'base64')]),
)

const TIME = 1_700_000_000_000
const bytes = (text: string) => Buffer.from(text)
const pair = (timestamp: number, key: string, value: string): RecordInput => ({
  timestamp,
  key: bytes(key),
  value: bytes(value),
})

function words(): RecordInput[] {
  let seed = 1
  const next = () => {
    // The product as a Java int would be congruent: it fits a double exactly.
    seed = Number((BigInt(seed) * 48271n) % 0x7fffffffn)
    return seed
  }
  return Array.from({ length: 40 }, (_, i) => {
    let value = ''
    for (let word = 0; word < 400; word++) value += `${(next() % 5000).toString(36)} `
    return pair(TIME + i, `key-${i}`, value)
  })
}

/** What the golden batches hold, by the first part of their names. */
const contents: Record<string, BatchInput> = {
  small: {
    records: [0, 1, 2].map((i) => pair(TIME + 7 * i, `key-${i}`, `value-${i}`)),
  },
  nulls: {
    baseOffset: 2 ** 40,
    records: [
      { timestamp: TIME },
      { timestamp: TIME - 3_000_000_000, key: bytes('key') },
      { timestamp: -1, value: bytes('value') },
      pair(TIME, '', ''),
    ],
  },
  headers: {
    records: [
      {
        ...pair(TIME, 'a', 'b'),
        headers: [
          { key: 'h1', value: bytes('one') },
          { key: 'h1', value: null },
          { key: 'é', value: bytes('') },
          { key: '', value: bytes('no name') },
        ],
      },
      pair(TIME, 'c', 'd'),
    ],
  },
  transactional: {
    baseOffset: 9,
    producerId: 4_000_000_001,
    producerEpoch: 3,
    baseSequence: 2 ** 31 - 1,
    transactional: true,
    records: [pair(TIME, 'a', 'b'), pair(TIME, 'c', 'd')],
  },
  'append time': {
    baseOffset: 9,
    timestampType: TimestampType.LOG_APPEND_TIME,
    timestamp: TIME + 999,
    records: [pair(TIME, 'a', 'b'), pair(TIME + 1, 'c', 'd')],
  },
  large: { records: words() },
  bulk: {
    records: [
      {
        timestamp: TIME,
        value: Buffer.from(Array.from({ length: 2 * 1024 * 1024 }, (_, i) => i % 251)),
      },
    ],
  },
}

function recordsIn(batch: Buffer): LogRecord[] {
  return [...recordsOf(batch, 0)]
}

/** What the records of an input come out as. */
function expected(input: BatchInput) {
  const { baseOffset = 0, baseSequence = -1 } = input
  return input.records.map((record, i) => ({
    offset: baseOffset + i,
    timestamp:
      input.timestampType === TimestampType.LOG_APPEND_TIME ? input.timestamp : record.timestamp,
    sequence: baseSequence === -1 ? -1 : incrementSequence(baseSequence, i),
    key: record.key ?? null,
    value: record.value ?? null,
    headers: record.headers ?? [],
  }))
}

t.test('the batches that Apache Kafka builds', async (t) => {
  for (const [type, codec] of COMPRESSION_NAMES.entries()) {
    for (const [name, input] of Object.entries(contents)) {
      const batch = golden.get(`${name} ${codec}`)
      if (batch === undefined) continue
      t.test(`${name} ${codec}`, async (t) => {
        t.equal(nextBatch(batch, 0), batch.length)
        t.ok(isChecksumValid(batch, 0))
        t.equal(compressionType(batch, 0), type)
        t.equal(baseOffset(batch, 0), input.baseOffset ?? 0)
        t.equal(lastOffset(batch, 0), (input.baseOffset ?? 0) + input.records.length - 1)
        t.equal(partitionLeaderEpoch(batch, 0), 5)
        t.equal(isTransactional(batch, 0), input.transactional ?? false)
        t.notOk(isControl(batch, 0))
        t.equal(timestampType(batch, 0), input.timestampType ?? TimestampType.CREATE_TIME)
        t.equal(deleteHorizonMs(batch, 0), undefined)
        const records = recordsIn(batch)
        // Deep comparison of megabytes takes its time where bytes can be compared at once.
        t.ok(expected(input).every((record, i) => record.value?.equals(records[i]!.value!) ?? true))
        const rest = ({ value, ...record }: { value: Buffer | null }) => ({
          ...record,
          bytes: value?.length ?? null,
        })
        t.strictSame(records.map(rest), expected(input).map(rest))
      })
    }
  }

  t.test('come out byte for byte where nothing is compressed', async (t) => {
    for (const [name, input] of Object.entries(contents)) {
      const batch = golden.get(`${name} none`)
      if (batch === undefined) continue
      const built = buildBatch({ ...input, partitionLeaderEpoch: 5 })
      t.equal(built.toString('hex'), batch.toString('hex'), name)
    }
  })

  t.test('come back from each of our own codecs', async (t) => {
    for (const [name, input] of Object.entries(contents)) {
      for (const [type, codec] of COMPRESSION_NAMES.entries()) {
        const compression = type as CompressionType
        const batch = buildBatch({ ...input, compression })
        t.ok(isChecksumValid(batch, 0))
        t.equal(compressionType(batch, 0), type)
        const records = recordsIn(batch)
        t.ok(
          expected(input).every((record, i) => record.value?.equals(records[i]!.value!) ?? true),
          `${name} ${codec}`,
        )
        if (type !== 0 && name === 'large')
          t.ok(batch.length < golden.get('large gzip')!.length * 2)
      }
    }
  })
})

t.test('control batches', async (t) => {
  for (const type of ['ABORT', 'COMMIT'] as const) {
    const batch = golden.get(type)!
    const built = buildEndTxnMarker({
      type: ControlRecordType[type],
      producerId: 4_000_000_001,
      producerEpoch: 3,
      coordinatorEpoch: 77,
      timestamp: TIME,
      baseOffset: 11,
      partitionLeaderEpoch: 5,
    })
    t.equal(built.toString('hex'), batch.toString('hex'), type)
    t.ok(isControl(batch, 0) && isTransactional(batch, 0))
    const [marker] = recordsIn(batch)
    t.equal(controlRecordType(marker!.key), ControlRecordType[type])
    t.equal(endTxnMarkerCoordinatorEpoch(marker!.value), 77)
  }
  for (const name of [...golden.keys()].filter((name) => /^(LEADER|SNAPSHOT|KRAFT)_/.test(name))) {
    const batch = golden.get(name)!
    const [record] = recordsIn(batch)
    const type = ControlRecordType[name.split(' ')[0] as keyof typeof ControlRecordType]
    t.equal(controlRecordType(record!.key), type)
    t.notOk(isTransactional(batch, 0))
    const built = buildControlBatch({
      baseOffset: baseOffset(batch, 0),
      records: [{ type, value: record!.value! }],
      timestamp: TIME,
      partitionLeaderEpoch: 5,
    })
    t.equal(built.toString('hex'), batch.toString('hex'), name)
  }
  t.throws(() => controlRecordType(null), { code: ErrorCode.CORRUPT_MESSAGE })
  t.throws(() => controlRecordType(Buffer.alloc(3)), { code: ErrorCode.CORRUPT_MESSAGE })
  t.throws(() => endTxnMarkerCoordinatorEpoch(Buffer.alloc(5)), { code: ErrorCode.CORRUPT_MESSAGE })
})

t.test('a batch is changed in place', async (t) => {
  const batch = buildBatch(contents.small!)
  const sum = checksum(batch, 0)
  setBaseOffset(batch, 0, 2 ** 45)
  t.equal(lastOffset(batch, 0), 2 ** 45 + 2)
  setLastOffset(batch, 0, 12)
  t.equal(baseOffset(batch, 0), 10)
  setPartitionLeaderEpoch(batch, 0, 8)
  t.equal(checksum(batch, 0), sum, 'offset and epoch are outside of the checksum')
  t.ok(isChecksumValid(batch, 0))
  setMaxTimestamp(batch, 0, TimestampType.LOG_APPEND_TIME, TIME + 5)
  t.not(checksum(batch, 0), sum)
  t.ok(isChecksumValid(batch, 0))
  t.equal(maxTimestamp(batch, 0), TIME + 5)
  t.strictSame(
    recordsIn(batch).map(({ timestamp }) => timestamp),
    [TIME + 5, TIME + 5, TIME + 5],
  )
  const two = Buffer.concat([batch, buildBatch(contents.headers!), batch.subarray(0, 70)])
  t.strictSame([...batchesOf(two)], [0, batch.length])
  t.equal(lastSequence(buildBatch(contents.transactional!), 0), 0)
})

t.test('records that are not what they should be', async (t) => {
  const batch = buildBatch(contents.headers!)
  const codes = new Set<number>()
  t.test('are refused wherever a byte is wrong, or lead to other records', async (t) => {
    for (let at = HEADER_SIZE; at < batch.length; at++) {
      for (const flip of [0x01, 0x40, 0xff]) {
        const damaged = Buffer.from(batch)
        damaged[at]! ^= flip
        t.notOk(isChecksumValid(damaged, 0))
        try {
          forEachRecord(damaged, 0, () => {})
        } catch (error) {
          codes.add((error as KafkaError).code)
        }
      }
    }
    t.strictSame([...codes], [ErrorCode.INVALID_RECORD])
  })
  t.test('are refused wherever they are cut off', async (t) => {
    for (let length = HEADER_SIZE; length < batch.length; length++) {
      const cut = Buffer.from(batch.subarray(0, length))
      t.equal(nextBatch(cut, 0), -1)
      cut.writeInt32BE(length - 12, 8)
      t.throws(() => recordsIn(cut), { code: ErrorCode.INVALID_RECORD })
    }
  })
  t.test('are refused when their count is wrong', async (t) => {
    for (const count of [-1, 0, 1, 3, 2 ** 31 - 1]) {
      const wrong = Buffer.from(batch)
      wrong.writeInt32BE(count, 57)
      t.throws(() => recordsIn(wrong), { code: ErrorCode.INVALID_RECORD }, `${count}`)
    }
  })
})

t.test('varints', async (t) => {
  const buffer = Buffer.alloc(16)
  const read = (end: number) => {
    const reader = new VarintReader(buffer)
    reader.reset(buffer, 0, end)
    return reader
  }
  const ints = [
    0,
    -1,
    1,
    63,
    64,
    -64,
    -65,
    8191,
    8192,
    2 ** 20,
    -(2 ** 27),
    2 ** 31 - 1,
    -(2 ** 31),
  ]
  t.test('of 32 bits come back', async (t) => {
    for (const value of ints) {
      const end = writeVarint(buffer, 0, value)
      t.equal(end, sizeOfVarint(value))
      t.equal(read(end).varint(), value)
      t.throws(() => read(end - 1).varint(), { code: ErrorCode.INVALID_RECORD })
    }
  })
  t.test('of 64 bits come back up to 2^53 - 1, and are cut to that beyond', async (t) => {
    const longs = [2 ** 31, -(2 ** 31) - 1, 2 ** 35, -(2 ** 42), 2 ** 52 + 1]
    const largest = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
    for (const value of [...ints, ...longs, ...largest]) {
      const end = writeVarlong(buffer, 0, value)
      t.equal(end, sizeOfVarlong(value))
      t.equal(read(end).varlong(), value)
    }
    buffer.fill(0xff, 0, 9)
    buffer[9] = 1
    t.equal(read(10).varlong(), Number.MIN_SAFE_INTEGER)
    buffer[0] = 0xfe
    t.equal(read(10).varlong(), Number.MAX_SAFE_INTEGER)
  })
  t.test('that go on too long are refused', async (t) => {
    buffer.fill(0xff)
    t.throws(() => read(16).varint(), /longer than 5 bytes/)
    t.throws(() => read(16).varlong(), /longer than 10 bytes/)
  })
})

t.test('CRC-32C is that of RFC 3720', async (t) => {
  const hex = (buffer: Buffer) => crc32c(buffer).toString(16)
  t.equal(hex(Buffer.alloc(32)), '8a9136aa')
  t.equal(hex(Buffer.alloc(32, 0xff)), '62a8ab43')
  t.equal(hex(Buffer.from(Array.from({ length: 32 }, (_, i) => i))), '46dd794e')
  t.equal(hex(Buffer.from('123456789')), 'e3069283')
  t.equal(crc32c(Buffer.from('xx123456789y'), 2, 11), 0xe3069283)
  const batch = golden.get('small none')!
  t.equal(computeChecksum(batch, 0), checksum(batch, 0))
})
