import { Kafka } from 'kafkajs'
import t from 'tap'
import { systemClock } from '../../../src/env/clock.js'
import { type PartitionView, type TopicView, WaitTimeoutError } from '../../../src/index.js'
import { RequestJournal } from '../../../src/testing/journal.js'
import { Waiting } from '../../../src/testing/waiting.js'
import { until } from '../../support/until.js'
import { Fixture, metadataBody } from './broker-fixture.js'

const SHORT = { timeoutMs: 30 }

/** What a wait in vain says. */
async function complaint(waiting: Promise<unknown>): Promise<WaitTimeoutError> {
  try {
    await waiting
  } catch (error) {
    if (error instanceof WaitTimeoutError) return error
    throw error
  }
  throw new Error('it was not in vain')
}

t.test(
  'records of a topic, decoded; what transactions have not committed is left out',
  async (t) => {
    const { broker } = await Fixture.start(t)
    const kafka = new Kafka(broker.clients.kafkajs('shop'))
    const producer = kafka.producer({
      transactionalId: 'shop',
      maxInFlightRequests: 1,
      idempotent: true,
    })
    await producer.connect()
    t.teardown(() => producer.disconnect())
    const topic = broker.topic('orders')
    t.notOk(topic.exists())
    t.strictSame(topic.partitions(), [])
    t.strictSame(await topic.records(), [])
    const send = async (value: string, end: 'commit' | 'abort') => {
      const transaction = await producer.transaction()
      const headers = { kind: 'order', of: value }
      await transaction.send({ topic: 'orders', messages: [{ key: 'k', value, headers }] })
      await transaction[end]()
    }
    await send('first', 'commit')
    await send('second', 'abort')
    await send('third', 'commit')
    const records = await broker.waitForMessages('orders', 2)
    t.match(records, [
      {
        topic: 'orders',
        partition: 0,
        offset: 0,
        key: 'k',
        value: 'first',
        headers: [
          { name: 'kind', value: 'order' },
          { name: 'of', value: 'first' },
        ],
        isTransactional: true,
        timestampType: 'CreateTime',
      },
      { value: 'third' },
    ])
    t.equal(await topic.count({ isolation: 'read_uncommitted' }), 3)
    t.equal(await topic.count({ from: 1 }), 1)
    t.equal(await topic.count({ max: 1 }), 1)
    t.equal(await topic.count({ partition: 7 }), 0)
    t.match(topic.partitions(), [{ partition: 0, leader: broker.nodeId, logStartOffset: 0 }])
    t.strictSame(broker.topics(), ['orders'])
    await until(async () => (await broker.transactions())[0]?.state === 'CompleteCommit', 'its end')
    t.match(await broker.transactions(), [{ transactionalId: 'shop', timeoutMs: 60_000 }])
    const open = await producer.transaction()
    await open.send({ topic: 'orders', messages: [{ value: 'fourth' }] })
    t.match(await broker.transactions(), [
      { state: 'Ongoing', partitions: [{ topic: 'orders', partitions: [0] }] },
    ])
    await open.abort()
  },
)

t.test(
  'a group: its members, what they have, what they have committed, what is left',
  async (t) => {
    const fixture = await Fixture.start(t)
    const { broker } = fixture
    await fixture.createTopic('orders', 3)
    const kafka = new Kafka(broker.clients.kafkajs('worker'))
    const group = broker.group('workers')
    t.match(await group.describe(), { state: 'Dead', type: 'unknown', members: [] })
    t.strictSame(await group.offsets(), [])
    t.strictSame(await broker.groups(), [])
    const consumer = kafka.consumer({ groupId: 'workers' })
    await consumer.connect()
    t.teardown(() => consumer.disconnect())
    await consumer.subscribe({ topic: 'orders', fromBeginning: true })
    const stable = broker.waitForGroup('workers', { members: 1, state: 'Stable' })
    await consumer.run({ eachMessage: async () => {} })
    t.match(await stable, { type: 'classic', members: [{ clientId: 'worker' }] })
    const { members } = await broker.waitForAssignment('workers')
    t.strictSame(members[0]!.assignment, [{ topic: 'orders', partitions: [0, 1, 2] }])
    t.strictSame(members[0]!.subscription, ['orders'])
    await broker.waitForAssignment('workers', { topics: ['orders'], clientId: 'worker' })
    const there = 'a classic group in state Stable with 1 member: worker with orders-[0,1,2]'
    const more = await complaint(broker.waitForGroup('workers', { members: 2, ...SHORT }))
    t.equal(
      more.message,
      `waited 30 ms for group workers with 2 members, and saw instead: ${there}`,
    )
    t.match(more.saw, { state: 'Stable', members: [{ clientId: 'worker' }] })
    const empty = await complaint(broker.waitForGroup('workers', { state: 'Empty', ...SHORT }))
    t.equal(
      empty.message,
      `waited 30 ms for group workers in state Empty, and saw instead: ${there}`,
    )
    const others = { clientId: 'other', topics: ['payments'], ...SHORT }
    const assignment = await complaint(broker.waitForAssignment('workers', others))
    const wanted = 'an assignment of payments to client other in group workers'
    t.equal(assignment.message, `waited 30 ms for ${wanted}, and saw instead: ${there}`)
    await fixture.client().produce({ orders: [1] })
    const commit = await broker.waitForCommit('workers', {
      topic: 'orders',
      partition: 1,
      offset: 1,
    })
    t.match(commit, { topic: 'orders', partition: 1, offset: 1, lag: 0 })
    const later = { topic: 'orders', partition: 1, offset: 2, ...SHORT }
    const early = await complaint(broker.waitForCommit('workers', later))
    t.match(early.message, /of offset 2 or later for orders-1 .*: .*orders-1 at 1, lag 0/)
    await consumer.stop()
    await fixture.client().produce({ orders: [1] })
    t.equal(await group.lag(), 1)
    t.equal(await group.lag('other'), 0)
    t.strictSame(await broker.groups(), ['workers'])
  },
)

