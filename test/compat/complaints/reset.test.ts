import { Kafka, logLevel } from 'kafkajs'
import t from 'tap'
import { startBroker } from '../../../src/index.js'
import { until } from '../../support/until.js'

t.test('a consumer that runs on through resets misses and repeats nothing', async (t) => {
  const broker = await startBroker({
    seed: { topics: { orders: { records: [{ value: 'seeded' }] } } },
  })
  const kafka = new Kafka({ ...broker.clients.kafkajs(), logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: 'billing', retry: { retries: 20 } })
  const producer = kafka.producer()
  t.teardown(async () => {
    await Promise.all([consumer.disconnect(), producer.disconnect()])
    await broker.close()
  })
  await Promise.all([consumer.connect(), producer.connect()])
  await consumer.subscribe({ topic: 'orders', fromBeginning: true })
  let seen: (string | undefined)[] = []
  await consumer.run({
    eachMessage: async ({ message }) => {
      seen.push(message.value?.toString())
    },
  })
  for (const round of ['first', 'second', 'third']) {
    const [a, b] = [`${round} a`, `${round} b`]
    await broker.waitForAssignment('billing', { topics: ['orders'], timeoutMs: 60_000 })
    await producer.send({ topic: 'orders', messages: [{ value: a }, { value: b }] })
    await until(() => seen.includes(b), `${round}: the records to come`)
    t.strictSame(seen, ['seeded', a, b], round)
    seen = []
    await broker.reset()
  }
})

t.test('what a client had repeated in vain before a reset is not done after it', async (t) => {
  const broker = await startBroker({ seed: { topics: { orders: {} } } })
  t.teardown(() => broker.close())
  const retry = { retries: 3, initialRetryTime: 10, maxRetryTime: 50 }
  const options = { logLevel: logLevel.NOTHING, requestTimeout: 1000, retry }
  const kafka = new Kafka({ ...broker.clients.kafkajs(), ...options })
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  broker.faults.drop('Produce', { when: 'after', once: true })
  await t.rejects(producer.send({ topic: 'orders', messages: [{ value: 'lost' }] }), /timed out/)
  await producer.disconnect()
  await broker.reset()
  const next = kafka.producer()
  await next.connect()
  await next.send({ topic: 'orders', messages: [{ value: 'next' }] })
  await next.disconnect()
  const records = await broker.topic('orders').records()
  t.strictSame(
    records.map(({ value }) => value),
    ['next'],
  )
})
