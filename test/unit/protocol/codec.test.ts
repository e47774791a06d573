import t from 'tap'
import {
  array,
  bigint,
  bool,
  bytes,
  codecOf,
  DecodeError,
  data,
  decode,
  EncodeError,
  encode,
  encodeToBuffer,
  type Infer,
  type Input,
  int8,
  int16,
  int32,
  int64,
  MAX_ELEMENTS,
  Reader,
  records,
  string,
  struct,
  uint16,
  uint32,
  uuid,
  Writer,
  ZERO_UUID,
} from '../../../src/protocol/codec/index.js'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** Versions 0 and 1 are the old encoding, 2 and 3 the flexible one. */
const Sample = data('Sample', '0-3', '2+', {
  id: int32,
  name: string.nullableIn('1+'),
  since1: int32.in('1+').default(-1),
  hint: string.in('1+').ignorable.default('none'),
  tags: array(int16).in('2+').nullable.tagged(1).default(null),
  place: struct({ row: int32.default(-1), column: int32 })
    .in('2+')
    .tagged(0),
  cursor: struct({ topic: string }).in('3+').nullable.default(null),
})

t.test('defaults', async (t) => {
  t.test('stand in for what encoding is not given', async (t) => {
    t.same(
      encodeToBuffer(Sample, 1, { id: 1, name: 'x' }),
      hex('00000001 0001 78 ffffffff 0004 6e6f6e65'),
    )
  })

  t.test('are no elements for an array that may be left out', async (t) => {
    const Listed = data('Listed', '0-1', '1+', { items: array(int16).in('0-1') })
    t.same(encodeToBuffer(Listed, 0, {}), hex('00000000'))
    t.same(encodeToBuffer(Listed, 1, {}), hex('01 00'))
  })

  t.test('fill the fields that a version lacks', async (t) => {
    t.strictSame(decode(Sample, 0, hex('00000007 0001 78')).value, {
      id: 7,
      name: 'x',
      since1: -1,
      hint: 'none',
      tags: null,
      place: { row: -1, column: 0 },
      cursor: null,
    })
  })

  t.test('of arrays and structs are new ones each time', async (t) => {
    const [a, b] = [0, 1].map(() => decode(Sample, 0, hex('00000007 0001 78')).value)
    t.not(a!.place, b!.place)
  })
})

t.test('a value that the version has no place for', async (t) => {
  t.test('is an error', async (t) => {
    const error = new EncodeError(
      "Sample v0: version 0 has no place for since1, which isn't the default",
    )
    t.throws(() => encode(Sample, 0, { id: 1, name: '', since1: 5 }), error)
    const place = { row: 1, column: 0 }
    t.throws(() => encode(Sample, 1, { id: 1, name: '', place }), EncodeError)
    t.throws(() => encode(Sample, 1, { id: 1, name: '', cursor: { topic: '' } }), EncodeError)
  })

  t.test('is fine while it is the default', async (t) => {
    const input = { id: 1, name: '', since1: -1, tags: null, place: { row: -1, column: 0 } }
    t.same(encodeToBuffer(Sample, 0, { ...input, cursor: null }), hex('00000001 0000'))
  })

  t.test('is dropped where the field is ignorable', async (t) => {
    t.same(encodeToBuffer(Sample, 0, { id: 1, name: '', hint: 'dropped' }), hex('00000001 0000'))
  })
})

t.test('null', async (t) => {
  t.test('is written and read where the version allows it', async (t) => {
    t.same(
      encodeToBuffer(Sample, 1, { id: 1, name: null, hint: '' }),
      hex('00000001 ffff ffffffff 0000'),
    )
    t.equal(decode(Sample, 2, hex('00000001 00 ffffffff 01 00')).value.name, null)
  })

  t.test('is an error where it does not', async (t) => {
    t.throws(() => encode(Sample, 0, { id: 1, name: null }), EncodeError)
    const error = new DecodeError("Sample v0: name is null, which this version doesn't allow", 6)
    t.throws(() => decode(Sample, 0, hex('00000001 ffff')), error)
  })

  t.test('marks a nullable struct with a byte', async (t) => {
    const some = hex('00000001 01 ffffffff 01 01 02 74 00 00')
    const cursor = { topic: 't' }
    t.same(encodeToBuffer(Sample, 3, { id: 1, name: '', hint: '', cursor }), some)
    t.strictSame(decode(Sample, 3, some).value.cursor, cursor)
    t.same(
      encodeToBuffer(Sample, 3, { id: 1, name: '', hint: '' }),
      hex('00000001 01 ffffffff 01 ff 00'),
    )
  })
})

