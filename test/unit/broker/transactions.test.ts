import t from 'tap'
import { addOffsetsToTxn } from '../../../src/broker/api/add-offsets-to-txn.js'
import { addPartitionsToTxn } from '../../../src/broker/api/add-partitions-to-txn.js'
import { describeTransactions } from '../../../src/broker/api/describe-transactions.js'
import { endTxn } from '../../../src/broker/api/end-txn.js'
import { initProducerId } from '../../../src/broker/api/init-producer-id.js'
import { listTransactions } from '../../../src/broker/api/list-transactions.js'
import { CoordinatorElections } from '../../../src/broker/coordinator-elections.js'
import type { GroupCoordinator } from '../../../src/coordinator/group/group-coordinator.js'
import { TransactionCoordinator } from '../../../src/coordinator/transaction/transaction-coordinator.js'
import { TRANSACTION_STATE_TOPIC } from '../../../src/coordinator/transaction/transaction-topic.js'
import { silentLogger } from '../../../src/env/logger.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { AclOperation, type Authorizer, ResourceType } from '../../../src/security/authorizer.js'
import { settle } from '../coordinator/asked.js'
import { FakeMarkerChannel, TRANSACTION_CONFIG } from '../coordinator/transaction-fixture.js'
import { forbidding } from './admin-fixtures.js'
import { type Body, DataPlane, NODE_ID } from './data-plane-fixture.js'

const ID = 'orders'
const { CLUSTER_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED, NONE, NOT_COORDINATOR } =
  ErrorCode
