import t from 'tap'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { Cluster, typesOf, uuid } from './cluster.js'

/** Three brokers that serve. */
function threeBrokers(properties = {}): Cluster {
  const cluster = new Cluster(properties)
  for (const id of [1, 2, 3]) cluster.start(id)
  return cluster
}

function oneBroker(properties = {}): Cluster {
  const cluster = new Cluster(properties)
  cluster.start(1)
  return cluster
}

t.test('a topic is created as Apache Kafka writes it', async (t) => {
  const cluster = oneBroker()
  const { records, ...answer } = cluster.create('orders', 2, 1, {
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'retention.ms', value: '1000' },
    ],
  })
  t.match(answer, { errorCode: 0, errorMessage: null, numPartitions: 2, replicationFactor: 1 })
  const { topicId } = answer
  t.strictSame(typesOf(records), [
    'TopicRecord',
    'ConfigRecord',
    'ConfigRecord',
    'PartitionRecord',
    'PartitionRecord',
  ])
  t.strictSame(records[0], { type: 'TopicRecord', version: 0, data: { name: 'orders', topicId } })
  t.match(records[3], {
    version: 2,
    data: {
      topicId,
      partitionId: 0,
      replicas: [1],
      isr: [1],
      leader: 1,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: [uuid('dir of 1')],
      eligibleLeaderReplicas: null,
    },
  })
  t.strictSame(cluster.topicConfigs('orders'), {
    'cleanup.policy': 'compact',
    'retention.ms': '1000',
  })
})

t.test('the answer says what the topic is configured with, and why', async (t) => {
  const cluster = oneBroker({ 'log.retention.hours': '1', 'log.segment.bytes': '2000000' })
  const { configs } = cluster.create('orders', 1, 1, {
    configs: [{ name: 'cleanup.policy', value: 'compact' }],
  })
  const find = (name: string) => {
    const found = configs!.find((config) => config.name === name)!
    return [found.value, found.configSource]
  }
  t.strictSame(find('cleanup.policy'), ['compact', 1], 'set on the topic')
  t.strictSame(find('min.insync.replicas'), ['1', 3], 'set for all brokers')
  t.strictSame(find('segment.bytes'), ['2000000', 4], 'set in the file')
  t.strictSame(find('retention.ms'), ['3600000', 4], 'in another unit')
  t.strictSame(find('flush.ms'), ['9223372036854775807', 5], 'nowhere')
  const names = configs!.map(({ name }) => name)
  t.strictSame(names, [...names].sort())
})

t.test('only checked: the same answer, nothing written', async (t) => {
  const cluster = oneBroker()
  const topic = {
    name: 'orders',
    numPartitions: 2,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  }
  const { response, records } = cluster.ask('CreateTopics', { topics: [topic], validateOnly: true })
  t.match(response.topics[0], { errorCode: 0, numPartitions: 2 })
  t.strictSame(records, [])
  t.notOk(cluster.state.topicsByName.has('orders'))
})

t.test('what is wrong with a topic is said of that topic alone', async (t) => {
  const cluster = oneBroker()
  cluster.create('taken')
  cluster.create('a.b_c')
  const wrong: [string, Parameters<Cluster['create']>, number, string][] = [
    ['taken', ['taken'], 36, "Topic 'taken' already exists."],
    [
      'no partitions',
      ['x', 0],
      37,
      'Number of partitions was set to an invalid non-positive value.',
    ],
    [
      'no replicas',
      ['x', 0, 0],
      38,
      'Replication factor must be larger than 0, or -1 to use the default value.',
    ],
    [
      'too many replicas',
      ['x', 1, 3],
      38,
      'Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because only 1 broker(s) are registered or some brokers have all their log directories cordoned.',
    ],
    ['no name', [''], 17, 'Topic name is invalid: the empty string is not allowed'],
    ['a dot', ['.'], 17, "Topic name is invalid: '.' is not allowed"],
    [
      'a blank',
      ['a b'],
      17,
      "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
    ],
    ['a name that collides', ['a_b.c'], 17, "Topic 'a_b.c' collides with existing topic: a.b_c"],
    [
      'the log itself',
      ['__cluster_metadata'],
      42,
      'Creation of internal topic __cluster_metadata is prohibited.',
    ],
    [
      'a null',
      ['x', 1, 1, { configs: [{ name: 'retention.ms', value: null }] }],
      40,
      'Null value not supported for topic configs: retention.ms',
    ],
    [
      'an unknown setting',
      ['x', 1, 1, { configs: [{ name: 'no.such', value: '1' }] }],
      40,
      'Unknown topic config name: no.such',
    ],
    [
      'a bad value',
      ['x', 1, 1, { configs: [{ name: 'segment.bytes', value: '1' }] }],
      40,
      'Invalid value 1 for configuration segment.bytes: Value must be at least 1048576',
    ],
  ]
  for (const [what, args, errorCode, errorMessage] of wrong) {
    const { records, ...answer } = cluster.create(...args)
    t.match(answer, { errorCode, errorMessage, numPartitions: -1, configs: [] }, what)
    t.strictSame(records, [], what)
  }
  const good = {
    name: 'good',
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  }
  const { response } = cluster.ask('CreateTopics', { topics: [good, { ...good, name: 'a b' }] })
  t.strictSame(
    response.topics.map(({ errorCode }) => errorCode),
    [0, 17],
  )
})

