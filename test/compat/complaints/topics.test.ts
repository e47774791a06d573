import { readdirSync } from 'node:fs'
import t from 'tap'
import { temporaryDirectory } from '../../support/teardown.js'
import { until } from '../../support/until.js'
import { errorOf } from '../kafkajs/client.js'
import { Story, send } from './clients.js'

/** A client that takes the first answer for good. */
const IMPATIENT = { retry: { retries: 0 } }

t.test('a topic is not usable after it was created', async (t) => {
  const story = await Story.begin(t)
  const { broker } = story
  const impatient = story.kafka(IMPATIENT)
  const admin = await story.admin(impatient)
  const producer = await story.producer(impatient)

  await t.test('what it looks like', async (t) => {
    // A cluster's brokers hear of a topic after the controller has made it.
    const fault = broker.faults.error('Metadata', 'LEADER_NOT_AVAILABLE', { topic: 'slow' })
    await admin.createTopics({ topics: [{ topic: 'slow' }], waitForLeaders: false })
    const { message } = await errorOf(send(producer, 'slow', 'a'))
    t.match(message, /no leader/)
    await fault.stop()
  })

  await t.test('here it is, from the first request on', async (t) => {
    const after = broker.journal.lastNumber
    for (let n = 0; n < 25; n++) {
      const topic = `created-${n}`
      await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: false })
      const [{ baseOffset } = {}] = await send(producer, topic, 'a')
      t.equal(baseOffset, '0')
    }
    const failed = broker.journal.entries({ after }).filter(({ errors }) => errors.length > 0)
    t.strictSame(failed, [])
  })
})

t.test('a topic can not be created again after it was deleted', async (t) => {
  const directory = temporaryDirectory(t)
  const story = await Story.begin(t, { directory })
  const { broker } = story
  const impatient = story.kafka(IMPATIENT)
  const admin = await story.admin(impatient)

  await t.test('what it looks like', async (t) => {
    const fault = broker.faults.error('CreateTopics', 'TOPIC_ALREADY_EXISTS', { topic: 'marked' })
    await admin.createTopics({ topics: [{ topic: 'other' }] })
    t.notOk(await admin.createTopics({ topics: [{ topic: 'marked' }] }))
    t.notOk(broker.topic('marked').exists())
    await fault.stop()
  })

  await t.test('here it can, and nothing of the old one shows', async (t) => {
    const after = broker.journal.lastNumber
    for (let round = 1; round <= 10; round++) {
      await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: round }] })
      // A producer knows topics by what it last heard of them: each round has one of its own.
      const producer = await story.producer(story.kafka(IMPATIENT))
      const message = { value: `round ${round}`, partition: round - 1 }
      const [{ baseOffset } = {}] = await producer.send({ topic: 'orders', messages: [message] })
      t.equal(baseOffset, '0')
      t.match(await broker.topic('orders').records(), [{ value: `round ${round}`, offset: 0 }])
      t.equal(broker.topic('orders').partitions().length, round)
      await admin.deleteTopics({ topics: ['orders'] })
      t.notOk(broker.topic('orders').exists())
    }
    const failed = broker.journal.entries({ after }).filter(({ errors }) => errors.length > 0)
    t.strictSame(failed, [])
    const left = () => readdirSync(directory).filter((name) => name.startsWith('orders'))
    await until(() => left().length === 0, 'the files of deleted topics to go')
  })
})

t.test('UNKNOWN_TOPIC_OR_PARTITION for a topic that is to be made for who asks', async (t) => {
  const story = await Story.begin(t)
  const { broker } = story

  await t.test('what it looks like', async (t) => {
    const fault = broker.faults.error('Metadata', 'UNKNOWN_TOPIC_OR_PARTITION', { topic: 'slow' })
    const producer = await story.producer(story.kafka(IMPATIENT))
    const { message } = await errorOf(send(producer, 'slow', 'a'))
    t.match(message, /does not host this topic-partition/)
    await fault.stop()
  })

  await t.test('here it is there when the first answer comes', async (t) => {
    const after = broker.journal.lastNumber
    const kafka = story.kafka(IMPATIENT)
    await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        // Two at once for each topic.
        const producers = await Promise.all([story.producer(kafka), story.producer(kafka)])
        await Promise.all(producers.map((producer) => send(producer, `auto-${n}`, 'a')))
        t.equal(await broker.topic(`auto-${n}`).count(), 2)
      }),
    )
    t.strictSame(broker.journal.entries({ after, error: 'UNKNOWN_TOPIC_OR_PARTITION' }), [])
    t.strictSame(broker.journal.entries({ after, error: 'LEADER_NOT_AVAILABLE' }), [])
  })

  await t.test('and for a consumer that comes before the producer', async () => {
    const consuming = await story.consume('later', { kafka: story.kafka(IMPATIENT) })
    await broker.waitForAssignment('billing', { topics: ['later'] })
    await send(await story.producer(), 'later', 'a')
    await consuming.until('a')
  })
})
