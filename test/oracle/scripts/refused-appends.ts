import { ApiKey } from '../../../src/protocol/api-keys.js'
import { ASSIGNED_AT_ONCE, heartbeatBody, Member, subscription } from '../consumer-requests.js'
import type { Body, Conversation } from '../conversation.js'
import { createTopic, prepareEveryGroup, prepareTransactions } from '../fixtures.js'
import { join, joinBody, syncBody } from '../group-requests.js'
import type { Script } from '../script.js'
import {
  addBody,
  addQuietly,
  completed,
  initBody,
  initProducer,
  onceCompleted,
  type Producer,
} from '../transaction-requests.js'

const TOPIC = 'steady'
const MANY = 'many'
const PARTITIONS = 300
const TOPIC_RESOURCE = 2
const SET = 0
const SMALL_BYTES = 1000
const DEFAULT_BYTES = 1_048_588
const LARGE_BYTES = 2000
const TOPICS = ['__consumer_offsets', '__transaction_state'] as const

/**
 * What one client's refused append does to itself, and that it does nothing to those who share the
 * partition: each of the coordinators' topics has only one.
 */
export const refusedAppends: Script = {
  name: 'refused-appends',
  config: {
    ...ASSIGNED_AT_ONCE,
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.num.partitions': '1',
  },
  async run(t) {
    await createTopic(t, TOPIC, 3)
    await createTopic(t, MANY, PARTITIONS)
    await prepareEveryGroup(t)
    await prepareTransactions(t)
    const others = await Others.begin(t)
    await alter(t, 'max.message.bytes', SMALL_BYTES)
    const memberId = await tooLarge(t, others)
    await alter(t, 'max.message.bytes', DEFAULT_BYTES)
    await allowedAgain(t, memberId)
    await others.goOn('at last')
    // More than there can be are as many as there are: nothing is refused.
    await alter(t, 'min.insync.replicas', 2)
    await others.goOn('with one replica of two')
    await others.end()
  },
}

/** Sets a configuration of the coordinators' topics, and sees that it holds. */
async function alter(t: Conversation, name: string, value: number): Promise<void> {
  const configs = [{ name, configOperation: SET, value: `${value}` }]
  const resources = TOPICS.map((resourceName) => ({ resourceType: TOPIC_RESOURCE, resourceName }))
  await t.quietly(ApiKey.IncrementalAlterConfigs, 1, {
    resources: resources.map((each) => ({ ...each, configs })),
    validateOnly: false,
  })
  const described = resources.map((each) => ({ ...each, configurationKeys: [name] }))
  await t.quietly(
    ApiKey.DescribeConfigs,
    4,
    { resources: described },
    {
      until: ({ results }) =>
        results.every(({ configs: [config] }: Body) => config.value === `${value}`),
    },
  )
}

/** A group of each kind and a transaction, which go on whatever happens to others. */
class Others {
  private constructor(
    private readonly t: Conversation,
    private readonly classic: Body,
    private readonly consumer: Member,
    private readonly producer: Producer,
  ) {}

  static async begin(t: Conversation): Promise<Others> {
    const classic = await join(t, 7, 'steady')
    await t.ask('the first syncs', ApiKey.SyncGroup, 5, syncBody('steady', classic))
    const member = new Member(t, 'steady-consumers', 'steady-member', {
      subscribedTopicNames: [TOPIC],
    })
    await member.join('joins')
    await member.own('has its share')
    const producer = await initProducer(t, 'steady')
    await addQuietly(t, producer, [{ name: MANY, partitions: [0] }])
    return new Others(t, classic, member, producer)
  }

  #commits = 0
  #partition = 0

