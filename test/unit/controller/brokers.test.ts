import t from 'tap'
import { fence } from '../../../src/controller/broker-fencing.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { Cluster, features, SESSION_MS, typesOf, uuid } from './cluster.js'

function brokers(...ids: number[]): Cluster {
  const cluster = new Cluster()
  for (const id of ids) cluster.start(id)
  return cluster
}

t.test('a broker registers, catches up, and serves', async (t) => {
  const cluster = new Cluster()
  const offset = cluster.nextOffset
  const { response, records } = cluster.register(1)
  t.strictSame(response, { throttleTimeMs: 0, errorCode: 0, brokerEpoch: offset })
  t.match(records, [
    {
      type: 'RegisterBrokerRecord',
      version: 4,
      data: { brokerId: 1, brokerEpoch: offset, fenced: true, logDirs: [uuid('dir of 1')] },
    },
  ])
  const waiting = cluster.heartbeat(1, { currentMetadataOffset: offset - 1, wantFence: false })
  t.match(waiting.response, { isCaughtUp: false, isFenced: true })
  t.strictSame(waiting.records, [])
  const ready = cluster.heartbeat(1)
  t.match(ready.response, { isCaughtUp: true, isFenced: false, shouldShutDown: false })
  t.strictSame(ready.records, [
    {
      type: 'BrokerRegistrationChangeRecord',
      version: 0,
      data: { brokerId: 1, brokerEpoch: offset, fenced: -1 },
    },
  ])
  t.equal(cluster.state.brokers.get(1)!.fenced, false)
})

t.test('who may not register', async (t) => {
  const cluster = brokers(1)
  const refused = (id: number, more: object) => {
    const { response, records } = cluster.register(id, more)
    t.strictSame(records, [])
    t.equal(response.brokerEpoch, -1)
    return response.errorCode
  }
  const run2 = { incarnationId: uuid('run 2') }
  t.equal(refused(1, run2), ErrorCode.DUPLICATE_BROKER_REGISTRATION)
  t.equal(refused(2, { clusterId: 'other' }), ErrorCode.INCONSISTENT_CLUSTER_ID)
  t.equal(refused(2, { isMigratingZkBroker: true }), ErrorCode.BROKER_ID_NOT_REGISTERED)
  t.equal(refused(2, { logDirs: [] }), ErrorCode.INVALID_REGISTRATION)
  t.equal(refused(2, { logDirs: ['AAAAAAAAAAAAAAAAAAAAAQ'] }), ErrorCode.INVALID_REGISTRATION)
  t.equal(refused(2, { logDirs: [uuid('a'), uuid('a')] }), ErrorCode.INVALID_REGISTRATION)
  t.equal(refused(2, { logDirs: [uuid('dir of 1')] }), ErrorCode.INVALID_REGISTRATION)
  const old = features.map((range) => ({
    ...range,
    maxSupportedVersion: 0,
    minSupportedVersion: 0,
  }))
  t.equal(refused(2, { features: old }), ErrorCode.UNSUPPORTED_VERSION)
  t.equal(refused(2, { features: features.slice(0, 2) }), ErrorCode.UNSUPPORTED_VERSION)
})

t.test('a broker takes its place again when its old session has ended', async (t) => {
  const cluster = brokers(1)
  const again = { incarnationId: uuid('run 2') }
  cluster.nowMs += SESSION_MS - 1
  t.equal(cluster.register(1, again).response.errorCode, ErrorCode.DUPLICATE_BROKER_REGISTRATION)
  cluster.nowMs += 1
  t.equal(cluster.register(1, again).response.errorCode, ErrorCode.NONE)
})

t.test('the same run may register anew: what is amended keeps its epoch', async (t) => {
  const cluster = brokers(1)
  const { epoch } = cluster.state.brokers.get(1)!
  const { response } = cluster.register(1, { rack: 'r' })
  t.equal(response.brokerEpoch, epoch)
  t.match(cluster.state.brokers.get(1), { epoch, rack: 'r', fenced: false })
})