t.test('tagged fields (KIP-482)', async (t) => {
  const input = { id: 1, name: '', hint: '' }
  const plain = '00000001 01 ffffffff 01'

  t.test('are written in the order of their tags unless they are the default', async (t) => {
    const all = hex(`${plain} 02 00 09 00000005 00000006 00 01 03 02 0007`)
    t.same(encodeToBuffer(Sample, 2, { ...input, tags: [7], place: { row: 5, column: 6 } }), all)
    t.same(encodeToBuffer(Sample, 2, input), hex(`${plain} 00`))
    t.same(encodeToBuffer(Sample, 2, { ...input, tags: [] }), hex(`${plain} 01 01 01 01`))
  })

  t.test('that are unknown are kept, and written back in order', async (t) => {
    const message = hex(`${plain} 03 00 09 00000005 00000006 00 05 01 ee ac02 02 abcd`)
    const { value } = decode(Sample, 2, message)
    t.strictSame(value.unknownTags, [
      { tag: 5, data: hex('ee') },
      { tag: 300, data: hex('abcd') },
    ])
    t.same(encodeToBuffer(Sample, 2, value), message)
  })

  t.test('that are unknown must be in order, unknown, and in a flexible version', async (t) => {
    const tags = (...numbers: number[]) => numbers.map((tag) => ({ tag, data: hex('00') }))
    t.throws(() => encode(Sample, 2, { ...input, unknownTags: tags(7, 6) }), EncodeError)
    t.throws(() => encode(Sample, 2, { ...input, unknownTags: tags(1) }), EncodeError)
    t.throws(() => encode(Sample, 1, { ...input, unknownTags: tags(7) }), EncodeError)
    t.same(encodeToBuffer(Sample, 1, { ...input, unknownTags: [] }).length, 12)
  })

  t.test('may be long', async (t) => {
    const numbers = Array.from({ length: 9_000 }, (_, i) => i)
    for (const count of [62, 63, 64, 200, 9_000]) {
      const message = { ...input, tags: numbers.slice(0, count) }
      const bytes = encodeToBuffer(Sample, 2, message)
      t.strictSame(decode(Sample, 2, bytes).value.tags, message.tags)
      t.equal(decode(Sample, 2, bytes).end, bytes.length)
    }
  })
})

const Numbers = data('Numbers', '0', 'none', {
  tiny: int8.default(0),
  small: int16.default(0),
  port: uint16.default(0),
  normal: int32.default(0),
  crc: uint32.default(0),
  long: int64.default(0),
  exact: bigint.default(0n),
})

t.test('numbers', async (t) => {
  t.test('that do not fit are errors', async (t) => {
    const wrong: Input<typeof Numbers>[] = [
      { tiny: 128 },
      { small: -32_769 },
      { port: -1 },
      { port: 65_536 },
      { normal: 2 ** 31 },
      { normal: 1.5 },
      { normal: Number.NaN },
      { crc: -1 },
      { long: 2 ** 53 },
      { exact: 2n ** 63n },
    ]
    for (const input of wrong) t.throws(() => encode(Numbers, 0, input), EncodeError)
  })

  t.test('keep their extremes', async (t) => {
    const extremes: Infer<typeof Numbers>[] = [
      {
        tiny: -128,
        small: -32_768,
        port: 65_535,
        normal: -(2 ** 31),
        crc: 2 ** 32 - 1,
        long: Number.MIN_SAFE_INTEGER,
        exact: -(2n ** 63n),
      },
      {
        tiny: 127,
        small: 32_767,
        port: 0,
        normal: 2 ** 31 - 1,
        crc: 0,
        long: Number.MAX_SAFE_INTEGER,
        exact: 2n ** 63n - 1n,
      },
    ]
    for (const value of extremes) {
      t.strictSame(decode(Numbers, 0, encodeToBuffer(Numbers, 0, value)).value, value)
    }
  })

  t.test('of 64 bits saturate where a number would not be exact', async (t) => {
    const of = (long: string) => new Reader(hex(long)).int64('long')
    t.equal(of('7fffffffffffffff'), Number.MAX_SAFE_INTEGER)
    t.equal(of('0020000000000000'), Number.MAX_SAFE_INTEGER)
    t.equal(of('001fffffffffffff'), Number.MAX_SAFE_INTEGER)
    t.equal(of('001ffffffffffffe'), Number.MAX_SAFE_INTEGER - 1)
    t.equal(of('8000000000000000'), Number.MIN_SAFE_INTEGER)
    t.equal(of('ffffffffffffffff'), -1)
  })
})

