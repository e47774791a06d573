import { deserialize, serialize } from 'node:v8'
import t from 'tap'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { buildBatch } from '../../../src/protocol/records/index.js'
import { subscription } from '../../oracle/consumer-requests.js'
import { type Body, Fixture, type FixtureClient } from './broker-fixture.js'

const CONSUMER = subscription(['a'])

const seed = {
  topics: { a: { partitions: 2, records: [{ key: 'k', value: 'seeded', partition: 0 }] } },
  groups: { g: { offsets: { a: { 0: 1 } } } },
}

const produce = (client: FixtureClient, topic: string, records: Buffer, more: object = {}) =>
  client.ask('Produce', 11, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
    ...more,
  })

const errorOf = ({ responses }: Body): number => responses[0].partitionResponses[0].errorCode

async function join(client: FixtureClient, groupId: string, memberId = ''): Promise<Body> {
  return client.ask('JoinGroup', 9, {
    groupId,
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 30_000,
    memberId,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: CONSUMER }],
  })
}

async function joined(client: FixtureClient, groupId: string): Promise<Body> {
  const { memberId } = await join(client, groupId)
  const answer = await join(client, groupId, memberId)
  const { generationId } = answer
  await client.ask('SyncGroup', 5, {
    groupId,
    generationId,
    memberId,
    assignments: [{ memberId, assignment: Buffer.alloc(0) }],
  })
  return { memberId, generationId }
}

t.test('reset brings the seed back, and nothing else stays', async (t) => {
  const fixture = await Fixture.start(t, { seed })
  const client = fixture.client()
  await fixture.createTopic('b')
  await client.produce({ a: [0, 1] })
  await client.ask('OffsetCommit', 8, {
    groupId: 'h',
    topics: [{ name: 'a', partitions: [{ partitionIndex: 1, committedOffset: 1n }] }],
  })
  await client.ask('IncrementalAlterConfigs', 1, {
    resources: [
      {
        resourceType: 4,
        resourceName: '',
        configs: [{ name: 'log.retention.ms', configOperation: 0, value: '1000' }],
      },
    ],
    validateOnly: false,
  })
  fixture.broker.faults.error('Metadata', 'UNKNOWN_SERVER_ERROR')
  await fixture.broker.reset()
  t.strictSame(fixture.broker.topics(), ['a'])
  t.strictSame(await fixture.broker.groups(), ['g'])
  const records = await fixture.broker.topic('a').records()
  t.match(records, [{ partition: 0, offset: 0, key: 'k', value: 'seeded' }])
  t.equal(records.length, 1)
  t.match(await fixture.broker.group('g').offsets(), [{ topic: 'a', partition: 0, offset: 1 }])
  t.strictSame(fixture.broker.faults.active, [])
  t.strictSame(fixture.broker.journal.entries(), [])
  const { results } = await client.ask('DescribeConfigs', 4, {
    resources: [{ resourceType: 4, resourceName: '1', configurationKeys: ['log.retention.ms'] }],
  })
  t.equal(results[0].configs[0].value, null, 'dynamic configurations are gone')
  t.equal(fixture.broker.topic('a').partitions().length, 2)
})

t.test('without a seed, reset leaves nothing; a topic comes back with another id', async (t) => {
  const fixture = await Fixture.start(t)
  const client = fixture.client()
  const idOf = async (): Promise<string> => {
    const { topics } = await client.ask('Metadata', 12, {
      topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: 'a' }],
      allowAutoTopicCreation: false,
    })
    return topics[0].topicId
  }
  await fixture.createTopic('a')
  const first = await idOf()
  await fixture.broker.reset()
  t.strictSame(fixture.broker.topics(), [])
  await fixture.createTopic('a')
  t.not(await idOf(), first)
})

