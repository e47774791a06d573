import { entryMatcher } from '../../journal.js'
import { type WaitOptions, WaitTimeoutError } from '../../views.js'
import { asked } from '../asked.js'
import { ControlError } from '../control-error.js'
import { CommittedOffset, Entry, Group, GroupStateModel, Records } from '../models.js'
import { type Call, type Route, route } from '../route.js'
import { flag, list, object, text, whole } from '../schema.js'
import { entryModel, journalFilter } from './journal.js'
import { recordModel, recordQuery } from './topics.js'

/** Node's fetch, and others, give up on what isn't answered in five minutes. */
const MAX_WAIT_MS = 240_000
/** Of what was seen instead, the last. */
const MAX_SAW = 100

const timeoutMs = whole('Milliseconds of the machine; 10000 unless said.', 0, MAX_WAIT_MS)

const { api: _, ...filterOfRequest } = journalFilter

/** Answer when what is waited for has come about; 408 that says what there was instead. */
export const waitRoutes = (): readonly Route[] => [
  route({
    method: 'POST',
    path: '/wait/messages',
    operationId: 'waitForMessages',
    summary: 'Waits for records in a topic, and answers them',
    body: object(
      { topic: text(), count: whole('At least so many.', 1) },
      { timeoutMs, ...recordQuery },
    ),
    answer: Records,
    handle: async (call) => {
      const { topic, count, ...options } = call.body
      const { broker } = call.context
      const waiting = broker.waitForMessages(topic, count, abandonable(call, options))
      const records = await waited(waiting, recordModel)
      return { records: records.map(recordModel) }
    },
  }),
  route({
    method: 'POST',
    path: '/wait/group',
    operationId: 'waitForGroup',
    summary: 'Waits for a group to be there, to have so many members, to be in a state',
    body: object(
      { groupId: text() },
      { members: whole('So many.', 0), state: GroupStateModel, timeoutMs },
    ),
    answer: Group,
    handle: (call) => {
      const { groupId, ...expected } = call.body
      return waited(call.context.broker.waitForGroup(groupId, abandonable(call, expected)))
    },
  }),
  route({
    method: 'POST',
    path: '/wait/assignment',
    operationId: 'waitForAssignment',
    summary: 'Waits until members of a group have all partitions, and fetch from them',
    body: object(
      { groupId: text() },
      {
        topics: list(text(), 'Of these topics; of every one subscribed to unless said.'),
        clientId: text('That member has it.'),
        fetching: flag('And they fetch from them, so that nothing is missed; true unless said.'),
        timeoutMs,
      },
    ),
    answer: Group,
    handle: (call) => {
      const { groupId, ...expected } = call.body
      return waited(call.context.broker.waitForAssignment(groupId, abandonable(call, expected)))
    },
  }),
  route({
    method: 'POST',
    path: '/wait/commit',
    operationId: 'waitForCommit',
    summary: 'Waits until a group has committed',
    body: object(
      { groupId: text(), topic: text() },
      {
        partition: whole('Any unless said.', 0),
        offset: whole('At least that one; any unless said.', 0),
        timeoutMs,
      },
    ),
    answer: CommittedOffset,
    handle: (call) => {
      const { groupId, ...expected } = call.body
      return waited(call.context.broker.waitForCommit(groupId, abandonable(call, expected)))
    },
  }),
  route({
    method: 'POST',
    path: '/wait/request',
    operationId: 'waitForRequest',
    summary: 'Waits until a request has been answered; those in the journal count, too',
    body: object({ api: journalFilter.api }, { ...filterOfRequest, timeoutMs }),
    answer: Entry,
    handle: async (call) => {
      const { timeoutMs, after, ...filter } = call.body
      const isIt = await asked(() => entryMatcher(filter))
      const options = abandonable(call, { timeoutMs, after })
      const waiting = call.context.broker.waitForRequest(filter.api, isIt, options)
      return entryModel(await waited(waiting, entryModel))
    },
  }),
]

/**
 * What is waited for.
 *
 * @param model of each thing that was seen instead
 * @throws ControlError 408 that says what was
 */
async function waited<T, S>(waiting: Promise<T>, model?: (seen: S) => unknown): Promise<T> {
  try {
    return await waiting
  } catch (error) {
    if (!(error instanceof WaitTimeoutError)) throw error
    const { saw } = error
    const last = Array.isArray(saw) ? saw.slice(-MAX_SAW) : saw
    const told = model !== undefined && Array.isArray(last) ? last.map(model) : last
    throw new ControlError(408, 'WAIT_TIMEOUT', error.message, told ?? null, { cause: error })
  }
}

/** With what is defined of the options; ends when nobody waits for the answer any more. */
function abandonable<T extends object>(
  call: Call<unknown, unknown>,
  options: T,
): T & Pick<WaitOptions, 'signal'> {
  const abandoned = new AbortController()
  call.onAbandoned(() =>
    abandoned.abort(new ControlError(503, 'ABANDONED', 'nobody waits any more')),
  )
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return { ...(Object.fromEntries(given) as T), signal: abandoned.signal }
}