const Texts = data('Texts', '0-1', '1+', { text: string, id: uuid.default(ZERO_UUID) })

t.test('strings', async (t) => {
  t.test('of every length of the prefix, in ASCII and beyond', async (t) => {
    for (const character of ['a', 'é', '日', '🚀']) {
      for (const count of [0, 1, 8, 9, 31, 32, 41, 42, 63, 64, 126, 127, 128, 200, 5_461, 8_000]) {
        const text = character.repeat(count)
        if (Buffer.byteLength(text) > 32_767) continue
        for (const version of [0, 1]) {
          const bytes = encodeToBuffer(Texts, version, { text })
          const { value, end } = decode(Texts, version, bytes)
          if (value.text !== text || end !== bytes.length) t.fail(`${count} × ${character}`)
        }
      }
    }
    t.equal(encodeToBuffer(Texts, 1, { text: 'a'.repeat(127) }).length, 2 + 127 + 16 + 1)
  })

  t.test('of more than 32767 bytes are errors', async (t) => {
    t.equal(encodeToBuffer(Texts, 0, { text: 'a'.repeat(32_767) }).length, 2 + 32_767 + 16)
    t.throws(() => encode(Texts, 0, { text: 'a'.repeat(32_768) }), EncodeError)
    t.throws(() => encode(Texts, 0, { text: 'é'.repeat(16_384) }), EncodeError)
    const long = Buffer.concat([hex('818002'), Buffer.alloc(40_000)])
    t.throws(() => decode(Texts, 1, long), { message: /string of 32768 bytes/ })
  })

  t.test('that are not UTF-8 have replacement characters, as in Kafka', async (t) => {
    const bytes = Buffer.concat([hex('0004 61ff62c3'), Buffer.alloc(16)])
    t.equal(decode(Texts, 0, bytes).value.text, 'a\ufffdb\ufffd')
  })
})

t.test('uuids', async (t) => {
  const id = '__-_-AAz9-Qr8Tuv0_wxyA'
  const bytes = encodeToBuffer(Texts, 0, { text: '', id })
  t.same(bytes.subarray(2), Buffer.from(id, 'base64url'))
  t.equal(decode(Texts, 0, bytes).value.id, id)
  t.equal(decode(Texts, 0, Buffer.alloc(18)).value.id, ZERO_UUID)
  for (const wrong of ['', 'short', `${id}A`, '+/AAAAAAAAAAAAAAAAAAAA', 'éAAAAAAAAAAAAAAAAAAAAA']) {
    t.throws(() => encode(Texts, 0, { text: '', id: wrong }), EncodeError)
  }
})

const Batches = data('Batches', '0-1', '1+', {
  before: int32,
  batches: records.nullable,
  after: int32,
})

t.test('records', async (t) => {
  const big = Buffer.alloc(1_000, 1)
  const small = Buffer.alloc(10, 2)

  t.test('that are long are chunks of their own, not copies', async (t) => {
    const chunks = encode(Batches, 1, { before: 1, batches: [big, small, big], after: 2 })
    t.equal(chunks.length, 5)
    t.equal(chunks[1], big)
    t.equal(chunks[3], big)
    t.strictSame(decode(Batches, 1, Buffer.concat(chunks)).value, {
      before: 1,
      batches: Buffer.concat([big, small, big]),
      after: 2,
    })
  })

  t.test('decode to a view', async (t) => {
    const bytes = encodeToBuffer(Batches, 0, { before: 1, batches: small, after: 2 })
    const { batches } = decode(Batches, 0, bytes).value
    bytes[8] = 99
    t.equal(batches![0], 99)
  })

  t.test('may be null or empty', async (t) => {
    for (const batches of [null, Buffer.alloc(0)]) {
      for (const version of [0, 1]) {
        const bytes = encodeToBuffer(Batches, version, { before: 1, batches, after: 2 })
        t.strictSame(decode(Batches, version, bytes).value.batches, batches)
      }
    }
    t.same(encodeToBuffer(Batches, 1, { before: 1, batches: [], after: 2 }).length, 10)
  })
})

