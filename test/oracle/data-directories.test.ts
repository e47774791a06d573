import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startBroker } from '../../src/index.js'
import { ApiKey } from '../../src/protocol/api-keys.js'
import {
  type ApacheKafka,
  type ApacheKafkaOptions,
  installApacheKafka,
  missingForApacheKafka,
  startApacheKafka,
} from '../support/apache-kafka/apache-kafka.js'
import { Conversation } from './conversation.js'
import { batchOf, createTopic, prepareGroups, produceTo } from './fixtures.js'

const missing = missingForApacheKafka()
const TOPIC = 'moved'
const GROUP = 'movers'

/** Talks with a broker. */
async function talk<T>(bootstrap: string, use: (c: Conversation) => Promise<T>): Promise<T> {
  const [host, port] = bootstrap.split(':')
  const conversation = new Conversation(host!, Number(port), () => {})
  try {
    return await use(conversation)
  } finally {
    conversation.close()
  }
}

async function fill(c: Conversation): Promise<void> {
  await createTopic(c, TOPIC, 1, { 'max.message.bytes': '54321' })
  await produceTo(c, TOPIC, batchOf(['a', 'b', 'c']))
  await prepareGroups(c)
  await commit(c, 2n)
}

async function commit(c: Conversation, committedOffset: bigint): Promise<void> {
  const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: 'x' }]
  const topics = [{ name: TOPIC, partitions }]
  const { topics: answers } = await c.quietly(
    ApiKey.OffsetCommit,
    7,
    { groupId: GROUP, generationIdOrMemberEpoch: -1, memberId: '', topics },
    { until: (body) => body.topics[0].partitions[0].errorCode === 0 },
  )
  const { errorCode } = answers[0].partitions[0]
  if (errorCode !== 0) throw new Error(`commit: ${errorCode}`)
}

/** What is in the directory, as its broker tells it. */
async function content(c: Conversation) {
  const offsets = await c.quietly(
    ApiKey.ListOffsets,
    1,
    {
      replicaId: -1,
      topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
    },
    { until: (body) => body.topics[0].partitions[0].errorCode === 0 },
  )
  const committed = await c.quietly(
    ApiKey.OffsetFetch,
    7,
    { groupId: GROUP, topics: [{ name: TOPIC, partitionIndexes: [0] }] },
    { until: (body) => body.errorCode === 0 },
  )
  const configs = await c.quietly(ApiKey.DescribeConfigs, 1, {
    resources: [{ resourceType: 2, resourceName: TOPIC, configurationKeys: ['max.message.bytes'] }],
  })
  const { topics, clusterId } = await c.quietly(ApiKey.Metadata, 12, {
    topics: [{ name: TOPIC }],
    allowAutoTopicCreation: false,
  })
  return {
    end: Number(offsets.topics[0].partitions[0].offset),
    committed: Number(committed.topics[0].partitions[0].committedOffset),
    maxMessageBytes: configs.results[0].configs[0].value,
    topicId: topics[0].topicId,
    clusterId,
  }
}

async function kafkaAt(t: Test, options: ApacheKafkaOptions): Promise<ApacheKafka> {
  const kafka = await startApacheKafka({ heap: '256m', ...options })
  t.teardown(() => kafka.stop('SIGKILL'))
  return kafka
}

function handOver(name: string, standalone: boolean): void {
  t.test(
    `a directory goes to and fro, ${name}`,
    { skip: missing && `needs ${missing}` },
    async (t) => {
      installApacheKafka()
      const directory = mkdtempSync(join(tmpdir(), 'samsa-directories-'))
      t.teardown(() => rmSync(directory, { recursive: true, force: true }))
      const options = { directory, standalone }

      const first = await kafkaAt(t, options)
      await talk(first.bootstrapServers, fill)
      const written = await talk(first.bootstrapServers, content)
      t.match(written, { end: 3, committed: 2, maxMessageBytes: '54321' })
      const data = first.dataDirectory
      if (process.platform === 'linux') {
        await t.rejects(startBroker({ directory: data }), /in use by Apache Kafka \(process \d+\)/)
      }
      await first.stop()

      const second = await startBroker({ directory: data })
      await talk(second.bootstrapServers, async (c) => {
        t.strictSame(await content(c), written, 'samsa finds what Apache Kafka wrote')
        await produceTo(c, TOPIC, batchOf(['d', 'e']))
        await commit(c, 4n)
      })
      await second.close()

      const third = await kafkaAt(t, options)
      const more = { ...written, end: 5, committed: 4 }
      await talk(third.bootstrapServers, async (c) => {
        t.strictSame(await content(c), more, 'Apache Kafka finds what samsa wrote')
        await produceTo(c, TOPIC, batchOf(['f']))
      })
      await third.stop('SIGKILL')

      const fourth = await startBroker({ directory: data })
      const { bootstrapServers } = fourth
      t.strictSame(
        await talk(bootstrapServers, content),
        { ...more, end: 6 },
        'killed, it is there',
      )
      await fourth.close()
    },
  )
}

handOver('with the voters in the configuration', false)
handOver('with the voters in the log', true)

t.test('what samsa formatted', { skip: missing && `needs ${missing}` }, async (t) => {
  installApacheKafka()
  const directory = mkdtempSync(join(tmpdir(), 'samsa-directories-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const broker = await startBroker({ directory: join(directory, 'data') })
  await talk(broker.bootstrapServers, fill)
  const written = await talk(broker.bootstrapServers, content)
  await broker.close()
  const kafka = await kafkaAt(t, { directory })
  t.strictSame(await talk(kafka.bootstrapServers, content), written, 'Apache Kafka opens')
})
