import t from 'tap'
import { type RunningBroker, startBroker } from '../../../src/index.js'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { ASSIGNMENT, joinBody, syncBody } from '../../oracle/group-requests.js'
import { WireClient } from '../../oracle/wire-client.js'
import { temporaryDirectory } from '../../support/teardown.js'
import { until } from '../../support/until.js'

// biome-ignore lint/suspicious/noExplicitAny: a test picks fields of any message
type Body = Record<string, any>

const GROUP = 'group'
const CONFIG = { 'group.initial.rebalance.delay.ms': '0' }

/** A client that is answered, whatever the answer. */
class Client {
  readonly #wire: WireClient

  constructor({ bootstrapServers }: RunningBroker) {
    this.#wire = WireClient.to(bootstrapServers)
  }

  async ask(apiKey: number, version: number, body: object): Promise<Body> {
    const answer = await this.#wire.send(apiKey, version, body)
    if (answer.kind !== 'response') throw new Error(answer.kind)
    return answer.body
  }

  createTopic(name: string): Promise<Body> {
    const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const request = { topics: [topic], timeoutMs: 10_000, validateOnly: false }
    return this.ask(ApiKey.CreateTopics, 7, request)
  }

  commit(topics: readonly string[], member: object = {}): Promise<Body> {
    return this.ask(ApiKey.OffsetCommit, 9, {
      groupId: GROUP,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      ...member,
      topics: topics.map((name) => ({
        name,
        partitions: [{ partitionIndex: 0, committedOffset: 42n, committedMetadata: 'note' }],
      })),
    })
  }

  /** Names of the topics for which there are offsets. */
  async committed(): Promise<string[]> {
    const request = { groups: [{ groupId: GROUP, topics: null }], requireStable: true }
    const { groups } = await this.ask(ApiKey.OffsetFetch, 8, request)
    if (groups[0].errorCode !== ErrorCode.NONE) return [`error ${groups[0].errorCode}`]
    return groups[0].topics.map(({ name }: Body) => name).sort()
  }

  close(): void {
    this.#wire.close()
  }
}

t.test('a group can be used when its coordinator has been found', async (t) => {
  const broker = await startBroker({ config: CONFIG })
  t.teardown(() => broker.close())
  const client = new Client(broker)
  t.teardown(() => client.close())
  t.strictSame(
    await client.committed(),
    [`error ${ErrorCode.NOT_COORDINATOR}`],
    'there is none before somebody looks for it',
  )
  const found = await client.ask(ApiKey.FindCoordinator, 4, {
    keyType: 0,
    coordinatorKeys: [GROUP, 'other'],
  })
  const address = { nodeId: broker.nodeId, host: '127.0.0.1', errorCode: ErrorCode.NONE }
  t.match(found.coordinators, [
    { key: GROUP, ...address },
    { key: 'other', ...address },
  ])
  t.strictSame(await client.committed(), [])
})

t.test('members and offsets outlive the broker', async (t) => {
  const directory = temporaryDirectory(t)
  const first = await startBroker({ directory, config: CONFIG })
  let client = new Client(first)
  const groupInstanceId = 'static'
  await client.ask(ApiKey.FindCoordinator, 3, { key: GROUP, keyType: 0 })
  await client.createTopic('kept')
  await client.createTopic('deleted')
  const joined = await client.ask(ApiKey.JoinGroup, 9, joinBody(GROUP, { groupInstanceId }))
  const { memberId, generationId } = joined
  await client.ask(ApiKey.SyncGroup, 5, syncBody(GROUP, joined, { groupInstanceId }))
  const member = { memberId, groupInstanceId, generationIdOrMemberEpoch: generationId }
  await client.commit(['kept', 'deleted'], member)
  t.strictSame(await client.committed(), ['deleted', 'kept'])
  client.close()
  await first.close()

  const second = await startBroker({ directory, config: CONFIG })
  t.teardown(() => second.close())
  client = new Client(second)
  t.teardown(() => client.close())
  await until(async () => (await client.committed()).includes('kept'))
  t.strictSame(await client.committed(), ['deleted', 'kept'])
  const alive = { groupId: GROUP, memberId, groupInstanceId, generationId }
  t.match(await client.ask(ApiKey.Heartbeat, 4, alive), { errorCode: ErrorCode.NONE })
  const synced = await client.ask(
    ApiKey.SyncGroup,
    5,
    syncBody(GROUP, joined, { groupInstanceId, assignments: [] }),
  )
  t.match(synced, { errorCode: ErrorCode.NONE, assignment: ASSIGNMENT })
  t.match(await client.commit(['kept'], member), { topics: [{ partitions: [{ errorCode: 0 }] }] })

  await client.ask(ApiKey.DeleteTopics, 4, { topicNames: ['deleted'], timeoutMs: 10_000 })
  await until(async () => (await client.committed()).length === 1)
  t.strictSame(await client.committed(), ['kept'], 'offsets of deleted topics go')
})
