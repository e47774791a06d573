import t from 'tap'
import { runControl } from '../../../src/cli/control/run.js'
import { until } from '../../support/until.js'
import { metadataBody } from './broker-fixture.js'
import { ControlFixture } from './control-fixture.js'

t.test('a broker without a control port has none', async (t) => {
  const { broker } = await ControlFixture.start(t, { controlPort: undefined as never })
  t.equal(broker.controlUrl, undefined)
})

t.test('health, and a failed broker', async (t) => {
  const control = await ControlFixture.start(t)
  const { broker } = control
  t.strictSame(await control.get('/health'), {
    status: 'ok',
    bootstrapServers: broker.bootstrapServers,
    clusterId: broker.clusterId,
    nodeId: broker.nodeId,
    profile: 'test',
  })
  await control.fixture.createTopic('orders')
  broker.faults.diskFull({ path: '/orders-0/' })
  await control.fixture.client().produce({ orders: [0] })
  const { status, body } = await until(async () => {
    const answer = await control.ask('GET', '/health')
    return answer.status === 200 ? undefined : answer
  }, 'the failure')
  t.match({ status, body }, { status: 503, body: { error: { code: 'BROKER_FAILED' } } })
  t.match(await control.post('/restart'), { done: true })
  t.equal((await control.ask('GET', '/health')).status, 200)
})

t.test('topics and records', async (t) => {
  const control = await ControlFixture.start(t)
  const created = await control.post('/topics', {
    name: 'orders',
    partitions: 2,
    configs: { 'retention.ms': 1000 },
  })
  t.match(created, {
    name: 'orders',
    configs: { 'retention.ms': '1000' },
    partitions: [{ partition: 0 }, { partition: 1 }],
  })
  t.strictSame(
    await control.post('/topics/orders/records', {
      records: [
        { partition: 1, key: 'k', value: { total: 3 }, headers: { trace: 'x' }, timestamp: 5 },
        { partition: 1, key: null, value: { base64: '//8=' } },
        { partition: 0, value: null },
      ],
    }),
    { produced: 3 },
  )
  const { records } = await control.get('/topics/orders/records?partition=1')
  t.match(records, [
    { offset: 0, key: 'k', value: '{"total":3}', timestampMs: 5, headers: [{ name: 'trace' }] },
    { offset: 1, key: null, valueBase64: '//8=' },
  ])
  t.notOk('valueBase64' in records[0])
  t.match((await control.get('/topics/orders/records?partition=1&from=1')).records, { length: 1 })
  t.match((await control.get('/topics/orders/records?max=1')).records, { length: 2 })
  t.strictSame(await control.get('/topics'), {
    topics: [{ name: 'orders', partitionCount: 2, messageCount: 3 }],
  })
  t.match(await control.get('/topics/orders'), {
    partitions: [{ highWatermark: 1 }, { highWatermark: 2 }],
  })
  await control.post('/topics/new/records', { records: [{ value: 'made as for a producer' }] })
  t.match(await control.get('/topics/new'), { name: 'new' })
  t.match(await control.ask('POST', '/topics', { name: 'orders' }), {
    status: 409,
    body: { error: { code: 'TOPIC_ALREADY_EXISTS' } },
  })
  t.match(await control.ask('DELETE', '/topics/orders'), { status: 200 })
  for (const path of ['/topics/orders', '/topics/orders/records', '/topics/toString']) {
    t.match(await control.ask('GET', path), {
      status: 404,
      body: { error: { code: 'UNKNOWN_TOPIC_OR_PARTITION' } },
    })
  }
})

t.test('where topics are not made by themselves, records need one', async (t) => {
  const config = { 'auto.create.topics.enable': 'false' }
  const control = await ControlFixture.start(t, { config })
  const answer = await control.ask('POST', '/topics/new/records', { records: [{ value: 'x' }] })
  t.match(answer, { status: 404, body: { error: { code: 'UNKNOWN_TOPIC_OR_PARTITION' } } })
})

t.test('groups and what they have committed', async (t) => {
  const control = await ControlFixture.start(t)
  await control.post('/topics/orders/records', { records: [{ value: 'a' }, { value: 'b' }] })
  t.match(await control.ask('GET', '/groups/billing'), {
    status: 404,
    body: { error: { code: 'GROUP_ID_NOT_FOUND' } },
  })
  const put = await control.ask('PUT', '/groups/a%2Fb/offsets', { offsets: { orders: { 0: 1 } } })
  t.match(put, { status: 200, body: { lag: 1, offsets: [{ topic: 'orders', offset: 1, lag: 1 }] } })
  t.match(await control.get('/groups'), { groups: [{ groupId: 'a/b', state: 'Empty' }] })
  t.match(await control.get('/groups/a%2Fb'), { groupId: 'a/b', members: [] })
  t.match(await control.get('/groups/a%2Fb/offsets?topic=other'), { offsets: [], lag: 0 })
  t.match(await control.ask('PUT', '/groups/x/offsets', { offsets: { orders: -1 } }), {
    status: 400,
  })
  t.match(await control.ask('DELETE', '/groups/a%2Fb'), { status: 200 })
  t.strictSame(await control.get('/groups'), { groups: [] })
})

