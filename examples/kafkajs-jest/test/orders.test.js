const { Kafka } = require('kafkajs')
const { OrderDesk } = require('../src/order-desk')
const { ORDERS } = require('../src/topics')
const { useBroker } = require('../support/broker')

const ORDER = { id: 'o-1', amount: 42 }
const REQUEST_TIMEOUT_MS = 1000

const broker = useBroker({ seed: { topics: { [ORDERS]: { partitions: 3 } } } })
let desk

beforeEach(async () => {
  const options = { ...broker().clients.kafkajs('desk'), requestTimeout: REQUEST_TIMEOUT_MS }
  desk = new OrderDesk(new Kafka(options))
  await desk.start()
})
afterEach(() => desk.stop())

async function orders() {
  const records = await broker().topic(ORDERS).records()
  return records.map(({ key, value }) => [key, JSON.parse(value)])
}

test('an order is written', async () => {
  await desk.place(ORDER)
  expect(await orders()).toEqual([['o-1', ORDER]])
})

test('nothing of the last test is left', async () => {
  expect(await orders()).toEqual([])
})

test.each([
  ['the leader of the partition moves', { kind: 'error', error: 'NOT_LEADER_OR_FOLLOWER' }],
  ['too few replicas are in sync', { kind: 'error', error: 'NOT_ENOUGH_REPLICAS' }],
  ['the connection breaks before the order arrives', { kind: 'disconnect', when: 'before' }],
  ['the answer is lost', { kind: 'disconnect', when: 'after' }],
  ['the answer is late', { kind: 'delay', ms: 1.5 * REQUEST_TIMEOUT_MS, when: 'after' }],
])('%s: the order is written once', async (_, fault) => {
  const struck = broker().faults.add({ ...fault, api: 'Produce', once: true })
  await desk.place(ORDER)
  expect(struck.hits).toBe(1)
  expect(await orders()).toEqual([['o-1', ORDER]])
})

test('the desk may not write: whoever places the order gets to know', async () => {
  const refused = broker().faults.error('Produce', 'TOPIC_AUTHORIZATION_FAILED')
  await expect(desk.place(ORDER)).rejects.toThrow(/Not authorized/)
  expect(await orders()).toEqual([])
  await refused.stop()
  await desk.place(ORDER)
  expect(await orders()).toHaveLength(1)
})
