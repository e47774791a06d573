import fc from 'fast-check'
import t from 'tap'
import { FrameError, FrameReader } from '../../../src/server/frame-reader.js'
import { sized } from './server-fixture.js'

const MAX_BYTES = 100_000

const read = (reader: FrameReader, chunk: Buffer): Buffer[] => {
  const frames: Buffer[] = []
  reader.push(chunk, (frame) => frames.push(Buffer.from(frame)))
  return frames
}

t.test('however the bytes are cut, the frames are the same', async (t) => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 5000 }), { minLength: 1, maxLength: 8 })
  const cuts = fc.array(fc.nat(3000), { maxLength: 40 })
  fc.assert(
    fc.property(bodies, cuts, (arrays, lengths) => {
      const sent = arrays.map((array) => Buffer.from(array))
      const stream = Buffer.concat(sent.map(sized))
      const reader = new FrameReader(MAX_BYTES)
      const frames: Buffer[] = []
      let at = 0
      for (const length of [...lengths, stream.length]) {
        frames.push(...read(reader, stream.subarray(at, at + length)))
        at = Math.min(stream.length, at + length)
      }
      return (
        reader.heldBytes === 0 &&
        frames.length === sent.length &&
        frames.every((frame, i) => frame.equals(sent[i]!))
      )
    }),
  )
  t.pass('for random frames and cuts')
})

t.test('one byte at a time', async (t) => {
  const reader = new FrameReader(MAX_BYTES)
  const stream = Buffer.concat([sized(Buffer.from('one')), sized(Buffer.alloc(0))])
  const frames = [...stream].flatMap((byte) => read(reader, Buffer.from([byte])))
  t.strictSame(frames.map(String), ['one', ''])
})

t.test('a size that cannot be is refused as soon as it is known', async (t) => {
  for (const size of [-1, -(2 ** 31), MAX_BYTES + 1, 2 ** 31 - 1]) {
    const head = Buffer.alloc(4)
    head.writeInt32BE(size)
    t.throws(() => read(new FrameReader(MAX_BYTES), head), FrameError, `${size} in one piece`)
    const reader = new FrameReader(MAX_BYTES)
    read(reader, head.subarray(0, 2))
    t.throws(() => read(reader, head.subarray(2)), FrameError, `${size} in two`)
  }
})

t.test('a large frame takes up what has come of it, not what it promises', async (t) => {
  const reader = new FrameReader(64 * 1024 * 1024)
  const head = Buffer.alloc(4)
  head.writeInt32BE(50 * 1024 * 1024)
  read(reader, Buffer.concat([head, Buffer.alloc(1000)]))
  t.equal(reader.heldBytes, 1004)
  const before = process.memoryUsage().arrayBuffers
  const readers = Array.from({ length: 100 }, () => new FrameReader(64 * 1024 * 1024))
  for (const each of readers) read(each, Buffer.concat([head, Buffer.alloc(10_000)]))
  t.ok(process.memoryUsage().arrayBuffers - before < 10_000_000, 'of 100 such frames')
  t.equal(readers.length, 100)
})