t.test('transactions, and a producer that is fenced', async (t) => {
  const control = await ControlFixture.start(t)
  t.strictSame(await control.get('/transactions'), { transactions: [] })
  const fenced = await control.post('/transactions/payer/fence')
  t.match(fenced, { producerEpoch: Number })
  t.match(await control.get('/transactions'), {
    transactions: [{ transactionalId: 'payer', state: 'Empty', producerId: fenced.producerId }],
  })
})

t.test('the journal', async (t) => {
  const control = await ControlFixture.start(t)
  const client = control.fixture.client('shop')
  await client.ask('Metadata', 9, metadataBody(['none']))
  await client.ask('ApiVersions', 0, {})
  const { entries, lastNumber } = await control.get('/journal')
  t.equal(lastNumber, 2)
  t.match(entries, [
    { number: 1, api: 'Metadata', version: 9, clientId: 'shop', outcome: 'answered' },
    { number: 2, api: 'ApiVersions', response: { errorCode: 0 } },
  ])
  const filtered = async (query: string) => {
    return (await control.get(`/journal?${query}`)).entries.map((e: { number: number }) => e.number)
  }
  t.strictSame(await filtered('api=Metadata'), [1])
  t.strictSame(await filtered('after=1'), [2])
  t.strictSame(await filtered('max=1'), [2])
  t.strictSame(await filtered('clientId=%2F%5Esh%2F'), [1, 2])
  t.strictSame(await filtered('error=UNKNOWN_TOPIC_OR_PARTITION'), [1])
  t.match(await control.ask('GET', '/journal?api=Nope'), { status: 400 })
  t.match(await control.ask('GET', '/journal?clientId=%2F(%2F'), { status: 400 })
  t.match(await control.ask('DELETE', '/journal'), { status: 200 })
  t.strictSame(await filtered(''), [])
})

t.test('faults', async (t) => {
  const control = await ControlFixture.start(t)
  await control.fixture.createTopic('orders')
  const spec = { kind: 'error', api: 'Produce', error: 'NOT_LEADER_OR_FOLLOWER', topic: '/^ord/' }
  t.match(await control.post('/faults', { ...spec, times: 1 }), { id: 1, spec, isActive: true })
  const client = control.fixture.client()
  const { responses } = await client.produce({ orders: [0] })
  t.match(responses, [{ partitionResponses: [{ errorCode: 6 }] }])
  t.match(await control.get('/faults'), { faults: [] })
  t.match(await control.get('/faults/1'), { id: 1, calls: 1, hits: 1, isActive: false })
  control.broker.faults.blackhole(/nobody/)
  t.match(await control.get('/faults'), { faults: [{ id: 2, spec: { clientId: '/nobody/' } }] })
  t.match(await control.ask('DELETE', '/faults/2'), { status: 200, body: { isActive: false } })
  await control.post('/faults', { kind: 'down' })
  t.match(await client.send('Metadata', 9, metadataBody([])), { kind: 'closed' })
  t.match(await control.ask('DELETE', '/faults'), { status: 200 })
  await control.fixture.client().produce({ orders: [0] })
  for (const [wrong, message] of [
    [{}, /needs kind/],
    [{ kind: 'errors' }, /kind has to be one of error, delay/],
    [{ kind: 'error', api: 'Produce', error: 'NOPE' }, /error NOPE has to be/],
    [{ kind: 'delay', api: 'Produce' }, /needs ms/],
    [{ kind: 'down', topic: 'orders' }, /has no topic/],
    [{ kind: 'drop', api: '*', topic: '/(/' }, /./],
    [{ kind: 'drop', api: '*', constructor: 1 }, /constructor/],
  ] as const) {
    const { status, body } = await control.ask('POST', '/faults', wrong)
    t.match({ status, body }, { status: 400, body: { error: { message } } }, JSON.stringify(wrong))
  }
  t.match(await control.ask('GET', '/faults/9'), { status: 404 })
  t.match(await control.ask('GET', '/faults/x'), { status: 400 })
})