t.test('a topic that a request names twice is not created', async (t) => {
  const cluster = oneBroker()
  const topic = {
    name: 'twice',
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  }
  const { response, records } = cluster.ask('CreateTopics', { topics: [topic, topic] })
  t.equal(response.topics.length, 1)
  t.match(response.topics[0], { errorCode: 42, errorMessage: 'Duplicate topic name.' })
  t.strictSame(records, [])
})

t.test('one request creates at most 10,000 partitions', async (t) => {
  const cluster = oneBroker()
  t.match(cluster.create('big', 10_001), {
    errorCode: ErrorCode.POLICY_VIOLATION,
    errorMessage: 'Excessively large number of partitions per request.',
    records: [],
  })
  cluster.create('grows')
  const grown = cluster.ask('CreatePartitions', {
    topics: [{ name: 'grows', count: 10_002, assignments: null }],
  })
  t.equal(grown.response.results[0]!.errorCode, ErrorCode.POLICY_VIOLATION)
  t.strictSame(grown.records, [])
})

t.test('replicas chosen by hand', async (t) => {
  const cluster = threeBrokers()
  const assigned = (...lists: (readonly [number, readonly number[]])[]) =>
    cluster.create(`t${cluster.nextOffset}`, -1, -1, {
      assignments: lists.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds })),
    })
  t.match(assigned([0, [3, 1]], [1, [2, 3]]), {
    errorCode: 0,
    numPartitions: 2,
    replicationFactor: 2,
  })
  const wrong: [string, ReturnType<typeof assigned>][] = [
    [
      'The manual partition assignment includes broker 7, but no such broker is registered.',
      assigned([0, [7]]),
    ],
    [
      'The manual partition assignment includes the broker 1 more than once.',
      assigned([0, [1, 1]]),
    ],
    ['The manual partition assignment includes an empty replica list.', assigned([0, []])],
    ['partitions should be a consecutive 0-based integer sequence', assigned([1, [1]])],
    ['Found multiple manual partition assignments for partition 0', assigned([0, [1]], [0, [1]])],
    [
      'The manual partition assignment includes a partition with 1 replica(s), but this is not consistent with previous partitions, which have 2 replica(s).',
      assigned([0, [1, 2]], [1, [1]]),
    ],
  ]
  for (const [message, { errorCode, errorMessage }] of wrong) {
    t.strictSame([errorCode, errorMessage], [ErrorCode.INVALID_REPLICA_ASSIGNMENT, message])
  }
  const both = cluster.create('both', 2, -1, {
    assignments: [{ partitionIndex: 0, brokerIds: [1] }],
  })
  t.equal(
    both.errorMessage,
    'A manual partition assignment was specified, but numPartitions was not set to -1.',
  )
})

t.test('a fenced broker may hold a replica, but not lead nor be in sync', async (t) => {
  const cluster = threeBrokers()
  cluster.heartbeat(3, { wantFence: true })
  cluster.assign('orders', 3, 2)
  t.match(cluster.partition('orders'), { replicas: [3, 2], isr: [2], leader: 2 })
  t.match(cluster.assign('nobody', 3), {
    errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT,
    errorMessage:
      'All brokers specified in the manual partition assignment for partition 0 are fenced or in controlled shutdown.',
  })
})

t.test(
  'replicas are spread: as many leaders on each broker, no broker twice in a partition',
  async (t) => {
    const cluster = threeBrokers()
    cluster.create('spread', 9, 2)
    const leaders = new Map<number, number>()
    for (const { replicas, leader } of cluster.state.topicsByName
      .get('spread')!
      .partitions.values()) {
      leaders.set(leader, (leaders.get(leader) ?? 0) + 1)
      t.equal(new Set(replicas).size, 2)
    }
    t.strictSame([...leaders.values()], [3, 3, 3])
  },
)

t.test('replicas of a partition go to different racks', async (t) => {
  const cluster = new Cluster()
  for (const [id, rack] of [
    [1, 'a'],
    [2, 'a'],
    [3, 'b'],
    [4, 'b'],
  ] as const) {
    cluster.start(id, { rack })
  }
  cluster.create('racks', 8, 2)
  for (const { replicas } of cluster.state.topicsByName.get('racks')!.partitions.values()) {
    t.equal(new Set(replicas.map((id) => cluster.state.brokers.get(id)!.rack)).size, 2)
  }
})

