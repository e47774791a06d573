import t from 'tap'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { Cluster, uuid } from './cluster.js'

function brokers(...ids: number[]): Cluster {
  const cluster = new Cluster()
  for (const id of ids) cluster.start(id)
  return cluster
}

t.test('what a broker says of its log directories', async (t) => {
  const cluster = brokers(1, 2)
  cluster.assign('orders', 1, 2)
  const cordoned = cluster.heartbeat(1, { cordonedLogDirs: [] })
  t.match(cordoned.records, [{ version: 3, data: { brokerId: 1, cordonedLogDirs: [] } }])
  t.strictSame(cluster.heartbeat(1, { cordonedLogDirs: [] }).records, [], 'once')
  const failed = cluster.heartbeat(1, { offlineLogDirs: [uuid('dir of 1')] })
  t.match(failed.records, [
    { type: 'BrokerRegistrationChangeRecord', version: 2, data: { logDirs: [] } },
    { type: 'PartitionChangeRecord', data: { leader: 2, isr: [2] } },
  ])
})

t.test('a broker tells in which directory it has a partition (KIP-858)', async (t) => {
  const cluster = brokers(1, 2)
  const dirs = [uuid('a'), uuid('b')]
  const { brokerEpoch } = cluster.register(1, { logDirs: dirs }).response
  cluster.assign('orders', 1, 2)
  const { id: topicId } = cluster.state.topicsByName.get('orders')!
  const assign = (partitionIndex: number, id: string, topic = topicId, more: object = {}) =>
    cluster.ask('AssignReplicasToDirs', {
      brokerId: 1,
      brokerEpoch,
      directories: [{ id, topics: [{ topicId: topic, partitions: [{ partitionIndex }] }] }],
      ...more,
    })
  const codeOf = ({ response }: ReturnType<typeof assign>) =>
    response.directories[0]!.topics[0]!.partitions[0]!.errorCode
  const { leaderEpoch } = cluster.partition('orders')
  t.strictSame(assign(0, uuid('a')).records, [
    {
      type: 'PartitionChangeRecord',
      version: 2,
      data: { topicId, partitionId: 0, directories: [uuid('a'), uuid('dir of 2')] },
    },
  ])
  t.equal(cluster.partition('orders').leaderEpoch, leaderEpoch)
  t.strictSame(assign(0, uuid('a')).records, [], 'nothing new')
  t.equal(codeOf(assign(7, uuid('a'))), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(codeOf(assign(0, uuid('a'), uuid('no topic'))), ErrorCode.UNKNOWN_TOPIC_ID)
  cluster.assign('others', 2)
  const { id: others } = cluster.state.topicsByName.get('others')!
  t.equal(codeOf(assign(0, uuid('a'), others)), ErrorCode.NOT_LEADER_OR_FOLLOWER)
  t.match(assign(0, uuid('a'), topicId, { brokerEpoch: 1 }).response, {
    errorCode: ErrorCode.STALE_BROKER_EPOCH,
    directories: [],
  })
  cluster.heartbeat(1, { offlineLogDirs: [uuid('b')] })
  t.match(cluster.partition('orders'), { leader: 1, isr: [1, 2] }, 'it is in the other one')
  t.equal(codeOf(assign(0, uuid('b'))), ErrorCode.NONE)
  t.match(cluster.partition('orders'), { leader: 2, isr: [2] }, 'it was not')
})