t.test('the clock', async (t) => {
  const control = await ControlFixture.start(t, { clock: 'virtual' })
  const { nowMs } = await control.get('/clock')
  t.match(await control.post('/clock', { advance: '45s' }), {
    isVirtual: true,
    nowMs: nowMs + 45_000,
  })
  t.match(await control.post('/clock', { advance: 500 }), { nowMs: nowMs + 45_500 })
  t.match(await control.ask('POST', '/clock', { advance: 'soon' }), { status: 400 })
  t.match(await control.ask('POST', '/clock', { advance: null }), { status: 400 })
  for (const advance of ['36526d', Number.MAX_VALUE, {}]) {
    t.match(await control.ask('POST', '/clock', { advance }), { status: 400 }, 'no end in sight')
  }
  const real = await ControlFixture.start(t)
  t.match(await real.get('/clock'), { isVirtual: false })
  t.match(await real.ask('POST', '/clock', { advance: 1 }), {
    status: 409,
    body: { error: { code: 'CLOCK_NOT_VIRTUAL' } },
  })
})

t.test('waits', async (t) => {
  const control = await ControlFixture.start(t)
  const waiting = control.post('/wait/messages', { topic: 'orders', count: 2 })
  await control.post('/topics/orders/records', { records: [{ value: 'a' }] })
  await control.post('/topics/orders/records', { records: [{ value: 'b' }] })
  t.match((await waiting).records, [{ value: 'a' }, { value: 'b' }])
  const commit = control.post('/wait/commit', { groupId: 'g', topic: 'orders', offset: 1 })
  await control.ask('PUT', '/groups/g/offsets', { offsets: { orders: 2 } })
  t.match(await commit, { topic: 'orders', partition: 0, offset: 2, lag: 0 })
  t.match(await control.post('/wait/group', { groupId: 'g', members: 0 }), { state: 'Empty' })
  const request = control.post('/wait/request', { api: 'Metadata', clientId: 'late' })
  await control.fixture.client('early').ask('Metadata', 9, metadataBody([]))
  await control.fixture.client('late').ask('Metadata', 9, metadataBody([]))
  t.match(await request, { api: 'Metadata', clientId: 'late', outcome: 'answered' })
})

t.test('a wait that is over says what there was', async (t) => {
  const control = await ControlFixture.start(t)
  await control.post('/topics/orders/records', { records: [{ value: 'a' }] })
  await control.fixture.client('shop').ask('Metadata', 9, metadataBody([]))
  const cases: [path: string, body: object, message: RegExp, saw: unknown][] = [
    ['messages', { topic: 'orders', count: 2 }, /for 2 messages in orders.*a$/, [{ value: 'a' }]],
    ['messages', { topic: 'none', count: 1 }, /there is no such topic/, null],
    ['group', { groupId: 'g', state: 'Stable' }, /there is no such group/, { state: 'Dead' }],
    ['assignment', { groupId: 'g', topics: ['orders'] }, /an assignment of orders/, {}],
    ['commit', { groupId: 'g', topic: 'orders' }, /nothing committed/, []],
    ['request', { api: 'Produce' }, /Metadata of shop/, [{ api: 'Metadata' }]],
  ]
  for (const [what, body, message, saw] of cases) {
    const answer = await control.ask('POST', `/wait/${what}`, { ...body, timeoutMs: 30 })
    t.match(answer, { status: 408, body: { error: { code: 'WAIT_TIMEOUT', message, saw } } }, what)
  }
  t.match(await control.ask('POST', '/wait/group', { groupId: 'g', timeoutMs: 1e9 }), {
    status: 400,
  })
})

t.test('an assignment is waited for until it is fetched from, or not that long', async (t) => {
  const control = await ControlFixture.start(t)
  await control.fixture.createTopic('orders')
  const paused = control.fixture.client('paused')
  await paused.ask('FindCoordinator', 4, { keyType: 0, coordinatorKeys: ['g'] })
  const joining = {
    groupId: 'g',
    memberId: 'm',
    memberEpoch: 0,
    rebalanceTimeoutMs: 60_000,
    subscribedTopicNames: ['orders'],
    topicPartitions: [],
  }
  await until(async () => {
    const { errorCode } = await paused.ask('ConsumerGroupHeartbeat', 1, joining)
    return errorCode === 0 || undefined
  }, 'a member')
  const assigned = [{ clientId: 'paused', assignment: [{ topic: 'orders', partitions: [0] }] }]
  const waiting = { groupId: 'g', fetching: false }
  t.match(await control.post('/wait/assignment', waiting), { members: assigned })
  const message = /which does not fetch yet from orders-0$/
  const over = { status: 408, body: { error: { code: 'WAIT_TIMEOUT', message } } }
  t.match(await control.ask('POST', '/wait/assignment', { groupId: 'g', timeoutMs: 30 }), over)
  const url = control.broker.controlUrl!
  const told = await runControl('wait', ['assignment', 'g', '--assigned', '--control', url], {})
  t.match(told.join('\n'), /paused .*orders-\[0\]/)
})

