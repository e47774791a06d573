import t from 'tap'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { batchesOf, isChecksumValid } from '../../../src/protocol/records/index.js'
import { until } from '../../support/until.js'
import { RawClient, requestFrame } from '../server/server-fixture.js'
import { type Body, Fixture, metadataBody, produceBody, SILENCE_MS } from './broker-fixture.js'

const { NONE, NOT_LEADER_OR_FOLLOWER, LEADER_NOT_AVAILABLE, REQUEST_TIMED_OUT } = ErrorCode

const codesOf = ({ responses }: Body) =>
  Object.fromEntries(
    responses.map((topic: Body) => [
      topic.name,
      topic.partitionResponses.map((partition: Body) => [partition.index, partition.errorCode]),
    ]),
  )

t.test('errors of chosen partitions: the others are produced', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  await fixture.createTopic('orders', 2)
  await fixture.createTopic('payments', 2)
  const client = fixture.client()
  const selected = { topic: 'orders', partition: 1 }
  const fault = broker.faults.error('Produce', 'NOT_LEADER_OR_FOLLOWER', selected).times(2)
  const both = { orders: [0, 1], payments: [0, 1] }
  t.strictSame(codesOf(await client.produce(both)), {
    payments: [
      [0, NONE],
      [1, NONE],
    ],
    orders: [
      [0, NONE],
      [1, NOT_LEADER_OR_FOLLOWER],
    ],
  })
  t.equal(await broker.topic('orders').count(), 1)
  t.equal(await broker.topic('payments').count(), 2)
  t.strictSame(codesOf(await client.produce({ orders: [1] })), {
    orders: [[1, NOT_LEADER_OR_FOLLOWER]],
  })
  t.strictSame(codesOf(await client.produce({ orders: [1] })), { orders: [[1, NONE]] })
  t.match(fault, { hits: 2, isActive: false })
  t.strictSame(broker.faults.active, [])
})

t.test('an error after the fact: what was asked for is done', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  await fixture.createTopic('orders', 2)
  broker.faults.error('Produce', REQUEST_TIMED_OUT, { when: 'after', partition: 0 })
  t.strictSame(codesOf(await fixture.client().produce({ orders: [0, 1] })), {
    orders: [
      [1, NONE],
      [0, REQUEST_TIMED_OUT],
    ],
  })
  t.equal(await broker.topic('orders').count(), 2)
})

t.test('the brokers are told in Metadata also when every topic has an error', async (t) => {
  const fixture = await Fixture.start(t)
  await fixture.createTopic('orders', 2)
  await fixture.createTopic('payments')
  const client = fixture.client()
  const { faults } = fixture.broker
  const all = faults.error('Metadata', 'LEADER_NOT_AVAILABLE')
  const failed = await client.ask('Metadata', 9, metadataBody(null))
  t.equal(failed.brokers.length, 1)
  t.strictSame(
    failed.topics.map((topic: Body) => [topic.name, topic.errorCode]),
    [
      ['orders', LEADER_NOT_AVAILABLE],
      ['payments', LEADER_NOT_AVAILABLE],
    ],
  )
  await all.stop()
  const some = faults.error('Metadata', 'LEADER_NOT_AVAILABLE', { topic: /^ORD/i, partition: 1 })
  t.match(some.spec, { topic: '/^ORD/i' })
  const { topics } = await client.ask('Metadata', 9, metadataBody(null))
  const orders = topics.find(({ name }: Body) => name === 'orders')
  t.equal(orders.errorCode, NONE)
  t.match(
    new Map(orders.partitions.map((each: Body) => [each.partitionIndex, each])),
    new Map([
      [0, { errorCode: NONE, leaderId: fixture.broker.nodeId }],
      [1, { errorCode: LEADER_NOT_AVAILABLE, leaderId: -1 }],
    ]),
  )
  t.equal(topics.find(({ name }: Body) => name === 'payments').errorCode, NONE)
})

