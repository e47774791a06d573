import type { Consumer, ConsumerConfig, ConsumerGroupJoinEvent } from 'kafkajs'
import t from 'tap'
import { bootstrapFor } from '../../support/bootstrap.js'
import { until } from '../../support/until.js'
import { clientOf, errorOf, producerOf, readAll, topicOf, unique } from './client.js'

const kafka = clientOf(await bootstrapFor(t))
const producer = producerOf(kafka)
const admin = kafka.admin()
t.before(() => Promise.all([producer.connect(), admin.connect()]))
t.teardown(() => Promise.all([producer.disconnect(), admin.disconnect()]))

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i))

async function write(topic: string, values: string[], partition = 0): Promise<void> {
  await producer.send({ topic, messages: values.map((value) => ({ value, partition })) })
}

async function consumerOf(
  topic: string,
  groupId: string,
  options: Partial<ConsumerConfig> = {},
): Promise<Consumer> {
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 50,
    heartbeatInterval: 100,
    ...options,
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  return consumer
}

const committed = async (groupId: string, topic: string) =>
  (await admin.fetchOffsets({ groupId, topics: [topic] }))[0]!.partitions.map(
    ({ offset, metadata }) => [offset, metadata],
  )

t.test('a group goes on where its last consumer stopped', async (t) => {
  const topic = await topicOf(kafka)
  const groupId = unique('group')
  const values: string[] = []
  for (const [from, to] of [
    [0, 10],
    [10, 25],
  ]) {
    await write(topic, numbers(from!, to!))
    const consumer = await consumerOf(topic, groupId)
    await consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value))
      },
    })
    await until(() => values.length >= to!)
    await consumer.disconnect()
  }
  t.strictSame(values, numbers(0, 25))
  t.strictSame(await committed(groupId, topic), [['25', null]])
})

t.test('what is committed by hand is what the next consumer starts from', async (t) => {
  const topic = await topicOf(kafka)
  const groupId = unique('manual')
  await write(topic, numbers(0, 10))
  const seen: string[] = []
  const consumer = await consumerOf(topic, groupId)
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      seen.push(String(message.value))
    },
  })
  await until(() => seen.length === 10)
  await consumer.commitOffsets([{ topic, partition: 0, offset: '4', metadata: 'by hand' }])
  t.strictSame(await committed(groupId, topic), [['4', 'by hand']])
  await consumer.disconnect()

  const again: string[] = []
  const next = await consumerOf(topic, groupId)
  await next.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      again.push(String(message.value))
    },
  })
  await until(() => again.length === 6)
  t.strictSame(again, numbers(4, 10))
  await next.disconnect()
})

t.test('seek goes back and forth', async (t) => {
  const topic = await topicOf(kafka)
  await write(topic, numbers(0, 10))
  const seen: string[] = []
  const consumer = await consumerOf(topic, unique('seek'))
  await consumer.run({
    eachMessage: async ({ message }) => {
      seen.push(String(message.value))
    },
  })
  await until(() => seen.length === 10)
  consumer.seek({ topic, partition: 0, offset: '7' })
  await until(() => seen.length === 13)
  t.strictSame(seen.slice(10), ['7', '8', '9'])
  consumer.seek({ topic, partition: 0, offset: '0' })
  await until(() => seen.length === 23)
  t.strictSame(seen.slice(13), numbers(0, 10))
  await consumer.disconnect()
})

t.test('after a seek beyond the end the consumer begins anew', async (t) => {
  const topic = await topicOf(kafka)
  await write(topic, numbers(0, 5))
  const seen: string[] = []
  const consumer = await consumerOf(topic, unique('beyond'))
  await consumer.run({
    eachMessage: async ({ message }) => {
      seen.push(String(message.value))
    },
  })
  await until(() => seen.length === 5)
  consumer.seek({ topic, partition: 0, offset: '1000' })
  await until(() => seen.length === 10)
  t.strictSame(seen.slice(5), numbers(0, 5))
  await consumer.disconnect()
})

t.test('a paused topic is not read until it is resumed', async (t) => {
  const [topic, other] = [await topicOf(kafka), await topicOf(kafka)]
  const seen = new Map<string, string[]>([
    [topic, []],
    [other, []],
  ])
  const consumer = await consumerOf(topic, unique('pause'))
  await consumer.subscribe({ topic: other, fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ topic: from, message }) => {
      seen.get(from)!.push(String(message.value))
    },
  })
  await write(topic, ['before'])
  await until(() => seen.get(topic)!.length === 1)
  consumer.pause([{ topic }])
  t.strictSame(consumer.paused(), [{ topic, partitions: [0] }])
  await write(topic, ['during'])
  await write(other, ['goes', 'on'])
  await until(() => seen.get(other)!.length === 2)
  t.strictSame(seen.get(topic), ['before'])
  consumer.resume([{ topic }])
  await until(() => seen.get(topic)!.length === 2)
  t.strictSame(seen.get(topic), ['before', 'during'])
  await consumer.disconnect()
})

