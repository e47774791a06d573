import { gzipSync } from 'node:zlib'
import t from 'tap'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { CompressionType } from '../../../src/protocol/records/batch.js'
import {
  COMPRESSION_NAMES,
  compress,
  decompress,
} from '../../../src/protocol/records/compression.js'
import { xxHash32 } from '../../../src/protocol/records/xxhash32.js'

const CORRUPT = { code: ErrorCode.CORRUPT_MESSAGE }
const MEGABYTE = 1024 * 1024
const codecs = COMPRESSION_NAMES.map((name, type) => ({ name, type: type as CompressionType }))

/** Bytes that compress to about half. */
function halfRandom(length: number): Buffer {
  let state = 12345
  const out = Buffer.alloc(length)
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    out[i] = (state >>> 24) & 0x0f
  }
  return out
}

const samples: Record<string, Buffer> = {
  nothing: Buffer.alloc(0),
  'one byte': Buffer.from('x'),
  text: Buffer.from('the quick brown fox jumps over the lazy dog. '.repeat(50)),
  zeros: Buffer.alloc(3 * MEGABYTE),
  'half random': halfRandom(300_000),
}

t.test('every codec gives back what it was given', async (t) => {
  for (const { name, type } of codecs) {
    for (const [sample, bytes] of Object.entries(samples)) {
      t.ok(decompress(type, compress(type, bytes)).equals(bytes), `${sample} by ${name}`)
    }
  }
  for (const level of [1, 9]) {
    const bytes = samples.text!
    const small = compress(CompressionType.GZIP, bytes, level)
    t.ok(decompress(CompressionType.GZIP, small).equals(bytes))
    t.ok(
      decompress(CompressionType.ZSTD, compress(CompressionType.ZSTD, bytes, level)).equals(bytes),
    )
  }
})

t.test('no codec gives more than it may', async (t) => {
  const bomb = Buffer.alloc(8 * MEGABYTE)
  for (const { name, type } of codecs.filter(({ type }) => type !== CompressionType.NONE)) {
    const small = compress(type, bomb)
    t.ok(small.length < MEGABYTE, name)
    t.throws(
      () => decompress(type, small, 5 * MEGABYTE),
      { ...CORRUPT, message: /more than|out of bounds/ },
      name,
    )
    t.equal(decompress(type, small, 8 * MEGABYTE).length, 8 * MEGABYTE)
  }
})

t.test('what is cut off anywhere is refused', async (t) => {
  const text = samples.text!
  for (const { name, type } of codecs.filter(({ type }) => type !== CompressionType.NONE)) {
    const whole = compress(type, text)
    for (let length = 1; length < whole.length; length++) {
      // A header of snappy's framing without any chunk is an empty stream.
      if (type === CompressionType.SNAPPY && length === 16) continue
      t.throws(() => decompress(type, whole.subarray(0, length)), CORRUPT, `${name} ${length}`)
    }
  }
})

t.test('what is damaged anywhere is refused or gives other bytes, but does no harm', async (t) => {
  const text = samples.text!
  for (const { name, type } of codecs.filter(({ type }) => type !== CompressionType.NONE)) {
    const whole = compress(type, text)
    for (let at = 0; at < whole.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const damaged = Buffer.from(whole)
        damaged[at]! ^= flip
        try {
          decompress(type, damaged, MEGABYTE)
        } catch (error) {
          t.match(error, CORRUPT, `${name} byte ${at}`)
        }
      }
    }
  }
})

t.test('an unknown type is said to be one', async (t) => {
  t.throws(() => decompress(5, Buffer.alloc(1)), {
    code: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
    message: 'Unknown compression type id: 5',
  })
})

t.test('gzip of several members is read to its end', async (t) => {
  const two = Buffer.concat([gzipSync('first '), gzipSync('second')])
  t.equal(decompress(CompressionType.GZIP, two).toString(), 'first second')
})

