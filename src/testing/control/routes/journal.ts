import { ApiKey, type ApiName } from '../../../protocol/api-keys.js'
import { ErrorCode, type ErrorName } from '../../../protocol/errors.js'
import type { JournalEntry, JournalFilter } from '../../journal-entry.js'
import { asked } from '../asked.js'
import { jsonOf } from '../json.js'
import { Done, Entries, type Entry } from '../models.js'
import { type Route, route } from '../route.js'
import { oneOf, text, whole } from '../schema.js'

const MAX_ENTRIES = 10_000
const DEFAULT_MAX_ENTRIES = 1000

export const journalFilter = {
  api: oneOf(Object.keys(ApiKey) as ApiName[], "An API's name as in Kafka."),
  clientId: text('Exactly this one, or each that matches what is between slashes.'),
  connection: text("A connection's id."),
  error: oneOf(Object.keys(ErrorCode) as ErrorName[], 'In the response, by its name as in Kafka.'),
  after: whole('Entries after this number.', 0),
} as const

/** What has been asked and answered. */
export const journalRoutes = (): readonly Route[] => [
  route({
    method: 'GET',
    path: '/journal',
    operationId: 'getJournal',
    summary: 'Requests and responses, the oldest first',
    query: {
      ...journalFilter,
      max: whole(`The last so many; ${DEFAULT_MAX_ENTRIES} unless said.`, 1, MAX_ENTRIES),
    },
    answer: Entries,
    handle: async ({ context: { broker }, query }) => {
      const { max = DEFAULT_MAX_ENTRIES, ...filter } = query
      const entries = await asked(() => broker.journal.entries(filter as JournalFilter))
      return { entries: entries.slice(-max).map(entryModel), lastNumber: broker.journal.lastNumber }
    },
  }),
  route({
    method: 'DELETE',
    path: '/journal',
    operationId: 'clearJournal',
    summary: 'Forgets what is in the journal',
    answer: Done,
    handle: ({ context: { broker } }) => {
      broker.journal.clear()
      return { done: true }
    },
  }),
]

export function entryModel(entry: JournalEntry): Entry {
  return {
    number: entry.number,
    api: entry.api,
    version: entry.version,
    correlationId: entry.correlationId,
    clientId: entry.clientId,
    connection: entry.connection,
    listener: entry.listener,
    atMs: entry.atMs,
    outcome: entry.outcome ?? null,
    durationMs: entry.durationMs ?? null,
    errors: entry.errors,
    faults: entry.faults,
    requestBytes: entry.requestBytes,
    responseBytes: entry.responseBytes,
    request: jsonOf(entry.request) as Entry['request'],
    response: entry.response === undefined ? null : (jsonOf(entry.response) as Entry['response']),
  }
}
