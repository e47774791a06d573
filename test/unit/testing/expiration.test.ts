import t from 'tap'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { buildBatch } from '../../../src/protocol/records/index.js'
import { until } from '../../support/until.js'
import { type Body, Fixture } from './broker-fixture.js'

const MINUTE_MS = 60_000
const CONSUMER_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** The answer, once the coordinator has loaded. */
const answered = (ask: () => Promise<Body>): Promise<Body> =>
  until(async () => {
    const answer = await ask()
    return answer.errorCode === ErrorCode.NONE ? answer : undefined
  }, 'the coordinator')

t.test('offsets.retention.minutes: groups of either kind are forgotten', async (t) => {
  const fixture = await Fixture.start(t, {
    clock: 'virtual',
    config: {
      'offsets.retention.minutes': '10',
      'offsets.retention.check.interval.ms': String(MINUTE_MS),
      'group.consumer.session.timeout.ms': '45000',
    },
  })
  const { broker } = fixture
  await fixture.createTopic('orders')
  const client = fixture.client()
  const commit = async (groupId: string, memberId: string, generationIdOrMemberEpoch: number) => {
    const offset = { partitionIndex: 0, committedOffset: 0n, committedMetadata: '' }
    const topics = [{ name: 'orders', partitions: [offset] }]
    const member = { groupId, memberId, generationIdOrMemberEpoch }
    const answer = await client.ask('OffsetCommit', 9, { ...member, topics })
    return answer.topics[0].partitions[0].errorCode
  }
  await client.ask('FindCoordinator', 4, { keyType: 0, coordinatorKeys: ['modern', 'simple'] })
  const { memberEpoch } = await answered(() =>
    client.ask('ConsumerGroupHeartbeat', 1, {
      groupId: 'modern',
      memberId: CONSUMER_ID,
      memberEpoch: 0,
      rebalanceTimeoutMs: 30_000,
      subscribedTopicNames: ['orders'],
      topicPartitions: [],
    }),
  )
  t.equal(await commit('modern', CONSUMER_ID, memberEpoch), ErrorCode.NONE)
  t.equal(await commit('modern', '', -1), ErrorCode.UNKNOWN_MEMBER_ID, 'who is no member may not')
  t.equal(await commit('simple', '', -1), ErrorCode.NONE)
  // Nothing is heard of the member, so that its session ends.
  await broker.clock.advance('9m')
  t.match(await broker.group('modern').describe(), { type: 'consumer', state: 'Empty' })
  t.strictSame((await broker.groups()).toSorted(), ['modern', 'simple'])
  await broker.clock.advance('3m')
  await until(async () => (await broker.groups()).length === 0, 'the groups to be forgotten')
})

t.test('transactional.id.expiration.ms: who has not been heard of is forgotten', async (t) => {
  const fixture = await Fixture.start(t, {
    clock: 'virtual',
    config: {
      'transactional.id.expiration.ms': String(60 * MINUTE_MS),
      'transaction.remove.expired.transaction.cleanup.interval.ms': String(MINUTE_MS),
    },
  })
  const { broker } = fixture
  const client = fixture.client()
  await client.ask('FindCoordinator', 4, { keyType: 1, coordinatorKeys: ['payments'] })
  const init = { transactionalId: 'payments', transactionTimeoutMs: 60_000 }
  await answered(() => client.ask('InitProducerId', 4, init))
  await broker.clock.advance('58m')
  t.match(await broker.transactions(), [{ transactionalId: 'payments', state: 'Empty' }])
  await broker.clock.advance('4m')
  await until(async () => (await broker.transactions()).length === 0, 'the id to be forgotten')
})

t.test(
  'producer.id.expiration.ms: what a partition knows of a producer is forgotten',
  async (t) => {
    const fixture = await Fixture.start(t, {
      clock: 'virtual',
      config: {
        'producer.id.expiration.ms': String(2 * MINUTE_MS),
        'producer.id.expiration.check.interval.ms': String(MINUTE_MS),
      },
    })
    const { broker } = fixture
    await fixture.createTopic('orders')
    const client = fixture.client()
    const records = buildBatch({
      timestamp: 0,
      producerId: 5,
      producerEpoch: 0,
      baseSequence: 0,
      records: [{ key: null, value: Buffer.from('value') }],
    })
    const { responses } = await client.ask('Produce', 9, {
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: 'orders', partitionData: [{ index: 0, records }] }],
    })
    t.equal(responses[0].partitionResponses[0].errorCode, ErrorCode.NONE)
    const producers = async (): Promise<unknown[]> => {
      const topics = [{ name: 'orders', partitionIndexes: [0] }]
      const answer = await client.ask('DescribeProducers', 0, { topics })
      return answer.topics[0].partitions[0].activeProducers
    }
    t.match(await producers(), [{ producerId: 5 }])
    await broker.clock.advance('4m')
    await until(async () => (await producers()).length === 0, 'the producer to be forgotten')
  },
)
