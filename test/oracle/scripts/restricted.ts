import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { Conversation } from '../conversation.js'
import { createTopic } from '../fixtures.js'
import { type Script, versionsOf } from '../script.js'

/** A broker that creates and deletes no topics by itself or for others, and answers in small pages. */
export const restricted: Script = {
  name: 'restricted',
  config: {
    'auto.create.topics.enable': 'false',
    'delete.topic.enable': 'false',
    'max.request.partition.size.limit': '2',
  },
  async run(t) {
    const topics = [{ name: 'restricted' }]
    for (const version of versionsOf(ApiKey.Metadata)) {
      const allow = version >= 4 && { allowAutoTopicCreation: true }
      await t.ask('a topic that is not there', ApiKey.Metadata, version, { topics, ...allow })
    }
    await createTopic(t, 'restricted', 3)
    for (const version of versionsOf(ApiKey.DeleteTopics)) {
      const names = version >= 6 ? { topics } : { topicNames: ['restricted', 'restricted-no'] }
      await t.ask('deleted', ApiKey.DeleteTopics, version, { ...names, timeoutMs: 10_000 })
    }
    await t.ask('a page', ApiKey.DescribeTopicPartitions, 0, { topics, cursor: null })
  },
}

/** A broker that can't create topics as it is told to: there are too few brokers. */
export const tooFewBrokers: Script = {
  name: 'too-few-brokers',
  config: { 'default.replication.factor': '3', 'num.partitions': '4', 'min.insync.replicas': '2' },
  async run(t) {
    const topics = [{ name: 'impossible' }]
    for (const version of versionsOf(ApiKey.Metadata)) {
      const allow = version >= 4 && { allowAutoTopicCreation: true }
      await t.ask('a topic for three brokers', ApiKey.Metadata, version, { topics, ...allow })
    }
    await create(t, 'as the broker would', -1, -1)
    await create(t, 'with one replica', -1, 1)
    await create(t, 'with one partition', 1, -1)
    await t.ask(
      'all settings',
      ApiKey.DescribeConfigs,
      4,
      {
        resources: [
          { resourceType: 2, resourceName: 'with-one-replica', configurationKeys: null },
          { resourceType: 4, resourceName: '', configurationKeys: null },
        ],
        includeSynonyms: true,
      },
      { unordered: true },
    )
  },
}

function create(t: Conversation, label: string, numPartitions: number, replicationFactor: number) {
  const name = label.replaceAll(' ', '-')
  const topic = { name, numPartitions, replicationFactor, assignments: [], configs: [] }
  const body = { topics: [topic], timeoutMs: 10_000, validateOnly: false }
  return t.ask(label, ApiKey.CreateTopics, 7, body)
}
