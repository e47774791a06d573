import kafkajs from 'kafkajs'
import t from 'tap'
import { bootstrapFor } from '../../support/bootstrap.js'
import { clientOf, errorOf, producerOf, readAll, topicOf, unique } from './client.js'

const { ConfigResourceTypes } = kafkajs

const bootstrap = await bootstrapFor(t, { 'group.initial.rebalance.delay.ms': '0' })
const kafka = clientOf(bootstrap)
const admin = kafka.admin()
t.before(() => admin.connect())
t.teardown(() => admin.disconnect())

async function write(topic: string, values: string[], partition = 0): Promise<void> {
  const producer = producerOf(kafka)
  await producer.connect()
  await producer.send({ topic, messages: values.map((value) => ({ value, partition })) })
  await producer.disconnect()
}

t.test('the cluster', async (t) => {
  const cluster = await admin.describeCluster()
  const [host, port] = bootstrap.split(':')
  t.match(cluster, {
    brokers: [{ nodeId: 1, host, port: Number(port) }],
    controller: 1,
    clusterId: /^[\w-]{22}$/,
  })
})

t.test('topics are made, listed, described and deleted', async (t) => {
  const topic = unique('made')
  t.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 3 }] }), true)
  t.equal(await admin.createTopics({ topics: [{ topic }] }), false, 'it is there already')
  t.ok((await admin.listTopics()).includes(topic))
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  t.strictSame(
    topics.map(({ name, partitions }) => [
      name,
      [...partitions]
        .sort((a, b) => a.partitionId - b.partitionId)
        .map((it) => [it.partitionErrorCode, it.partitionId, it.leader, it.replicas, it.isr]),
    ]),
    [[topic, [0, 1, 2].map((partition) => [0, partition, 1, [1], [1]])]],
  )
  await admin.deleteTopics({ topics: [topic] })
  t.notOk((await admin.listTopics()).includes(topic))
})

t.test('validateOnly makes nothing', async (t) => {
  const topic = unique('validated')
  const options = { validateOnly: true, waitForLeaders: false }
  t.equal(await admin.createTopics({ ...options, topics: [{ topic }] }), true)
  t.notOk((await admin.listTopics()).includes(topic))
})

t.test('what cannot be made says why', async (t) => {
  const attempts: [Record<string, unknown>, string, number][] = [
    [{ topic: 'not legal!' }, 'INVALID_TOPIC_EXCEPTION', 17],
    [{ topic: unique('few'), numPartitions: 0 }, 'INVALID_PARTITIONS', 37],
    [{ topic: unique('many'), replicationFactor: 3 }, 'INVALID_REPLICATION_FACTOR', 38],
    [
      { topic: unique('wrong'), configEntries: [{ name: 'retention.ms', value: 'soon' }] },
      'INVALID_CONFIG',
      40,
    ],
    [
      { topic: unique('odd'), replicaAssignment: [{ partition: 1, replicas: [1] }] },
      'INVALID_REPLICA_ASSIGNMENT',
      39,
    ],
  ]
  for (const [topic, type, code] of attempts) {
    const error = await errorOf(admin.createTopics({ topics: [topic as { topic: string }] }))
    t.match(error, { name: 'KafkaJSAggregateError', errors: [{ type, code }] }, type)
  }
})

t.test('topics that are not there', async (t) => {
  const impatient = clientOf(bootstrap, 1).admin()
  await impatient.connect()
  const missing = unique('missing')
  const causes = await Promise.all(
    [
      impatient.deleteTopics({ topics: [missing], timeout: 1000 }),
      impatient.fetchTopicMetadata({ topics: [missing] }),
      impatient.fetchTopicOffsets(missing),
      impatient.createPartitions({ topicPartitions: [{ topic: missing, count: 3 }] }),
    ].map(errorOf),
  )
  for (const { cause, type } of causes as { cause?: { type: string }; type?: string }[]) {
    t.equal(type ?? cause?.type, 'UNKNOWN_TOPIC_OR_PARTITION')
  }
  t.notOk((await admin.listTopics()).includes(missing), 'asking did not make it')
  await impatient.disconnect()
})

t.test('partitions are added, not taken away', async (t) => {
  const topic = await topicOf(kafka, 2)
  await admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] })
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  t.equal(topics[0]!.partitions.length, 5)
  const error = await errorOf(admin.createPartitions({ topicPartitions: [{ topic, count: 1 }] }))
  t.match(error, { name: 'KafkaJSProtocolError', type: 'INVALID_PARTITIONS', code: 37 })
  await write(topic, ['into the new one'], 4)
  t.match((await admin.fetchTopicOffsets(topic)).map(({ offset }) => offset).sort(), [
    '0',
    '0',
    '0',
    '0',
    '1',
  ])
})

t.test('offsets of a topic, by end and by time', async (t) => {
  const topic = await topicOf(kafka)
  const producer = producerOf(kafka)
  await producer.connect()
  const times = [1_700_000_000_000, 1_700_000_010_000, 1_700_000_020_000]
  for (const time of times) {
    await producer.send({ topic, messages: [{ value: 'v', timestamp: String(time) }] })
  }
  await producer.disconnect()
  t.strictSame(await admin.fetchTopicOffsets(topic), [
    { partition: 0, offset: '3', high: '3', low: '0' },
  ])
  t.strictSame(await admin.fetchTopicOffsetsByTimestamp(topic, times[1]! - 1), [
    { partition: 0, offset: '1' },
  ])
  t.strictSame(await admin.fetchTopicOffsetsByTimestamp(topic, times[2]! + 1), [
    { partition: 0, offset: '3' },
  ])
})

