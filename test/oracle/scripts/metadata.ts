import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { AskOptions, Body, Conversation } from '../conversation.js'
import { createTopic, NO_TOPIC_ID } from '../fixtures.js'
import { type Script, topicName, versionsOf } from '../script.js'

/** What a client asks first: ApiVersions, Metadata, DescribeCluster, topics and coordinators. */
export const metadata: Script = {
  name: 'metadata',
  async run(t) {
    for (const version of versionsOf(ApiKey.DescribeCluster)) await describeCluster(t, version)
    for (const version of versionsOf(ApiKey.Metadata)) await topicMetadata(t, version)
    await describeTopicPartitions(t)
    for (const version of versionsOf(ApiKey.FindCoordinator)) await findCoordinator(t, version)
  },
}

async function describeCluster(t: Conversation, version: number): Promise<void> {
  const ask = (label: string, body: object) => t.ask(label, ApiKey.DescribeCluster, version, body)
  await ask('brokers', { includeClusterAuthorizedOperations: false })
  await ask('authorized operations', { includeClusterAuthorizedOperations: true })
  if (version >= 1) {
    await ask('controllers', { includeClusterAuthorizedOperations: false, endpointType: 2 })
    await ask('an unknown endpoint type', {
      includeClusterAuthorizedOperations: false,
      endpointType: 9,
    })
  }
  if (version >= 2) {
    await ask('fenced brokers', {
      includeClusterAuthorizedOperations: false,
      includeFencedBrokers: true,
    })
  }
}

async function topicMetadata(t: Conversation, version: number): Promise<void> {
  const name = topicName('meta', version)
  const topicId = await createTopic(t, name, 3)
  const ask = (label: string, body: object) =>
    t.ask(
      label,
      ApiKey.Metadata,
      version,
      version >= 4 ? { allowAutoTopicCreation: false, ...body } : body,
      { unordered: true },
    )
  await ask('a topic', { topics: [{ name }] })
  await ask('twice the same', { topics: [{ name }, { name }] })
  if (version >= 1) await ask('no topics', { topics: [] })
  if ([0, 1, 13].includes(version)) {
    await ask('all topics', { topics: version === 0 ? [] : null })
  }
  for (const bad of ['', 'a b', '..', 'x'.repeat(250)]) {
    await ask(`name ${bad.slice(0, 9)}`, {
      topics: [{ name: bad }],
      ...(version >= 4 && { allowAutoTopicCreation: true }),
    })
  }
  if (version >= 4) {
    await ask('an unknown one, not to be created', {
      topics: [{ name: `${name}-no` }],
    })
  }
  if (version >= 8) {
    await ask('authorized operations of topics', {
      topics: [{ name }],
      includeTopicAuthorizedOperations: true,
    })
  }
  if (version >= 8 && version <= 10) {
    await ask('authorized operations of the cluster', {
      topics: [],
      includeClusterAuthorizedOperations: true,
    })
  }
  if (version < 10) return
  await ask('by id', { topics: [{ topicId, name: null }] })
  await ask('by id and name', { topics: [{ topicId, name }] })
  await ask('an unknown id', {
    topics: [{ topicId: NO_TOPIC_ID, name: null }],
    allowAutoTopicCreation: false,
  })
  await ask('neither id nor name', { topics: [{ name: null }] })
  await ask('an unknown id and a name', {
    topics: [{ topicId: NO_TOPIC_ID, name: null }, { name }, { topicId: NO_TOPIC_ID, name: null }],
    includeTopicAuthorizedOperations: true,
  })
  await ask('authorized operations of topics that are not there', {
    topics: [{ name: 'a b' }, { name: `${name}-no` }],
    includeTopicAuthorizedOperations: true,
  })
}

async function describeTopicPartitions(t: Conversation): Promise<void> {
  await createTopic(t, 'described-a', 3)
  await createTopic(t, 'described-b', 2)
  const ask = (label: string, body: object) => t.ask(label, ApiKey.DescribeTopicPartitions, 0, body)
  const topics = [{ name: 'described-b' }, { name: 'described-a' }]
  await ask('two topics', { topics, cursor: null })
  await ask('a limit of 2', { topics, responsePartitionLimit: 2, cursor: null })
  await ask('from a cursor', {
    topics,
    responsePartitionLimit: 2,
    cursor: { topicName: 'described-a', partitionIndex: 2 },
  })
  await ask('a cursor past the end', {
    topics,
    cursor: { topicName: 'described-b', partitionIndex: 9 },
  })
  await ask('a cursor before it all', {
    topics,
    cursor: { topicName: 'a', partitionIndex: 0 },
  })
  await ask('a negative cursor', {
    topics,
    cursor: { topicName: 'described-a', partitionIndex: -1 },
  })
  await ask('all topics, from a cursor', {
    topics: [],
    responsePartitionLimit: 2,
    cursor: { topicName: 'described', partitionIndex: 7 },
  })
  for (const responsePartitionLimit of [0, -1, 3, 5]) {
    await ask(`a limit of ${responsePartitionLimit}`, {
      topics,
      responsePartitionLimit,
      cursor: null,
    })
  }
  await ask('a topic twice', { topics: [...topics, ...topics], cursor: null })
  await ask('an unknown topic', { topics: [{ name: 'described-no' }], cursor: null })
  await ask('an unknown topic past the limit', {
    topics: [...topics, { name: 'described-no' }],
    responsePartitionLimit: 5,
    cursor: null,
  })
  await ask('a bad name', { topics: [{ name: 'a b' }], cursor: null })
}

async function findCoordinator(t: Conversation, version: number): Promise<void> {
  const ask = (label: string, body: object, options: AskOptions = {}) =>
    t.ask(label, ApiKey.FindCoordinator, version, body, options)
  const keys = (...names: string[]) =>
    version >= 4 ? { coordinatorKeys: names } : { key: names[0] }
  const isFound = (body: Body): boolean =>
    version >= 4 ? body.coordinators[0].errorCode === 0 : body.errorCode === 0
  await ask('a group', { ...keys('group-a'), keyType: 0 }, { until: isFound })
  await ask('an empty group id', { ...keys(''), keyType: 0 })
  if (version >= 1) {
    const deviation = 'clearer-errors'
    await ask('an unknown key type', { ...keys('k'), keyType: 9 }, { deviation })
  }
  if (version >= 4) {
    await ask('two groups', { ...keys('group-a', 'group-b'), keyType: 0 })
    await ask('no keys', { coordinatorKeys: [], keyType: 0 })
  }
}
