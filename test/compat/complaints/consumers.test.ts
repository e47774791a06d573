import t from 'tap'
import { Story, send } from './clients.js'

const longestJoinMs = ({ broker }: Story): number =>
  Math.max(...broker.journal.entries({ api: 'JoinGroup' }).map(({ durationMs }) => durationMs!))

/** Timers of Node.js may be early by one. */
const ROUNDING_MS = 2

t.test('the first message after a subscription is lost', async (t) => {
  await t.test('what it looks like', async (t) => {
    // While the group waits for others to join, as Apache Kafka's does, its consumers have no
    // position yet; they begin at the end of the log, which is after what was sent meanwhile.
    const story = await Story.begin(t, { profile: 'kafka' })
    const { broker } = story
    const producer = await story.producer()
    await send(producer, 'orders', 'before')
    const consuming = story.consume('orders')
    await broker.waitForGroup('billing', { state: 'PreparingRebalance' })
    await send(producer, 'orders', 'lost')
    await broker.waitForAssignment('billing')
    await send(producer, 'orders', 'seen')
    await (await consuming).until('seen')
    t.strictSame((await consuming).seen, ['seen'])
  })

  await t.test('it is not for who waits until the consumer is there', async (t) => {
    const story = await Story.begin(t)
    const producer = await story.producer()
    for (let n = 0; n < 10; n++) {
      const [topic, groupId] = [`orders-${n}`, `billing-${n}`]
      await send(producer, topic, 'before')
      const consuming = story.consume(topic, { groupId })
      await story.broker.waitForAssignment(groupId)
      await send(producer, topic, 'first')
      await (await consuming).until('first')
      t.strictSame((await consuming).seen, ['first'])
    }
  })

  await t.test('also when all but the consumer is slow', async (t) => {
    const story = await Story.begin(t)
    const producer = await story.producer()
    await send(producer, 'orders', 'before')
    // It is a member for long before it knows where to begin.
    story.broker.faults.delay('ListOffsets', 500)
    const consuming = story.consume('orders')
    await story.broker.waitForAssignment('billing')
    await send(producer, 'orders', 'first')
    await (await consuming).until('first')
    t.strictSame((await consuming).seen, ['first'])
  })
})

t.test('the first member of a group waits 3 s for others', async (t) => {
  await t.test('what it looks like', async (t) => {
    const story = await Story.begin(t, { profile: 'kafka' })
    await story.consume('orders')
    const durationMs = longestJoinMs(story)
    t.ok(durationMs >= 3000 - ROUNDING_MS, `${durationMs} ms`)
  })

  await t.test('here it does not', async (t) => {
    const story = await Story.begin(t)
    await story.consume('orders')
    await story.broker.waitForGroup('billing', { state: 'Stable', members: 1 })
    const durationMs = longestJoinMs(story)
    t.ok(durationMs < 3000, `${durationMs} ms`)
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
