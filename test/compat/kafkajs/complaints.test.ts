import { type Admin, type Consumer, Kafka, type Producer } from 'kafkajs'
import t from 'tap'
import { type BrokerOptions, type RunningBroker, startBroker } from '../../../src/index.js'
import { until } from '../../support/until.js'

/** A broker, and clients of it that are disconnected with the test. */
class World {
  readonly #endings: (() => Promise<void>)[] = []

  static async begin(
    t: { teardown(handler: () => unknown): void },
    options: BrokerOptions = {},
  ): Promise<World> {
    const world = new World(await startBroker(options))
    t.teardown(async () => {
      for (const end of world.#endings.reverse()) await end()
      await world.broker.close()
    })
    return world
  }

  private constructor(readonly broker: RunningBroker) {}

  async producer(): Promise<Producer> {
    return this.#connected(this.#kafka('maker').producer({ allowAutoTopicCreation: true }))
  }

  async admin(): Promise<Admin> {
    return this.#connected(this.#kafka('admin').admin())
  }

  /** What a consumer of a group gets, from when it has begun on. */
  async consume(topic: string, groupId: string, fromBeginning = false): Promise<string[]> {
    const consumer = await this.#connected<Consumer>(
      this.#kafka(`reader of ${groupId}`).consumer({ groupId, maxWaitTimeInMs: 100 }),
    )
    await consumer.subscribe({ topic, fromBeginning })
    const values: string[] = []
    await consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value))
      },
    })
    return values
  }

  #kafka(clientId: string): Kafka {
    return new Kafka(this.broker.clients.kafkajs(clientId))
  }

  async #connected<C extends { connect(): Promise<void>; disconnect(): Promise<void> }>(
    client: C,
  ): Promise<C> {
    await client.connect()
    this.#endings.push(() => client.disconnect())
    return client
  }
}

const message = (value: string) => [{ value }]

t.test('the first message after subscribing is not lost', async (t) => {
  for (let round = 0; round < 5; round++) {
    const world = await World.begin(t)
    const admin = await world.admin()
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 3 }] })
    const producer = await world.producer()
    await producer.send({ topic: 'orders', messages: message('before') })
    const values = await world.consume('orders', 'g')
    await world.broker.waitForAssignment('g')
    await producer.send({ topic: 'orders', messages: message('first') })
    await until(() => values.length > 0, 'the message')
    t.strictSame(values, ['first'])
  }
})

t.test('a topic can be used when it has been created', async (t) => {
  const world = await World.begin(t)
  const admin = await world.admin()
  const producer = await world.producer()
  const { faults, journal } = world.broker
  t.strictSame(faults.active, [])
  for (let n = 0; n < 10; n++) {
    const topic = `t${n}`
    await admin.createTopics({ topics: [{ topic, numPartitions: 4 }], waitForLeaders: false })
    await producer.send({ topic, messages: message('x') })
    t.equal(await world.broker.topic(topic).count(), 1)
  }
  t.strictSame(
    journal.entries().flatMap(({ errors }) => errors),
    [],
    'no error, and so no retry',
  )
})

t.test('no UNKNOWN_TOPIC_OR_PARTITION while a topic is created by being used', async (t) => {
  const world = await World.begin(t)
  const producer = await world.producer()
  await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      producer.send({ topic: `auto${n}`, messages: message('x') }),
    ),
  )
  t.equal(world.broker.topics().length, 10)
  t.strictSame(world.broker.journal.entries({ error: 'UNKNOWN_TOPIC_OR_PARTITION' }), [])
  t.strictSame(world.broker.journal.entries({ error: 'LEADER_NOT_AVAILABLE' }), [])
})

t.test('a topic is deleted, and another made of the same name', async (t) => {
  const world = await World.begin(t)
  const admin = await world.admin()
  const producer = await world.producer()
  for (let round = 0; round < 5; round++) {
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: round + 1 }] })
    await producer.send({ topic: 'orders', messages: [{ value: `${round}`, partition: 0 }] })
    const records = await world.broker.waitForMessages('orders', 1)
    t.strictSame(
      records.map(({ value }) => value),
      [`${round}`],
    )
    t.equal(world.broker.topic('orders').partitions().length, round + 1)
    await admin.deleteTopics({ topics: ['orders'] })
    t.notOk(world.broker.topic('orders').exists())
  }
})

t.test('a group forms without three seconds of waiting for more members', async (t) => {
  const world = await World.begin(t)
  const admin = await world.admin()
  await admin.createTopics({ topics: [{ topic: 'orders' }] })
  const startedMs = Date.now()
  await world.consume('orders', 'g')
  await world.broker.waitForAssignment('g')
  t.ok(Date.now() - startedMs < 3000)
})

t.test('the broker is restarted while a consumer is at it', async (t) => {
  const world = await World.begin(t)
  const admin = await world.admin()
  await admin.createTopics({ topics: [{ topic: 'orders' }] })
  const producer = await world.producer()
  const values = await world.consume('orders', 'g', true)
  await producer.send({ topic: 'orders', messages: message('one') })
  await until(() => values.length === 1, 'what came before')
  await world.broker.waitForCommit('g', { topic: 'orders', offset: 1 })
  await world.broker.restart()
  await producer.send({ topic: 'orders', messages: message('two') })
  await until(() => values.includes('two'), 'what came after')
  t.equal(values.at(-1), 'two')
  t.equal(await world.broker.topic('orders').count(), 2)
})

t.test('a session expires without anybody waiting for it', async (t) => {
  const world = await World.begin(t, { clock: 'virtual' })
  const { broker } = world
  const admin = await world.admin()
  await admin.createTopics({ topics: [{ topic: 'orders' }] })
  await world.consume('orders', 'g')
  await broker.waitForAssignment('g')
  await using _dead = broker.faults.blackhole('reader of g')
  await broker.clock.advance('45s')
  await broker.waitForGroup('g', { members: 0 })
  t.match(await broker.group('g').describe(), { state: 'Empty' })
})