t.test('an unknown broker, or one of another epoch, is stale', async (t) => {
  const cluster = brokers(1)
  const stale = { errorCode: ErrorCode.STALE_BROKER_EPOCH, isFenced: true, isCaughtUp: false }
  t.match(cluster.heartbeat(9).response, stale)
  t.match(cluster.heartbeat(1, { brokerEpoch: 1 }).response, stale)
  t.match(cluster.ask('AllocateProducerIds', { brokerId: 1, brokerEpoch: 1 }).response, {
    errorCode: ErrorCode.STALE_BROKER_EPOCH,
    producerIdLen: 0,
  })
})

t.test('a clean stop of the only replica leaves it eligible to lead (KIP-966)', async (t) => {
  const cluster = brokers(1)
  cluster.create('orders')
  const { epoch } = cluster.state.brokers.get(1)!
  const stopping = cluster.heartbeat(1, { wantShutDown: true })
  t.match(stopping.response, { isFenced: false, shouldShutDown: false })
  const { topicId } = stopping.records[1]!.data as { topicId: string }
  t.strictSame(stopping.records, [
    {
      type: 'BrokerRegistrationChangeRecord',
      version: 1,
      data: { brokerId: 1, brokerEpoch: epoch, inControlledShutdown: 1 },
    },
    {
      type: 'PartitionChangeRecord',
      version: 2,
      data: {
        topicId,
        partitionId: 0,
        leader: -1,
        eligibleLeaderReplicas: [1],
        isr: [],
        lastKnownElr: [1],
      },
    },
  ])
  const stopped = cluster.heartbeat(1, { wantShutDown: true })
  t.match(stopped.response, { isFenced: true, shouldShutDown: true })
  t.strictSame(stopped.records, [
    {
      type: 'BrokerRegistrationChangeRecord',
      version: 0,
      data: { brokerId: 1, brokerEpoch: epoch, fenced: 1 },
    },
  ])

  const again = cluster.register(1, { incarnationId: uuid('run 2'), previousBrokerEpoch: epoch })
  t.strictSame(typesOf(again.records), ['RegisterBrokerRecord'])
  cluster.heartbeat(1)
  t.match(cluster.partition('orders'), {
    leader: 1,
    isr: [1],
    elr: [],
    lastKnownElr: [],
    leaderRecoveryState: 0,
  })
})

t.test('whoever was killed may have lost something: its last leader recovers', async (t) => {
  const cluster = brokers(1)
  cluster.create('orders')
  cluster.nowMs += SESSION_MS
  const again = cluster.register(1, { incarnationId: uuid('run 2') })
  t.strictSame(typesOf(again.records), ['PartitionChangeRecord', 'RegisterBrokerRecord'])
  t.match(cluster.partition('orders'), { leader: -1, isr: [], elr: [], lastKnownElr: [1] })
  cluster.heartbeat(1)
  t.match(cluster.partition('orders'), { leader: 1, isr: [1], leaderRecoveryState: 1 })

  const { leaderEpoch, partitionEpoch } = cluster.partition('orders')
  const { response } = cluster.ask('AlterPartition', {
    brokerId: 1,
    brokerEpoch: cluster.state.brokers.get(1)!.epoch,
    topics: [
      {
        topicId: cluster.state.topicsByName.get('orders')!.id,
        partitions: [
          {
            partitionIndex: 0,
            leaderEpoch,
            partitionEpoch,
            newIsrWithEpochs: [{ brokerId: 1, brokerEpoch: -1 }],
            leaderRecoveryState: 0,
          },
        ],
      },
    ],
  })
  t.match(response.topics[0]!.partitions[0], {
    errorCode: 0,
    leaderId: 1,
    leaderEpoch,
    partitionEpoch: partitionEpoch + 1,
    leaderRecoveryState: 0,
  })
  t.equal(cluster.partition('orders').leaderRecoveryState, 0)
})

t.test('a session that ends hands leadership to a replica in sync', async (t) => {
  const cluster = brokers(1, 2)
  cluster.assign('orders', 1, 2)
  const broker = cluster.state.brokers.get(1)!
  const records = fence(cluster.context, broker)
  t.match(records, [
    { type: 'PartitionChangeRecord', data: { leader: 2, isr: [2] } },
    { type: 'BrokerRegistrationChangeRecord', version: 0, data: { brokerId: 1, fenced: 1 } },
  ])
  cluster.apply(records)
  t.match(cluster.partition('orders'), { leader: 2, isr: [2], leaderEpoch: 1, elr: [] })
})

