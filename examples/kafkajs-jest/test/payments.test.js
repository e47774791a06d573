const { Kafka } = require('kafkajs')
const { OrderDesk } = require('../src/order-desk')
const { PaymentService } = require('../src/payment-service')
const { DEAD_LETTERS, ORDERS, PAYMENTS, RETRIES } = require('../src/topics')
const { useBroker } = require('../support/broker')
const { FakeGateway } = require('../support/fake-gateway')

const GROUP = 'payment-service'
const TEN_ORDERS = Array.from({ length: 10 }, (_, i) => ({ id: `o-${i}`, amount: 10 + i }))
const TEN_IDS = TEN_ORDERS.map(({ id }) => id)

const broker = useBroker({
  seed: {
    topics: { [ORDERS]: { partitions: 2 }, [RETRIES]: {}, [DEAD_LETTERS]: {}, [PAYMENTS]: {} },
  },
})
let desk
let gateway
let services

beforeEach(async () => {
  desk = new OrderDesk(new Kafka(broker().clients.kafkajs('desk')))
  gateway = new FakeGateway()
  services = []
  await Promise.all([desk.start(), startService()])
})
afterEach(() => Promise.all([desk, ...services].map((each) => each.stop())))

async function startService() {
  const name = `payment-${services.length}`
  const kafka = new Kafka(broker().clients.kafkajs(name))
  const service = new PaymentService(kafka, gateway, { transactionalId: name })
  services.push(service)
  await service.start()
  await broker().waitForAssignment(GROUP, { clientId: name })
}

async function placeTenOrders() {
  for (const order of TEN_ORDERS) await desk.place(order)
}

/** Ids of the orders that consumers see in a topic, when there are `n` or more. */
async function orderIdsIn(topic, n) {
  const records = await broker().waitForMessages(topic, n)
  return records.map(({ key }) => key).sort()
}

/** The service has nothing left to do. */
async function expectAllDone() {
  for (const { partition, highWatermark } of broker().topic(ORDERS).partitions()) {
    await broker().waitForCommit(GROUP, { topic: ORDERS, partition, offset: highWatermark })
  }
}

async function expectEachPaidOnce() {
  await expectAllDone()
  expect(await orderIdsIn(PAYMENTS, TEN_ORDERS.length)).toEqual(TEN_IDS)
  expect([...gateway.charges.keys()].sort()).toEqual(TEN_IDS)
}

test('orders are paid', async () => {
  await placeTenOrders()
  await expectEachPaidOnce()
})

test('payments that fail are tried again, and some given up', async () => {
  gateway.failNext(1000)
  await placeTenOrders()
  expect(await orderIdsIn(DEAD_LETTERS, 10)).toEqual(TEN_IDS)
  expect(gateway.calls).toBe(30)
  expect(await broker().topic(PAYMENTS).count()).toBe(0)
})

test('the coordinator of transactions moves', async () => {
  const moved = broker().faults.error('AddPartitionsToTxn', 'NOT_COORDINATOR', { times: 2 })
  await placeTenOrders()
  await expectEachPaidOnce()
  expect(moved.hits).toBe(2)
})

test('answers to commits are lost now and then', async () => {
  const lost = broker().faults.disconnect('EndTxn', 'after').probability(0.3, 1)
  await placeTenOrders()
  await expectEachPaidOnce()
  expect(lost.hits).toBeGreaterThan(0)
})

test('the broker is restarted in between', async () => {
  const halfWay = broker().waitForMessages(PAYMENTS, 3)
  const placed = placeTenOrders()
  await halfWay
  await broker().restart()
  await placed
  await expectEachPaidOnce()
})

test('a second instance joins, and leaves', async () => {
  const placed = placeTenOrders()
  await startService()
  await services.pop().stop()
  await placed
  await expectEachPaidOnce()
})

test('the broker throttles', async () => {
  const throttled = broker().faults.throttle('Produce', 50, { topic: PAYMENTS, times: 3 })
  await placeTenOrders()
  await expectEachPaidOnce()
  expect(throttled.hits).toBe(3)
})
