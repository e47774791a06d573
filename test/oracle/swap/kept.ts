import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { Body, Conversation } from '../conversation.js'
import { committedOffsets } from './content.js'
import { CONSUMERS, PLAIN } from './names.js'
import { type Complain, ready } from './workload.js'

const SHA_256 = 1
const MEMBER_ID = 'Zm9vYmFyYmF6cXV4cXV1eA'
const LEAVE = -1

const QUOTA = {
  entity: [{ entityType: 'user', entityName: 'alice' }],
  ops: [{ key: 'consumer_byte_rate', value: 123_456, remove: false }],
}
const CREDENTIAL = {
  name: 'alice',
  mechanism: SHA_256,
  iterations: 4097,
  salt: Buffer.from('salt'),
  saltedPassword: Buffer.alloc(32, 7),
}
const NEWEST_OFFSET = 7n

/** What only Apache Kafka serves yet, and must find again after samsa: in the metadata, in groups. */
export class Kept {
  #isWritten = false

  async write(c: Conversation): Promise<void> {
    if (this.#isWritten) return
    this.#isWritten = true
    const quotas = { entries: [QUOTA], validateOnly: false }
    requireNone((await c.quietly(ApiKey.AlterClientQuotas, 1, quotas)).entries)
    const credentials = { deletions: [], upsertions: [CREDENTIAL] }
    const altered = await c.quietly(ApiKey.AlterUserScramCredentials, 0, credentials)
    requireNone(altered.results)
    await this.#useGroup(c)
  }

  /** A member of a group of KIP-848 joins, commits, and leaves. */
  async #useGroup(c: Conversation): Promise<void> {
    await ready(c, CONSUMERS)
    const member = { groupId: CONSUMERS, memberId: MEMBER_ID }
    const joined = await c.quietly(ApiKey.ConsumerGroupHeartbeat, 1, {
      ...member,
      memberEpoch: 0,
      rebalanceTimeoutMs: 30_000,
      subscribedTopicNames: [PLAIN],
      topicPartitions: [],
    })
    requireNone([joined])
    const committed = await c.quietly(ApiKey.OffsetCommit, 9, {
      ...member,
      generationIdOrMemberEpoch: joined.memberEpoch,
      topics: [
        {
          name: PLAIN,
          partitions: [
            { partitionIndex: 0, committedOffset: NEWEST_OFFSET, committedMetadata: 'kept' },
          ],
        },
      ],
    })
    requireNone(committed.topics[0].partitions)
    const left = { ...member, memberEpoch: LEAVE }
    requireNone([await c.quietly(ApiKey.ConsumerGroupHeartbeat, 1, left)])
  }

  /** @param c with Apache Kafka */
  async check(c: Conversation, complain: Complain): Promise<void> {
    if (!this.#isWritten) return
    const expect = (what: string, found: unknown, wanted: unknown) => {
      const [said, expected] = [JSON.stringify(found), JSON.stringify(wanted)]
      if (said !== expected) complain(`${what}: ${said}, not ${expected}`)
    }
    const quotas = await c.quietly(ApiKey.DescribeClientQuotas, 1, {
      components: [],
      strict: false,
    })
    const { entity, ops } = QUOTA
    const values = ops.map(({ key, value }) => ({ key, value }))
    expect('quotas', quotas.entries, [{ entity, values }])

    const credentials = await c.quietly(ApiKey.DescribeUserScramCredentials, 0, { users: null })
    const { name, mechanism, iterations } = CREDENTIAL
    const described = credentials.results.map((each: Body) => [each.user, each.credentialInfos])
    expect('credentials', described, [[name, [{ mechanism, iterations }]]])

    const listed = await c.quietly(ApiKey.ListGroups, 5, { statesFilter: [], typesFilter: [] })
    const found = listed.groups.find((each: Body) => each.groupId === CONSUMERS)
    expect('group', [found?.groupType, found?.groupState], ['consumer', 'Empty'])
    const offsets = await committedOffsets(c, CONSUMERS, false)
    expect('its offsets', offsets, { [`${PLAIN}-0`]: `${NEWEST_OFFSET} -1 'kept' 0` })
  }
}

function requireNone(answers: readonly Body[]): void {
  for (const { errorCode, errorMessage } of answers) {
    if (errorCode !== 0) throw new Error(`${errorCode}: ${errorMessage}`)
  }
}
