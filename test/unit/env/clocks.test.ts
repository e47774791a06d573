import t from 'tap'
import { systemClock } from '../../../src/env/clock.js'
import { ProcessClock, VirtualClock } from '../../../src/env/clock-virtual.js'
import { randomUuid, seededRandom, systemRandom } from '../../../src/env/random.js'

const START_MS = 1_700_000_000_000

t.test("the machine's clock", async (t) => {
  t.test('calls back once, not before its time', async (t) => {
    const startedMs = systemClock.now()
    await new Promise<void>((resolve) => systemClock.after(20, resolve))
    t.ok(systemClock.now() - startedMs >= 19)
    await new Promise<void>((resolve) => systemClock.after(-5, resolve))
  })
  t.test('does not call back what was cancelled', async (t) => {
    let calls = 0
    const timer = systemClock.after(0, () => calls++)
    timer.cancel()
    timer.cancel()
    await new Promise<void>((resolve) => systemClock.after(5, resolve))
    t.equal(calls, 0)
  })
  t.test('waits for longer than a timer of the runtime can', async (t) => {
    let calls = 0
    const timer = systemClock.after(Number.MAX_SAFE_INTEGER, () => calls++)
    await new Promise<void>((resolve) => systemClock.after(5, resolve))
    t.equal(calls, 0, 'and not for a millisecond, as setTimeout would')
    timer.cancel()
  })
})

t.test('a virtual clock', async (t) => {
  t.test('goes from one due time to the next, in the order of asking among equals', async (t) => {
    const clock = new VirtualClock(START_MS)
    const calls: string[] = []
    const call = (name: string) => () => {
      calls.push(`${name} ${clock.now() - START_MS}`)
    }
    clock.after(30, call('c'))
    clock.after(10, call('a'))
    clock.after(10, call('b'))
    clock.after(20, call('never')).cancel()
    t.equal(clock.nextDueMs, START_MS + 10)
    clock.after(5, () => clock.after(1, call('nested')))
    while (clock.runNext()) t.pass()
    t.strictSame(calls, ['nested 6', 'a 10', 'b 10', 'c 30'])
    t.equal(clock.nextDueMs, undefined)
  })
  t.test('is off, and runs at another rate, as a process sees it', async (t) => {
    const clock = new VirtualClock(START_MS)
    const process = new ProcessClock(clock, { offsetMs: 500, rate: 2 })
    t.equal(process.now(), START_MS + 500)
    let calledMs = 0
    process.after(100, () => {
      calledMs = process.now()
    })
    process.after(200, () => t.fail('the process has ended')).cancel()
    clock.runNext()
    t.equal(clock.now(), START_MS + 50)
    t.equal(calledMs, START_MS + 600)
    process.after(1, () => t.fail('the process has ended'))
    process.kill()
    process.after(1, () => t.fail('the process has ended'))
    while (clock.runNext()) t.pass()
  })
})

t.test('randomness', async (t) => {
  t.test('repeats itself from a seed', async (t) => {
    const draw = (seed: number) => {
      const random = seededRandom(seed)
      const ints = Array.from({ length: 20 }, () => random.int(1000))
      return [...ints, random.fraction(), random.bytes(8).toString('hex')]
    }
    t.strictSame(draw(7), draw(7))
    t.notSame(draw(7), draw(8))
  })
  for (const [name, random] of Object.entries({ system: systemRandom, seeded: seededRandom(1) })) {
    t.test(`stays within its bounds: ${name}`, async (t) => {
      const seen = new Set<number>()
      for (let i = 0; i < 2000; i++) {
        const int = random.int(5)
        seen.add(int)
        const fraction = random.fraction()
        if (fraction < 0 || fraction >= 1) t.fail(`${fraction}`)
      }
      t.strictSame([...seen].sort(), [0, 1, 2, 3, 4])
      t.equal(random.bytes(16).length, 16)
    })
  }
  t.test('makes ids in the form of Kafka’s', async (t) => {
    const random = seededRandom(3)
    const ids = Array.from({ length: 500 }, () => randomUuid(random))
    t.equal(new Set(ids).size, 500)
    for (const id of ids) {
      const bytes = Buffer.from(id, 'base64url')
      const isVersion4 = (bytes[6]! & 0xf0) === 0x40 && (bytes[8]! & 0xc0) === 0x80
      if (!/^[A-Za-z0-9_][\w-]{21}$/.test(id) || !isVersion4) t.fail(id)
    }
  })
})
