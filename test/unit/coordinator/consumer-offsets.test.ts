import t from 'tap'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import { settle } from './asked.js'
import { idOf, nameOf, SESSION_TIMEOUT_MS, TestConsumerGroups } from './consumer-fixture.js'
import { CHECK_INTERVAL_MS, GROUP, INITIAL_DELAY_MS, RETENTION_MS } from './group-fixture.js'

const {
  GROUP_ID_NOT_FOUND,
  GROUP_SUBSCRIBED_TO_TOPIC,
  ILLEGAL_GENERATION,
  INCONSISTENT_GROUP_PROTOCOL,
  NON_EMPTY_GROUP,
  NONE,
  STALE_MEMBER_EPOCH,
  UNKNOWN_MEMBER_ID,
  UNKNOWN_SERVER_ERROR,
  UNSUPPORTED_VERSION,
} = ErrorCode

/** Commits an offset for partition 0. @returns the error code */
async function commit(
  groups: TestConsumerGroups,
  memberId: string,
  generationId: number,
  topic = 'topic',
): Promise<number> {
  const topicId = idOf(topic)
  const [error] = await groups.groups.commit({ [topic]: 7n }, { memberId, generationId, topicId })
  return error!
}

async function fetchError(
  groups: TestConsumerGroups,
  memberId: string | null,
  memberEpoch: number,
): Promise<number> {
  const { coordinator, context } = groups.groups
  const asked = { groupId: GROUP, memberId, memberEpoch, topics: null }
  return (await coordinator.offsetFetch(context, asked, false)).errorCode ?? NONE
}

t.test('members commit and fetch offsets at their epoch', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join()
  t.equal(await commit(groups, 'a', 2), NONE)
  t.equal(await commit(groups, 'a', 3), STALE_MEMBER_EPOCH)
  t.equal(await commit(groups, 'b', 2), UNKNOWN_MEMBER_ID)
  t.equal(await commit(groups, '', -1), UNKNOWN_MEMBER_ID)
  t.equal(await fetchError(groups, 'a', 2), NONE)
  t.equal(await fetchError(groups, 'a', 1), STALE_MEMBER_EPOCH)
  t.equal(await fetchError(groups, 'b', 2), UNKNOWN_MEMBER_ID)
  t.equal(await fetchError(groups, null, -1), NONE)
  t.equal(await fetchError(groups, null, 2), UNKNOWN_SERVER_ERROR)
  t.strictSame(await groups.groups.committed(), { topic: 7n })
})

t.test('a member with an older epoch commits for what it has had since then', async (t) => {
  const groups = new TestConsumerGroups()
  const [a, b] = [groups.member('a'), groups.member('b')]
  groups.createTopic('more', 1)
  await a.join()
  await a.acknowledge()
  await b.join({ subscribedTopicNames: ['more'] })
  await a.heartbeat({ subscribedTopicNames: ['topic'] })
  t.equal(a.epoch, 3)
  t.equal(await commit(groups, 'a', 2), NONE)
  t.equal(await commit(groups, 'a', 1), STALE_MEMBER_EPOCH, 'it had nothing then')
  t.equal(await commit(groups, 'a', 2, 'more'), STALE_MEMBER_EPOCH, 'that is not its own')
})

t.test('a member commits for what it is giving up', async (t) => {
  const groups = new TestConsumerGroups()
  const [a, b] = [groups.member('a'), groups.member('b')]
  await a.join({ serverAssignor: 'range' })
  await a.acknowledge()
  groups.createTopic('other', 1)
  await a.heartbeat({ subscribedTopicNames: ['other'] })
  await b.join()
  t.equal(await commit(groups, 'a', 2), NONE)
  await a.acknowledge()
  t.equal(await commit(groups, 'a', 2), STALE_MEMBER_EPOCH)
})

t.test('members know an OffsetCommit that tells stale epochs', async (t) => {
  const groups = new TestConsumerGroups()
  await groups.member('a').join()
  groups.groups.apiVersion = 8
  t.equal(await commit(groups, 'a', 2), UNSUPPORTED_VERSION)
})

t.test('where nobody is a member, everybody commits', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join()
  await a.leave()
  t.equal(await commit(groups, '', -1), NONE)
  t.equal(await commit(groups, 'a', 2), UNKNOWN_MEMBER_ID)
})

