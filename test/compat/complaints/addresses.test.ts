import { networkInterfaces } from 'node:os'
import t from 'tap'
import { errorOf } from '../kafkajs/client.js'
import { ForwardedPort, Story, send } from './clients.js'

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === '::1')

/** A port where nobody listens. */
const NOWHERE = '127.0.0.1:1'

const portOf = (address: string): number => Number(address.split(':').at(-1))

t.test('behind a forwarded port, clients are sent to one that they can not reach', async (t) => {
  const story = await Story.begin(t, {
    config: { 'advertised.listeners': `PLAINTEXT://${NOWHERE}` },
  })
  const { broker } = story
  // The address is known only once the broker runs, as with a container's port.
  broker.advertise(null)
  const port = portOf(broker.bootstrapServers)
  const forwarded = await ForwardedPort.to(t, port)
  const through = story.kafka({ brokers: [forwarded.address], retry: { retries: 0 } })

  await t.test('what it looks like', async (t) => {
    const admin = await story.admin(through)
    const { cluster } = { cluster: await admin.describeCluster() }
    t.match(cluster.brokers, [{ host: '127.0.0.1', port: 1 }])
    const { message } = await errorOf(send(await story.producer(through), 'orders', 'a'))
    t.match(message, /ECONNREFUSED|Connection/)
  })

  await t.test('advertise() says where, after the start', async (t) => {
    broker.advertise(forwarded.address)
    t.equal(broker.bootstrapServers, forwarded.address)
    const kafka = story.kafka()
    const consuming = await story.consume('orders', { fromBeginning: true, kafka })
    await send(await story.producer(kafka), 'orders', 'b')
    await consuming.until('b')
    t.ok(forwarded.connections >= 2)
  })

  await t.test('and can take it back', async (t) => {
    broker.advertise(null)
    t.equal(broker.bootstrapServers, `127.0.0.1:${port}`)
  })
})

t.test('without a word clients are sent where they have come to', async (t) => {
  const story = await Story.begin(t)
  const port = portOf(story.broker.bootstrapServers)
  const hosts = ['127.0.0.1', ...(hasIpv6 ? ['::1'] : [])]
  for (const host of hosts) {
    const admin = await story.admin(story.kafka({ brokers: [`${host}:${port}`] }))
    t.match((await admin.describeCluster()).brokers, [{ host, port }])
  }
})

t.test('localhost is ::1 for the client and 127.0.0.1 for the broker', async (t) => {
  if (!hasIpv6) return t.comment('this machine has no ::1')

  await t.test('what it looks like', async (t) => {
    const story = await Story.begin(t, { config: { listeners: 'PLAINTEXT://127.0.0.1:0' } })
    const port = portOf(story.broker.bootstrapServers)
    const kafka = story.kafka({ brokers: [`[::1]:${port}`], retry: { retries: 0 } })
    const { message } = await errorOf(kafka.admin().connect())
    t.match(message, /ECONNREFUSED|Connection/)
  })

  await t.test('here the broker has both', async (t) => {
    const story = await Story.begin(t)
    const port = portOf(story.broker.bootstrapServers)
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      const topic = `from-${host.replace(/\W/g, '')}`
      await send(await story.producer(story.kafka({ brokers: [`${host}:${port}`] })), topic, host)
      t.match(await story.broker.topic(topic).records(), [{ value: host }])
    }
  })
})
