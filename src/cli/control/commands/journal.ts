import type { Answer } from '../client.js'
import type { ControlCommand } from '../command.js'
import { table, timeText } from '../table.js'

export const journalCommands: readonly ControlCommand[] = [
  {
    words: 'journal',
    help: 'list requests and what became of them, the oldest first; --json has their bodies',
    options: {
      api: { value: 'API', help: "of this API, by Kafka's name" },
      client: { value: 'CLIENT-ID', help: 'of this client, or /regular expression/' },
      error: { value: 'ERROR', help: 'with this error in the response' },
      after: { value: 'NUMBER', help: 'after this number' },
      max: { value: 'N', help: 'the last so many (1000)' },
    },
    run: async ({ api, value, whole }) => {
      const json = await api.get('/journal', {
        api: value('api'),
        clientId: value('client'),
        error: value('error'),
        after: whole('after'),
        max: whole('max'),
      })
      return { json, lines: shownEntries(json.entries) }
    },
  },
  {
    words: 'journal clear',
    help: 'forget what is in the journal',
    run: async ({ api }) => ({
      json: await api.delete('/journal'),
      lines: ['cleared the journal'],
    }),
  },
]

export function shownEntries(entries: readonly Answer[]): readonly string[] {
  const rows = entries.map((entry) => [
    entry.number,
    timeText(entry.atMs),
    `${entry.api} v${entry.version}`,
    entry.clientId,
    entry.outcome ?? 'under way',
    entry.durationMs,
    entry.errors.join(',') || '-',
  ])
  return table(['NUMBER', 'TIME', 'API', 'CLIENT', 'OUTCOME', 'MS', 'ERRORS'], rows)
}
