import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { temporaryDirectory } from '../../support/teardown.js'
import { until } from '../../support/until.js'
import { errorOf } from '../kafkajs/client.js'
import { Story, send } from './clients.js'

const VIRTUAL = { clock: 'virtual' } as const

t.test('sessions expire only after their time', async (t) => {
  const story = await Story.begin(t, VIRTUAL)
  const { broker } = story
  const consuming = await story.consume('orders', { kafka: story.kafka({ clientId: 'lost' }) })
  await broker.waitForAssignment('billing')

  await t.test('a member that is not heard of is out at once when the clock is moved', async () => {
    const silence = broker.faults.blackhole('lost')
    // What its last request says is still heard.
    await silence.struck()
    await broker.clock.advance('29s')
    await broker.waitForGroup('billing', { members: 1 })
    await broker.clock.advance('45s')
    await broker.waitForGroup('billing', { members: 0, state: 'Empty' })
    await silence.stop()
  })

  await t.test('and comes back', async () => {
    await broker.waitForAssignment('billing', { clientId: 'lost' })
    await send(await story.producer(), 'orders', 'a')
    await consuming.until('a')
  })
})

t.test('retention deletes and segments roll only after their time', async (t) => {
  const directory = temporaryDirectory(t)
  const story = await Story.begin(t, { ...VIRTUAL, directory })
  const { broker } = story
  const admin = await story.admin()
  const producer = await story.producer()
  const create = (topic: string, configs: Record<string, string>) =>
    admin.createTopics({
      topics: [
        {
          topic,
          configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
        },
      ],
    })

  await t.test('what is older than retention.ms goes', async (t) => {
    await create('hourly', { 'retention.ms': '3600000' })
    await send(producer, 'hourly', 'old')
    await broker.clock.advance('50m')
    t.equal(await broker.topic('hourly').count(), 1)
    await broker.clock.advance('30m')
    t.equal(await broker.topic('hourly').count(), 0)
    t.match(broker.topic('hourly').partitions(), [{ logStartOffset: 1, logEndOffset: 1 }])
  })

  await t.test('a segment rolls after segment.ms', async (t) => {
    await create('daily', { 'segment.ms': '86400000' })
    const segments = () => readdirSync(join(directory, 'daily-0')).filter((f) => /\.log$/.test(f))
    const at = async (value: string) => {
      const timestamp = String(broker.clock.now())
      await producer.send({ topic: 'daily', messages: [{ value, timestamp }] })
    }
    await at('Monday')
    await broker.clock.advance('20h')
    await at('still Monday')
    t.equal(segments().length, 1)
    await broker.clock.advance('8h')
    await at('Tuesday')
    t.equal(segments().length, 2)
  })
})

t.test('transactions time out only after their time', async (t) => {
  const story = await Story.begin(t, VIRTUAL)
  const { broker } = story
  const options = { transactionalId: 'payments', maxInFlightRequests: 1, idempotent: true }
  const producer = await story.producer(story.kafka(), options)
  const transaction = await producer.transaction()
  await transaction.send({ topic: 'payments', messages: [{ value: 'a' }] })
  t.match(await broker.transactions(), [{ state: 'Ongoing' }])
  await broker.clock.advance('90s')
  await until(async () => {
    const [{ state } = { state: '' }] = await broker.transactions()
    return state === 'CompleteAbort'
  }, 'the transaction to be aborted')
  const { type } = await errorOf(transaction.commit())
  t.match(String(type), /INVALID_PRODUCER_EPOCH|PRODUCER_FENCED|INVALID_TXN_STATE/)
  t.equal(await broker.topic('payments').count(), 0)
})
