import t from 'tap'
import { Story, send } from './clients.js'

t.test('the first message after a subscription is lost', async (t) => {
  await t.test('what it looks like', async (t) => {
    // The group waits for others to join, as Apache Kafka's does; what comes meanwhile is before
    // the end of the log, where the consumer begins.
    const story = await Story.begin(t, { profile: 'kafka', clock: 'virtual' })
    const { broker } = story
    const producer = await story.producer()
    await send(producer, 'orders', 'before')
    const consuming = await story.consume('orders')
    await broker.waitForGroup('billing', { state: 'PreparingRebalance' })
    await send(producer, 'orders', 'lost')
    await broker.clock.advance('3s')
    await broker.waitForAssignment('billing')
    await send(producer, 'orders', 'seen')
    await consuming.until('seen')
    t.strictSame(consuming.seen, ['seen'])
  })

  await t.test('it is not for who waits until the consumer is there', async (t) => {
    const story = await Story.begin(t)
    const producer = await story.producer()
    for (let n = 0; n < 10; n++) {
      const [topic, groupId] = [`orders-${n}`, `billing-${n}`]
      const consuming = await story.consume(topic, { groupId })
      await story.broker.waitForAssignment(groupId)
      await send(producer, topic, 'first')
      await consuming.until('first')
      t.strictSame(consuming.seen, ['first'])
    }
  })
})

t.test('the first member of a group waits 3 s for others', async (t) => {
  await t.test('what it looks like', async (t) => {
    const story = await Story.begin(t, { profile: 'kafka', clock: 'virtual' })
    const { broker } = story
    await story.consume('orders')
    await broker.waitForGroup('billing', { state: 'PreparingRebalance' })
    await broker.clock.advance('2999ms')
    t.match(await broker.group('billing').describe(), { state: 'PreparingRebalance' })
    await broker.clock.advance('1ms')
    await broker.waitForGroup('billing', { state: 'Stable', members: 1 })
  })

  await t.test('it does not: no time passes on this clock', async () => {
    const story = await Story.begin(t, { clock: 'virtual' })
    await story.consume('orders')
    await story.broker.waitForGroup('billing', { state: 'Stable', members: 1 })
  })
})

t.test('a test sees what the one before it has left', async (t) => {
  const story = await Story.begin(t)
  const { broker } = story
  const producer = await story.producer()
  const consuming = await story.consume('orders', { fromBeginning: true })

  await t.test('what it looks like', async (t) => {
    await send(producer, 'orders', 'one')
    await consuming.until('one')
    consuming.seen = []
    await consuming.consumer.stop()
    await send(producer, 'orders', 'left over')
    await consuming.run()
    await send(producer, 'orders', 'two')
    await consuming.until('two')
    t.strictSame(consuming.seen, ['left over', 'two'])
  })

  for (const name of ['first', 'second', 'third']) {
    await t.test(`not after reset(), with clients connected: ${name} test`, async (t) => {
      await broker.reset()
      consuming.seen = []
      await send(producer, 'orders', `${name} a`, `${name} b`)
      await consuming.until(`${name} b`)
      t.strictSame(consuming.seen, [`${name} a`, `${name} b`])
      t.equal(await broker.topic('orders').count(), 2)
    })
  }
})

t.test('a broker can not be restarted while a consumer runs', async (t) => {
  const story = await Story.begin(t)
  const { broker } = story
  const [producer, consuming] = [await story.producer(), await story.consume('orders')]
  await broker.waitForAssignment('billing')
  const { bootstrapServers } = broker
  await send(producer, 'orders', 'before')
  await consuming.until('before')

  await t.test('restart() keeps port and data', async (t) => {
    await broker.restart()
    t.equal(broker.bootstrapServers, bootstrapServers)
    await send(producer, 'orders', 'after')
    await consuming.until('after')
    t.match(await broker.topic('orders').records(), [{ value: 'before' }, { value: 'after' }])
  })

  await t.test('down() refuses connections until it is up again', async (t) => {
    const down = await broker.faults.down()
    const sent = send(producer, 'orders', 'late')
    await down.stop()
    await sent
    await consuming.until('late')
    t.strictSame([...new Set(consuming.seen)], ['before', 'after', 'late'])
  })
})
