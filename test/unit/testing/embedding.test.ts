import { readdirSync } from 'node:fs'
import { Kafka } from 'kafkajs'
import t from 'tap'
import { startBroker } from '../../../src/index.js'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { WireClient } from '../../oracle/wire-client.js'
import { LOOPBACK_ADDRESSES } from '../../support/loopback.js'
import { until } from '../../support/until.js'
import { type Body, Fixture, metadataBody } from './broker-fixture.js'

t.test('it is on both loopback addresses, and tells each client its own', async (t) => {
  const { broker } = await Fixture.start(t)
  const port = Number(broker.bootstrapServers.split(':')[1])
  const find = { keyType: 0, coordinatorKeys: ['g'] }
  for (const host of [...LOOPBACK_ADDRESSES, 'localhost']) {
    const client = new WireClient(host, port)
    t.teardown(() => client.close())
    const metadata = await client.send(ApiKey.Metadata, 9, metadataBody([]))
    const { brokers } = (metadata as { body: Body }).body
    t.equal(brokers[0].port, port)
    if (host !== 'localhost') t.equal(brokers[0].host, host)
    else t.match(brokers[0].host, /^(127\.0\.0\.1|::1)$/)
    const found = await client.send(ApiKey.FindCoordinator, 4, find)
    t.equal((found as { body: Body }).body.coordinators[0].host, brokers[0].host)
    const cluster = await client.send(ApiKey.DescribeCluster, 1, {
      includeClusterAuthorizedOperations: false,
      endpointType: 1,
    })
    t.equal((cluster as { body: Body }).body.brokers[0].host, brokers[0].host)
  }
})

t.test('what is advertised can be set after the start, as behind a forwarded port', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  const client = fixture.client()
  const told = async () => {
    const { brokers } = await client.ask('Metadata', 9, metadataBody([]))
    return `${brokers[0].host}:${brokers[0].port}`
  }
  const own = broker.bootstrapServers
  broker.advertise('kafka.test:19092')
  t.equal(await told(), 'kafka.test:19092')
  t.equal(broker.bootstrapServers, 'kafka.test:19092')
  t.strictSame(broker.clients.kafkajs().brokers, ['kafka.test:19092'])
  broker.advertise('[::1]:19092')
  t.equal(await told(), '::1:19092')
  broker.advertise(null)
  t.equal(await told(), own)
  for (const wrong of ['kafka', 'kafka:0', 'kafka:70000', ':1', 'a b:1', '::1:9092']) {
    t.throws(() => broker.advertise(wrong), TypeError, wrong)
  }
})

t.test('advertised.listeners in the configuration is what is told', async (t) => {
  const config = { 'advertised.listeners': 'PLAINTEXT://kafka.test:19092' }
  const broker = await startBroker({ port: 0, config })
  t.teardown(() => broker.close())
  t.equal(broker.bootstrapServers, 'kafka.test:19092')
})

t.test('the profiles: a group forms at once, or as Apache Kafka has it', async (t) => {
  // A delay would never end on a clock that stands still.
  const still = await Fixture.start(t, { clock: 'virtual' })
  const { broker } = still
  const join = { groupId: 'g', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, memberId: '' }
  const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }]
  const client = still.client()
  await client.ask('FindCoordinator', 4, { keyType: 0, coordinatorKeys: ['g'] })
  await until(async () => {
    const answer = await client.ask('JoinGroup', 3, { ...join, protocolType: 'x', protocols })
    return answer.errorCode === 0
  }, 'a group of one')
  t.equal(broker.topic('__consumer_offsets').partitions().length, 1)
  t.equal(broker.profile, 'test')
  const fixture = await Fixture.start(t, { profile: 'kafka' })
  await fixture.client().ask('FindCoordinator', 4, { keyType: 0, coordinatorKeys: ['g'] })
  t.equal(fixture.broker.topic('__consumer_offsets').partitions().length, 50)
  await t.rejects(startBroker({ profile: 'prod' as never }), /profile prod: .* kafka, test/)
})

t.test(
  'a topic that was deleted is gone when that is answered, and can be made anew',
  async (t) => {
    const directory = t.testdir()
    const fixture = await Fixture.start(t, { directory })
    const { broker } = fixture
    const client = fixture.client()
    for (let round = 0; round < 5; round++) {
      await fixture.createTopic('orders')
      await client.produce({ orders: [0] })
      t.equal(await broker.topic('orders').count(), 1)
      const { responses } = await client.ask('DeleteTopics', 5, {
        topicNames: ['orders'],
        timeoutMs: 10_000,
      })
      t.match(responses, [{ errorCode: 0 }])
      t.notOk(broker.topic('orders').exists())
    }
    const leftOver = () => readdirSync(directory).filter((name) => name.startsWith('orders'))
    await until(() => leftOver().length === 0, 'the files to be gone')
  },
)

