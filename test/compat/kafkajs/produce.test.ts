import { CompressionTypes } from 'kafkajs'
import t from 'tap'
import { bootstrapFor } from '../../support/bootstrap.js'
import { clientOf, errorOf, producerOf, readAll, topicOf, unique } from './client.js'

const kafka = clientOf(await bootstrapFor(t))

t.test('what was sent comes back, with its key, headers and time', async (t) => {
  const topic = await topicOf(kafka)
  const producer = producerOf(kafka)
  await producer.connect()
  const sent = await producer.send({
    topic,
    messages: [
      {
        key: 'a',
        value: 'one',
        headers: { trace: 'x', list: ['y', 'z'] },
        timestamp: '1700000000000',
      },
      { key: null, value: 'zwei ✓' },
      { key: 'tombstone', value: null },
    ],
  })
  t.match(sent, [
    {
      topicName: topic,
      partition: 0,
      errorCode: 0,
      baseOffset: '0',
      logAppendTime: '-1',
      logStartOffset: '0',
    },
  ])
  t.match(await producer.send({ topic, messages: [{ value: 'later' }] }), [{ baseOffset: '3' }])
  await producer.disconnect()

  const received = await readAll(kafka, topic, 4)
  t.strictSame(
    received.map(({ message }) => [
      message.offset,
      message.key?.toString(),
      message.value?.toString(),
    ]),
    [
      ['0', 'a', 'one'],
      ['1', undefined, 'zwei ✓'],
      ['2', 'tombstone', undefined],
      ['3', undefined, 'later'],
    ],
  )
  const { headers = {}, timestamp } = received[0]!.message
  t.equal(timestamp, '1700000000000')
  t.strictSame(
    { trace: String(headers.trace), list: (headers.list as Buffer[]).map(String) },
    { trace: 'x', list: ['y', 'z'] },
  )
})

t.test('keys keep their order over partitions, compressed or not, at every acks', async (t) => {
  for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
    for (const acks of [-1, 1, 0]) {
      const topic = await topicOf(kafka, 3)
      const producer = producerOf(kafka)
      await producer.connect()
      for (let round = 0; round < 5; round++) {
        const messages = Array.from({ length: 30 }, (_, i) => ({
          key: `key-${i % 7}`,
          value: `${round}-${i}`.padEnd(200, '.'),
        }))
        const answers = await producer.send({ topic, messages, acks, compression })
        if (acks === 0) t.strictSame(answers, [], 'no answer without acks')
        else t.ok(answers.every((answer) => answer.errorCode === 0))
      }
      const received = await readAll(kafka, topic, 150)
      await producer.disconnect()
      for (let key = 0; key < 7; key++) {
        const values = received
          .filter(({ message }) => String(message.key) === `key-${key}`)
          .map(({ message }) => String(message.value).replace(/\.+$/, ''))
        const expected = [0, 1, 2, 3, 4].flatMap((round) =>
          Array.from({ length: 30 }, (_, i) => i)
            .filter((i) => i % 7 === key)
            .map((i) => `${round}-${i}`),
        )
        t.strictSame(values, expected, `compression ${compression}, acks ${acks}, key ${key}`)
      }
      t.equal(received.length, 150)
    }
  }
})

t.test('one call may go to several topics', async (t) => {
  const topics = [await topicOf(kafka), await topicOf(kafka, 2)]
  const producer = producerOf(kafka)
  await producer.connect()
  const answers = await producer.sendBatch({
    topicMessages: [
      { topic: topics[0]!, messages: [{ value: 'a' }] },
      {
        topic: topics[1]!,
        messages: [
          { value: 'b', partition: 0 },
          { value: 'c', partition: 1 },
        ],
      },
    ],
  })
  t.strictSame(
    answers.map(({ topicName, partition, errorCode }) => [topicName, partition, errorCode]).sort(),
    [
      [topics[0], 0, 0],
      [topics[1], 0, 0],
      [topics[1], 1, 0],
    ].sort(),
  )
  await producer.disconnect()
})

t.test('an idempotent producer writes each message once and in order', async (t) => {
  const topic = await topicOf(kafka)
  const producer = producerOf(kafka, { idempotent: true })
  await producer.connect()
  t.ok(producer.isIdempotent())
  const rounds = Array.from({ length: 20 }, (_, round) => round)
  for (const round of rounds) {
    await producer.send({ topic, messages: [{ value: `${round}a` }, { value: `${round}b` }] })
  }
  await producer.disconnect()
  const received = await readAll(kafka, topic, 40)
  t.strictSame(
    received.map(({ message }) => String(message.value)),
    rounds.flatMap((round) => [`${round}a`, `${round}b`]),
  )
})

t.test('sending to a topic that is not there makes it', async (t) => {
  const topic = unique('auto')
  const producer = producerOf(kafka)
  await producer.connect()
  t.match(await producer.send({ topic, messages: [{ value: 'first' }] }), [
    { topicName: topic, errorCode: 0, baseOffset: '0' },
  ])
  await producer.disconnect()
})

t.test('unless the producer does not want that', async (t) => {
  const producer = producerOf(kafka, {
    allowAutoTopicCreation: false,
    retry: { retries: 1, initialRetryTime: 20 },
  })
  await producer.connect()
  const error = await errorOf(
    producer.send({ topic: unique('missing'), messages: [{ value: 'x' }] }),
  )
  t.match(error, {
    name: 'KafkaJSNumberOfRetriesExceeded',
    message: 'This server does not host this topic-partition',
    cause: { type: 'UNKNOWN_TOPIC_OR_PARTITION', code: 3 },
  })
  await producer.disconnect()
})

t.test('an illegal topic name is refused', async (t) => {
  const producer = producerOf(kafka)
  await producer.connect()
  const error = await errorOf(producer.send({ topic: 'not legal!', messages: [{ value: 'x' }] }))
  t.match(error, {
    name: 'KafkaJSNonRetriableError',
    cause: { type: 'INVALID_TOPIC_EXCEPTION', code: 17 },
  })
  await producer.disconnect()
})

t.test('a batch above max.message.bytes is refused', async (t) => {
  const topic = await topicOf(kafka)
  const producer = producerOf(kafka)
  await producer.connect()
  const error = await errorOf(
    producer.send({ topic, messages: [{ value: Buffer.alloc(1_100_000) }] }),
  )
  t.match(error, { type: 'MESSAGE_TOO_LARGE', code: 10, retriable: false })
  await producer.disconnect()
})

t.test('a message without a key is refused where the topic is compacted', async (t) => {
  const topic = unique('compacted')
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({
    topics: [{ topic, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }],
  })
  await admin.disconnect()
  const producer = producerOf(kafka)
  await producer.connect()
  const error = await errorOf(producer.send({ topic, messages: [{ value: 'no key' }] }))
  t.match(error, { name: 'KafkaJSProtocolError', type: 'INVALID_RECORD', code: 87 })
  t.match(await producer.send({ topic, messages: [{ key: 'k', value: 'v' }] }), [{ errorCode: 0 }])
  await producer.disconnect()
})
