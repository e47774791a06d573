import t from 'tap'
import { describeCluster } from '../../../src/broker/api/describe-cluster.js'
import { describeTopicPartitions } from '../../../src/broker/api/describe-topic-partitions.js'
import { metadata } from '../../../src/broker/api/metadata.js'
import { ZERO_UUID } from '../../../src/protocol/codec/index.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { AclOperation, ResourceType } from '../../../src/security/authorizer.js'
import {
  ask,
  type Body,
  broker,
  configOf,
  forbidding,
  peer,
  replay,
  ScriptedController,
  servicesOf,
  stateOf,
  TOPIC_A,
  TOPIC_B,
  topic,
} from './admin-fixtures.js'

const NOT_ASKED = -(2 ** 31)
const outcomes = ({ topics }: Body) => topics.map((it: Body) => [it.name, it.errorCode])
const UNKNOWN = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

t.test('Metadata', async (t) => {
  const state = () =>
    stateOf(
      broker(1),
      broker(2, true),
      broker(3, false, 'OTHER'),
      ...topic('a', TOPIC_A, [[1], [2, 1], [3, 1], [9]]),
      ...topic('b', TOPIC_B, [[1]]),
    )

  t.test('tells who leads, and why nobody can be told', async (t) => {
    const handler = metadata(servicesOf({ state: state() }))
    const body = await ask(handler, 13, { topics: [{ name: 'a' }] })
    t.match(body, {
      brokers: [{ nodeId: 1, host: 'host-1', port: 9092, rack: null }],
      clusterId: 'cluster-of-the-tests-A',
      controllerId: 1,
      errorCode: 0,
      topics: [{ name: 'a', topicId: TOPIC_A, topicAuthorizedOperations: NOT_ASKED }],
    })
    t.match(body.topics[0].partitions, [
      { errorCode: 0, leaderId: 1, leaderEpoch: 5, replicaNodes: [1], offlineReplicas: [] },
      { errorCode: 0, leaderId: 2, replicaNodes: [2, 1], isrNodes: [2, 1], offlineReplicas: [2] },
      { errorCode: ErrorCode.LISTENER_NOT_FOUND, leaderId: -1, offlineReplicas: [3] },
      { errorCode: ErrorCode.LEADER_NOT_AVAILABLE, leaderId: -1, offlineReplicas: [9] },
    ])
  })

  t.test('names no missing listener before version 6', async (t) => {
    const body = await ask(metadata(servicesOf({ state: state() })), 5, { topics: [{ name: 'a' }] })
    t.equal(body.topics[0].partitions[2].errorCode, ErrorCode.LEADER_NOT_AVAILABLE)
  })

  t.test('leaves out replicas that are not there in version 0', async (t) => {
    const body = await ask(metadata(servicesOf({ state: state() })), 0, { topics: [{ name: 'a' }] })
    t.match(body.topics[0].partitions[1], {
      errorCode: ErrorCode.REPLICA_NOT_AVAILABLE,
      replicaNodes: [1],
      isrNodes: [1],
    })
  })

  t.test('gives all topics for null, in version 0 for none', async (t) => {
    const handler = metadata(servicesOf({ state: state() }))
    for (const [version, topics, expected] of [
      [0, [], ['a', 'b']],
      [1, null, ['a', 'b']],
      [1, [], []],
      [13, null, ['a', 'b']],
    ] as const) {
      const body = await ask(handler, version, { topics })
      t.strictSame(
        body.topics.map((it: Body) => it.name),
        expected,
      )
    }
  })

  t.test('finds topics by id, and then not by name', async (t) => {
    const handler = metadata(servicesOf({ state: state() }))
    const byId = (topicId: string) => ({ topicId, name: null })
    const topics = [byId(TOPIC_B), byId('dddddddddddddddddddddA'), { name: 'a' }]
    t.strictSame(outcomes(await ask(handler, 12, { topics })), [
      [null, ErrorCode.UNKNOWN_TOPIC_ID],
      ['b', 0],
    ])
    t.match(await ask(handler, 10, { topics: [byId(TOPIC_B)] }), {
      brokers: [],
      clusterId: null,
      topics: [{ name: '', topicId: TOPIC_B, errorCode: ErrorCode.INVALID_REQUEST }],
    })
    t.match(await ask(handler, 13, { topics: [{ name: null }] }), {
      topics: [{ name: '', errorCode: ErrorCode.UNKNOWN_SERVER_ERROR }],
      errorCode: ErrorCode.UNKNOWN_SERVER_ERROR,
    })
  })

  t.test('tells what may be done', async (t) => {
    const authorizer = forbidding((operation) => operation === AclOperation.WRITE)
    const handler = metadata(servicesOf({ state: state(), authorizer }))
    const options = {
      includeTopicAuthorizedOperations: true,
      includeClusterAuthorizedOperations: true,
    }
    const body = await ask(handler, 10, { topics: [{ name: 'a' }], ...options })
    t.equal(body.topics[0].topicAuthorizedOperations, 3576 - (1 << AclOperation.WRITE))
    t.equal(body.clusterAuthorizedOperations, 8096)
  })

  t.test('hides topics from those who may not see them', async (t) => {
    const authorizer = forbidding(
      (operation, type, name) =>
        operation === AclOperation.DESCRIBE && type === ResourceType.TOPIC && name === 'a',
    )
    const handler = metadata(servicesOf({ state: state(), authorizer }))
    t.strictSame(outcomes(await ask(handler, 13, { topics: null })), [['b', 0]])
    t.match(await ask(handler, 13, { topics: [{ name: 'a' }] }), {
      topics: [{ name: 'a', topicId: ZERO_UUID, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED }],
    })
    t.match(await ask(handler, 13, { topics: [{ name: null, topicId: TOPIC_A }] }), {
      topics: [{ name: null, topicId: TOPIC_A, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED }],
    })
  })
})