t.test('a virtual clock: sessions expire and retention deletes when it is moved', async (t) => {
  const fixture = await Fixture.start(t, {
    clock: 'virtual',
    config: { 'log.retention.ms': '60000', 'log.roll.ms': '1000' },
  })
  const { broker } = fixture
  t.ok(broker.clock.isVirtual)
  await fixture.createTopic('orders')
  const kafka = new Kafka(broker.clients.kafkajs())
  const consumer = kafka.consumer({
    groupId: 'g',
    heartbeatInterval: 29_000,
    sessionTimeout: 30_000,
  })
  await consumer.connect()
  await consumer.subscribe({ topic: 'orders' })
  await consumer.run({ eachMessage: async () => {} })
  await broker.waitForGroup('g', { members: 1, state: 'Stable' })
  const hole = broker.faults.blackhole('test')
  await broker.clock.advance('29s')
  t.match(await broker.group('g').describe(), { members: { length: 1 } })
  await broker.clock.advance('2s')
  t.match(await broker.group('g').describe(), { members: { length: 0 }, state: 'Empty' })
  await hole.stop()
  await consumer.disconnect()
  await fixture.client().produce({ orders: [0] })
  await broker.clock.advance('10s')
  await fixture.client().produce({ orders: [0] })
  const before = broker.clock.now()
  await broker.clock.advance('2h')
  t.equal(broker.clock.now() - before, 7_200_000)
  const starts = () => broker.topic('orders').partitions()[0]!.logStartOffset
  await until(() => starts() > 0, 'old segments to be deleted')
  await t.rejects(broker.clock.advance('soon' as never), TypeError)
  const real = await Fixture.start(t)
  await t.rejects(real.broker.clock.advance(1), /isn't virtual/)
})

t.test('a restart: the same port, the same data, faults and journal stay', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  await fixture.createTopic('orders')
  await fixture.client().produce({ orders: [0] })
  const address = broker.bootstrapServers
  const fault = broker.faults.error('Produce', 'NOT_LEADER_OR_FOLLOWER').once()
  const { lastNumber } = broker.journal
  await broker.restart()
  t.equal(broker.bootstrapServers, address)
  const { responses } = await fixture.client().produce({ orders: [0] })
  t.equal(responses[0].partitionResponses[0].errorCode, 6)
  t.equal(fault.hits, 1)
  await fixture.client().produce({ orders: [0] })
  t.equal((await broker.waitForMessages('orders', 2)).length, 2)
  t.ok(broker.journal.lastNumber > lastNumber)
})

t.test('nothing is left behind, also when a fault holds something back', async (t) => {
  await until(() => process.getActiveResourcesInfo().every((each) => each !== 'Timeout'), 'idle')
  const before = process.getActiveResourcesInfo().sort()
  for (let cycle = 0; cycle < 5; cycle++) {
    const broker = await startBroker(cycle % 2 === 0 ? {} : { clock: 'virtual' })
    const client = WireClient.to(broker.bootstrapServers)
    broker.faults.delay('ApiVersions', 3_600_000)
    const drop = broker.faults.drop('Metadata')
    const answer = client.send(ApiKey.Metadata, 9, metadataBody([]))
    await drop.struck()
    const waiting = t.rejects(broker.waitForMessages('none', 1), /the broker was closed/)
    await broker.close()
    t.match(await answer, { kind: 'closed' })
    await waiting
    client.close()
  }
  const isAsBefore = () =>
    process.getActiveResourcesInfo().sort().join() === before.join() ? true : undefined
  await until(isAsBefore, 'handles and timers to be gone')
  t.strictSame(process.getActiveResourcesInfo().sort(), before)
})

t.test('closing answers who waits for records or for members', async (t) => {
  const fixture = await Fixture.start(t, { profile: 'kafka' })
  const { broker } = fixture
  await fixture.createTopic('orders')
  const [reader, member, idle] = [fixture.client(), fixture.client(), fixture.client()]
  await idle.ask('Metadata', 9, metadataBody([]))
  await reader.ask('FindCoordinator', 4, { keyType: 0, coordinatorKeys: ['g'] })
  const fetch = reader.send('Fetch', 12, {
    maxWaitMs: 3_600_000,
    minBytes: 1,
    topics: [
      { topic: 'orders', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] },
    ],
    forgottenTopicsData: [],
  })
  // The group waits for others to join it.
  const join = member.send('JoinGroup', 3, {
    groupId: 'g',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'x',
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
  })
  await broker.waitForGroup('g', { state: 'PreparingRebalance' })
  await until(() => broker.journal.entries({ api: 'Fetch' }).length === 1, 'the fetch')
  await broker.close()
  t.match(await fetch, { kind: 'response' })
  t.match(await join, { kind: 'response', body: { errorCode: ErrorCode.NOT_COORDINATOR } })
  t.match(await idle.send('Metadata', 9, metadataBody([])).catch(() => ({ kind: 'closed' })), {
    kind: 'closed',
  })
})