t.test('a batch at a time, resolved one by one', async (t) => {
  const topic = await topicOf(kafka)
  const groupId = unique('batch')
  await write(topic, numbers(0, 100))
  let resolved = 0
  let watermark = ''
  const consumer = await consumerOf(topic, groupId)
  await consumer.run({
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary, isStale }) => {
      watermark = batch.highWatermark
      for (const message of batch.messages) {
        if (isStale()) break
        resolveOffset(message.offset)
        resolved++
      }
      await heartbeat()
      await commitOffsetsIfNecessary()
    },
  })
  await until(() => resolved === 100)
  t.equal(watermark, '100')
  await consumer.disconnect()
  t.strictSame(await committed(groupId, topic), [['100', null]])
})

t.test('members that join and leave share the partitions among them', async (t) => {
  const topic = await topicOf(kafka, 4)
  const groupId = unique('shared')
  const seen: string[] = []
  const assigned = new Map<string, number[]>()
  const join = async (name: string): Promise<Consumer> => {
    const consumer = await consumerOf(topic, groupId)
    consumer.on('consumer.group_join', ({ payload }: ConsumerGroupJoinEvent) => {
      assigned.set(name, payload.memberAssignment[topic] ?? [])
    })
    await consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(String(message.value))
      },
    })
    return consumer
  }
  const shares = () => [...assigned.values()].map((partitions) => partitions.length).sort()
  const all = () => [...assigned.values()].flat().sort()

  const first = await join('first')
  await until(() => all().length === 4)
  const second = await join('second')
  await until(() => shares().join() === '2,2')
  t.strictSame(all(), [0, 1, 2, 3], 'each partition has one owner')
  const third = await join('third')
  // The members learn of it one after the other.
  await until(() => shares().join() === '1,1,2' && new Set(all()).size === 4)
  t.strictSame(all(), [0, 1, 2, 3])
  const group = await third.describeGroup()
  t.match(group, { state: 'Stable', errorCode: 0 })
  t.equal(group.members.length, 3)

  for (const partition of [0, 1, 2, 3]) await write(topic, [`p${partition}`], partition)
  await until(() => seen.length >= 4)
  t.strictSame([...new Set(seen)].sort(), ['p0', 'p1', 'p2', 'p3'])

  assigned.delete('first')
  await first.disconnect()
  await until(() => shares().join() === '2,2')
  assigned.delete('second')
  await second.disconnect()
  await until(() => shares().join() === '4')
  t.strictSame(all(), [0, 1, 2, 3])
  await third.disconnect()
  t.match((await admin.describeGroups([groupId])).groups, [{ state: 'Empty', members: [] }])
})

t.test('a member that falls silent loses its place', async (t) => {
  const topic = await topicOf(kafka, 2)
  const groupId = unique('silent')
  let block: (() => void) | undefined
  const stuck = await consumerOf(topic, groupId, { sessionTimeout: 6000, rebalanceTimeout: 6000 })
  await write(topic, ['x'])
  await stuck.run({
    eachMessage: () =>
      new Promise<void>((resolve) => {
        block = resolve
      }),
  })
  await until(() => block)
  let assigned: number[] = []
  const healthy = await consumerOf(topic, groupId)
  healthy.on('consumer.group_join', ({ payload }: ConsumerGroupJoinEvent) => {
    assigned = payload.memberAssignment[topic] ?? []
  })
  await healthy.run({ eachMessage: async () => {} })
  await until(() => assigned.length === 2, 'both partitions', 25_000)
  t.strictSame([...assigned].sort(), [0, 1])
  block!()
  await Promise.all([stuck.disconnect(), healthy.disconnect()])
})

t.test('a subscription to what is not there', async (t) => {
  const consumer = kafka.consumer({
    groupId: unique('nothing'),
    allowAutoTopicCreation: false,
    retry: { retries: 0 },
  })
  await consumer.connect()
  const error = await errorOf(
    consumer
      .subscribe({ topic: unique('missing'), fromBeginning: true })
      .then(() => consumer.run({ eachMessage: async () => {} })),
  )
  t.match(error, { name: 'KafkaJSProtocolError', type: 'UNKNOWN_TOPIC_OR_PARTITION' })
  await consumer.disconnect()
})

t.test('a long poll returns what arrives while it waits', async (t) => {
  const topic = await topicOf(kafka)
  const seen: string[] = []
  const consumer = await consumerOf(topic, unique('poll'), { maxWaitTimeInMs: 2000, minBytes: 1 })
  await consumer.run({
    eachMessage: async ({ message }) => {
      seen.push(String(message.value))
    },
  })
  for (const value of numbers(0, 5)) {
    await write(topic, [value])
    await until(() => seen.includes(value), value, 1500)
  }
  t.strictSame(seen, numbers(0, 5))
  await consumer.disconnect()
  t.equal((await readAll(kafka, topic, 5)).length, 5)
})