t.test('a partition of a fetch session has an error, though no request names it', async (t) => {
  const fixture = await Fixture.start(t)
  await fixture.createTopic('orders')
  const client = fixture.client()
  const body = {
    maxWaitMs: 0,
    minBytes: 1,
    sessionId: 0,
    sessionEpoch: 0,
    topics: [
      { topic: 'orders', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] },
    ],
    forgottenTopicsData: [],
  }
  const { sessionId } = await client.ask('Fetch', 12, body)
  t.not(sessionId, 0)
  const { faults } = fixture.broker
  const fault = faults.error('Fetch', 'KAFKA_STORAGE_ERROR', { topic: 'orders' }).once()
  const next = { ...body, sessionId, sessionEpoch: 1, topics: [] }
  const { responses } = await client.ask('Fetch', 12, next)
  t.match(responses, [{ partitions: [{ errorCode: ErrorCode.KAFKA_STORAGE_ERROR }] }])
  t.equal(fault.hits, 1)
  const other = faults.disconnect('Fetch', 'before', { topic: 'payments' })
  t.match(await client.send('Fetch', 12, { ...next, sessionEpoch: 2 }), { kind: 'response' })
  t.equal(other.calls, 0)
  await client.produce({ orders: [0] })
  const hung = faults.disconnect('Fetch', 'before', { topic: 'orders' }).once()
  t.match(await client.send('Fetch', 12, { ...next, sessionEpoch: 3 }), { kind: 'closed' })
  t.equal(hung.hits, 1)
})

t.test('connections closed before and after the fact', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  await fixture.createTopic('orders')
  const client = fixture.client()
  const before = broker.faults.disconnect('Produce', 'before').once()
  t.match(await client.send('Produce', 12, produceBody({ orders: [0] })), { kind: 'closed' })
  t.equal(await broker.topic('orders').count(), 0)
  broker.faults.disconnect('Produce', 'after').once()
  t.match(await client.send('Produce', 12, produceBody({ orders: [0] })), { kind: 'closed' })
  t.equal(await broker.topic('orders').count(), 1)
  t.strictSame(codesOf(await client.produce({ orders: [0] })), { orders: [[0, NONE]] })
  t.equal(before.hits, 1)
  const outcomes = broker.journal.entries({ api: 'Produce' }).map(({ outcome }) => outcome)
  t.strictSame(outcomes, ['disconnected', 'disconnected', 'answered'])
})

t.test('a delay holds back what the connection asks after it, too', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  await fixture.createTopic('orders')
  broker.faults.delay('Produce', 60, { clientId: 'slow' }).once()
  const slow = fixture.client('slow')
  const startedMs = Date.now()
  await slow.produce({ orders: [0] })
  t.ok(Date.now() - startedMs >= 59, 'it is held back')
  t.match(broker.journal.entries({ clientId: 'slow' }), [{ faults: [1] }])
  const fault = broker.faults.delay('*', 3_600_000)
  const held = slow.produce({ orders: [0] })
  await fault.struck()
  await fault.stop()
  t.strictSame(codesOf(await held), { orders: [[0, NONE]] }, 'it goes on when the fault ends')
})

t.test('no answer, until the fault is stopped or the client is gone', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  await fixture.createTopic('orders')
  const drop = broker.faults.drop('Produce').once()
  const lost = await fixture.client().send('Produce', 12, produceBody({ orders: [0] }), SILENCE_MS)
  t.match(lost, { kind: 'silence' })
  t.equal(await broker.topic('orders').count(), 0, 'and nothing has happened')
  t.equal(drop.hits, 1)
  const hole = broker.faults.blackhole('victim')
  const late = fixture.client('victim').ask('Metadata', 9, metadataBody([]))
  await hole.struck()
  t.match(await fixture.client('other').ask('Metadata', 9, metadataBody([])), { topics: [] })
  await hole.stop()
  t.match(await late, { topics: [] })
})