t.test('what live clients see of a reset', async (t) => {
  const fixture = await Fixture.start(t, { seed })
  const { broker } = fixture

  await t.test('a member of a group is not one any more, and joins anew', async (t) => {
    const client = fixture.client()
    const { memberId, generationId } = await joined(client, 'g')
    await broker.reset()
    const beat = { groupId: 'g', memberId, generationId }
    const { errorCode } = await client.ask('Heartbeat', 4, beat)
    t.equal(errorCode, ErrorCode.UNKNOWN_MEMBER_ID)
    const { generationId: anew } = await joined(client, 'g')
    t.equal(anew, 1, 'a new group')
  })

  await t.test('who waits to join is told so', async (t) => {
    const [leader, other] = [fixture.client(), fixture.client()]
    await joined(leader, 'w')
    const { memberId } = await join(other, 'w')
    const waiting = join(other, 'w', memberId)
    await broker.waitForGroup('w', { state: 'PreparingRebalance' })
    await broker.reset()
    t.equal((await waiting).errorCode, ErrorCode.UNKNOWN_MEMBER_ID)
  })

  await t.test('a member of a group of the consumer protocol joins anew, too', async (t) => {
    const client = fixture.client()
    const memberId = 'AAAAAAAAAAAAAAAAAAAAAQ'
    const beat = (memberEpoch: number) =>
      client.ask('ConsumerGroupHeartbeat', 1, {
        groupId: 'c',
        memberId,
        memberEpoch,
        rebalanceTimeoutMs: 30_000,
        subscribedTopicNames: ['a'],
        topicPartitions: [],
      })
    const { memberEpoch } = await beat(0)
    await broker.reset()
    // GROUP_ID_NOT_FOUND, which a group that is gone has, is fatal to librdkafka and to the Java client.
    t.equal((await beat(memberEpoch)).errorCode, ErrorCode.UNKNOWN_MEMBER_ID)
    t.equal((await beat(memberEpoch)).errorCode, ErrorCode.GROUP_ID_NOT_FOUND, 'told once')
    t.equal((await beat(0)).errorCode, ErrorCode.NONE)
    await broker.reset()
    await broker.reset()
    t.strictSame((await broker.groups()).includes('c'), false)
    t.equal((await beat(1)).errorCode, ErrorCode.UNKNOWN_MEMBER_ID)
  })

  await t.test('a long poll ends, and the offset of before may be out of range', async (t) => {
    const client = fixture.client()
    await client.produce({ a: [0] })
    const fetch = (fetchOffset: number, maxWaitMs: number) =>
      client.ask('Fetch', 12, {
        maxWaitMs,
        minBytes: 1,
        topics: [
          { topic: 'a', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 100 }] },
        ],
        forgottenTopicsData: [],
      })
    const waiting = fetch(2, 60_000)
    await broker.reset()
    const { responses } = await waiting
    t.not(responses[0].partitions[0].errorCode, ErrorCode.NONE)
    const again = await fetch(2, 0)
    t.equal(again.responses[0].partitions[0].errorCode, ErrorCode.OFFSET_OUT_OF_RANGE)
  })

  await t.test('an idempotent producer goes on; a transactional one is fenced', async (t) => {
    const client = fixture.client()
    const { producerId, producerEpoch } = await client.ask('InitProducerId', 4, {
      transactionalId: null,
      transactionTimeoutMs: 0,
    })
    const batch = (baseSequence: number) =>
      buildBatch({
        records: [{ value: Buffer.from('x') }],
        producerId,
        producerEpoch,
        baseSequence,
      })
    t.equal(errorOf(await produce(client, 'a', batch(0))), ErrorCode.NONE)
    await client.ask('FindCoordinator', 4, { keyType: 1, coordinatorKeys: ['t'] })
    const init = await client.ask('InitProducerId', 4, {
      transactionalId: 't',
      transactionTimeoutMs: 60_000,
    })
    const added = await client.ask('AddPartitionsToTxn', 3, {
      v3AndBelowTransactionalId: 't',
      v3AndBelowProducerId: init.producerId,
      v3AndBelowProducerEpoch: init.producerEpoch,
      v3AndBelowTopics: [{ name: 'a', partitions: [1] }],
    })
    t.equal(added.resultsByTopicV3AndBelow[0].resultsByPartition[0].partitionErrorCode, 0)
    await broker.reset()
    t.equal(errorOf(await produce(client, 'a', batch(1))), ErrorCode.NONE)
    const ended = await client.ask('EndTxn', 4, {
      transactionalId: 't',
      producerId: init.producerId,
      producerEpoch: init.producerEpoch,
      committed: true,
    })
    t.equal(ended.errorCode, ErrorCode.PRODUCER_FENCED)
  })

  await t.test('what is asked meanwhile is answered afterwards', async (t) => {
    const client = fixture.client()
    const resetting = broker.reset()
    const produced = await client.produce({ a: [0] })
    await resetting
    t.equal(errorOf(produced), ErrorCode.NONE)
    t.equal(await broker.topic('a').count(), 2)
    await t.rejects(Promise.all([broker.reset(), broker.reset()]), { message: /under way already/ })
  })
})