t.test(
  'with too few in sync, who leaves the ISR stays eligible, and leads when it is back',
  async (t) => {
    const cluster = brokers(1, 2)
    cluster.create('orders', -1, -1, {
      assignments: [{ partitionIndex: 0, brokerIds: [1, 2] }],
      configs: [{ name: 'min.insync.replicas', value: '2' }],
    })
    cluster.apply(fence(cluster.context, cluster.state.brokers.get(1)!))
    t.match(cluster.partition('orders'), { leader: 2, isr: [2], elr: [1] })
    cluster.apply(fence(cluster.context, cluster.state.brokers.get(2)!))
    t.match(cluster.partition('orders'), { leader: -1, isr: [], elr: [1, 2], lastKnownElr: [2] })
    cluster.heartbeat(1)
    t.match(cluster.partition('orders'), { leader: 1, isr: [1], elr: [2], lastKnownElr: [] })
  },
)

t.test('without anybody in sync, an unclean election takes whom there is', async (t) => {
  const cluster = brokers(1, 2)
  const configs = [{ name: 'unclean.leader.election.enable', value: 'true' }]
  const assignments = [{ partitionIndex: 0, brokerIds: [1, 2] }]
  cluster.create('careless', -1, -1, { assignments, configs })
  cluster.create('careful', -1, -1, { assignments })
  cluster.apply(fence(cluster.context, cluster.state.brokers.get(2)!))
  cluster.apply(fence(cluster.context, cluster.state.brokers.get(1)!))
  cluster.heartbeat(2)
  t.match(cluster.partition('careless'), { leader: 2, isr: [2], leaderRecoveryState: 1 })
  t.match(cluster.partition('careful'), { leader: -1, isr: [], elr: [1] })
})

t.test('a broker may stop when all others know who leads now', async (t) => {
  const cluster = brokers(1, 2)
  cluster.assign('orders', 1, 2)
  const stopping = cluster.heartbeat(1, { wantShutDown: true })
  t.match(cluster.partition('orders'), { leader: 2, isr: [2] })
  t.equal(stopping.response.shouldShutDown, false)
  cluster.liveness.beganShutdown(1, cluster.nextOffset - 1)
  cluster.heartbeat(2, { currentMetadataOffset: 0 })
  cluster.liveness.heardOf(2, cluster.nowMs, 0)
  t.equal(cluster.heartbeat(1, { wantShutDown: true }).response.shouldShutDown, false)
  cluster.heartbeat(2)
  t.equal(cluster.heartbeat(1, { wantShutDown: true }).response.shouldShutDown, true)
})

t.test('who leads nothing may stop at once', async (t) => {
  const cluster = brokers(1)
  const { response, records } = cluster.heartbeat(1, { wantShutDown: true })
  t.match(response, { shouldShutDown: true, isFenced: true })
  t.match(records, [{ data: { fenced: 1 } }])
})

