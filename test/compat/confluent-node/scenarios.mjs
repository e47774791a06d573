// What users of @confluentinc/kafka-javascript do: node scenarios.mjs BOOTSTRAP SCENARIO TOPIC. Each
// scenario prints one JSON object with what the client saw; confluent-node.test.ts says what it must be.
import { kafkaOf } from './client.mjs'

const [bootstrap, scenario, topic] = process.argv.slice(2)
const group = `${topic}-group`
const kafka = kafkaOf(bootstrap)
const open = []

async function connected(client) {
  await client.connect()
  open.unshift(client)
  return client
}

const producerOf = (kafkaJS = {}) => connected(kafka.producer({ kafkaJS }))

async function create(numPartitions, name = topic) {
  const admin = await connected(kafka.admin())
  const created = await admin.createTopics({ topics: [{ topic: name, numPartitions }] })
  return { admin, created }
}

async function until(condition) {
  const deadline = Date.now() + 30_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A member of a group that keeps what it reads and commits it. */
async function memberOf(configs = {}, groupId = group, name = topic) {
  const { autoCommit = true, ...more } = configs
  const read = []
  const consumer = await connected(
    kafka.consumer({ kafkaJS: { groupId, fromBeginning: true, autoCommit }, ...more }),
  )
  await consumer.subscribe({ topic: name })
  await consumer.run({
    eachMessage: async ({ message }) => {
      read.push(String(message.value))
    },
  })
  return { consumer, read, held: () => consumer.assignment().length }
}

const numbers = (from, to) => Array.from({ length: to - from }, (_, i) => `${from + i}`)

/** The name of the error that a promise is rejected with. */
async function errorOf(promise) {
  try {
    await promise
    return null
  } catch (error) {
    return error.groups?.map((group) => group.error?.type) ?? error.type ?? error.message
  }
}

async function sharedGroup(configs) {
  const { admin } = await create(4)
  const producer = await producerOf()
  const write = (values) =>
    producer.send({ topic, messages: values.map((value, i) => ({ value, partition: i % 4 })) })
  const first = await memberOf(configs)
  await until(() => first.held() === 4)
  const second = await memberOf(configs)
  await until(() => first.held() === 2 && second.held() === 2)
  await write(numbers(0, 40))
  await until(() => first.read.length + second.read.length === 40)
  const [described] = (await admin.describeGroups([group])).groups
  await second.consumer.disconnect()
  open.splice(open.indexOf(second.consumer), 1)
  await until(() => first.held() === 4)
  await write(numbers(40, 60))
  await until(() => new Set([...first.read, ...second.read]).size === 60)
  await first.consumer.disconnect()
  open.splice(open.indexOf(first.consumer), 1)
  const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
  return {
    protocol: described.protocol,
    members: described.members.length,
    committed: offsets.partitions.reduce((sum, { offset }) => sum + Number(offset), 0),
    deleted: (await admin.deleteGroups([group])).map(({ errorCode }) => errorCode ?? 0),
  }
}

const scenarios = {
  async produce_and_consume() {
    const { created } = await create(3)
    const producer = await producerOf({ idempotent: true })
    const messages = numbers(0, 300).map((value) => ({ key: `${value % 7}`, value }))
    await producer.send({ topic, messages })
    const { read } = await memberOf()
    await until(() => read.length >= 300)
    return { created, same: read.sort().join() === numbers(0, 300).sort().join() }
  },

  classic_group: () => sharedGroup({ 'partition.assignment.strategy': 'range' }),

  consumer_group: () => sharedGroup({ 'group.protocol': 'consumer' }),

  async transactions() {
    const output = `${topic}-output`
    await create(1)
    const { admin } = await create(1, output)
    const plain = await producerOf()
    await plain.send({ topic, messages: numbers(0, 20).map((value) => ({ value })) })
    const transactional = (transactionalId) => producerOf({ transactionalId, idempotent: true })
    const producer = await transactional(topic)
    const source = await memberOf({ autoCommit: false })
    await until(() => source.read.length === 20)
    for (const end of ['abort', 'commit']) {
      const transaction = await producer.transaction()
      const messages = source.read.map((value) => ({ key: end, value }))
      await transaction.send({ topic: output, messages })
      const topics = [
        { topic, partitions: [{ partition: 0, offset: end === 'abort' ? '7' : '20' }] },
      ]
      await transaction.sendOffsets({ consumer: source.consumer, topics })
      await transaction[end]()
    }
    const opened = await producer.transaction()
    await opened.send({ topic: output, messages: [{ value: 'old' }] })
    const next = await (await transactional(topic)).transaction()
    await next.send({ topic: output, messages: [{ value: 'new' }] })
    await next.commit()
    const fenced = await errorOf(opened.commit())
    await plain.send({ topic: output, messages: [{ value: 'end' }] })
    const read = async (isolation) => {
      const config = { 'isolation.level': isolation }
      const reader = await memberOf(config, `${group}-${isolation}`, output)
      await until(() => reader.read.includes('end'))
      return reader.read.slice(0, -1)
    }
    const committed = await read('read_committed')
    const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
    return {
      committed: committed.slice(0, 20).join() === numbers(0, 20).join(),
      rest: committed.slice(20),
      all: (await read('read_uncommitted')).length,
      offset: offsets.partitions[0].offset,
      fenced,
    }
  },

  async admin() {
    const { admin } = await create(2)
    const again = await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] })
    const producer = await producerOf()
    const messages = numbers(0, 6).map((value, i) => ({ value, partition: i % 2 }))
    await producer.send({ topic, messages })
    const offsets = await admin.fetchTopicOffsets(topic)
    const [{ partitions }] = await admin.fetchTopicMetadata({ topics: [topic] })
    await admin.deleteTopics({ topics: [topic] })
    return {
      again,
      offsets: offsets.map(({ partition, low, high }) => [partition, low, high]),
      partitions: partitions.length,
      no_group: await errorOf(admin.deleteGroups([group])),
      gone: await errorOf(admin.deleteTopics({ topics: [topic] })),
    }
  },
}

const seen = await scenarios[scenario]()
for (const client of open) await client.disconnect().catch(() => {})
console.log(JSON.stringify(seen))
process.exit(0)
