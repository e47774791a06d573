// What users of @platformatic/kafka do: node scenarios.mjs BOOTSTRAP SCENARIO TOPIC (Node 22).
// Each scenario prints one JSON object with what the client saw; platformatic.test.ts says what it
// must be.
import {
  Admin,
  Consumer,
  FetchIsolationLevels,
  ListOffsetTimestamps,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'

const [bootstrap, scenario, topic] = process.argv.slice(2)
const group = `${topic}-group`
const client = { clientId: 'compat', bootstrapBrokers: [bootstrap], retries: 3, retryDelay: 100 }

const open = []
function opened(it) {
  open.unshift(it)
  return it
}

const producerOf = (more = {}) =>
  opened(new Producer({ ...client, serializers: stringSerializers, ...more }))

const consumerOf = (more = {}) =>
  opened(
    new Consumer({
      ...client,
      groupId: group,
      deserializers: stringDeserializers,
      maxWaitTime: 100,
      minBytes: 1,
      ...more,
    }),
  )

async function create(partitions) {
  const admin = opened(new Admin(client))
  const created = await admin.createTopics({ topics: [topic], partitions, replicas: 1 })
  return { admin, created }
}

/** The Kafka errors in what a promise was rejected with, or what the client says of its own. */
async function errorsOf(promise) {
  try {
    await promise
    return null
  } catch (error) {
    const names = new Set()
    const visit = (it) => {
      if (it?.apiId) names.add(it.apiId)
      for (const inner of it?.errors ?? []) visit(inner)
      if (it?.cause) visit(it.cause)
    }
    visit(error)
    return names.size > 0 ? [...names] : [error.message.replaceAll(topic, 'TOPIC')]
  }
}

async function take(stream, count) {
  const messages = []
  for await (const message of stream) {
    messages.push(message)
    if (messages.length === count) break
  }
  return messages
}

const byKey = (pairs) => {
  const lists = {}
  for (const [key, value] of pairs) lists[key] = [...(lists[key] ?? []), value]
  return lists
}

const same = (a, b) => JSON.stringify(sortKeys(byKey(a))) === JSON.stringify(sortKeys(byKey(b)))
const sortKeys = (lists) => Object.fromEntries(Object.entries(lists).sort())

const scenarios = {
  async produce_and_consume() {
    const { created } = await create(3)
    const producer = producerOf({ idempotent: true })
    const wanted = Array.from({ length: 300 }, (_, i) => [`key-${i % 7}`, `value ${i}`])
    for (let at = 0; at < wanted.length; at += 50) {
      const messages = wanted.slice(at, at + 50).map(([key, value]) => ({ topic, key, value }))
      await producer.send({ messages })
    }
    const consumer = consumerOf()
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest' })
    const read = (await take(stream, wanted.length)).map(({ key, value }) => [key, value])
    return {
      created: created.map(({ name, partitions, replicas }) => [
        name === topic,
        partitions,
        replicas,
      ]),
      same: same(read, wanted),
    }
  },

  async codecs() {
    await create(1)
    const wanted = []
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
      const values = Array.from({ length: 60 }, (_, i) => [compression, `${i} ${'x'.repeat(i)}`])
      const messages = values.map(([key, value]) => ({ topic, key, value }))
      await producerOf().send({ messages, compression })
      wanted.push(...values)
    }
    const stream = await consumerOf().consume({ topics: [topic], mode: 'earliest' })
    const read = (await take(stream, wanted.length)).map(({ key, value }) => [key, value])
    return { same: same(read, wanted) }
  },

  async headers() {
    await create(1)
    const headers = { trace: 'x', other: 'y' }
    const messages = [{ topic, key: 'k', value: 'v', headers, timestamp: 1_700_000_000_000n }]
    const sent = await producerOf().send({ messages })
    const stream = await consumerOf().consume({ topics: [topic], mode: 'earliest' })
    const [message] = await take(stream, 1)
    return {
      sent: sent.offsets.map(({ partition, offset }) => [partition, Number(offset)]),
      key: message.key,
      value: message.value,
      headers: Object.fromEntries(message.headers),
      timestamp: Number(message.timestamp),
      offset: Number(message.offset),
    }
  },

  async transactions() {
    const { admin } = await create(1)
    const output = `${topic}-output`
    await admin.createTopics({ topics: [output], partitions: 1, replicas: 1 })
    const values = Array.from({ length: 20 }, (_, i) => `${i}`)
    const plain = producerOf()
    await plain.send({ messages: values.map((value) => ({ topic, key: 'k', value })) })
    // By default it asks for the producer id 0, which is only good for an id that nobody has used.
    const nobody = { producerId: -1n, producerEpoch: -1 }
    const transactional = (transactionalId) =>
      producerOf({ idempotent: true, transactionalId, maxInflights: 1, ...nobody })
    const producer = transactional(topic)
    const consumer = consumerOf({ autocommit: false })
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest' })
    const messages = await take(stream, values.length)
    for (const end of ['abort', 'commit']) {
      const transaction = await producer.beginTransaction()
      await transaction.addConsumer(consumer)
      const copies = messages.map(({ value }) => ({ topic: output, key: end, value }))
      await transaction.send({ messages: copies })
      await transaction.addOffset(messages.at(-1))
      await transaction[end]()
    }
    // Another id: of several aborted transactions of one producer it only knows the last.
    const open = await transactional(`${topic}-fenced`).beginTransaction()
    await open.send({ messages: [{ topic: output, key: 'old', value: 'old' }] })
    const next = await transactional(`${topic}-fenced`).beginTransaction()
    await next.send({ messages: [{ topic: output, key: 'new', value: 'new' }] })
    await next.commit()
    const fenced = await errorsOf(open.commit())
    await plain.send({ messages: [{ topic: output, key: 'end', value: 'end' }] })
    const read = async (isolationLevel) => {
      const reader = consumerOf({
        groupId: `${group}-${isolationLevel}`,
        isolationLevel: FetchIsolationLevels[isolationLevel],
      })
      const keys = []
      for await (const { key } of await reader.consume({ topics: [output], mode: 'earliest' })) {
        if (key === 'end') return keys
        keys.push(key)
      }
    }
    const committed = await read('READ_COMMITTED')
    const all = await read('READ_UNCOMMITTED')
    const offsets = await consumer.listCommittedOffsets({ topics: [{ topic, partitions: [0] }] })
    return {
      committed: committed.filter((key) => key === 'commit').length,
      others: committed.filter((key) => key !== 'commit'),
      all: all.length,
      offset: Number(offsets.get(topic)[0]),
      fenced,
    }
  },

  async group() {
    const { admin } = await create(2)
    const producer = producerOf()
    const write = (values) =>
      producer.send({ messages: values.map((value) => ({ topic, key: value, value })) })
    await write(['a', 'b', 'c', 'd'])
    const readOn = async (count) => {
      const consumer = consumerOf()
      const stream = await consumer.consume({
        topics: [topic],
        mode: 'committed',
        fallbackMode: 'earliest',
        autocommit: false,
      })
      const messages = await take(stream, count)
      for (const message of messages) await message.commit()
      const described = (await admin.describeGroups({ groups: [group] })).get(group)
      await consumer.close(true)
      return [messages.map(({ value }) => value).sort(), described.state, described.members.size]
    }
    const first = await readOn(4)
    await write(['e', 'f'])
    const second = await readOn(2)
    const [offsets] = await admin.listConsumerGroupOffsets({ groups: [group] })
    const committed = offsets.topics.flatMap(({ partitions }) => partitions)
    const listed = await admin.listGroups()
    await admin.deleteGroups({ groups: [group] })
    return {
      first,
      second,
      committed: committed.reduce((sum, it) => sum + Number(it.committedOffset), 0),
      listed: listed.get(group)?.state,
      gone: await errorsOf(admin.deleteGroups({ groups: [group] })),
    }
  },

  async offsets() {
    await create(1)
    const messages = Array.from({ length: 5 }, (_, i) => ({ topic, key: 'k', value: `${i}` }))
    await producerOf().send({ messages })
    const consumer = consumerOf()
    const at = async (timestamp) =>
      Number((await consumer.listOffsets({ topics: [topic], timestamp })).get(topic)[0])
    const ends = [await at(ListOffsetTimestamps.EARLIEST), await at(ListOffsetTimestamps.LATEST)]
    const stream = await consumer.consume({
      topics: [topic],
      mode: 'manual',
      offsets: [{ topic, partition: 0, offset: 3n }],
    })
    return { ends, from: (await take(stream, 2)).map(({ value }) => value) }
  },

  async admin() {
    const { admin } = await create(2)
    const again = await errorsOf(
      admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 }),
    )
    const grown = await errorsOf(
      admin.createPartitions({ topics: [{ name: topic, count: 3, assignments: null }] }),
    )
    const resource = { resourceType: 2, resourceName: topic }
    const change = (value) =>
      errorsOf(
        admin.incrementalAlterConfigs({
          resources: [
            { ...resource, configs: [{ name: 'retention.ms', configOperation: 0, value }] },
          ],
        }),
      )
    const changed = await change('12345')
    const refused = await change('soon')
    const [described] = await admin.describeConfigs({
      resources: [{ ...resource, configurationKeys: ['retention.ms'] }],
    })
    const metadata = await admin.metadata({ topics: [topic] })
    const listed = (await admin.listTopics()).includes(topic)
    await admin.deleteTopics({ topics: [topic] })
    return {
      again,
      grown,
      changed,
      refused,
      retention: described.configs.map(({ name, value }) => [name, value]),
      partitions: metadata.topics.get(topic).partitionsCount,
      brokers: [...metadata.brokers.keys()],
      listed,
      gone: await errorsOf(admin.deleteTopics({ topics: [topic] })),
    }
  },

  async errors() {
    await create(1)
    const value = 'x'.repeat(1_200_000)
    return {
      large: await errorsOf(producerOf().send({ messages: [{ topic, key: 'k', value }] })),
      unknown: await errorsOf(
        producerOf().send({ messages: [{ topic: `${topic}-no`, key: 'k', value: 'v' }] }),
      ),
    }
  },
}

const seen = await scenarios[scenario]()
for (const it of open) await (it instanceof Consumer ? it.close(true) : it.close())
console.log(JSON.stringify(seen))
