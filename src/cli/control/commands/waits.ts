import { systemClock } from '../../../env/clock.js'
import { UsageError } from '../../arguments.js'
import { ControlFailure } from '../client.js'
import type { CommandCall, ControlCommand, OptionHelp } from '../command.js'
import { durationIn } from '../duration.js'
import { shownHealth } from './broker.js'
import { shownGroup, shownOffset } from './groups.js'
import { shownEntries } from './journal.js'
import { recordOptions, recordQuery, shownRecords } from './topics.js'

const DEFAULT_READY_MS = 30_000
const READY_POLL_MS = 20
const timeout: OptionHelp = {
  value: 'TIME',
  help: 'give up after this time, e.g. 30s (10s; 4m at most)',
}

export const waitCommands: readonly ControlCommand[] = [
  {
    words: 'wait ready',
    help: 'wait until clients can use the broker, which may not even have started',
    options: { timeout: { value: 'TIME', help: 'give up after this time (30s)' } },
    run: async (call) => {
      const deadlineMs = systemClock.now() + (timeoutOf(call) ?? DEFAULT_READY_MS)
      for (;;) {
        try {
          return shownHealth(await call.api.get('/health'))
        } catch (error) {
          if (!(error instanceof ControlFailure) || systemClock.now() >= deadlineMs) throw error
        }
        await new Promise<void>((resolve) => systemClock.after(READY_POLL_MS, resolve))
      }
    },
  },
  {
    words: 'wait messages',
    args: ['TOPIC', '[COUNT]'],
    help: 'wait for so many records (1) in a topic, and show them',
    options: { timeout, ...recordOptions },
    run: async (call) => {
      const [topic, count = '1'] = call.args
      if (!/^[1-9]\d*$/.test(count)) throw new UsageError(`${count} is no number of messages`)
      const what = { topic, count: Number(count), ...recordQuery(call) }
      return shownRecords(await waitFor(call, 'messages', what))
    },
  },
  {
    words: 'wait group',
    args: ['GROUP'],
    help: 'wait for a group to be there',
    options: {
      members: { value: 'N', help: 'and to have so many members' },
      state: { value: 'STATE', help: 'and to be in that state, e.g. Stable' },
      timeout,
    },
    run: async (call) => {
      const what = {
        groupId: call.args[0],
        members: call.whole('members'),
        state: call.value('state'),
      }
      return shownGroup(await waitFor(call, 'group', what))
    },
  },
  {
    words: 'wait assignment',
    args: ['GROUP'],
    help: 'wait until the members of a group have all partitions, and fetch from them',
    options: {
      topic: {
        value: 'TOPIC',
        help: 'of this topic (of all that they subscribe to)',
        multiple: true,
      },
      client: { value: 'CLIENT-ID', help: 'until this one has them' },
      assigned: { help: 'do not wait until they fetch, which a consumer that is paused does not' },
      timeout,
    },
    run: async (call) => {
      const topics = call.values('topic')
      const clientId = call.value('client')
      const fetching = call.value('assigned') === undefined
      const what = {
        groupId: call.args[0],
        ...(topics.length === 0 ? {} : { topics }),
        clientId,
        fetching,
      }
      return shownGroup(await waitFor(call, 'assignment', what))
    },
  },
  {
    words: 'wait commit',
    args: ['GROUP', 'TOPIC'],
    help: 'wait until a group has committed for a topic',
    options: {
      partition: { value: 'N', help: 'for this partition' },
      offset: { value: 'OFFSET', help: 'this offset, or a later one' },
      timeout,
    },
    run: async (call) => {
      const [groupId, topic] = call.args
      const what = {
        groupId,
        topic,
        partition: call.whole('partition'),
        offset: call.whole('offset'),
      }
      return shownOffset(await waitFor(call, 'commit', what))
    },
  },
  {
    words: 'wait request',
    args: ['API'],
    help: "wait until a request of that API (by Kafka's name) has been answered; earlier ones count",
    options: {
      client: { value: 'CLIENT-ID', help: 'of this client, or /regular expression/' },
      error: { value: 'ERROR', help: 'with this error in its response' },
      after: { value: 'NUMBER', help: 'after this number in the journal' },
      timeout,
    },
    run: async (call) => {
      const json = await waitFor(call, 'request', {
        api: call.args[0],
        clientId: call.value('client'),
        error: call.value('error'),
        after: call.whole('after'),
      })
      return { json, lines: shownEntries([json]) }
    },
  },
]

function waitFor(call: CommandCall, what: string, body: object) {
  return call.api.post(`/wait/${what}`, { ...body, timeoutMs: timeoutOf(call) })
}

/** @throws UsageError */
function timeoutOf(call: CommandCall): number | undefined {
  const text = call.value('timeout')
  if (text === undefined) return undefined
  const wanted = 'it has to be a time such as 500ms, 30s or 2m'
  return durationIn(text, () => `--timeout ${text}: ${wanted}`)
}