t.test('a snapshot keeps offsets, times, gaps and ends of transactions', async (t) => {
  const fixture = await Fixture.start(t)
  const client = fixture.client()
  await fixture.createTopic('a')
  await client.ask('FindCoordinator', 4, { keyType: 0, coordinatorKeys: ['g'] })
  for (let i = 0; i < 5; i++) await client.produce({ a: [0] })
  await client.ask('DeleteRecords', 2, {
    topics: [{ name: 'a', partitions: [{ partitionIndex: 0, offset: 2 }] }],
    timeoutMs: 10_000,
  })
  await client.ask('OffsetCommit', 8, {
    groupId: 'g',
    topics: [
      {
        name: 'a',
        partitions: [{ partitionIndex: 0, committedOffset: 4n, committedMetadata: 'here' }],
      },
    ],
  })
  const records = await fixture.broker.topic('a').records()
  const snapshot = await fixture.broker.snapshot()
  await client.produce({ a: [0] })
  await fixture.createTopic('b')
  await fixture.broker.restore(snapshot)
  t.strictSame(fixture.broker.topics(), ['a'])
  t.strictSame(await fixture.broker.topic('a').records(), records)
  t.match(fixture.broker.topic('a').partitions(), [
    { logStartOffset: 2, highWatermark: 5, lastStableOffset: 5, logEndOffset: 5 },
  ])
  t.match(await fixture.broker.group('g').offsets(), [{ offset: 4, metadata: 'here', lag: 1 }])
  const { responses } = await client.produce({ a: [0] })
  t.equal(responses[0].partitionResponses[0].baseOffset, 5)

  await t.test('for another broker, too', async (t) => {
    const another = await Fixture.start(t)
    await another.broker.restore(snapshot)
    t.strictSame(await another.broker.topic('a').records(), records)
  })

  await t.test('and an empty log that has had records', async (t) => {
    await client.ask('DeleteRecords', 2, {
      topics: [{ name: 'a', partitions: [{ partitionIndex: 0, offset: -1 }] }],
      timeoutMs: 10_000,
    })
    const emptied = await fixture.broker.snapshot()
    await fixture.broker.restore(emptied)
    t.match(fixture.broker.topic('a').partitions(), [{ logStartOffset: 6, logEndOffset: 6 }])
  })
})

t.test('what is no snapshot is refused before anything is changed', async (t) => {
  const { broker } = await Fixture.start(t, {
    seed: { topics: { a: { records: [{ value: 'x' }] } } },
  })
  const snapshot = await broker.snapshot()
  for (const wrong of [undefined, null, 5, {}, JSON.parse(JSON.stringify(snapshot))]) {
    await t.rejects(broker.restore(wrong), { message: /is no snapshot/ })
  }
  t.equal(await broker.topic('a').count(), 1)
})

t.test('a snapshot lives through a structured clone, to other processes', async (t) => {
  const { broker } = await Fixture.start(t, {
    seed: {
      topics: { a: { configs: { 'retention.ms': 5000 }, records: [{ key: 'k', value: 'x' }] } },
      groups: { g: { offsets: { a: 1 } } },
    },
  })
  const kept = serialize(await broker.snapshot())
  const another = await Fixture.start(t)
  await another.broker.restore(deserialize(kept))
  t.match(await another.broker.topic('a').records(), [{ key: 'k', value: 'x', offset: 0 }])
  t.equal(await another.broker.group('g').lag(), 0)
})
