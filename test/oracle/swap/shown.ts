import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { dumpLog } from '../../support/apache-kafka/dump-log.js'
import type { Conversation } from '../conversation.js'
import { createTopic } from '../fixtures.js'
import { joinBody, syncBody } from '../group-requests.js'
import { ConsumerMembers } from './consumer-members.js'
import { Ledger } from './ledger.js'
import { MEMBERS, PLAIN, TOPICS, TRANSACTIONS } from './names.js'
import { Prepared } from './prepared.js'
import { Transactions } from './transactions.js'
import { type Complain, commit, ready } from './workload.js'

const MEMBER_ID_REQUIRED = 79

/** Has a broker write records of every kind to `__consumer_offsets` and `__transaction_state`. */
export async function useCoordinators(c: Conversation, complain: Complain): Promise<void> {
  for (const topic of [PLAIN, TRANSACTIONS]) {
    await createTopic(c, topic, TOPICS[topic]!.partitions)
  }
  const ledger = new Ledger()
  const transactions = new Transactions(ledger)
  const prepared = new Prepared(ledger)
  const consumers = new ConsumerMembers()
  await comeAndGo(c)
  for (let round = 0; round < 2; round++) {
    await consumers.round(c, complain)
    await transactions.round(c)
    await prepared.round(c)
  }
}

/** A classic member joins, commits and leaves; offsets are deleted. */
async function comeAndGo(c: Conversation): Promise<void> {
  await ready(c, MEMBERS)
  const join = (memberId: string) => c.quietly(ApiKey.JoinGroup, 7, joinBody(MEMBERS, { memberId }))
  const first = await join('')
  if (first.errorCode !== MEMBER_ID_REQUIRED) throw new Error(`join: ${first.errorCode}`)
  const joined = await join(first.memberId)
  await c.quietly(ApiKey.SyncGroup, 5, syncBody(MEMBERS, joined))
  const { memberId, generationId } = joined
  await commit(c, { groupId: MEMBERS, memberId, generationIdOrMemberEpoch: generationId }, 1)
  await c.quietly(ApiKey.LeaveGroup, 5, { groupId: MEMBERS, members: [{ memberId }] })
  await c.quietly(ApiKey.OffsetDelete, 0, {
    groupId: MEMBERS,
    topics: [{ name: PLAIN, partitions: [{ partitionIndex: 0 }] }],
  })
}

const RECORD = /^\| offset: .* key: (\{.*\}) payload: (.*)$/
/** What differs from run to run. */
const VARIABLE: readonly [RegExp, string][] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>'],
  [/"topicId":"[^"]{22}"/g, '"topicId":"<topic>"'],
  [/"metadataHash":-?\d+/g, '"metadataHash":"<hash>"'],
  [/\b\d{13}\b/g, '"<time>"'],
]

/** What `dump-log` shows of the records of a coordinator's topic: by key, one value after the other. */
export async function shownRecords(
  data: string,
  topic: string,
  decoder: string,
): Promise<Record<string, string[]>> {
  const files = readdirSync(data)
    .filter((name) => name.startsWith(`${topic}-`))
    .map((name) => join(data, name, '00000000000000000000.log'))
  const shown: Record<string, string[]> = {}
  for (const line of await dumpLog(files, '--deep-iteration', decoder)) {
    const match = RECORD.exec(VARIABLE.reduce((text, [from, to]) => text.replace(from, to), line))
    if (match === null) continue
    const [, key, value] = match as unknown as [string, string, string]
    shown[key] = [...(shown[key] ?? []), inOrder(value)]
  }
  return shown
}

/** With the partitions of a transaction in order: they are a set. */
function inOrder(value: string): string {
  return value.replace(/"transactionPartitions":(\[.*?\])(?=,"transaction)/, (_, text: string) => {
    const topics: { topic: string; partitionIds: number[] }[] = JSON.parse(text)
    const lines = topics.flatMap(({ topic, partitionIds }) =>
      partitionIds.map((partition) => `${topic}-${partition}`),
    )
    return `"transactionPartitions":${JSON.stringify(lines.sort())}`
  })
}
