import type { Consumer } from 'kafkajs'
import t from 'tap'
import { bootstrapFor } from '../../support/bootstrap.js'
import type { Teardown } from '../../support/teardown.js'
import { until } from '../../support/until.js'
import { clientOf, errorOf, producerOf, topicOf, unique } from './client.js'

const kafka = clientOf(await bootstrapFor(t))
const admin = kafka.admin()
t.before(() => admin.connect())
t.teardown(() => admin.disconnect())

async function transactionalProducer(t: Teardown, transactionalId = unique('txn')) {
  const producer = producerOf(kafka, { transactionalId, idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  t.teardown(() => producer.disconnect())
  return producer
}

/** Follows a topic from its start. kafkajs hides what isn't committed unless it is told otherwise. */
async function follow(t: Teardown, topic: string, readUncommitted = false): Promise<string[]> {
  const consumer: Consumer = kafka.consumer({
    groupId: unique('reader'),
    maxWaitTimeInMs: 1000,
    readUncommitted,
  })
  const values: string[] = []
  await consumer.connect()
  t.teardown(() => consumer.disconnect())
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      values.push(String(message.value))
    },
  })
  return values
}

const messagesOf = (...values: string[]) => values.map((value) => ({ value }))

t.test('what is committed is seen, what is aborted never', async (t) => {
  const topic = await topicOf(kafka)
  const producer = await transactionalProducer(t)
  const [committed, uncommitted] = [await follow(t, topic), await follow(t, topic, true)]
  const first = await producer.transaction()
  await first.send({ topic, messages: messagesOf('a', 'b') })
  await until(() => uncommitted.length === 2)
  t.strictSame(committed, [])
  await first.commit()
  await until(() => committed.length === 2)
  const second = await producer.transaction()
  await second.send({ topic, messages: messagesOf('c') })
  await second.abort()
  const third = await producer.transaction()
  await third.send({ topic, messages: messagesOf('d') })
  await third.commit()
  await until(() => committed.length === 3)
  t.strictSame(committed, ['a', 'b', 'd'])
  await until(() => uncommitted.length === 4)
  t.strictSame(uncommitted, ['a', 'b', 'c', 'd'])
})

t.test('offsets are committed with the transaction', async (t) => {
  const [source, target] = [await topicOf(kafka), await topicOf(kafka)]
  const groupId = unique('copier')
  const producer = await transactionalProducer(t)
  const values = await follow(t, target)
  const offsetOf = async () => {
    const [fetched] = await admin.fetchOffsets({ groupId, topics: [source] })
    return fetched!.partitions[0]!.offset
  }
  const copy = async (value: string, offset: string) => {
    const transaction = await producer.transaction()
    await transaction.send({ topic: target, messages: messagesOf(value) })
    const partitions = [{ partition: 0, offset }]
    await transaction.sendOffsets({
      consumerGroupId: groupId,
      topics: [{ topic: source, partitions }],
    })
    return transaction
  }
  await (await copy('one', '1')).commit()
  t.equal(await offsetOf(), '1')
  await (await copy('two', '2')).abort()
  t.equal(await offsetOf(), '1')
  await (await copy('two again', '2')).commit()
  t.equal(await offsetOf(), '2')
  await until(() => values.length === 2)
  t.strictSame(values, ['one', 'two again'])
})

t.test('a second producer of the same id fences the first', async (t) => {
  const topic = await topicOf(kafka)
  const transactionalId = unique('shared')
  const [first, values] = [await transactionalProducer(t, transactionalId), await follow(t, topic)]
  const lost = await first.transaction()
  await lost.send({ topic, messages: messagesOf('lost') })
  const second = await transactionalProducer(t, transactionalId)
  const kept = await second.transaction()
  await kept.send({ topic, messages: messagesOf('kept') })
  await kept.commit()
  await errorOf(lost.commit())
  await until(() => values.length === 1)
  t.strictSame(values, ['kept'])
})