t.test('records before an offset are deleted', async (t) => {
  const topic = await topicOf(kafka)
  await write(topic, ['0', '1', '2', '3'])
  t.match(await admin.fetchTopicOffsets(topic), [{ high: '4', low: '0' }])
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] })
  t.match(await admin.fetchTopicOffsets(topic), [{ high: '4', low: '2' }])
  t.strictSame(
    (await readAll(kafka, topic, 2)).map(({ message }) => String(message.value)),
    ['2', '3'],
  )
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '-1' }] })
  t.match(await admin.fetchTopicOffsets(topic), [{ high: '4', low: '4' }])
  const error = await errorOf(
    admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '9' }] }),
  )
  t.match(error, {
    cause: {
      name: 'KafkaJSDeleteTopicRecordsError',
      partitions: [{ partition: 0, offset: '9', error: { type: 'OFFSET_OUT_OF_RANGE' } }],
    },
  })
})

t.test('configs of a topic', async (t) => {
  const topic = await topicOf(kafka)
  const resource = { type: ConfigResourceTypes.TOPIC, name: topic }
  const describe = async (configNames: string[]) => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ ...resource, configNames }],
    })
    return resources[0]!
  }
  t.match(await describe(['retention.ms', 'cleanup.policy']), {
    errorCode: 0,
    resourceType: ConfigResourceTypes.TOPIC,
    resourceName: topic,
    configEntries: [
      { configName: 'cleanup.policy', configValue: 'delete', isDefault: true, readOnly: false },
      { configName: 'retention.ms', configValue: '604800000', isDefault: true, readOnly: false },
    ].sort((a, b) => (a.configName < b.configName ? -1 : 1)),
  })
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '1000' }] }],
  })
  t.match((await describe(['retention.ms'])).configEntries, [
    { configValue: '1000', isDefault: false, configSource: 1, isSensitive: false },
  ])
  const all = (await describe([])).configEntries.map(({ configName }) => configName)
  t.ok(all.includes('max.message.bytes') && all.includes('min.insync.replicas'))

  const invalid = await errorOf(
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: 'x' }] }],
    }),
  )
  t.match(invalid, { type: 'INVALID_CONFIG', code: 40 })
  const unknown = await errorOf(
    admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: unique('missing') }],
    }),
  )
  t.match(unknown, { type: 'UNKNOWN_TOPIC_OR_PARTITION' })
})

t.test('configs of the broker, with synonyms', async (t) => {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: true,
    resources: [
      { type: ConfigResourceTypes.BROKER, name: '1', configNames: ['log.retention.ms', 'node.id'] },
    ],
  })
  const entries = new Map(resources[0]!.configEntries.map((entry) => [entry.configName, entry]))
  t.match(entries.get('node.id'), { configValue: '1', readOnly: true, isSensitive: false })
  t.match(entries.get('log.retention.ms'), { configValue: null, readOnly: false })
})

t.test('offsets of a group without members', async (t) => {
  const topic = await topicOf(kafka, 2)
  await write(topic, ['0', '1', '2'])
  const groupId = unique('offsets')
  t.match(await admin.fetchOffsets({ groupId, topics: [topic] }), [
    { topic, partitions: [{ offset: '-1' }, { offset: '-1' }] },
  ])
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '2' }] })
  t.match(await admin.fetchOffsets({ groupId, topics: [topic] }), [
    {
      topic,
      partitions: [
        { partition: 0, offset: '2', metadata: null },
        { partition: 1, offset: '-1', metadata: null },
      ],
    },
  ])
  t.match(await admin.fetchOffsets({ groupId }), [{ topic, partitions: [{ offset: '2' }] }])
  await admin.resetOffsets({ groupId, topic, earliest: true })
  const [reset] = await admin.fetchOffsets({ groupId, topics: [topic], resolveOffsets: true })
  t.strictSame(
    reset!.partitions.map(({ offset }) => offset),
    ['0', '0'],
  )
})

t.test('groups are listed, described and deleted', async (t) => {
  const topic = await topicOf(kafka)
  await write(topic, ['x'])
  const groupId = unique('described')
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50 })
  await consumer.connect()
  await consumer.subscribe({ topic })
  const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve))
  await consumer.run({ eachMessage: async () => {} })
  await joined
  const { groups } = await admin.listGroups()
  t.match(
    groups.find((group) => group.groupId === groupId),
    { protocolType: 'consumer' },
  )
  const description = (await admin.describeGroups([groupId])).groups[0]!
  t.match(description, {
    errorCode: 0,
    groupId,
    state: 'Stable',
    protocolType: 'consumer',
    protocol: 'RoundRobinAssigner',
    members: [{ clientId: 'compat', clientHost: '/127.0.0.1' }],
  })
  t.match(description.members[0]!.memberId, /^compat-[0-9a-f-]{36}$/)
  t.match(await errorOf(admin.deleteGroups([groupId])), {
    name: 'KafkaJSDeleteGroupsError',
    groups: [{ groupId, errorCode: 68, error: { type: 'NON_EMPTY_GROUP' } }],
  })
  await consumer.disconnect()
  t.match((await admin.describeGroups([groupId])).groups, [{ state: 'Empty', members: [] }])
  t.match(await admin.deleteGroups([groupId]), [{ groupId, errorCode: 0 }])
  t.match((await admin.describeGroups([groupId])).groups, [{ state: 'Dead', members: [] }])
  t.match(await errorOf(admin.deleteGroups([groupId])), {
    groups: [{ groupId, error: { type: 'GROUP_ID_NOT_FOUND' } }],
  })
})