t.test('in a transaction, generations are spoken of', async (t) => {
  const groups = new TestConsumerGroups()
  await groups.member('a').join()
  const { coordinator, context } = groups.groups
  const committed = async (memberId: string, generationId: number, topic = 'topic') => {
    const answer = await coordinator.txnOffsetCommit(context, {
      transactionalId: 'id',
      groupId: GROUP,
      producerId: 1,
      producerEpoch: 0,
      generationId,
      memberId,
      groupInstanceId: null,
      topics: [
        {
          name: topic,
          partitions: [
            {
              partitionIndex: 0,
              committedOffset: 1n,
              committedLeaderEpoch: -1,
              committedMetadata: null,
            },
          ],
        },
      ],
    })
    return answer.topics[0]!.partitions[0]!.errorCode
  }
  t.equal(await committed('a', 2), NONE)
  t.equal(await committed('a', 1), ILLEGAL_GENERATION)
  t.equal(await committed('a', 1, 'unknown'), ILLEGAL_GENERATION)
  t.equal(await committed('a', 3), ILLEGAL_GENERATION)
  t.equal(await committed('b', 2), UNKNOWN_MEMBER_ID)
  t.equal(await committed('', -1), NONE)
})

t.test('offsets of topics that members subscribe to are in use', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join()
  await commit(groups, 'a', 2)
  const { coordinator, context } = groups.groups
  const remove = async (name: string) => {
    const answer = await coordinator.offsetDelete(context, {
      groupId: GROUP,
      topics: [{ name, partitions: [{ partitionIndex: 0 }] }],
    })
    return answer.topics[0]!.partitions[0]!.errorCode
  }
  t.equal(await remove('topic'), GROUP_SUBSCRIBED_TO_TOPIC)
  t.equal(await remove('other'), NONE)
  await a.leave()
  t.equal(await remove('topic'), NONE)
  t.strictSame(await groups.groups.committed(), {})
})

t.test('an offset of a topic that was created anew is not one of it', async (t) => {
  const groups = new TestConsumerGroups()
  await commit(groups, '', -1)
  const { coordinator, context } = groups.groups
  const fetched = async (topicId: string) => {
    const topics = [{ name: 'topic', topicId, partitionIndexes: [0] }]
    const asked = { groupId: GROUP, memberId: null, memberEpoch: -1, topics }
    const answer = await coordinator.offsetFetch(context, asked, false)
    return answer.topics[0]!.partitions[0]!.committedOffset
  }
  t.equal(await fetched(idOf('topic')), 7n)
  t.equal(await fetched(idOf('anew')), -1n)
  await coordinator.onTopicsDeleted([{ name: 'topic', id: idOf('before') }])
  t.equal(await fetched(idOf('topic')), 7n)
  await coordinator.onTopicsDeleted([{ name: 'topic', id: idOf('topic') }])
  t.equal(await fetched(idOf('topic')), -1n)
})

t.test('offsets expire, and a group without any goes', async (t) => {
  const groups = new TestConsumerGroups({ consumerGroupSessionTimeoutMs: 2 * RETENTION_MS })
  const a = groups.member('a')
  await a.join()
  await commit(groups, 'a', 2)
  await commit(groups, 'a', 2, 'other')
  await groups.pass(RETENTION_MS + CHECK_INTERVAL_MS)
  t.strictSame(await groups.groups.committed(), { topic: 7n }, 'a subscribes to it')
  await a.leave()
  const records = await groups.recordsOf(() => groups.pass(CHECK_INTERVAL_MS))
  t.strictSame(records, [
    '-OffsetCommit',
    '-TargetAssignmentMetadata',
    '-PartitionMetadata',
    '-Metadata',
  ])
  t.match(await groups.describe(), { errorCode: GROUP_ID_NOT_FOUND })
})

t.test('a group without members is deleted, with its offsets', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join()
  await commit(groups, 'a', 2)
  const { coordinator, context } = groups.groups
  t.match(await coordinator.deleteGroups(context, [GROUP]), [{ errorCode: NON_EMPTY_GROUP }])
  await a.leave()
  const records = await groups.recordsOf(async () => {
    t.match(await coordinator.deleteGroups(context, [GROUP]), [{ errorCode: NONE }])
  })
  t.strictSame(records, [
    '-OffsetCommit',
    '-TargetAssignmentMetadata',
    '-PartitionMetadata',
    '-Metadata',
  ])
  const next = await groups.restart()
  t.match(await next.describe(), { errorCode: GROUP_ID_NOT_FOUND })
  t.strictSame(await next.groups.committed(), {})
})