const { OPERATION_NOT_ATTEMPTED, TOPIC_AUTHORIZATION_FAILED } = ErrorCode
const { TRANSACTIONAL_ID_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode

type Teardown = Parameters<typeof DataPlane.start>[0]

/** A broker's transactions, asked as clients ask. */
class Broker {
  readonly markers = new FakeMarkerChannel()
  readonly transactions: TransactionCoordinator
  readonly groups = { partitionFor: () => 7 } as unknown as GroupCoordinator
  authorizer: Authorizer
  topicId = ''

  private constructor(readonly plane: DataPlane) {
    this.authorizer = plane.authorizer
    this.transactions = new TransactionCoordinator({
      clocks: plane.clocks,
      logger: silentLogger,
      config: { ...TRANSACTION_CONFIG, stateLogNumPartitions: 50 },
      producerIds: { generate: () => Promise.resolve(1000) },
      markers: this.markers,
      transactionVersion: () => 2,
    })
    const elections = new CoordinatorElections({
      nodeId: NODE_ID,
      topic: TRANSACTION_STATE_TOPIC,
      coordinator: this.transactions,
      replicas: plane.replicas,
      partitionsToTxn: plane.partitionsToTxn,
      logger: silentLogger,
    })
    plane.publishers.push(elections)
  }

  static async start(t: Teardown): Promise<Broker> {
    const broker = new Broker(await DataPlane.start(t))
    t.teardown(() => broker.transactions.close())
    return broker
  }

  createStateTopic(partitions = 3): void {
    this.topicId = this.plane.createTopic(TRANSACTION_STATE_TOPIC, partitions)
  }

  ask(
    handler: (services: Services) => Parameters<DataPlane['ask']>[0],
    version: number,
    body: object,
  ): Promise<Body> {
    const { transactions, groups, authorizer } = this
    const { metadata } = this.plane
    const made = handler({ transactions, groups, authorizer, metadata })
    return this.plane.ask(made, version, body) as Promise<Body>
  }

  async init(version = 5): Promise<Body> {
    return await this.ask(initProducerId, version, {
      transactionalId: ID,
      transactionTimeoutMs: 60_000,
    })
  }

  /** @returns of each partition its error */
  async add(version: number, topics: Record<string, number[]>): Promise<Record<string, number>> {
    const named = Object.entries(topics).map(([name, partitions]) => ({ name, partitions }))
    const producer = { transactionalId: ID, producerId: 1000, producerEpoch: 0 }
    const body =
      version >= 4
        ? { transactions: [{ ...producer, topics: named }] }
        : {
            v3AndBelowTransactionalId: ID,
            v3AndBelowProducerId: 1000,
            v3AndBelowProducerEpoch: 0,
            v3AndBelowTopics: named,
          }
    const answer = await this.ask(addPartitionsToTxn, version, body)
    const results: Body[] =
      version >= 4
        ? answer.resultsByTransaction.flatMap(({ topicResults }: Body) => topicResults)
        : answer.resultsByTopicV3AndBelow
    return Object.fromEntries(
      results.flatMap(({ name, resultsByPartition }) =>
        resultsByPartition.map(({ partitionIndex, partitionErrorCode }: Body) => [
          `${name}-${partitionIndex}`,
          partitionErrorCode,
        ]),
      ),
    )
  }
}

type Services = Parameters<typeof addOffsetsToTxn>[0] & Parameters<typeof addPartitionsToTxn>[0]

t.test('whoever leads a partition of the topic coordinates its ids', async (t) => {
  const broker = await Broker.start(t)
  t.equal((await broker.init()).errorCode, NOT_COORDINATOR)
  broker.createStateTopic()
  await settle()
  t.equal(broker.transactions.partitionCount, 3)
  t.match(await broker.init(), { errorCode: NONE, producerId: 1000, producerEpoch: 0 })
  const partition = broker.transactions.partitionFor(ID)
  broker.plane.electLeader(broker.topicId, partition, NODE_ID + 1)
  t.equal((await broker.init()).errorCode, NOT_COORDINATOR)
  broker.plane.electLeader(broker.topicId, partition, NODE_ID)
  await settle()
  t.match(await broker.init(), { errorCode: NONE, producerId: 1000, producerEpoch: 1 })
})

t.test(
  'ids stay where they are when partitions are added, until another topic takes its place',
  async (t) => {
    const broker = await Broker.start(t)
    broker.createStateTopic(2)
    await settle()
    await broker.init()
    const partition = broker.transactions.partitionFor(ID)
    broker.plane.addPartition(broker.topicId, 2)
    broker.plane.addPartition(broker.topicId, 3)
    await settle()
    t.equal(broker.transactions.partitionFor(ID), partition)
    t.match(await broker.init(), { errorCode: NONE, producerId: 1000, producerEpoch: 1 })
    broker.plane.deleteTopic(broker.topicId)
    broker.createStateTopic(5)
    await settle()
    t.equal(broker.transactions.partitionCount, 5)
    t.match(await broker.init(), { errorCode: NONE, producerId: 1000, producerEpoch: 0 })
  },
)

t.test('markers carry the epoch of the coordinator', async (t) => {
  const broker = await Broker.start(t)
  broker.createStateTopic()
  await settle()
  await broker.init()
  broker.plane.createTopic('events')
  await broker.add(3, { events: [0] })
  const partition = broker.transactions.partitionFor(ID)
  broker.plane.electLeader(broker.topicId, partition, NODE_ID + 1)
  broker.plane.electLeader(broker.topicId, partition, NODE_ID)
  await settle()
  const producer = { transactionalId: ID, producerId: 1000, producerEpoch: 0, committed: true }
  t.match(await broker.ask(endTxn, 4, producer), { errorCode: NONE })
  t.match(broker.markers.sent, [{ coordinatorEpoch: 2, transactionResult: true }])
})

t.test('all partitions are added, or none', async (t) => {
  const broker = await Broker.start(t)
  broker.createStateTopic()
  await settle()
  await broker.init()
  broker.plane.createTopic('events', 2)
  for (const version of [3, 4, 5]) {
    t.strictSame(await broker.add(version, { events: [0, 2], gone: [0] }), {
      'events-0': OPERATION_NOT_ATTEMPTED,
      'events-2': UNKNOWN_TOPIC_OR_PARTITION,
      'gone-0': UNKNOWN_TOPIC_OR_PARTITION,
    })
  }
  t.strictSame(await broker.add(3, { [TRANSACTION_STATE_TOPIC]: [0] }), {
    [`${TRANSACTION_STATE_TOPIC}-0`]: TOPIC_AUTHORIZATION_FAILED,
  })
  t.strictSame(await broker.add(3, { events: [0, 1] }), { 'events-0': NONE, 'events-1': NONE })
})

t.test('who may do what', async (t) => {
  const broker = await Broker.start(t)
  broker.createStateTopic()
  await settle()
  await broker.init()
  broker.plane.createTopic('events')
  broker.plane.createTopic('secrets')
  await broker.add(3, { events: [0], secrets: [0] })
  const producer = { transactionalId: ID, producerId: 1000, producerEpoch: 0 }
  const ofGroup = { ...producer, groupId: 'group' }
  const allowed = broker.authorizer

  broker.authorizer = forbidding((_, type) => type === ResourceType.TRANSACTIONAL_ID)
  const refused = TRANSACTIONAL_ID_AUTHORIZATION_FAILED
  t.equal((await broker.init()).errorCode, refused)
  t.strictSame(await broker.add(3, { events: [0] }), { 'events-0': refused })
  t.equal((await broker.ask(addOffsetsToTxn, 4, ofGroup)).errorCode, refused)
  t.equal((await broker.ask(endTxn, 5, { ...producer, committed: true })).errorCode, refused)
  const hidden = await broker.ask(describeTransactions, 0, { transactionalIds: [ID] })
  t.equal(hidden.transactionStates[0].errorCode, refused)
  const filter = { stateFilters: [], producerIdFilters: [] }
  t.strictSame((await broker.ask(listTransactions, 2, filter)).transactionStates, [])

  broker.authorizer = forbidding((_, type) => type === ResourceType.GROUP)
  t.equal((await broker.ask(addOffsetsToTxn, 4, ofGroup)).errorCode, GROUP_AUTHORIZATION_FAILED)

  broker.authorizer = forbidding((_, type, name) => {
    return type === ResourceType.TOPIC && name === 'secrets'
  })
  t.strictSame(await broker.add(3, { events: [0], secrets: [0] }), {
    'events-0': OPERATION_NOT_ATTEMPTED,
    'secrets-0': TOPIC_AUTHORIZATION_FAILED,
  })
  const described = await broker.ask(describeTransactions, 0, { transactionalIds: [ID] })
  t.strictSame(
    described.transactionStates[0].topics.map(({ topic }: Body) => topic),
    ['events'],
  )

  broker.authorizer = forbidding((operation) => operation === AclOperation.CLUSTER_ACTION)
  const transactions = [{ ...producer, topics: [{ name: 'events', partitions: [0] }] }]
  const fromClient = await broker.ask(addPartitionsToTxn, 4, { transactions })
  t.equal(fromClient.errorCode, CLUSTER_AUTHORIZATION_FAILED)
  t.strictSame(await broker.add(3, { events: [0] }), { 'events-0': NONE })

  broker.authorizer = forbidding((operation) => operation === AclOperation.TWO_PHASE_COMMIT)
  const twoPhase = { transactionalId: ID, transactionTimeoutMs: 60_000, enable2Pc: true }
  t.equal((await broker.ask(initProducerId, 6, twoPhase)).errorCode, refused)

  broker.authorizer = allowed
  t.equal((await broker.ask(addOffsetsToTxn, 4, ofGroup)).errorCode, NONE)
})
