import type { FaultSpec } from 'samsa'
import { expect, onTestFinished, test } from 'vitest'
import { OrderDesk } from '../src/order-desk.js'
import { PaymentService } from '../src/payment-service.js'
import { DEAD_LETTERS, ORDERS, PAYMENTS, RETRIES } from '../src/topics.js'
import { useBroker } from '../support/broker.js'
import { FakeGateway } from '../support/fake-gateway.js'

const GROUP = 'payment-service'
const ORDER = { id: 'o-1', amount: 42 }
const PAID = [{ orderId: 'o-1', amount: 42, receipt: 'receipt-o-1' }]
const REQUEST_TIMEOUT_MS = 1000

const broker = await useBroker({
  clock: 'virtual',
  seed: { topics: { [ORDERS]: {}, [RETRIES]: {}, [DEAD_LETTERS]: {}, [PAYMENTS]: {} } },
})

/** Desk and service, at work until the test is over. */
async function openShop() {
  const gateway = new FakeGateway()
  const desk = new OrderDesk(clientOptions('desk'))
  onTestFinished(() => desk.stop())
  const service = await startService(gateway)
  return { gateway, desk, service }
}

async function startService(gateway: FakeGateway) {
  const service = new PaymentService({
    client: clientOptions('payments'),
    gateway,
    transactionalId: 'payment-0',
  })
  onTestFinished(() => service.stop().catch(() => {}))
  await broker.waitForAssignment(GROUP)
  return service
}

function clientOptions(clientId: string) {
  return { ...broker.clients.platformatic(clientId), requestTimeout: REQUEST_TIMEOUT_MS }
}

/** The orders are dealt with: what they led to was committed together with their offsets. */
function dealtWith(orders = 1) {
  return broker.waitForCommit(GROUP, { topic: ORDERS, offset: orders })
}

/** What consumers see of a topic, when there are `n` messages or more. */
async function seenIn(topic: string, n = 1): Promise<unknown[]> {
  const records = await broker.waitForMessages(topic, n)
  return records.map(({ value }) => JSON.parse(value!))
}

test('an order is paid', async () => {
  const { desk, gateway } = await openShop()
  await desk.place(ORDER)
  await dealtWith()
  expect(await seenIn(PAYMENTS)).toEqual(PAID)
  expect([...gateway.charges]).toEqual([['o-1', 42]])
  expect(await broker.group(GROUP).lag()).toBe(0)
})

test('an order whose payment fails is tried again', async () => {
  const { desk, gateway } = await openShop()
  gateway.failNext(2)
  await desk.place(ORDER)
  expect(await seenIn(PAYMENTS)).toEqual(PAID)
  expect(await seenIn(RETRIES, 2)).toEqual([ORDER, ORDER])
  expect(gateway.calls).toBe(3)
})

test('an order that can never be paid is a dead letter', async () => {
  const { desk, gateway } = await openShop()
  gateway.failNext(3)
  await desk.place(ORDER)
  const [letter] = await broker.waitForMessages(DEAD_LETTERS, 1)
  expect(letter).toMatchObject({
    key: 'o-1',
    headers: [
      { name: 'attempts', value: '3' },
      { name: 'error', value: 'the gateway is busy' },
    ],
  })
  expect(await broker.topic(PAYMENTS).count()).toBe(0)
})

test('a message that is no order is a dead letter, and holds up nothing', async () => {
  const { desk } = await openShop()
  await desk.place({ id: 'o-0', amount: -1 })
  await desk.place(ORDER)
  await dealtWith(2)
  expect(await seenIn(DEAD_LETTERS)).toEqual([{ id: 'o-0', amount: -1 }])
  expect(await seenIn(PAYMENTS)).toEqual(PAID)
})

const FAULTS: [name: string, fault: FaultSpec][] = [
  [
    'the leader of the partition moves',
    { kind: 'error', api: 'Produce', topic: ORDERS, error: 'NOT_LEADER_OR_FOLLOWER', times: 2 },
  ],
  [
    'the answer to the order is lost',
    { kind: 'disconnect', api: 'Produce', topic: ORDERS, when: 'after', once: true },
  ],
  [
    'the answer to the order comes too late',
    { kind: 'delay', api: 'Produce', topic: ORDERS, ms: 1.5 * REQUEST_TIMEOUT_MS, once: true },
  ],
  ['the broker throttles', { kind: 'throttle', api: 'Produce', ms: 100, times: 2 }],
  [
    'the consumer loses its connection',
    { kind: 'disconnect', api: 'Fetch', when: 'before', once: true },
  ],
  [
    'the group rebalances',
    { kind: 'error', api: 'Heartbeat', error: 'REBALANCE_IN_PROGRESS', once: true },
  ],
  [
    'the coordinator of transactions moves',
    { kind: 'error', api: 'AddPartitionsToTxn', error: 'NOT_COORDINATOR', times: 2 },
  ],
  [
    'the coordinator of the group moves',
    { kind: 'error', api: 'TxnOffsetCommit', error: 'NOT_COORDINATOR', times: 2 },
  ],
  [
    'the answer to the commit is lost',
    { kind: 'disconnect', api: 'EndTxn', when: 'after', once: true },
  ],
  [
    'the commit is refused',
    { kind: 'error', api: 'EndTxn', error: 'INVALID_TXN_STATE', once: true },
  ],
]

test.each(FAULTS)('%s: the order is paid once', async (_, spec) => {
  const { desk } = await openShop()
  const fault = broker.faults.add(spec)
  await desk.place(ORDER)
  await fault.struck()
  await dealtWith()
  expect(await seenIn(ORDERS)).toEqual([ORDER])
  expect(await seenIn(PAYMENTS)).toEqual(PAID)
})

test('the broker goes down, and comes back', async () => {
  const { desk } = await openShop()
  await broker.faults.down()
  const placed = desk.place(ORDER)
  await broker.faults.up()
  await placed
  await dealtWith()
  expect(await seenIn(PAYMENTS)).toEqual(PAID)
})

test('the session of the service expires', async () => {
  const { desk } = await openShop()
  const before = await broker.group(GROUP).describe()
  await broker.clock.advance('2m')
  await desk.place(ORDER)
  await dealtWith()
  const after = await broker.waitForAssignment(GROUP)
  expect(after.members[0]?.memberId).not.toBe(before.members[0]?.memberId)
  expect(await seenIn(PAYMENTS)).toEqual(PAID)
})

test('another instance takes over', async () => {
  const { desk, gateway, service } = await openShop()
  await broker.faults.fenceProducer('payment-0')
  await desk.place(ORDER)
  await expect(service.ended).rejects.toThrow()
  expect(await broker.topic(PAYMENTS).count()).toBe(0)
  await startService(gateway)
  await dealtWith()
  expect(await seenIn(PAYMENTS)).toEqual(PAID)
})
