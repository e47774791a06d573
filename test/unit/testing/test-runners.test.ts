import { connect } from 'node:net'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { type RunningBroker, startBroker, WaitTimeoutError } from '../../../src/index.js'
import { Fixture } from './broker-fixture.js'

/** As fake timers do it that are never moved: nothing is called, and it is always noon. */
function standStill(t: { teardown(end: () => void): void }): void {
  const replaced = {
    setTimeout: () => 0,
    setInterval: () => 0,
    setImmediate: () => 0,
    queueMicrotask: () => {},
  }
  const real = Object.fromEntries(
    Object.keys(replaced).map((name) => [name, Reflect.get(globalThis, name)]),
  )
  const { now } = Date
  Object.assign(globalThis, replaced)
  Date.now = () => Date.UTC(2026, 0, 1, 12)
  t.teardown(() => {
    Object.assign(globalThis, real)
    Date.now = now
  })
}

t.test('a broker runs on under fake timers, and starts under them', async (t) => {
  const running = await startBroker()
  t.teardown(() => running.close())
  standStill(t)
  const another = await startBroker()
  for (const broker of [running, another]) {
    await broker.seed({ topics: { orders: { records: [{ value: 'a' }] } } })
    t.equal((await broker.waitForMessages('orders', 1)).length, 1)
    await t.rejects(broker.waitForMessages('orders', 2, { timeoutMs: 20 }), WaitTimeoutError)
    await t.rejects(
      broker.faults.drop('Fetch').struck(1, { timeoutMs: 20 }),
      /has struck 0 of 1 times/,
    )
    await broker.faults.fenceProducer('payments')
    await broker.reset()
    await broker.restart()
    t.strictSame(broker.topics(), ['orders'])
  }
  await another.close()
})

t.test('what a test runner has made in another realm is taken for what it is', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  const theirs = <T>(expression: string): T => runInNewContext(expression) as T
  await broker.seed({
    topics: {
      orders: {
        records: [
          { key: Buffer.from('a'), value: Buffer.from([0, 255]), timestamp: new Date(1) },
          {
            value: theirs<Uint8Array>('new Uint8Array([7, 8, 9]).subarray(1)'),
            timestamp: theirs<Date>('new Date(2)'),
          },
        ],
      },
    },
  })
  const records = await broker.topic('orders').records()
  t.strictSame(
    records.map(({ key, valueBytes, timestampMs }) => [key, valueBytes, timestampMs]),
    [
      ['a', Buffer.from([0, 255]), 1],
      [null, Buffer.from([8, 9]), 2],
    ],
  )
  const fault = broker.faults.drop('Heartbeat').until(theirs<Promise<void>>('Promise.resolve()'))
  await new Promise(setImmediate)
  t.equal(fault.isActive, false)
})

const isOpen = (broker: RunningBroker): Promise<boolean> =>
  new Promise((resolve) => {
    const [host, port] = broker.bootstrapServers.split(':')
    const socket = connect(Number(port), host)
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

t.test('what is closed stays closed, whenever that is', async (t) => {
  const stages = [
    () => Promise.resolve(),
    () => new Promise((resolve) => setImmediate(resolve)),
    () => new Promise((resolve) => setTimeout(resolve, 5)),
  ]
  for (const stage of stages) {
    const broker = await startBroker()
    const restarted = broker.restart().then(
      () => 'restarted',
      (error: Error) => error.message,
    )
    await stage()
    await broker.close()
    t.equal(await isOpen(broker), false)
    t.match(await restarted, /^restarted$|^the broker is not running$/)
    await t.rejects(broker.restart(), { message: 'the broker is not running' })
    t.equal(await isOpen(broker), false)
  }
})

t.test('restarts that are asked for at once are one', async (t) => {
  const { broker } = await Fixture.start(t)
  await broker.seed({ topics: { orders: { records: [{ value: 'a' }] } } })
  await Promise.all([broker.restart(), broker.restart()])
  t.equal(await broker.topic('orders').count(), 1)
  await broker.restart()
  t.equal(await broker.topic('orders').count(), 1)
})

t.test('a clock that is moved by parts of a millisecond keeps whole ones', async (t) => {
  const { broker } = await Fixture.start(t, { clock: 'virtual' })
  const before = broker.clock.now()
  await broker.clock.advance(0.7)
  await broker.clock.advance('0.0004s')
  t.equal(broker.clock.now(), before + 1)
  await broker.seed({ topics: { orders: { records: [{ value: 'a' }] } } })
  t.match(await broker.topic('orders').records(), [{ timestampMs: before + 1 }])
})

t.test('options that there are not are refused, also where no compiler looks', async (t) => {
  const wrong: [unknown, RegExp][] = [
    [null, /have to be an object/],
    ['2.8', /have to be an object/],
    [{ prot: 9092 }, /there is no option prot; there are profile, port/],
    [{ clock: 'fake' }, /clock fake: it has to be one of system, virtual/],
    [{ memoryBytes: 0 }, /memoryBytes 0/],
  ]
  for (const [options, message] of wrong) {
    await t.rejects(startBroker(options as object), { name: 'TypeError', message })
  }
})