t.test('a client that gives up is noticed, though it has asked more meanwhile', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  const { port } = new URL(`http://${broker.bootstrapServers}`)
  const request = (id: number) => requestFrame(ApiKey.Metadata, 9, id, metadataBody([]))
  for (const when of ['before', 'after'] as const) {
    const after = broker.journal.lastNumber
    const drop = broker.faults.drop('Metadata', { when }).once()
    const client = await RawClient.connect(Number(port))
    client.send(request(1))
    await drop.struck()
    client.send(request(2))
    client.close()
    const { outcome } = await broker.waitForRequest('Metadata', undefined, { after })
    t.equal(outcome, 'unanswered')
    await drop.stop()
    t.equal(broker.journal.lastNumber, after + 1, 'what it asked behind that is not begun')
  }
})

t.test('throttling is told, and nothing is taken meanwhile', async (t) => {
  const fixture = await Fixture.start(t)
  await fixture.createTopic('orders')
  const client = fixture.client()
  fixture.broker.faults.throttle('Produce', 80).once()
  const startedMs = Date.now()
  t.match(await client.produce({ orders: [0] }), { throttleTimeMs: 80 })
  t.match(await client.produce({ orders: [0] }), { throttleTimeMs: 0 })
  t.ok(Date.now() - startedMs >= 79)
})

t.test('batches that are fetched with a bad CRC', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  const { faults } = broker
  await fixture.createTopic('orders')
  await fixture.createTopic('payments')
  const client = fixture.client()
  for (let n = 0; n < 2; n++) await client.produce({ orders: [0], payments: [0] })
  const fault = faults.corrupt('orders').once()
  const areValid = ({ records }: Body) =>
    [...batchesOf(records)].map((at) => isChecksumValid(records, at))
  t.strictSame(areValid(await client.fetch('payments')), [true, true])
  t.equal(fault.hits, 0)
  t.strictSame(areValid(await client.fetch('orders')), [false, false])
  t.strictSame(areValid(await client.fetch('orders')), [true, true])
  t.equal(fault.hits, 1)
  await fixture.createTopic('later')
  const { lastNumber } = broker.journal
  const waiting = client.fetch('later', { maxWaitMs: 10_000 })
  await until(() => broker.journal.entries({ api: 'Fetch', after: lastNumber }).length === 1)
  const late = faults.corrupt('later').once()
  await fixture.client().produce({ later: [0] })
  t.strictSame(areValid(await waiting), [false], 'a fetch that waited already')
  t.strictSame(areValid(await client.fetch('later')), [true])
  t.equal(late.hits, 1)
})

t.test('selectors: transactional id, group, connection, broker', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  const client = fixture.client()
  const find = async (keyType: number, ...coordinatorKeys: string[]) => {
    const { coordinators } = await client.ask('FindCoordinator', 4, { keyType, coordinatorKeys })
    return Object.fromEntries(coordinators.map((each: Body) => [each.key, each.errorCode]))
  }
  const { COORDINATOR_LOAD_IN_PROGRESS: LOADING } = ErrorCode
  broker.faults.error('FindCoordinator', LOADING, { group: 'a' })
  t.match(await find(0, 'a', 'b'), { a: LOADING, b: NONE })
  t.match(await find(1, 'a'), { a: NONE }, 'a transactional id of that name is no group')
  broker.faults.error('FindCoordinator', LOADING, { transactionalId: '/^t/' })
  t.match(await find(1, 'a', 't1'), { a: NONE, t1: LOADING })
  await broker.faults.clear()
  const { connection } = broker.journal.entries({ api: 'FindCoordinator' })[0]!
  const fault = broker.faults.error('Metadata', 'UNKNOWN_SERVER_ERROR', { connection })
  await fixture.client().ask('Metadata', 9, metadataBody([]))
  t.equal(fault.calls, 0)
  await client.ask('Metadata', 9, metadataBody([]))
  t.equal(fault.calls, 1)
  const elsewhere = broker.faults.error('*', 'UNKNOWN_SERVER_ERROR', { broker: 99 })
  await client.ask('Metadata', 9, metadataBody([]))
  t.equal(elsewhere.calls, 0)
  const here = broker.faults.error('*', 'UNKNOWN_SERVER_ERROR', { broker: broker.nodeId })
  await client.ask('Metadata', 9, metadataBody([]))
  t.match(here, { calls: 1, hits: 1 })
})