const Lists = data('Lists', '0-1', '1+', {
  numbers: array(int32),
  rows: array({ name: string, flags: array(bool) }),
  data: bytes.default(Buffer.alloc(0)),
})

t.test('sizes that cannot be are refused before anything is allocated', async (t) => {
  const refused: [string, number, string][] = [
    ['a giant count', 0, '7fffffff'],
    ['more elements than bytes', 0, '00000002 00000000 000000'],
    ['null', 0, 'ffffffff'],
    ['a giant count of structs', 0, '00000000 70000000'],
    ['a giant compact count', 1, 'ffffffff07'],
    ['a compact null', 1, '00'],
    ['a varint of six bytes', 1, '808080808001'],
    ['giant bytes', 0, '00000000 00000000 7fffffff'],
    ['negative bytes', 0, '00000000 00000000 fffffffe'],
    ['giant compact bytes', 1, '01 01 ffffffff07'],
    ['a giant tag', 1, '01 01 01 01 07 ffffffff07'],
    ['a tag of negative size', 1, '01 01 01 01 07 ffffffff0f'],
    ['giant number of tags', 1, '01 01 01 ffffffff07'],
  ]
  for (const [what, version, bytes] of refused) {
    t.throws(() => decode(Lists, version, hex(bytes)), DecodeError, what)
  }
})

t.test('a message has a bounded number of elements', async (t) => {
  const flags = (count: number) => {
    const bytes = Buffer.alloc(4 + 4 + 2 + 4 + count + 4)
    bytes.writeInt32BE(1, 4)
    bytes.writeInt32BE(count, 10)
    return bytes
  }
  t.equal(decode(Lists, 0, flags(MAX_ELEMENTS - 1)).value.rows[0]!.flags.length, MAX_ELEMENTS - 1)
  t.throws(() => decode(Lists, 0, flags(MAX_ELEMENTS)), { message: /more elements/ })
  const tags = Buffer.concat([hex('01 01 01 ffffff7f'), Buffer.alloc(2 * MAX_ELEMENTS + 2, 0)])
  for (let i = 7; i < tags.length; i += 2) tags[i] = 9
  t.throws(() => decode(Lists, 1, tags), { message: /more elements/ })
})

t.test('mistakes of the caller are EncodeErrors that name the field', async (t) => {
  const wrong: [unknown, RegExp][] = [
    [{ numbers: 5, rows: [] }, /numbers must be an array/],
    [{ rows: [] }, /numbers must be an array, not undefined/],
    [{ numbers: [], rows: [null] }, /rows must be an object/],
    [{ numbers: [], rows: [{ name: 5, flags: [] }] }, /name must be a string/],
    [{ numbers: [], rows: [{ name: '', flags: [1] }] }, /flags must be a boolean/],
    [{ numbers: [], rows: [], data: 'text' }, /data must be bytes/],
    [null, /must be an object/],
  ]
  for (const [input, message] of wrong) {
    t.throws(() => encode(Lists, 0, input as never), { name: 'EncodeError', message })
  }
})

t.test('a version that a message does not have is a RangeError', async (t) => {
  t.throws(() => codecOf(Sample, 4), new RangeError('Sample has versions 0 to 3, not 4'))
  t.throws(() => codecOf(Sample, -1), RangeError)
  t.equal(codecOf(Sample, 3), codecOf(Sample, 3))
})

t.test('a writer keeps what it wrote when it grows', async (t) => {
  const writer = new Writer(1)
  const expected: Buffer[] = []
  for (let i = 0; i < 300; i++) {
    const chunk = Buffer.alloc(i * 3, i)
    writer.records(chunk, 'chunk')
    const size = Buffer.alloc(4)
    size.writeInt32BE(chunk.length)
    expected.push(size, chunk)
  }
  const whole = Buffer.concat(expected)
  t.equal(writer.length, whole.length)
  t.ok(Buffer.concat(writer.chunks()).equals(whole))
})

t.test('types follow from the schema', async (t) => {
  const input: Input<typeof Sample> = { id: 1, name: null }
  const value: Infer<typeof Sample> = decode(Sample, 1, encodeToBuffer(Sample, 1, input)).value
  // @ts-expect-error a field without a default is required
  const missing: Input<typeof Sample> = { id: 1 }
  // @ts-expect-error a decoded field may be null
  const name: string = value.name
  t.strictSame([missing.name, name, value.tags], [undefined, null, null])
})