  async goOn(when: string): Promise<void> {
    const { t, classic, consumer, producer } = this
    const { memberId, generationId } = classic
    const inGroup = { groupId: 'steady', memberId, generationId }
    await t.ask(`${when}, a heartbeat`, ApiKey.Heartbeat, 4, inGroup)
    await commit(t, `${when}, a commit`, 'steady', ++this.#commits, {
      memberId,
      generationIdOrMemberEpoch: generationId,
    })
    await consumer.beat(`${when}, a heartbeat`)
    await commit(t, `${when}, a member's commit`, 'steady-consumers', this.#commits, {
      memberId: consumer.memberId,
      generationIdOrMemberEpoch: consumer.memberEpoch,
    })
    const added = [{ name: MANY, partitions: [++this.#partition] }]
    await t.ask(
      `${when}, a partition is added`,
      ApiKey.AddPartitionsToTxn,
      3,
      addBody(3, producer, added),
    )
    await this.look(when)
  }

  /** What is read needs no append. */
  async look(when: string): Promise<void> {
    const { t } = this
    for (const groupId of ['steady', 'steady-consumers']) {
      const groups = [{ groupId, topics: null }]
      await t.ask(`${when}, offsets`, ApiKey.OffsetFetch, 9, { groups, requireStable: false })
    }
    const groups = { groups: ['steady', 'bulky'], includeAuthorizedOperations: false }
    await t.ask(`${when}, the groups`, ApiKey.DescribeGroups, 5, groups, { unordered: true })
    const ids = { transactionalIds: ['steady', 'bulky'] }
    await t.ask(`${when}, the transactions`, ApiKey.DescribeTransactions, 0, ids, {
      unordered: true,
    })
  }

  async end(): Promise<void> {
    const { t, producer } = this
    const end = { ...producer, committed: true }
    await t.ask('the transaction ends', ApiKey.EndTxn, 4, end)
    await completed(t, 'steady')
    await this.look('at the end')
  }
}

async function commit(
  t: Conversation,
  label: string,
  ...what: Parameters<typeof commitBody>
): Promise<void> {
  await t.ask(label, ApiKey.OffsetCommit, 9, commitBody(...what))
}

function commitBody(groupId: string, offset: number, more: object, metadata = ''): object {
  const partition = {
    partitionIndex: 0,
    committedOffset: BigInt(offset),
    committedMetadata: metadata,
  }
  return {
    groupId,
    memberId: '',
    generationIdOrMemberEpoch: -1,
    topics: [{ name: TOPIC, partitions: [partition] }],
    ...more,
  }
}

const LARGE = 'x'.repeat(LARGE_BYTES)
const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition)
const bulkyJoin = (memberId: string) =>
  joinBody('bulky', {
    memberId,
    protocols: [{ name: 'range', metadata: subscription([LARGE.slice(0, 249), LARGE]) }],
  })

/**
 * Each of them is too large for a batch; those who share the partition don't notice.
 *
 * @returns who is a member of the classic group
 */
async function tooLarge(t: Conversation, others: Others): Promise<string> {
  await commit(t, 'large metadata', 'bulky-offsets', 1, {}, LARGE)
  await others.goOn('after a commit')

  const first = await t.ask('large', ApiKey.JoinGroup, 7, bulkyJoin(''))
  const joined = await t.ask('large, again', ApiKey.JoinGroup, 7, bulkyJoin(first.memberId))
  await t.ask('large', ApiKey.SyncGroup, 5, syncBody('bulky', joined))
  await others.goOn('after a sync')
  await t.ask('large, once more', ApiKey.JoinGroup, 7, bulkyJoin(first.memberId))

  const subscribedTopicNames = Array.from({ length: 10 }, (_, i) => `${i}`.repeat(LARGE_BYTES / 10))
  const heartbeat = heartbeatBody('bulky-consumers', 'bulky-member', { subscribedTopicNames })
  await t.ask('large subscription', ApiKey.ConsumerGroupHeartbeat, 1, heartbeat)
  await others.goOn('after a heartbeat')

  const bulky = await initProducer(t, 'bulky')
  const request = addBody(3, bulky, [{ name: MANY, partitions: ALL }])
  await t.ask('many partitions', ApiKey.AddPartitionsToTxn, 3, request, { unordered: true })
  await others.goOn('after partitions')
  await atOnce(t)
  await others.goOn('after many at once')
  const longId = 'y'.repeat(LARGE_BYTES)
  await t.ask('a long id', ApiKey.InitProducerId, 5, initBody(longId))
  await others.goOn('after an id')
  return first.memberId
}

/** Many that may come to one batch, every other of which is too large. */
async function atOnce(t: Conversation): Promise<void> {
  const answers = Array.from({ length: 10 }, (_, i) => {
    const metadata = i % 2 ? LARGE : `${i}`
    const body = commitBody(`at-once-${i}`, i, {}, metadata)
    return t.connection(`at once ${i}`).send(ApiKey.OffsetCommit, 9, body)
  })
  for (const [i, answer] of (await Promise.all(answers)).entries()) {
    t.record(`at once, ${i}`, answer)
  }
}

/** What was refused is taken once it is allowed. */
async function allowedAgain(t: Conversation, memberId: string): Promise<void> {
  await commit(t, 'large metadata, allowed', 'bulky-offsets', 2, {}, LARGE)
  const joined = await t.ask('large, allowed', ApiKey.JoinGroup, 7, bulkyJoin(memberId))
  await t.ask('large, allowed', ApiKey.SyncGroup, 5, syncBody('bulky', joined))
  const bulky = await initProducer(t, 'bulky')
  const request = addBody(3, bulky, [{ name: MANY, partitions: ALL }])
  await t.ask('many partitions, allowed', ApiKey.AddPartitionsToTxn, 3, request, {
    unordered: true,
  })
  const end = { ...bulky, committed: false }
  await t.ask('allowed', ApiKey.EndTxn, 4, end, onceCompleted)
  await completed(t, 'bulky')
}
