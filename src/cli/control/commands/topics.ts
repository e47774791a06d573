import { UsageError } from '../../arguments.js'
import { type Answer, path } from '../client.js'
import type { CommandCall, ControlCommand, OptionHelp } from '../command.js'
import { cell, table, timeText } from '../table.js'

/** Which records are meant. */
export const recordOptions: Readonly<Record<string, OptionHelp>> = {
  partition: { value: 'N', help: 'of this partition only' },
  from: { value: 'OFFSET', help: 'from this offset on' },
  max: { value: 'N', help: 'so many at most of each partition (1000)' },
  uncommitted: { help: 'also what transactions have not committed' },
}

export const recordQuery = (call: CommandCall) => ({
  partition: call.whole('partition'),
  from: call.whole('from'),
  max: call.whole('max'),
  isolation: call.value('uncommitted') === undefined ? undefined : 'read_uncommitted',
})

export const topicCommands: readonly ControlCommand[] = [
  {
    words: 'topics',
    help: "list all topics but Kafka's own",
    run: async ({ api }) => {
      const json = await api.get('/topics')
      const rows = json.topics.map((t: Answer) => [t.name, t.partitionCount, t.messageCount])
      return { json, lines: table(['TOPIC', 'PARTITIONS', 'MESSAGES'], rows) }
    },
  },
  {
    words: 'topics describe',
    args: ['TOPIC'],
    help: "show a topic's partitions and configuration",
    run: async ({ api, args: [topic] }) => shownTopic(await api.get(path`/topics/${topic!}`)),
  },
  {
    words: 'topics create',
    args: ['TOPIC'],
    help: 'create a topic',
    options: {
      partitions: { value: 'N', help: 'so many (num.partitions)' },
      set: { value: 'KEY=VALUE', help: "set a configuration, by Kafka's name", multiple: true },
    },
    run: async (call) => {
      const configs = Object.fromEntries(call.values('set').map((text) => pairOf('--set', text)))
      const body = { name: call.args[0], partitions: call.whole('partitions'), configs }
      return shownTopic(await call.api.post('/topics', body))
    },
  },
  {
    words: 'topics delete',
    args: ['TOPIC'],
    help: 'delete a topic',
    run: async ({ api, args: [topic] }) => ({
      json: await api.delete(path`/topics/${topic!}`),
      lines: [`deleted topic ${cell(topic)}`],
    }),
  },
  {
    words: 'records',
    args: ['TOPIC'],
    help: 'show the records of a topic',
    options: recordOptions,
    run: async (call) => {
      const records = path`/topics/${call.args[0]!}/records`
      return shownRecords(await call.api.get(records, recordQuery(call)))
    },
  },
  {
    words: 'records produce',
    args: ['TOPIC', 'VALUE...'],
    help: 'produce a record of each value',
    options: {
      key: { value: 'TEXT', help: 'their key' },
      header: { value: 'NAME=TEXT', help: 'a header of theirs', multiple: true },
      partition: { value: 'N', help: 'where they go' },
    },
    run: async (call) => {
      const [topic, ...values] = call.args
      const headers = Object.fromEntries(
        call.values('header').map((text) => pairOf('--header', text)),
      )
      const records = values.map((value) => ({
        value,
        key: call.value('key'),
        partition: call.whole('partition'),
        headers,
      }))
      const json = await call.api.post(path`/topics/${topic!}/records`, { records })
      return { json, lines: [`produced ${json.produced} to ${cell(topic)}`] }
    },
  },
]

export function shownRecords(json: Answer) {
  const rows = json.records.map((record: Answer) => [
    record.partition,
    record.offset,
    timeText(record.timestampMs),
    record.key,
    record.value,
  ])
  return { json, lines: table(['PARTITION', 'OFFSET', 'TIME', 'KEY', 'VALUE'], rows) }
}

function shownTopic(json: Answer) {
  const rows = json.partitions.map((each: Answer) => [
    each.partition,
    each.leader,
    each.leaderEpoch,
    each.logStartOffset,
    each.lastStableOffset,
    each.highWatermark,
    each.logEndOffset,
  ])
  const names = ['PARTITION', 'LEADER', 'EPOCH', 'START', 'STABLE', 'HIGH-WATERMARK', 'END']
  const configs = Object.entries(json.configs).map(([name, value]) => `${name}=${cell(value)}`)
  return { json, lines: [...table(names, rows), ...configs] }
}

/** @throws UsageError for what isn't `name=value` */
export function pairOf(option: string, text: string): readonly [name: string, value: string] {
  const equals = text.indexOf('=')
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)]
  throw new UsageError(`${option} ${text}: it has to be of the form name=value`)
}
