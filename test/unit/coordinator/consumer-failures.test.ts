import t from 'tap'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import { settle } from './asked.js'
import { SESSION_TIMEOUT_MS, TestConsumerGroups } from './consumer-fixture.js'

const { NONE, NOT_COORDINATOR } = ErrorCode

t.test('a refused append changes nothing, and disturbs nobody', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join()
  groups.log.refusal = new KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS)
  t.match(await groups.member('b').join(), {
    errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    errorMessage: null,
    memberEpoch: 0,
  })
  t.match(await a.leave(), { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE })
  groups.log.refusal = undefined
  t.match(await a.acknowledge(), { errorCode: NONE, memberEpoch: 2 })
  t.match(await groups.describe(), { groupState: 'Stable', groupEpoch: 2 })
})

t.test('a member that cannot be fenced is fenced later', async (t) => {
  const groups = new TestConsumerGroups()
  await groups.member('a').join()
  groups.log.refusal = new KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS)
  await groups.pass(SESSION_TIMEOUT_MS)
  t.equal(await groups.state(), 'Stable')
  await groups.wait(500)
  t.equal(await groups.state(), 'Stable')
  groups.log.refusal = undefined
  await groups.wait(500)
  t.equal(await groups.state(), 'Empty')
})

t.test('a heartbeat in between keeps alive who could not be fenced', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join()
  groups.log.refusal = new KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS)
  await groups.pass(SESSION_TIMEOUT_MS)
  groups.log.refusal = undefined
  t.match(await a.heartbeat(), { errorCode: NONE })
  await groups.wait(500)
  t.equal(await groups.state(), 'Stable')
})

t.test('the next coordinator knows all that was written', async (t) => {
  let groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join({ rackId: 'rack', serverAssignor: 'range' })
  await a.acknowledge()
  await groups.member('b').join({ rebalanceTimeoutMs: 1000 })
  const before = await groups.describe()
  t.equal(before.groupState, 'Reconciling')
  groups = await groups.restart()
  t.strictSame(await groups.describe(), before)
  const again = groups.member('a')
  Object.assign(again, { epoch: a.epoch, owned: a.owned })
  await again.heartbeat()
  t.strictSame(again.assigned, { topic: [0, 1, 2] })
  await groups.pass(SESSION_TIMEOUT_MS)
  t.equal(await groups.state(), 'Empty', 'they have a session to report again')
})

t.test('who was to give up partitions has its time anew with the next coordinator', async (t) => {
  let groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join({ rebalanceTimeoutMs: 1000 })
  await a.acknowledge()
  await groups.member('b').join()
  await a.heartbeat()
  groups = await groups.restart()
  await groups.wait(1000)
  t.match((await groups.describe()).members, [{ memberId: 'b' }])
})

t.test('a heartbeat that waits for its commit learns that the leadership is lost', async (t) => {
  const groups = new TestConsumerGroups()
  groups.log.holdsCommits = true
  const joining = groups.ask({
    memberId: 'a',
    rebalanceTimeoutMs: 1,
    subscribedTopicNames: ['topic'],
    topicPartitions: [],
  })
  await settle()
  t.notOk(joining.isSettled)
  groups.groups.coordinator.onResignation(0)
  await settle()
  t.match(joining.answer, { errorCode: NOT_COORDINATOR, errorMessage: null })
  t.equal(groups.groups.logical.pendingTimers, 0)
})
