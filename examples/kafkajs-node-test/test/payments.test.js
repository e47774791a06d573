import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kafka } from 'kafkajs'
import { OrderDesk } from '../src/order-desk.js'
import { PaymentService } from '../src/payment-service.js'
import { DEAD_LETTERS, ORDERS, PAYMENTS, RETRIES } from '../src/topics.js'
import { useBroker } from '../support/broker.js'
import { FakeGateway } from '../support/fake-gateway.js'

const GROUP = 'payment-service'
const ORDER = { id: 'o-1', amount: 42 }

const broker = await useBroker({
  clock: 'virtual',
  seed: { topics: { [ORDERS]: {}, [RETRIES]: {}, [DEAD_LETTERS]: {}, [PAYMENTS]: {} } },
})

/** Desk and service, at work until the test is over. */
async function openShop(t) {
  const gateway = new FakeGateway()
  const desk = new OrderDesk(new Kafka(broker.clients.kafkajs('desk')))
  t.after(() => desk.stop())
  const [{ fenced }] = await Promise.all([startService(t, gateway), desk.start()])
  return { desk, gateway, fenced }
}

async function startService(t, gateway) {
  const kafka = new Kafka(broker.clients.kafkajs('payments'))
  let service
  const fenced = new Promise((resolve) => {
    service = new PaymentService(kafka, gateway, { onFenced: resolve })
  })
  t.after(() => service.stop())
  await service.start()
  await broker.waitForAssignment(GROUP)
  return { service, fenced: fenced.then(() => service.stop()) }
}

/** The order is dealt with: what it led to was committed together with its offset. */
function dealtWith(orders = 1) {
  return broker.waitForCommit(GROUP, { topic: ORDERS, offset: orders })
}

/** What consumers see of a topic, when there are `n` messages or more. */
async function seenIn(topic, n = 1) {
  const records = await broker.waitForMessages(topic, n)
  return records.map(({ value }) => JSON.parse(value))
}

const PAID = [{ orderId: 'o-1', amount: 42, receipt: 'receipt-o-1' }]

test('an order is paid', async (t) => {
  const { desk, gateway } = await openShop(t)
  await desk.place(ORDER)
  await dealtWith()
  assert.deepEqual(await seenIn(PAYMENTS), PAID)
  assert.deepEqual([...gateway.charges], [['o-1', 42]])
  assert.equal(await broker.group(GROUP).lag(), 0)
})

test('an order whose payment fails is tried again', async (t) => {
  const { desk, gateway } = await openShop(t)
  gateway.failNext(2)
  await desk.place(ORDER)
  assert.deepEqual(await seenIn(PAYMENTS), PAID)
  assert.deepEqual(await seenIn(RETRIES, 2), [ORDER, ORDER])
  assert.equal(gateway.calls, 3)
})

test('an order that can never be paid is a dead letter', async (t) => {
  const { desk, gateway } = await openShop(t)
  gateway.failNext(3)
  await desk.place(ORDER)
  const [letter] = await broker.waitForMessages(DEAD_LETTERS, 1)
  assert.deepEqual(letter.headers, [
    { name: 'attempts', value: '3' },
    { name: 'error', value: 'the gateway is busy' },
  ])
  assert.deepEqual(await broker.topic(PAYMENTS).records(), [])
})

test('a message that is no order is a dead letter, and holds up nothing', async (t) => {
  const { desk } = await openShop(t)
  const producer = new Kafka(broker.clients.kafkajs()).producer()
  t.after(() => producer.disconnect())
  await producer.connect()
  await producer.send({ topic: ORDERS, messages: [{ value: 'not JSON' }] })
  await desk.place(ORDER)
  await dealtWith(2)
  const [letter] = await broker.waitForMessages(DEAD_LETTERS, 1)
  assert.equal(letter.value, 'not JSON')
  assert.deepEqual(await seenIn(PAYMENTS), PAID)
})

test('the leader of the partition moves', async (t) => {
  const { desk } = await openShop(t)
  const moved = broker.faults.error('Produce', 'NOT_LEADER_OR_FOLLOWER', {
    topic: ORDERS,
    times: 2,
  })
  await desk.place(ORDER)
  await dealtWith()
  assert.equal(moved.hits, 2)
  assert.deepEqual(await seenIn(PAYMENTS), PAID)
})

test('the order is written, but its answer is lost', async (t) => {
  const { desk } = await openShop(t)
  const lost = broker.faults.disconnect('Produce', 'after', { topic: ORDERS, once: true })
  await desk.place(ORDER)
  await dealtWith()
  assert.equal(lost.hits, 1)
  assert.deepEqual(await seenIn(ORDERS), [ORDER], 'it is there once')
  assert.deepEqual(await seenIn(PAYMENTS), PAID)
})

test('the payment is committed, but the answer to that is lost', async (t) => {
  const { desk } = await openShop(t)
  const lost = broker.faults.disconnect('EndTxn', 'after', {
    transactionalId: 'payment-0',
    once: true,
  })
  await desk.place(ORDER)
  await desk.place({ id: 'o-2', amount: 7 })
  await dealtWith(2)
  assert.equal(lost.hits, 1)
  const orderIds = (await seenIn(PAYMENTS, 2)).map(({ orderId }) => orderId)
  assert.deepEqual(orderIds, ['o-1', 'o-2'], 'each is there once')
})

test('the transaction fails half-way', async (t) => {
  const { desk } = await openShop(t)
  broker.faults.error('AddOffsetsToTxn', 'NOT_COORDINATOR', { once: true })
  broker.faults.error('TxnOffsetCommit', 'GROUP_AUTHORIZATION_FAILED', { once: true })
  await desk.place(ORDER)
  await dealtWith()
  assert.deepEqual(await seenIn(PAYMENTS), PAID)
  const written = await broker.topic(PAYMENTS).records({ isolation: 'read_uncommitted' })
  assert.equal(written.length, 3, 'two of which were aborted')
})

test('the broker goes down, and comes back', async (t) => {
  const { desk } = await openShop(t)
  await broker.faults.down()
  const placed = desk.place(ORDER)
  await broker.faults.up()
  await placed
  await dealtWith()
  assert.deepEqual(await seenIn(PAYMENTS), PAID)
})

test('the session of the service expires', async (t) => {
  const { desk } = await openShop(t)
  const before = await broker.group(GROUP).describe()
  await broker.clock.advance('60s')
  await desk.place(ORDER)
  await dealtWith()
  const after = await broker.waitForAssignment(GROUP)
  assert.notEqual(after.members[0].memberId, before.members[0].memberId, 'it has joined again')
  assert.deepEqual(await seenIn(PAYMENTS), PAID)
})

test('another instance takes over', async (t) => {
  const { desk, gateway, fenced } = await openShop(t)
  await broker.faults.fenceProducer('payment-0')
  await desk.place(ORDER)
  await fenced
  assert.deepEqual(
    await broker.topic(PAYMENTS).records(),
    [],
    'the fenced one gets nothing through',
  )
  await startService(t, gateway)
  await dealtWith()
  assert.deepEqual(await seenIn(PAYMENTS), PAID)
})
