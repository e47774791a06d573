import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { AskOptions, Body, Conversation } from '../conversation.js'
import { createTopic, prepareEveryGroup, prepareTransactions } from '../fixtures.js'
import { type Script, versionsOf } from '../script.js'
import { addQuietly, completed, endQuietly, initProducer } from '../transaction-requests.js'

/** Transactions as administrators see them. */
export const transactionAdmin: Script = {
  name: 'transaction-admin',
  async run(t) {
    await prepareEveryGroup(t)
    await prepareTransactions(t)
    await createTopic(t, 'listed', 3)
    await createTopic(t, 'listed-too')
    const ids = await inEveryState(t)
    await describe(t)
    for (const version of versionsOf(ApiKey.ListTransactions)) await list(t, version, ids)
  },
}

/** @returns the producer ids */
async function inEveryState(t: Conversation): Promise<number[]> {
  const empty = await initProducer(t, 'empty', { transactionTimeoutMs: 12_345 })
  const both = [
    { name: 'listed', partitions: [2, 0] },
    { name: 'listed-too', partitions: [0] },
  ]
  const ongoing = await initProducer(t, 'ongoing one')
  await addQuietly(t, ongoing, both)
  await t.quietly(ApiKey.AddOffsetsToTxn, 3, { ...ongoing, groupId: 'g' })
  const committed = await initProducer(t, 'committed')
  await addQuietly(t, committed, both)
  await endQuietly(t, committed, true)
  const aborted = await initProducer(t, 'aborted')
  await addQuietly(t, aborted, both)
  await endQuietly(t, aborted, false)
  const newer = await initProducer(t, 'newer')
  await addQuietly(t, newer, both)
  await t.quietly(ApiKey.EndTxn, 5, { ...newer, committed: true })
  await completed(t, 'newer')
  return [empty, ongoing, committed, aborted, newer].map(({ producerId }) => producerId)
}

async function describe(t: Conversation): Promise<void> {
  const ask = (label: string, transactionalIds: string[]) =>
    t.ask(label, ApiKey.DescribeTransactions, 0, { transactionalIds }, { unordered: true })
  await ask('every state', ['empty', 'ongoing one', 'committed', 'aborted', 'newer'])
  await ask('one', ['empty'])
  await ask('one unknown', ['nobody', 'empty'])
  await ask('an empty one', [''])
  await ask('the same twice', ['empty', 'empty'])
  await ask('none', [])
}

async function list(t: Conversation, version: number, ids: readonly number[]): Promise<void> {
  const ask = (label: string, more: object = {}, options: AskOptions = {}) => {
    const body = { stateFilters: [], producerIdFilters: [], ...more }
    return t.ask(label, ApiKey.ListTransactions, version, body, { unordered: true, ...options })
  }
  await ask('all')
  const states = ['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit']
  const others = ['CompleteAbort', 'Dead', 'PrepareEpochFence', 'ongoing', 'nonsense', '']
  for (const state of [...states, ...others]) await ask(`in ${state}`, { stateFilters: [state] })
  await ask('in either', { stateFilters: ['Empty', 'CompleteAbort', 'Empty'] })
  await ask('in one known and two unknown', { stateFilters: ['Ongoing', 'no', 'never'] })
  await ask('of two producers', { producerIdFilters: [ids[0], ids[1], 99_999] })
  await ask('of an unknown producer', { producerIdFilters: [99_999] })
  await ask('of a negative producer', { producerIdFilters: [-1] })
  await ask('of a state and a producer', { stateFilters: ['Empty'], producerIdFilters: [ids[1]] })
  if (version < 1) return
  const some: AskOptions = { until: ({ transactionStates }: Body) => transactionStates.length > 4 }
  await ask('for a while', { durationFilter: 1 }, some)
  await ask('for some time', { durationFilter: 0 }, some)
  await ask('for an hour', { durationFilter: 3_600_000 })
  await ask('for less than no time', { durationFilter: -7 })
  if (version < 2) return
  const patterns = ['.*', 'e.*', 'empty', 'mpt', '(empty|aborted)', '[a-c].*', 'EMPTY', '(?i)EMPTY']
  const odd = [
    '',
    '(',
    '[',
    'a{2',
    '*',
    '\\',
    'ongoing one',
    'ongoing\\sone',
    '\\p{Lower}+',
    '^empty$',
  ]
  for (const transactionalIdPattern of [...patterns, ...odd]) {
    await ask(`like ${transactionalIdPattern}`, { transactionalIdPattern })
  }
  await ask('like none and in no state', { transactionalIdPattern: '(', stateFilters: ['no'] })
}