t.test('a topic that is asked for and is not there', async (t) => {
  const creating = () => {
    const state = stateOf(broker(1))
    const controller = new ScriptedController(({ topics }) => {
      const made = topics.filter(({ name }: Body) => name !== 'refused')
      for (const { name } of made) replay(state, ...topic(name, TOPIC_A, [[1]]))
      return {
        topics: topics.map(({ name }: Body) => ({
          name,
          errorCode: name === 'refused' ? ErrorCode.INVALID_REPLICATION_FACTOR : 0,
        })),
      }
    })
    return { state, controller }
  }

  t.test('is created, and can be used when the answer comes', async (t) => {
    const { state, controller } = creating()
    const config = configOf({ 'num.partitions': '4' })
    const handler = metadata(servicesOf({ state, controller, config }))
    const body = await ask(handler, 4, { topics: [{ name: 'new' }], allowAutoTopicCreation: true })
    t.match(body.topics, [{ name: 'new', errorCode: 0, partitions: [{ leaderId: 1 }] }])
    t.match(controller.asked, [
      {
        api: 'CreateTopics',
        principal: 'User:ANONYMOUS',
        request: { topics: [{ name: 'new', numPartitions: 4, replicationFactor: 1 }] },
      },
    ])
  })

  t.test('is created once for all who ask', async (t) => {
    const { state, controller } = creating()
    const handler = metadata(servicesOf({ state, controller }))
    const topics = [{ name: 'new' }]
    const bodies = await Promise.all([ask(handler, 13, { topics }), ask(handler, 13, { topics })])
    for (const body of bodies) t.strictSame(outcomes(body), [['new', 0]])
    t.equal(controller.asked.length, 1)
  })

  t.test('is unknown once to who has just deleted one of that name', async (t) => {
    const { state, controller } = creating()
    const services = servicesOf({ state, controller })
    services.deletedTopics.add(peer, 'new')
    const [handler, topics] = [metadata(services), [{ name: 'new' }]]
    t.strictSame(outcomes(await ask(handler, 13, { topics })), [['new', UNKNOWN]])
    t.equal(controller.asked.length, 1, 'it is created all the same')
    t.strictSame(outcomes(await ask(handler, 13, { topics })), [['new', 0]])
  })

  t.test('is unknown where it cannot be created', async (t) => {
    const { state, controller } = creating()
    const handler = metadata(servicesOf({ state, controller }))
    t.strictSame(outcomes(await ask(handler, 13, { topics: [{ name: 'refused' }] })), [
      ['refused', UNKNOWN],
    ])
    t.strictSame(outcomes(await ask(handler, 13, { topics: [{ name: 'not legal' }] })), [
      ['not legal', ErrorCode.INVALID_TOPIC_EXCEPTION],
    ])
    t.equal(controller.asked.length, 1, 'an illegal name is not asked for')
  })

  t.test('is unknown where nobody wants it created', async (t) => {
    const { state, controller } = creating()
    const topics = [{ name: 'new' }]
    const off = configOf({ 'auto.create.topics.enable': 'false' })
    const authorizer = forbidding((operation) => operation === AclOperation.CREATE)
    const forbidden = metadata(servicesOf({ state, controller, authorizer }))
    for (const [handler, allowAutoTopicCreation, code] of [
      [metadata(servicesOf({ state, controller })), false, UNKNOWN],
      [metadata(servicesOf({ state, controller, config: off })), true, UNKNOWN],
      [forbidden, true, ErrorCode.TOPIC_AUTHORIZATION_FAILED],
    ] as const) {
      const body = await ask(handler, 13, { topics, allowAutoTopicCreation })
      t.strictSame(outcomes(body), [['new', code]])
    }
    t.equal(controller.asked.length, 0)
  })

  t.test('that brokers keep for themselves gets settings of its own', async (t) => {
    const { state, controller } = creating()
    const handler = metadata(servicesOf({ state, controller }))
    const body = await ask(handler, 13, { topics: [{ name: '__consumer_offsets' }] })
    t.match(body.topics, [{ isInternal: true, errorCode: 0 }])
    const { request } = controller.asked[0]!
    t.match(request.topics, [{ numPartitions: 50, replicationFactor: 1 }])
    t.match(request.topics[0].configs, [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'producer' },
      { name: 'segment.bytes', value: '104857600' },
    ])
  })
})