t.test('a leader tells who is in sync', async (t) => {
  const cluster = brokers(1, 2, 3)
  cluster.assign('orders', 1, 2, 3)
  const alter = (partition: object, brokerId = 1, version = 3) => {
    const { leaderEpoch, partitionEpoch } = cluster.partition('orders')
    const { response } = cluster.ask(
      'AlterPartition',
      {
        brokerId,
        brokerEpoch: cluster.state.brokers.get(brokerId)!.epoch,
        topics: [
          {
            topicId: cluster.state.topicsByName.get('orders')!.id,
            partitions: [{ partitionIndex: 0, leaderEpoch, partitionEpoch, ...partition }],
          },
        ],
      },
      version,
    )
    return response.topics[0]!.partitions[0]!
  }
  const isr = (...ids: number[]) => ({
    newIsrWithEpochs: ids.map((brokerId) => ({ brokerId, brokerEpoch: -1 })),
  })
  t.match(alter(isr(1, 2)), { errorCode: 0, isr: [1, 2], leaderId: 1, partitionEpoch: 1 })
  t.match(alter({ newIsr: [1, 2, 3] }, 1, 2), { errorCode: 0, isr: [1, 2, 3] })
  t.strictSame(
    {
      unknown: alter({ partitionIndex: 4, ...isr(1) }).errorCode,
      newerLeader: alter({ leaderEpoch: 5, ...isr(1) }).errorCode,
      newerPartition: alter({ partitionEpoch: 50, ...isr(1) }).errorCode,
      notLeader: alter(isr(2), 2).errorCode,
      olderPartition: alter({ partitionEpoch: 0, ...isr(1) }).errorCode,
      withoutLeader: alter(isr(2, 3)).errorCode,
      notReplica: alter(isr(1, 9)).errorCode,
      recovering: alter({ leaderRecoveryState: 1, ...isr(1) }).errorCode,
      otherRun: alter({
        newIsrWithEpochs: [
          { brokerId: 1, brokerEpoch: -1 },
          { brokerId: 2, brokerEpoch: 1 },
        ],
      }).errorCode,
    },
    {
      unknown: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      newerLeader: ErrorCode.NOT_CONTROLLER,
      newerPartition: ErrorCode.NOT_CONTROLLER,
      notLeader: ErrorCode.INVALID_REQUEST,
      olderPartition: ErrorCode.INVALID_UPDATE_VERSION,
      withoutLeader: ErrorCode.INVALID_REQUEST,
      notReplica: ErrorCode.INVALID_REQUEST,
      recovering: ErrorCode.INVALID_REQUEST,
      otherRun: ErrorCode.INELIGIBLE_REPLICA,
    },
  )
  cluster.apply(fence(cluster.context, cluster.state.brokers.get(3)!))
  t.equal(alter(isr(1, 3)).errorCode, ErrorCode.INELIGIBLE_REPLICA)
})

t.test('producer ids are given out a thousand at a time', async (t) => {
  const cluster = brokers(1)
  const { epoch: brokerEpoch } = cluster.state.brokers.get(1)!
  const next = () => cluster.ask('AllocateProducerIds', { brokerId: 1, brokerEpoch })
  t.match(next().response, { errorCode: 0, producerIdStart: 0, producerIdLen: 1000 })
  const { response, records } = next()
  t.match(response, { producerIdStart: 1000, producerIdLen: 1000 })
  t.strictSame(records, [
    {
      type: 'ProducerIdsRecord',
      version: 0,
      data: { brokerId: 1, brokerEpoch, nextProducerId: 2000 },
    },
  ])
})

t.test('a controller makes itself known', async (t) => {
  const cluster = new Cluster()
  const listeners = [{ name: 'CONTROLLER', host: 'localhost', port: 9093, securityProtocol: 0 }]
  cluster.ask('ControllerRegistration', {
    controllerId: 1,
    incarnationId: uuid('run 1'),
    zkMigrationReady: false,
    listeners,
    features,
  })
  t.match(cluster.state.controllers.get(1), { id: 1, incarnationId: uuid('run 1'), listeners })
})

t.test('feature levels are finalized when every node can work with them', async (t) => {
  const cluster = brokers(1)
  const update = (feature: string, maxVersionLevel: number, upgradeType = 1) => {
    const { response, records } = cluster.ask('UpdateFeatures', {
      featureUpdates: [{ feature, maxVersionLevel, upgradeType }],
    })
    return [response.errorCode, response.errorMessage, records.length]
  }
  const because = 'The update failed for all features since the following feature had an error: '
  t.strictSame(update('group.version', 1), [0, null, 0], 'as it is')
  t.strictSame(update('nope', 3), [
    ErrorCode.INVALID_UPDATE_VERSION,
    `${because}Invalid update version 3 for feature nope. Local controller 1 does not support this feature.`,
    0,
  ])
  t.strictSame(update('group.version', 9), [
    ErrorCode.INVALID_UPDATE_VERSION,
    `${because}Invalid update version 9 for feature group.version. Local controller 1 only supports versions 0-1`,
    0,
  ])
  t.match(update('share.version', 0), [ErrorCode.INVALID_UPDATE_VERSION, /Can't downgrade/, 0])
  t.strictSame(update('share.version', 0, 2), [0, null, 1])
  t.notOk(cluster.state.features.has('share.version'))
  t.match(update('metadata.version', 29, 2), [ErrorCode.INVALID_UPDATE_VERSION, /Refusing/, 0])
})
