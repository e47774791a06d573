import t from 'tap'
import { PageCache } from '../../../src/env/page-cache.js'

const MB = 1024 * 1024

t.test('what was read or written lately is likely there', async (t) => {
  const cache = new PageCache(4 * MB)
  const [file, other] = [cache.addFile(), cache.addFile()]
  cache.used(file, 0, 2 * MB)
  t.ok(cache.holds(file, 0, 1000))
  t.ok(cache.holds(file, MB - 1, 2))
  t.notOk(cache.holds(file, 2 * MB - 1, 2))
  t.notOk(cache.holds(other, 0, 1))
})

t.test(
  'no more is thought to be there than there is room for, the longest unused goes',
  async (t) => {
    const cache = new PageCache(4 * MB)
    const file = cache.addFile()
    cache.used(file, 0, 4 * MB)
    cache.used(file, 0, 1)
    cache.used(file, 10 * MB, 1)
    t.ok(cache.holds(file, 0, 1))
    t.notOk(cache.holds(file, MB, 1))
    t.ok(cache.holds(file, 2 * MB, 1))
    t.ok(cache.holds(file, 10 * MB, 1))
  },
)

t.test('a large read is not for the event loop, wherever its bytes are', async (t) => {
  const cache = new PageCache(4 * MB)
  const file = cache.addFile()
  cache.used(file, 0, 4 * MB)
  t.ok(cache.holds(file, 0, MB / 4))
  t.notOk(cache.holds(file, 0, MB))
})

t.test('a read that took long shows that nothing is known', async (t) => {
  const cache = new PageCache(4 * MB)
  const file = cache.addFile()
  cache.used(file, 0, 2 * MB)
  cache.note(0.5)
  t.ok(cache.holds(file, MB, 1))
  cache.note(20)
  t.notOk(cache.holds(file, 0, 1))
  t.notOk(cache.holds(file, MB, 1))
})