t.test('a broker with all its directories cordoned gets no partitions (KIP-1066)', async (t) => {
  const cluster = threeBrokers()
  cluster.heartbeat(2, { cordonedLogDirs: [uuid('dir of 2')] })
  t.equal(cluster.create('three', 1, 3).errorCode, ErrorCode.INVALID_REPLICATION_FACTOR)
  cluster.create('two', 6, 2)
  for (const { replicas } of cluster.state.topicsByName.get('two')!.partitions.values()) {
    t.strictSame([...replicas].sort(), [1, 3])
  }
})

t.test('partitions are added', async (t) => {
  const cluster = threeBrokers()
  cluster.create('grows', 2, 2)
  const grow = (count: number, assignments: object[] | null = null, name = 'grows') => {
    const { response, records } = cluster.ask('CreatePartitions', {
      topics: [{ name, count, assignments }],
    })
    return { ...response.results[0]!, records }
  }
  const { records, ...answer } = grow(4)
  t.strictSame(answer, { name: 'grows', errorCode: 0, errorMessage: null })
  t.match(records, [{ data: { partitionId: 2 } }, { data: { partitionId: 3 } }])
  t.equal(cluster.partition('grows', 3).replicas.length, 2)
  t.match(grow(4), { errorCode: 37, errorMessage: 'Topic already has 4 partition(s).' })
  t.match(grow(1), {
    errorMessage: 'The topic grows currently has 4 partition(s); 1 would not be an increase.',
  })
  t.match(grow(3, null, 'unknown'), { errorCode: 3, errorMessage: null })
  t.match(grow(6, [{ brokerIds: [1, 2] }]), {
    errorCode: 39,
    errorMessage:
      'Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.',
  })
  grow(5, [{ brokerIds: [3, 1] }])
  t.match(cluster.partition('grows', 4), { replicas: [3, 1], leader: 3 })
  const twice = cluster.ask('CreatePartitions', {
    topics: [
      { name: 'grows', count: 6, assignments: null },
      { name: 'grows', count: 7, assignments: null },
    ],
  })
  t.strictSame(twice.response.results, [
    { name: 'grows', errorCode: 42, errorMessage: 'Duplicate topic name.' },
  ])
})

t.test('topics are deleted by name or by id, and their settings with them', async (t) => {
  const cluster = oneBroker()
  cluster.create('by-name', 1, 1, { configs: [{ name: 'retention.ms', value: '1' }] })
  const { topicId } = cluster.create('by-id')
  const { response, records } = cluster.ask('DeleteTopics', {
    topics: [{ name: 'by-name' }, { name: null, topicId }, { name: 'no' }, { name: null }],
  })
  t.strictSame(
    response.responses.map(({ name, errorCode, errorMessage }) => [name, errorCode, errorMessage]),
    [
      [null, 42, 'Neither topic name nor id were specified.'],
      ['no', 3, 'This server does not host this topic-partition.'],
      ['by-id', 0, null],
      ['by-name', 0, null],
    ],
  )
  t.strictSame(typesOf(records), ['RemoveTopicRecord', 'RemoveTopicRecord'])
  t.equal(cluster.state.topicsById.size, 0)
  t.strictSame(cluster.topicConfigs('by-name'), {})
  const again = cluster.ask('DeleteTopics', { topics: [{ name: null, topicId }] })
  t.match(again.response.responses[0], {
    name: null,
    topicId,
    errorCode: 100,
    errorMessage: 'This server does not host this topic ID.',
  })
})

t.test('who names a topic twice to delete it meant something else', async (t) => {
  const cluster = oneBroker()
  const { topicId } = cluster.create('kept')
  const errors = (topics: object[]) => {
    const { response, records } = cluster.ask('DeleteTopics', { topics })
    t.strictSame(records, [])
    return response.responses.map(({ errorMessage }) => errorMessage)
  }
  t.strictSame(errors([{ name: 'kept' }, { name: 'kept' }]), ['Duplicate topic name.'])
  t.strictSame(
    errors([
      { name: null, topicId },
      { name: null, topicId },
    ]),
    ['Duplicate topic id.'],
  )
  t.strictSame(errors([{ name: 'kept', topicId }]), [
    'You may not specify both topic name and topic id.',
  ])
  t.strictSame(errors([{ name: 'kept' }, { name: null, topicId }]), [
    'The provided topic name maps to an ID that was already supplied.',
  ])
})

t.test('deleting can be forbidden', async (t) => {
  const cluster = oneBroker({ 'delete.topic.enable': 'false' })
  cluster.create('kept')
  const { response } = cluster.ask('DeleteTopics', { topics: [{ name: 'kept' }] })
  t.equal(response.responses[0]!.errorCode, ErrorCode.TOPIC_DELETION_DISABLED)
  const old = cluster.ask('DeleteTopics', { topicNames: ['kept'] }, 2)
  t.equal(old.response.responses[0]!.errorCode, ErrorCode.INVALID_REQUEST)
})