t.test('triggers: the nth call, a probability from a seed, until', async (t) => {
  const fixture = await Fixture.start(t)
  const { faults } = fixture.broker
  const client = fixture.client()
  const strikes = async (n: number) => {
    const struck: number[] = []
    for (let call = 1; call <= n; call++) {
      const { errorCode } = await client.ask('ListGroups', 4, { statesFilter: [] })
      if (errorCode !== NONE) struck.push(call)
    }
    return struck
  }
  const error = () => faults.error('ListGroups', 'COORDINATOR_NOT_AVAILABLE')
  error().onCall(3)
  t.strictSame(await strikes(5), [3])
  error().onCall(2).times(2)
  t.strictSame(await strikes(5), [2, 3])
  const first = error().probability(0.5, 7)
  const drawn = await strikes(12)
  t.ok(drawn.length > 2 && drawn.length < 10)
  await first.stop()
  const second = error().probability(0.5, 7)
  t.strictSame(await strikes(12), drawn, 'the same seed, the same strikes')
  await second.stop()
  const controller = new AbortController()
  const third = error().until(controller.signal)
  t.strictSame(await strikes(1), [1])
  controller.abort()
  t.strictSame(await strikes(1), [])
  t.notOk(third.isActive)
  let stop = (): void => {}
  const stopped = new Promise<void>((resolve) => {
    stop = resolve
  })
  const until = stopped
  const fourth = faults.error('ListGroups', 'COORDINATOR_NOT_AVAILABLE', { until })
  t.strictSame(await strikes(1), [1])
  stop()
  await stopped
  t.strictSame(await strikes(1), [])
  t.notOk(fourth.isActive)
  t.strictSame(faults.active, [])
})

t.test('a fault that never strikes says what there was instead', async (t) => {
  const fixture = await Fixture.start(t)
  const fault = fixture.broker.faults.error('EndTxn', 'INVALID_TXN_STATE').once()
  await fixture.client('tester').ask('Metadata', 9, metadataBody([]))
  await t.rejects(fault.struck(1, { timeoutMs: 20 }), {
    name: 'WaitTimeoutError',
    message: /error api=EndTxn.* 0 of 1 times at 0 calls in 20 ms; lately .*Metadata of tester/,
  })
})

t.test('what makes no sense is refused', async (t) => {
  const { broker } = await Fixture.start(t)
  const wrong: [object, RegExp][] = [
    [{ kind: 'eror' }, /eror: it has to be one of error, delay/],
    [{ kind: 'error', api: 'Produce' }, /it needs error/],
    [{ kind: 'error', api: 'Prodce', error: 1 }, /api Prodce has to be an API's name/],
    [{ kind: 'error', api: 'Produce', error: 'NOPE' }, /error NOPE has to be/],
    [{ kind: 'delay', api: '*', ms: -1 }, /ms -1 has to be milliseconds/],
    [{ kind: 'down', topic: 'x' }, /it has no topic/],
    [{ kind: 'drop', api: '*', topic: '/(/' }, /topic .* has to be a name/],
    [{ kind: 'asVersion', release: '1.2.3.4' }, /1.2.3.4/],
  ]
  for (const [spec, message] of wrong) t.throws(() => broker.faults.add(spec as never), { message })
})

t.test('triggers and moments that make no sense are refused, not taken for none', async (t) => {
  const { faults } = (await Fixture.start(t)).broker
  const wrong: [() => unknown, RegExp][] = [
    [() => faults.drop('Produce').times(0), /times 0 has to be/],
    [() => faults.drop('Produce').times('2' as never), /times 2 has to be/],
    [() => faults.drop('Produce').onCall(0), /onCall 0 has to be/],
    [() => faults.drop('Produce').probability(2), /probability 2 has to be a number from 0 to 1/],
    [() => faults.drop('Produce').until(5 as never), /AbortSignal or a promise/],
    [() => faults.capVersions('Fetch', 3).once(), /it has no times/],
    [() => faults.disconnect('Produce', undefined as never), /it needs when/],
  ]
  for (const [make, message] of wrong) t.throws(make, { name: 'TypeError', message })
})