t.test('snappy', async (t) => {
  const decode = (bytes: Buffer) => decompress(CompressionType.SNAPPY, bytes).toString()
  const raw = Buffer.concat([Buffer.from([11, 10 << 2]), Buffer.from('hello world')])
  const header = Buffer.from('82534e4150505900' + '00000001' + '00000001', 'hex')
  const chunk = (block: Buffer) => {
    const size = Buffer.alloc(4)
    size.writeInt32BE(block.length)
    return Buffer.concat([size, block])
  }
  t.test('is read without framing, as librdkafka writes it', async (t) => {
    t.equal(decode(raw), 'hello world')
    // A literal 'ab', and a copy of 8 bytes from 2 before with an offset of each size.
    const abab = 'ababababab'
    for (const copy of ['1102', '1e0200', '1f02000000']) {
      t.equal(decode(Buffer.from(`0a046162${copy}`, 'hex')), abab, copy)
    }
  })
  t.test('is read in the framing of snappy-java, of several chunks and streams', async (t) => {
    t.equal(decode(Buffer.concat([header, chunk(raw), chunk(raw)])), 'hello worldhello world')
    const streams = Buffer.concat([header, chunk(raw), header, chunk(raw)])
    t.equal(decode(streams), 'hello worldhello world')
    const written = compress(CompressionType.SNAPPY, samples['half random']!)
    t.ok(written.subarray(0, 16).equals(header))
  })
  t.test('that copies from before its begin, or beyond its end, is refused', async (t) => {
    for (const bad of [
      '0a0461621103',
      '0a0461621100',
      '030461621102',
      '0a04616211',
      'ffffffff7f',
    ]) {
      t.throws(() => decode(Buffer.from(bad, 'hex')), CORRUPT, bad)
    }
    const negative = Buffer.concat([header, Buffer.from('ffffffff', 'hex'), raw])
    t.throws(() => decode(negative), CORRUPT)
  })
})

t.test('lz4', async (t) => {
  const uint32 = (value: number) => {
    const out = Buffer.alloc(4)
    out.writeUInt32LE(value >>> 0)
    return out
  }
  interface Block {
    readonly bytes: Buffer
    readonly stored?: boolean
  }
  /** A frame with this flag byte and these blocks; `content` for the checksum over it. */
  const frame = (flags: number, blocks: readonly Block[], content = Buffer.alloc(0), id = 4) => {
    const sizeField = flags & 0x08 ? [uint32(content.length), uint32(0)] : []
    const descriptor = Buffer.concat([Buffer.from([flags, id << 4]), ...sizeField])
    const header = Buffer.from([(xxHash32(descriptor) >>> 8) & 0xff])
    const body = blocks.flatMap(({ bytes, stored }) => [
      uint32(bytes.length + (stored ? 0x80000000 : 0)),
      bytes,
      ...(flags & 0x10 ? [uint32(xxHash32(bytes))] : []),
    ])
    const checksum = flags & 0x04 ? [uint32(xxHash32(content))] : []
    return Buffer.concat([uint32(0x184d2204), descriptor, header, ...body, uint32(0), ...checksum])
  }
  const decode = (bytes: Buffer) => decompress(CompressionType.LZ4, bytes).toString()
  const stored = (text: string): Block => ({ bytes: Buffer.from(text), stored: true })
  // Literals 'ab', a match of 8 bytes from 2 before, then the literals 'cdefg'.
  const matched: Block = { bytes: Buffer.from('24616202005063646566' + '67', 'hex') }
  const text = 'ababababab' + 'cdefg'

  t.test('frames of several blocks, with all their checksums and sizes', async (t) => {
    const blocks = [matched, stored('stored'), matched]
    const whole = `${text}stored${text}`
    for (const flags of [0x60, 0x70, 0x64, 0x68, 0x7c]) {
      t.equal(decode(frame(flags, blocks, Buffer.from(whole))), whole, flags.toString(16))
    }
    t.equal(decode(frame(0x60, [])), '')
    const skippable = Buffer.concat([uint32(0x184d2a53), uint32(3), Buffer.from('abc')])
    const many = Buffer.concat([frame(0x60, [matched]), skippable, frame(0x60, [stored('x')])])
    t.equal(decode(many), `${text}x`)
  })
  t.test('blocks of up to 4 MiB', async (t) => {
    const large = 'x'.repeat(4 * MEGABYTE)
    t.equal(decode(frame(0x60, [stored(large)], undefined, 7)), large)
    const refused = () => decode(frame(0x60, [stored(large)], undefined, 6))
    t.throws(refused, { ...CORRUPT, message: /more than 1048576/ })
  })
  t.test('linked blocks are refused, as Apache Kafka does', async (t) => {
    t.throws(() => decode(frame(0x40, [matched])), { ...CORRUPT, message: /dependent blocks/ })
  })
  t.test('wrong checksums, versions and sizes are refused', async (t) => {
    const content = Buffer.from('other than what is there')
    t.throws(() => decode(frame(0x64, [matched], content)), { ...CORRUPT, message: /checksum/ })
    const block = frame(0x70, [matched])
    block[block.length - 5]! ^= 1
    t.throws(() => decode(block), { ...CORRUPT, message: /checksum of an LZ4 block/ })
    const header = frame(0x60, [matched])
    header[6]! ^= 1
    t.throws(() => decode(header), { ...CORRUPT, message: /frame header/ })
    for (const flags of [0xa0, 0x61, 0x62]) t.throws(() => decode(frame(flags, [])), CORRUPT)
    t.throws(() => decode(frame(0x60, [], undefined, 3)), CORRUPT)
    t.throws(() => decode(Buffer.from('not a frame at all')), { ...CORRUPT, message: /no LZ4/ })
  })
  t.test('blocks that copy out of bounds are refused', async (t) => {
    for (const hex of [
      '246162030050636465' + '6667',
      '24616200005063646566' + '67',
      '2461620200',
    ]) {
      const block = { bytes: Buffer.from(hex, 'hex') }
      t.throws(() => decode(frame(0x60, [block])), CORRUPT, hex)
    }
  })
})