t.test('DescribeTopicPartitions', async (t) => {
  const state = stateOf(
    broker(1),
    ...topic('b', TOPIC_B, [[1], [1]]),
    ...topic('a', TOPIC_A, [[1], [1], [1]]),
  )
  const page = async (body: object, authorizer = forbidding(() => false)) => {
    const handler = describeTopicPartitions(servicesOf({ state, authorizer }))
    const { topics, nextCursor } = await ask(handler, 0, body)
    const indexes = topics.map(({ name, partitions }: Body) => [
      name,
      ...partitions.map(({ partitionIndex }: Body) => partitionIndex),
    ])
    return { topics, indexes, nextCursor }
  }
  const cursor = (topicName: string, partitionIndex: number) => ({ topicName, partitionIndex })

  t.test('goes through topics in the order of their names', async (t) => {
    const { indexes, topics, nextCursor } = await page({ topics: [] })
    t.strictSame(indexes, [
      ['a', 0, 1, 2],
      ['b', 0, 1],
    ])
    t.equal(nextCursor, null)
    t.match(topics[0], { topicId: TOPIC_A, topicAuthorizedOperations: 3576 })
    t.match(topics[0].partitions[0], { eligibleLeaderReplicas: [], lastKnownElr: [] })
  })

  t.test('stops at the limit and goes on from the cursor', async (t) => {
    const first = await page({ topics: [], responsePartitionLimit: 2 })
    t.match(first, { indexes: [['a', 0, 1]], nextCursor: cursor('a', 2) })
    const next = { topics: [], responsePartitionLimit: 2, cursor: first.nextCursor }
    t.match(await page(next), {
      indexes: [
        ['a', 2],
        ['b', 0],
      ],
      nextCursor: cursor('b', 1),
    })
    const exact = { topics: [], responsePartitionLimit: 3 }
    t.match(await page(exact), { indexes: [['a', 0, 1, 2]], nextCursor: cursor('b', 0) })
  })

  t.test('refuses a cursor that is not of the topics asked for', async (t) => {
    for (const wrong of [cursor('a', 0), cursor('b', -1)]) {
      const { topics } = await page({ topics: [{ name: 'b' }], cursor: wrong })
      t.match(topics, [{ name: 'b', errorCode: ErrorCode.INVALID_REQUEST }])
    }
  })

  t.test('says which topics are not there', async (t) => {
    const { topics } = await page({ topics: [{ name: 'no' }, { name: 'no such' }] })
    t.match(topics, [
      { name: 'no', errorCode: UNKNOWN },
      { name: 'no such', errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION },
    ])
  })

  t.test('hides what may not be seen', async (t) => {
    const secret = forbidding((_, __, name) => name === 'a')
    t.strictSame((await page({ topics: [] }, secret)).indexes, [['b', 0, 1]])
    const { topics } = await page({ topics: [{ name: 'a' }] }, secret)
    t.match(topics, [{ name: 'a', errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED }])
  })
})

t.test('DescribeCluster', async (t) => {
  const state = stateOf(broker(1), broker(2, true), broker(3, false, 'OTHER'))
  const handler = describeCluster(servicesOf({ state }))
  const ids = ({ brokers }: Body) => brokers.map((it: Body) => [it.brokerId, it.isFenced])
  const body = await ask(handler, 2, { includeClusterAuthorizedOperations: true })
  t.match(body, { errorCode: 0, endpointType: 1, controllerId: 1 })
  t.equal(body.clusterAuthorizedOperations, 8096)
  t.strictSame(ids(body), [[1, false]])
  const all = { includeClusterAuthorizedOperations: false, includeFencedBrokers: true }
  t.strictSame(ids(await ask(handler, 2, all)), [
    [1, false],
    [2, true],
  ])
  for (const [endpointType, errorCode] of [
    [2, ErrorCode.MISMATCHED_ENDPOINT_TYPE],
    [9, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE],
  ]) {
    const wrong = { includeClusterAuthorizedOperations: false, endpointType }
    t.match(await ask(handler, 1, wrong), { errorCode, brokers: [], clusterId: '' })
  }
})