t.test('groups are listed by their kind and their state', async (t) => {
  const groups = new TestConsumerGroups()
  const { coordinator, context } = groups.groups
  await groups.member('a').join()
  await groups.groups.commit({ topic: 1n }, {})
  const listed = async (statesFilter: string[], typesFilter: string[]) => {
    const answer = await coordinator.listGroups(context, { statesFilter, typesFilter })
    return answer.groups
  }
  const consumer = {
    groupId: GROUP,
    protocolType: 'consumer',
    groupState: 'Stable',
    groupType: 'consumer',
  }
  t.strictSame(await listed([], []), [consumer])
  t.strictSame(await listed(['stable'], ['Consumer']), [consumer])
  t.strictSame(await listed([' STABLE '], []), [consumer], "a state's blanks don't count")
  t.strictSame(await listed([], [' consumer']), [], "a type's do")
  t.strictSame(await listed(['Empty', 'Assigning', 'Reconciling', 'Dead'], []), [])
  t.strictSame(await listed([], ['classic']), [])
  groups.groups.apiVersion = 6
  t.match(await groups.groups.describe(), {
    errorCode: GROUP_ID_NOT_FOUND,
    errorMessage: `Group ${GROUP} is not a classic group.`,
    groupState: 'Dead',
  })
})

t.test('a classic group without members becomes a consumer group, with its offsets', async (t) => {
  let groups = new TestConsumerGroups()
  await groups.groups.commit({ topic: 1n })
  const records = await groups.recordsOf(() => groups.member('a').join())
  t.equal(records[0], '-GroupMetadata')
  t.equal(await groups.state(), 'Stable')
  t.strictSame(await groups.groups.committed(), { topic: 1n })
  groups = await groups.restart()
  t.equal(await groups.state(), 'Stable')
  t.strictSame(await groups.groups.committed(), { topic: 1n })
})

t.test('a classic group stays one when the first member of the other kind fails', async (t) => {
  const groups = new TestConsumerGroups()
  const [member] = await groups.groups.stable(null)
  await groups.groups.leave(member!)
  groups.log.refusal = new KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS)
  await groups.member('a').join()
  groups.log.refusal = undefined
  t.equal(await groups.groups.state(), 'Empty')
  t.match(await groups.describe(), { errorMessage: `Group ${GROUP} is not a consumer group.` })
})

t.test('a consumer group without members becomes a classic group', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join()
  const joining = groups.groups.join({ protocolType: 'connect' })
  await settle()
  t.equal(joining.answer!.errorCode, INCONSISTENT_GROUP_PROTOCOL)
  await commit(groups, 'a', 2)
  await a.leave()
  const records = await groups.recordsOf(() => groups.groups.stable(null))
  t.strictSame(records.slice(0, 4), [
    '-TargetAssignmentMetadata',
    '-PartitionMetadata',
    '-Metadata',
    'GroupMetadata',
  ])
  t.equal(await groups.groups.state(), 'Stable')
  t.strictSame(await groups.groups.committed(), { topic: 7n })
  t.match(await groups.describe(), { errorMessage: `Group ${GROUP} is not a consumer group.` })
  t.match(await a.join(), { errorCode: GROUP_ID_NOT_FOUND })
})

t.test('a consumer group stays one when the first member of the other kind fails', async (t) => {
  const groups = new TestConsumerGroups()
  const a = groups.member('a')
  await a.join()
  await groups.pass(SESSION_TIMEOUT_MS)
  groups.log.refusal = new KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS)
  const joining = groups.groups.join({ groupInstanceId: 'i' })
  await groups.wait(INITIAL_DELAY_MS)
  t.equal(joining.answer!.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  groups.log.refusal = undefined
  t.equal(await groups.state(), 'Empty')
  t.equal(groups.log.records.map(nameOf).filter((name) => name === 'GroupMetadata').length, 0)
})