t.test('a request that comes, or has come', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  const client = fixture.client('asker')
  const coming = broker.waitForRequest('Metadata', ({ request }) => {
    return (request as { topics: { name: string }[] }).topics[0]?.name === 'second'
  })
  await client.ask('Metadata', 9, metadataBody(['first']))
  await client.ask('Metadata', 9, metadataBody(['second']))
  t.match(await coming, { number: 2, clientId: 'asker', errors: ['UNKNOWN_TOPIC_OR_PARTITION'] })
  t.match(await broker.waitForRequest('Metadata'), { number: 1 })
  const { lastNumber: after } = broker.journal
  const next = broker.waitForRequest('Metadata', undefined, { after })
  await client.ask('Metadata', 9, metadataBody(['third']))
  t.match(await next, { number: 3 })
})

t.test('who waits in vain is told what there was instead', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  const none = await complaint(broker.waitForMessages('orders', 1, SHORT))
  t.equal(
    none.message,
    'waited 30 ms for 1 message in orders, and saw instead: there is no such topic',
  )
  await fixture.createTopic('orders', 2)
  await fixture.client('maker').produce({ orders: [1] })
  const one = await complaint(broker.waitForMessages('orders', 2, SHORT))
  t.match(one.message, /for 2 messages in orders, and saw instead: 1: orders-1@0 key: value$/)
  t.match(one.saw, [{ offset: 0 }])
  const group = await complaint(broker.waitForGroup('g', { members: 2, state: 'Stable', ...SHORT }))
  t.match(group.message, /group g with 2 members in state Stable, .*: there is no such group$/)
  const assignment = await complaint(broker.waitForAssignment('g', SHORT))
  t.match(assignment.message, /for an assignment in group g, .*: there is no such group$/)
  const wanted = { topic: 'orders', offset: 5, ...SHORT }
  const commit = await complaint(broker.waitForCommit('g', wanted))
  t.match(
    commit.message,
    /a commit of offset 5 or later for orders by group g, .*nothing committed/,
  )
  const request = await complaint(broker.waitForRequest('EndTxn', undefined, SHORT))
  t.match(
    request.message,
    /a request EndTxn that matches, .*CreateTopics of test; Produce of maker/,
  )
})

t.test('what no request brings about is seen too', async (t) => {
  const fixture = await Fixture.start(t, { clock: 'virtual' })
  const { broker } = fixture
  const client = fixture.client()
  await client.ask('FindCoordinator', 4, { keyType: 0, coordinatorKeys: ['g'] })
  const join = { groupId: 'g', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, memberId: '' }
  const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }]
  const joined = await until(async () => {
    const answer = await client.ask('JoinGroup', 3, { ...join, protocolType: 'x', protocols })
    return answer.errorCode === 0 ? answer : undefined
  }, 'the coordinator')
  const { memberId, generationId } = joined
  const assignments = [{ memberId, assignment: Buffer.alloc(0) }]
  await client.ask('SyncGroup', 2, { groupId: 'g', generationId, memberId, assignments })
  await broker.waitForGroup('g', { members: 1, state: 'Stable' })
  const empty = broker.waitForGroup('g', { members: 0, state: 'Empty' })
  await broker.clock.advance('11s')
  t.match(await empty, { members: [] })
})

t.test('a wait reads no records again and again while they cannot be enough', async (t) => {
  let reads = 0
  const partition = { partition: 0, logStartOffset: 2, highWatermark: 4 } as PartitionView
  const topic = {
    exists: () => true,
    partitions: () => [partition],
    records: async () => {
      reads++
      return []
    },
  } as Partial<TopicView> as TopicView
  const clock = systemClock
  const waiting = new Waiting({
    clock,
    journal: new RequestJournal({ clock }),
    topic: () => topic,
    group: () => {
      throw new Error('there is no group')
    },
    partitionCount: () => 1,
    isFetching: () => false,
  })
  for (const [n, query] of [
    [3, {}],
    [2, { from: 3 }],
    [1, { partition: 1 }],
  ] as const) {
    reads = 0
    await complaint(waiting.messages('orders', n, { ...query, timeoutMs: 100 }))
    t.equal(reads, 1, 'for the message')
  }
})

t.test('all records of a partition are counted, and waited for', async (t) => {
  const { broker } = await Fixture.start(t)
  const count = 100_001
  await broker.seed({ topics: { orders: { records: Array(count).fill({}) } } })
  const orders = broker.topic('orders')
  t.equal(await orders.count(), count)
  t.equal(await orders.count({ max: 7 }), 7)
  t.equal((await orders.records()).length, 100_000)
  t.equal((await broker.waitForMessages('orders', count)).length, count)
})

t.test('waits that could never end are refused', async (t) => {
  const { broker } = await Fixture.start(t)
  for (const timeoutMs of ['30ms', Number.NaN, -1] as number[]) {
    await t.rejects(broker.waitForMessages('a', 1, { timeoutMs }), { message: /^timeoutMs / })
  }
  await t.rejects(broker.waitForRequest('Nope' as 'Fetch'), { message: 'there is no API Nope' })
})
