import { absolutePath } from '../../../env/absolute-path.js'
import { NodeDisk } from '../../../env/disk-node.js'
import { type SeedFormat, seedFormatOf, topicIn } from '../../../testing/seed/seed-file.js'
import { UsageError } from '../../arguments.js'
import { type Answer, ControlFailure, path } from '../client.js'
import type { ControlCommand } from '../command.js'
import { durationIn } from '../duration.js'
import { cell, table, timeText } from '../table.js'

const MEDIA_TYPES: Readonly<Record<SeedFormat, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  jsonl: 'application/jsonl',
  csv: 'text/csv',
}
/** Formats whose records need not say their topic: it is the file's name then. */
const NAMED_BY_FILE: ReadonlySet<SeedFormat> = new Set(['jsonl', 'csv'])
const NOWHERE = 'none'

export const brokerCommands: readonly ControlCommand[] = [
  {
    words: 'health',
    help: 'show where clients can use the broker',
    run: async ({ api }) => shownHealth(await api.get('/health')),
  },
  {
    words: 'metrics',
    help: "print the metrics in Prometheus's text format",
    run: async ({ api }) => {
      const text: string = await api.get('/metrics')
      return { json: text, lines: text.trimEnd().split('\n') }
    },
  },
  {
    words: 'clock',
    help: 'show the time that sessions, transactions and retention go by',
    run: async ({ api }) => shownClock(await api.get('/clock')),
  },
  {
    words: 'clock advance',
    args: ['TIME'],
    help: 'move a virtual clock on, by e.g. 45s, 1.5h or 7d',
    run: async ({ api, args: [time] }) => {
      const advance = durationIn(time!, (text) => `${text} is no time such as 45s, 1.5h or 7d`)
      return shownClock(await api.post('/clock', { advance }))
    },
  },
  {
    words: 'advertise',
    args: ['HOST:PORT'],
    help: `tell clients to come there; ${NOWHERE}: to where they have come`,
    run: async ({ api, args: [text] }) => {
      const address = text === NOWHERE ? null : text
      const json = await api.put('/advertised-listeners', { address })
      return {
        json,
        lines: [address === null ? 'nothing is advertised' : `advertised ${cell(address)}`],
      }
    },
  },
  {
    words: 'restart',
    help: 'stop the broker and start it again on the same port, with its data',
    run: async ({ api }) => ({ json: await api.post('/restart'), lines: ['restarted'] }),
  },
]

export const contentCommands: readonly ControlCommand[] = [
  {
    words: 'seed',
    args: ['FILE...'],
    help: 'bring about what seeds say: YAML, JSON, JSONL or CSV, by the ends of their names',
    options: {
      topic: { value: 'TOPIC', help: "of JSONL and CSV that don't say (the file's name)" },
    },
    run: async ({ api, args, value }) => {
      let json: Answer
      for (const file of args) {
        const { content, format, topic } = seedFile(file, value('topic'))
        json = await of(file, api.send('/seed', content, MEDIA_TYPES[format], { topic }))
      }
      return { json, lines: args.map((file) => `seeded ${cell(file)}`) }
    },
  },
  {
    words: 'reset',
    help: 'go back to what the seeds brought; faults end, and the journal is empty',
    run: async ({ api }) => ({ json: await api.post('/reset'), lines: ['reset'] }),
  },
  {
    words: 'snapshot',
    help: 'remember what there is now, as long as the broker runs',
    run: async ({ api }) => shownSnapshots(await api.post('/snapshots')),
  },
  {
    words: 'snapshot list',
    help: 'list what was remembered',
    run: async ({ api }) => shownSnapshots(await api.get('/snapshots')),
  },
  {
    words: 'snapshot restore',
    args: ['ID'],
    help: 'go back to what there was then',
    run: async ({ api, args: [id] }) => ({
      json: await api.post(path`/snapshots/${id!}/restore`),
      lines: [`restored snapshot ${cell(id)}`],
    }),
  },
  {
    words: 'snapshot delete',
    args: ['ID'],
    help: 'forget a snapshot',
    run: async ({ api, args: [id] }) => ({
      json: await api.delete(path`/snapshots/${id!}`),
      lines: [`deleted snapshot ${cell(id)}`],
    }),
  },
]

export function shownHealth(json: Answer) {
  const { bootstrapServers, clusterId, profile } = json
  const lines = [`ok: ${cell(bootstrapServers)}, cluster ${clusterId}, profile ${profile}`]
  return { json, lines }
}

const shownClock = (json: Answer) => ({
  json,
  lines: [`${timeText(json.nowMs)}${json.isVirtual ? ', virtual' : ''}`],
})

function shownSnapshots(json: Answer) {
  const snapshots: readonly Answer[] = json.snapshots ?? [json]
  const rows = snapshots.map(({ id, topics, groups, bytes }) => [id, topics, groups, bytes])
  return { json, lines: table(['SNAPSHOT', 'TOPICS', 'GROUPS', 'BYTES'], rows) }
}

/** What is refused of a file, with its name. */
async function of<T>(file: string, sending: Promise<T>): Promise<T> {
  try {
    return await sending
  } catch (error) {
    const isRefused = error instanceof ControlFailure && error.code !== undefined
    throw isRefused ? new ControlFailure(`${file}: ${error.message}`, error.code) : error
  }
}

/** @throws UsageError, Error for a file that can't be read */
function seedFile(file: string, topic: string | undefined) {
  const format = formatOf(file)
  let content: Buffer | undefined
  try {
    content = new NodeDisk().readFile(absolutePath(file))
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error })
  }
  if (content === undefined) throw new Error(`${file}: there is no such file`)
  const named = NAMED_BY_FILE.has(format) ? topicIn(file) : undefined
  return { content, format, topic: topic ?? named }
}

function formatOf(file: string): SeedFormat {
  try {
    return seedFormatOf(file)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