t.test('zstd', async (t) => {
  const decode = (bytes: Buffer) => decompress(CompressionType.ZSTD, bytes).toString()
  const MAGIC = '28b52ffd'
  // A block's header: bit 0 the last one, bits 1 and 2 its type, then its size.
  const block = (type: number, size: number, last: boolean) => {
    const header = Buffer.alloc(3)
    header.writeUIntLE((size << 3) | (type << 1) | (last ? 1 : 0), 0, 3)
    return header.toString('hex')
  }
  const hello = Buffer.from('hello').toString('hex')
  t.test('frames that say nothing of their size, as streaming encoders write them', async (t) => {
    const unsized = `${MAGIC}0058${block(0, 5, false)}${hello}${block(1, 7, true)}21`
    t.equal(decode(Buffer.from(unsized, 'hex')), `hello${'!'.repeat(7)}`)
    const empty = `${MAGIC}0058${block(0, 0, true)}`
    t.equal(decode(Buffer.from(empty, 'hex')), '')
  })
  t.test('several frames, skippable ones among them', async (t) => {
    const sized = `${MAGIC}2005${block(0, 5, true)}${hello}`
    const skippable = '502a4d1803000000aabbcc'
    t.equal(decode(Buffer.from(sized + skippable + sized, 'hex')), 'hellohello')
  })
  t.test('frames that need a dictionary, or lie about their size, are refused', async (t) => {
    const refused: Record<string, string> = {
      dictionary: `${MAGIC}015807${block(0, 5, true)}${hello}`,
      'size too large': `${MAGIC}2009${block(0, 5, true)}${hello}`,
      'reserved block': `${MAGIC}0058${block(3, 5, true)}${hello}`,
      'reserved flag': `${MAGIC}0858${block(0, 5, true)}${hello}`,
      'no frame': `${'00'.repeat(12)}`,
      'bytes behind it': `${MAGIC}0058${block(0, 5, true)}${hello}aa`,
    }
    for (const [name, hex] of Object.entries(refused)) {
      t.throws(() => decode(Buffer.from(hex, 'hex')), CORRUPT, name)
    }
  })
})
