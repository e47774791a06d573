import t from 'tap'
import { ControlFixture } from './control-fixture.js'

t.test('a failed broker refuses what it can not do, and a reset has it go on', async (t) => {
  const control = await ControlFixture.start(t)
  await control.post('/topics', { name: 'orders' })
  await control.post('/faults', { kind: 'diskFull' })
  const changes: [method: string, path: string, body?: unknown][] = [
    // The first one finds the disk full, while it waits for what it has written.
    ['POST', '/topics', { name: 'more' }],
    ['POST', '/topics/new/records', { records: [{ value: 'x' }] }],
    ['DELETE', '/topics/orders'],
    ['PUT', '/groups/g/offsets', { offsets: { orders: 0 } }],
    ['POST', '/transactions/t/fence'],
    ['POST', '/seed', { topics: { more: {} } }],
    ['POST', '/snapshots'],
  ]
  for (const [method, path, body] of changes) {
    t.match(
      await control.ask(method, path, body),
      { status: 503, body: { error: { code: 'BROKER_FAILED' } } },
      `${method} ${path}`,
    )
  }
  await control.post('/reset')
  t.match(await control.get('/health'), { status: 'ok' })
  t.strictSame(await control.get('/faults'), { faults: [] })
  await control.post('/topics/orders/records', { records: [{ value: 'x' }] })
})

t.test('health while nobody can come', async (t) => {
  const control = await ControlFixture.start(t)
  for (const kind of ['down', 'fenceBroker']) {
    const { id } = await control.post('/faults', { kind })
    t.match(await control.ask('GET', '/health'), {
      status: 503,
      body: {
        error: {
          code: 'BROKER_DOWN',
          message: `fault ${id} (${kind}) keeps clients from the broker`,
        },
      },
    })
    await control.ask('DELETE', `/faults/${id}`)
    t.match(await control.get('/health'), { status: 'ok' })
  }
})
