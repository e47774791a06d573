import { UsageError } from '../../arguments.js'
import { type Answer, path } from '../client.js'
import type { ControlCommand } from '../command.js'
import { cell, partitionsText, table, timeText } from '../table.js'
import { pairOf } from './topics.js'

export const groupCommands: readonly ControlCommand[] = [
  {
    words: 'groups',
    help: 'list all groups',
    run: async ({ api }) => {
      const json = await api.get('/groups')
      const rows = json.groups.map((g: Answer) => [g.groupId, g.type, g.state, g.members.length])
      return { json, lines: table(['GROUP', 'TYPE', 'STATE', 'MEMBERS'], rows) }
    },
  },
  {
    words: 'groups describe',
    args: ['GROUP'],
    help: 'show the members of a group and what each of them has',
    run: async ({ api, args: [group] }) => shownGroup(await api.get(path`/groups/${group!}`)),
  },
  {
    words: 'groups offsets',
    args: ['GROUP'],
    help: 'show what a group has committed, and how far it is behind',
    options: { topic: { value: 'TOPIC', help: 'of this topic only' } },
    run: async ({ api, args: [group], value }) => {
      return shownOffsets(await api.get(path`/groups/${group!}/offsets`, { topic: value('topic') }))
    },
  },
  {
    words: 'groups commit',
    args: ['GROUP', 'TOPIC=OFFSET...'],
    help: 'commit for a group that has no members; TOPIC:PARTITION=OFFSET is for one partition',
    run: async ({ api, args: [group, ...commits] }) => {
      return shownOffsets(
        await api.put(path`/groups/${group!}/offsets`, { offsets: offsets(commits) }),
      )
    },
  },
  {
    words: 'groups delete',
    args: ['GROUP'],
    help: 'delete a group that has no members',
    run: async ({ api, args: [group] }) => ({
      json: await api.delete(path`/groups/${group!}`),
      lines: [`deleted group ${cell(group)}`],
    }),
  },
  {
    words: 'transactions',
    help: 'list all transactional ids, with what is under way of each',
    run: async ({ api }) => {
      const json = await api.get('/transactions')
      const rows = json.transactions.map((each: Answer) => [
        each.transactionalId,
        each.state,
        each.producerId,
        each.producerEpoch,
        timeText(each.startedMs),
        partitionsText(each.partitions),
      ])
      const names = ['TRANSACTIONAL-ID', 'STATE', 'PRODUCER', 'EPOCH', 'STARTED', 'PARTITIONS']
      return { json, lines: table(names, rows) }
    },
  },
  {
    words: 'transactions fence',
    args: ['TRANSACTIONAL-ID'],
    help: 'give it a new epoch, as another producer of that id would: the one that has it is fenced',
    run: async ({ api, args: [id] }) => {
      const json = await api.post(path`/transactions/${id!}/fence`)
      return { json, lines: [`${cell(id)} has epoch ${json.producerEpoch} now`] }
    },
  },
]

export function shownGroup(json: Answer) {
  const rows = json.members.map((member: Answer) => [
    member.clientId,
    member.instanceId,
    member.clientHost,
    partitionsText(member.assignment),
    member.memberId,
  ])
  const names = ['CLIENT', 'INSTANCE', 'HOST', 'ASSIGNMENT', 'MEMBER']
  const head = `${cell(json.groupId)}: ${json.type}, ${json.state}, ${rows.length} members`
  return { json, lines: rows.length === 0 ? [head] : [head, ...table(names, rows)] }
}

function shownOffsets(json: Answer) {
  const lines = table(['TOPIC', 'PARTITION', 'OFFSET', 'LAG'], json.offsets.map(offsetRow))
  return { json, lines }
}

const offsetRow = ({ topic, partition, offset, lag }: Answer) => [topic, partition, offset, lag]

export function shownOffset(json: Answer) {
  return { json, lines: table(['TOPIC', 'PARTITION', 'OFFSET', 'LAG'], [offsetRow(json)]) }
}

/** By topic, then by partition; a number alone is for each partition. @throws UsageError */
function offsets(commits: readonly string[]): Readonly<Record<string, unknown>> {
  const byTopic = new Map<string, number | Record<string, number>>()
  for (const commit of commits) {
    const [where, text] = pairOf('TOPIC=OFFSET', commit)
    const [topic = '', partition] = where.split(':', 2)
    const isOffset = /^\d+$/.test(text) && (partition === undefined || /^\d+$/.test(partition))
    if (!isOffset)
      throw new UsageError(`${commit}: it has to be of the form TOPIC:PARTITION=OFFSET`)
    const known = byTopic.get(topic)
    if (partition === undefined) byTopic.set(topic, Number(text))
    else {
      const partitions = typeof known === 'object' ? known : {}
      byTopic.set(topic, { ...partitions, [partition]: Number(text) })
    }
  }
  return Object.fromEntries(byTopic)
}
