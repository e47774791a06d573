import t from 'tap'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { append, batchOf, errorOf, MEGABYTE, openMemoryLog } from './storage-fixture.js'

t.test('what is no batch any more is not read, and the log goes on', async (t) => {
  const { log, disk } = await openMemoryLog()
  for (const value of ['a', 'b', 'c']) await append(log, batchOf([value]))
  const file = disk.open(`${log.directory}/00000000000000000000.log`)
  const zeros = Buffer.alloc(12)
  const second = file.length / 3
  await new Promise((resolve) => file.write([zeros], second, resolve))

  const read = (offset: number) => log.read(offset, MEGABYTE, log.logEndOffset, true)
  t.match(await errorOf(() => read(1)), { code: ErrorCode.CORRUPT_MESSAGE })
  t.match(await errorOf(() => read(2)), { code: ErrorCode.CORRUPT_MESSAGE })
  await append(log, batchOf(['d']))
  t.equal(log.logEndOffset, 4)
})