t.test('a wait may be called off', async (t) => {
  const { broker } = await ControlFixture.start(t)
  const calledOff = new AbortController()
  const waiting = broker.waitForGroup('nobody', { signal: calledOff.signal })
  calledOff.abort(new Error('enough'))
  await t.rejects(waiting, /enough/)
  const { signal } = calledOff
  await t.rejects(broker.waitForMessages('none', 1, { signal }), /enough/)
})

t.test('nobody waits on for a client that has gone, or a broker that is closed', async (t) => {
  const control = await ControlFixture.start(t)
  const body = JSON.stringify({ topic: 'orders', count: 1, timeoutMs: 200_000 })
  const head = `Host: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`
  const request = `POST /wait/messages HTTP/1.1\r\n${head}\r\n\r\n${body}`
  const gone = await control.raw()
  gone.send(request)
  gone.close()
  const stays = await control.raw()
  stays.send(request)
  t.match(await control.get('/health'), { status: 'ok' })
  await control.broker.close()
  await until(() => stays.isClosed, 'the connection to be closed')
})

t.test('seeds of every type, reset and snapshots', async (t) => {
  const control = await ControlFixture.start(t)
  const seed = (type: string, text: string, query = '') =>
    control.ask('POST', `/seed${query}`, text, { 'content-type': type })
  const values = async (topic: string) =>
    (await control.get(`/topics/${topic}/records`)).records.map((r: { value: string }) => r.value)
  await seed('application/json', '{"topics":{"a":{"partitions":2,"records":[{"value":"json"}]}}}')
  await seed(
    'application/yaml; charset=utf-8',
    'topics:\n  b:\n    records:\n      - value: yaml\n',
  )
  await seed('application/x-ndjson', '{"topic":"c","value":"one"}\n{"value":"two"}\n', '?topic=c')
  await seed('text/csv', 'key,value\nk,csv\n', '?topic=d.e')
  t.strictSame(await Promise.all(['a', 'b', 'c', 'd.e'].map(values)), [
    ['json'],
    ['yaml'],
    ['one', 'two'],
    ['csv'],
  ])
  await control.post('/topics/a/records', { records: [{ value: 'later' }] })
  const snapshot = await control.post('/snapshots')
  t.match(snapshot, { topics: 4, groups: 0, bytes: Number })
  t.match(await control.post('/reset'), { done: true })
  t.strictSame(await values('a'), ['json'])
  t.match(await control.post(`/snapshots/${snapshot.id}/restore`), { id: snapshot.id })
  t.strictSame(await values('a'), ['json', 'later'])
  t.match(await control.get('/snapshots'), { snapshots: [{ id: snapshot.id }] })
  t.match(await control.ask('DELETE', `/snapshots/${snapshot.id}`), { status: 200 })
  t.match(await control.ask('POST', `/snapshots/${snapshot.id}/restore`), { status: 404 })
})

t.test('what is asked at once is done one after the other', async (t) => {
  const control = await ControlFixture.start(t)
  const seed = (n: number) => control.ask('POST', '/seed', { topics: { [`t${n}`]: null } })
  const answers = await Promise.all([
    ...[1, 2, 3, 4].map(seed),
    control.ask('POST', '/snapshots'),
    control.ask('POST', '/restart'),
    control.ask('POST', '/restart'),
    control.ask('POST', '/reset'),
  ])
  t.ok(
    answers.every(({ status }) => status === 200),
    answers.map(({ text }) => text).join(),
  )
  t.equal((await control.get('/topics')).topics.length, 4)
})

t.test('an address to be told', async (t) => {
  const control = await ControlFixture.start(t)
  const told = async () =>
    (await control.fixture.client().ask('Metadata', 9, metadataBody([]))).brokers[0]
  t.match(await control.ask('PUT', '/advertised-listeners', { address: 'kafka.test:19092' }), {
    status: 200,
  })
  t.equal((await control.get('/health')).bootstrapServers, 'kafka.test:19092')
  t.match(await control.ask('PUT', '/advertised-listeners', { address: 'nonsense' }), {
    status: 400,
  })
  await control.ask('PUT', '/advertised-listeners', { address: null })
  t.match(await told(), { host: '127.0.0.1' })
})

t.test('a port that is in use', async (t) => {
  const { port } = await ControlFixture.start(t)
  const second = ControlFixture.start(t, { controlPort: port })
  await t.rejects(second, new RegExp(`cannot open the control API: port ${port} is in use`))
})
