import { connect } from 'node:net'
import type { ISocketFactory } from 'kafkajs'
import t from 'tap'
import { hasIpv6 } from '../../support/loopback.js'
import { errorOf } from '../kafkajs/client.js'
import { ForwardedPort, Story, send } from './clients.js'

/** A port where nobody listens. */
const NOWHERE = '127.0.0.1:1'

/** As on a machine where `localhost` is ::1 first. */
const ipv6First: ISocketFactory = ({ host, port, onConnect }) =>
  connect({ host: host === 'localhost' ? '::1' : host, port }, onConnect)

const portOf = (address: string): number => Number(address.split(':').at(-1))

t.test('behind a forwarded port, clients are sent to one that they can not reach', async (t) => {
  const story = await Story.begin(t)
  const { broker } = story
  const port = portOf(broker.bootstrapServers)
  const forwarded = await ForwardedPort.to(t, port)
  const through = story.kafka({ brokers: [forwarded.address], retry: { retries: 0 } })

  await t.test('what it looks like', async (t) => {
    broker.advertise(NOWHERE)
    const sent = async () => send(await story.producer(through), 'orders', 'a')
    const { message } = await errorOf(sent())
    t.match(message, `ECONNREFUSED ${NOWHERE}`)
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
  const admin = await story.admin(story.kafka({ brokers: [`127.0.0.1:${port}`] }))
  t.match((await admin.describeCluster()).brokers, [{ host: '127.0.0.1', port }])
  if (!hasIpv6) return
  const kafka = story.kafka({ brokers: [`localhost:${port}`], socketFactory: ipv6First })
  const other = await story.admin(kafka)
  t.match((await other.describeCluster()).brokers, [{ host: '::1', port }])
})

t.test('localhost is ::1 for the client and 127.0.0.1 for the broker', async (t) => {
  if (!hasIpv6) return t.comment('this machine has no ::1')

  await t.test('what it looks like', async (t) => {
    const story = await Story.begin(t, {
      config: { listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://localhost:9093' },
    })
    const port = portOf(story.broker.bootstrapServers)
    const kafka = story.kafka({
      brokers: [`localhost:${port}`],
      socketFactory: ipv6First,
      retry: { retries: 0 },
    })
    const { message } = await errorOf(kafka.admin().connect())
    t.match(message, /ECONNREFUSED|Connection/)
  })

  await t.test('here the broker has both', async (t) => {
    const story = await Story.begin(t)
    const port = portOf(story.broker.bootstrapServers)
    for (const more of [{}, { socketFactory: ipv6First }]) {
      const kafka = story.kafka({ brokers: [`localhost:${port}`], ...more })
      await send(await story.producer(kafka), 'orders', 'a')
    }
    t.equal(await story.broker.topic('orders').count(), 2)
    const connections = story.broker.journal.entries({ api: 'Produce' })
    t.match(connections, [{ connection: /^127\.0\.0\.1:/ }, { connection: /^::1:|^\[::1\]:/ }])
  })
})
