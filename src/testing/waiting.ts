import type { Clock, Timer } from '../env/clock.js'
import { ApiKey, type ApiName } from '../protocol/api-keys.js'
import { DEFAULT_MAX_RECORDS } from './inspect/topics.js'
import type { Journal, JournalEntry } from './journal-entry.js'
import type {
  AssignmentExpectation,
  CommitExpectation,
  GroupDescription,
  GroupExpectation,
  GroupMemberView,
  GroupOffsetView,
  GroupView,
  RecordQuery,
  RecordView,
  TopicView,
  WaitOptions,
} from './views.js'
import { WaitTimeoutError } from './views.js'

const DEFAULT_TIMEOUT_MS = 10_000
/** What no request brings about (a session that expires) is seen so late at most. */
const POLL_MS = 20
/** How much of what was seen a message tells. */
const MAX_TOLD = 10
const MAX_TOLD_LENGTH = 120

/** What there is when one looks. */
interface Look<T> {
  /** Undefined while what is waited for isn't there. */
  readonly found: T | undefined
  /** For the message, when it never is. */
  readonly saw: unknown
  readonly told: string
}

export interface WaitingOptions {
  /** The pacing one. */
  readonly clock: Clock
  readonly journal: Journal
  readonly topic: (name: string) => TopicView
  readonly group: (groupId: string) => GroupView
  /** Partitions of a topic; undefined when there is none of that name. */
  readonly partitionCount: (topic: string) => number | undefined
  /** Whether a member has fetched from a partition since it joined. */
  readonly isFetching: (
    groupId: string,
    member: GroupMemberView,
    topic: string,
    partition: number,
  ) => boolean
}

/** Waits for what is to come about on a broker; looks again whenever a request was answered. */
export class Waiting {
  readonly #clock: Clock
  readonly #options: WaitingOptions
  readonly #aborts = new Set<() => void>()
  #isClosed = false

  constructor(options: WaitingOptions) {
    this.#options = options
    this.#clock = options.clock
  }

  /** Ends all waiting, with an error. */
  close(): void {
    this.#isClosed = true
    for (const abort of [...this.#aborts]) abort()
  }

  messages(
    topic: string,
    n: number,
    options: WaitOptions & RecordQuery = {},
  ): Promise<readonly RecordView[]> {
    const view = this.#options.topic(topic)
    const what = `${counted(n, 'message')} in ${topic}`
    const query = { ...options, max: options.max ?? Math.max(n, DEFAULT_MAX_RECORDS) }
    return this.#until(what, options, async (isLast) => {
      if (!view.exists())
        return { found: undefined, saw: undefined, told: 'there is no such topic' }
      // Reading what isn't all yet again and again would take longer the more there is.
      if (!isLast && offsetsIn(view, query) < n) {
        return { found: undefined, saw: undefined, told: '' }
      }
      const records = await view.records(query)
      const told = `${records.length}${records.length === 0 ? '' : `: ${listed(records, tellRecord)}`}`
      return { found: records.length >= n ? records : undefined, saw: records, told }
    })
  }

  group(groupId: string, expected: GroupExpectation = {}): Promise<GroupDescription> {
    const { members, state } = expected
    const what = [
      `group ${groupId}`,
      ...(members === undefined ? [] : [`with ${counted(members, 'member')}`]),
      ...(state === undefined ? [] : [`in state ${state}`]),
    ].join(' ')
    return this.#untilGroup(what, groupId, expected, (group) => {
      if (members === undefined && state === undefined) return group.state !== 'Dead'
      const isCount = members === undefined || group.members.length === members
      return isCount && (state === undefined || group.state === state)
    })
  }

  assignment(groupId: string, expected: AssignmentExpectation = {}): Promise<GroupDescription> {
    const { clientId, topics } = expected
    const whose = clientId === undefined ? '' : ` to client ${clientId}`
    const of = topics === undefined ? '' : ` of ${topics.join(', ')}`
    const what = `an assignment${of}${whose} in group ${groupId}`
    const isIt = (group: GroupDescription) =>
      this.#isAssigned(group, expected) && this.#idle(group, expected).length === 0
    return this.#untilGroup(what, groupId, expected, isIt, (group) => {
      const idle = this.#isAssigned(group, expected) ? this.#idle(group, expected) : []
      return idle.length === 0 ? '' : `, which does not fetch yet from ${idle.join(', ')}`
    })
  }

  commit(groupId: string, expected: CommitExpectation): Promise<GroupOffsetView> {
    const { topic, partition, offset } = expected
    const where = partition === undefined ? topic : `${topic}-${partition}`
    const least = offset === undefined ? '' : ` of offset ${offset} or later`
    const group = this.#options.group(groupId)
    return this.#until(`a commit${least} for ${where} by group ${groupId}`, expected, async () => {
      const offsets = await group.offsets()
      const found = offsets.find(
        (each) =>
          each.topic === topic &&
          (partition === undefined || each.partition === partition) &&
          (offset === undefined || each.offset >= offset),
      )
      return { found, saw: offsets, told: listed(offsets, tellOffset) || 'nothing committed' }
    })
  }

  async request(
    api: ApiName,
    match: (entry: JournalEntry) => boolean = () => true,
    options: WaitOptions & { readonly after?: number } = {},
  ): Promise<JournalEntry> {
    const { journal } = this.#options
    const { after = 0 } = options
    if (!Object.hasOwn(ApiKey, api)) throw new TypeError(`there is no API ${String(api)}`)
    return this.#until(`a request ${api} that matches`, options, async () => {
      const entries = journal.entries({ after })
      const found = entries.find(
        (entry) => entry.api === api && entry.outcome !== undefined && match(entry),
      )
      if (found !== undefined) return { found, saw: entries, told: '' }
      return { found, saw: entries, told: tellRequests(entries) }
    })
  }

  #untilGroup(
    what: string,
    groupId: string,
    options: WaitOptions,
    isIt: (group: GroupDescription) => boolean,
    tellMore: (group: GroupDescription) => string = () => '',
  ): Promise<GroupDescription> {
    const view = this.#options.group(groupId)
    return this.#until(what, options, async () => {
      const group = await view.describe()
      return {
        found: isIt(group) ? group : undefined,
        saw: group,
        told: tellGroup(group) + tellMore(group),
      }
    })
  }

  #isAssigned(group: GroupDescription, { topics, clientId }: AssignmentExpectation): boolean {
    const { members, state } = group
    if (state !== 'Stable' || members.length === 0) return false
    const wanted = topics ?? [...new Set(members.flatMap(({ subscription }) => subscription))]
    const holders = members.filter((each) => clientId === undefined || each.clientId === clientId)
    const owned = new Set(
      (topics !== undefined || clientId === undefined ? holders : members).flatMap((member) =>
        member.assignment.flatMap(({ topic, partitions }) =>
          partitions.map((partition) => `${topic}/${partition}`),
        ),
      ),
    )
    if (clientId !== undefined && topics === undefined) {
      // It has something; others may have the rest.
      if (!holders.some(({ assignment }) => assignment.length > 0)) return false
    }
    return wanted.length > 0 && wanted.every((topic) => this.#hasAll(topic, owned))
  }

  /** Partitions that are assigned but not fetched from, of those that are to be. */
  #idle({ groupId, members }: GroupDescription, expected: AssignmentExpectation): string[] {
    const { topics, clientId, fetching = true } = expected
    if (!fetching) return []
    return members.flatMap((member) =>
      member.assignment.flatMap(({ topic, partitions }) =>
        partitions
          .filter(
            (partition) =>
              (clientId === undefined || member.clientId === clientId) &&
              (topics === undefined || topics.includes(topic)) &&
              !this.#options.isFetching(groupId, member, topic, partition),
          )
          .map((partition) => `${topic}-${partition}`),
      ),
    )
  }

  #hasAll(topic: string, owned: ReadonlySet<string>): boolean {
    const count = this.#options.partitionCount(topic)
    if (count === undefined) return false
    return Array.from({ length: count }, (_, index) => `${topic}/${index}`).every((each) =>
      owned.has(each),
    )
  }

  async #until<T>(
    what: string,
    { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: WaitOptions,
    look: (isLast: boolean) => Promise<Look<T>>,
  ): Promise<T> {
    if (!(timeoutMs >= 0)) {
      throw new TypeError(`timeoutMs ${String(timeoutMs)}: it has to be a number of milliseconds`)
    }
    const deadlineMs = this.#clock.now() + timeoutMs
    const traffic = new Traffic(this.#clock, this.#options.journal)
    const abort = (): void => traffic.wake()
    this.#aborts.add(abort)
    signal?.addEventListener('abort', abort)
    try {
      for (;;) {
        signal?.throwIfAborted()
        if (this.#isClosed) throw new Error(`waiting for ${what}: the broker was closed`)
        const leftMs = deadlineMs - this.#clock.now()
        const { found, saw, told } = await look(leftMs <= 0)
        if (found !== undefined) return found
        if (leftMs <= 0) {
          const message = `waited ${timeoutMs} ms for ${what}, and saw instead: ${told}`
          throw new WaitTimeoutError(message, saw)
        }
        await traffic.next(Math.min(POLL_MS, leftMs))
      }
    } finally {
      this.#aborts.delete(abort)
      signal?.removeEventListener('abort', abort)
      traffic.end()
    }
  }
}

/** Tells when it is time to look again. */
class Traffic {
  #hasCome = false
  #resolve: (() => void) | undefined
  readonly #stop: () => void

  constructor(
    private readonly clock: Clock,
    journal: Journal,
  ) {
    this.#stop = journal.listen(() => this.wake())
  }

  wake(): void {
    this.#hasCome = true
    this.#resolve?.()
  }

  async next(ms: number): Promise<void> {
    let timer: Timer | undefined
    if (!this.#hasCome) {
      await new Promise<void>((resolve) => {
        this.#resolve = resolve
        timer = this.clock.after(ms, resolve)
      })
    }
    timer?.cancel()
    this.#hasCome = false
    this.#resolve = undefined
  }

  end(): void {
    this.#stop()
  }
}

/** Records that there are at most; transactions and compaction may leave fewer. */
function offsetsIn(view: TopicView, { partition, from = 0 }: RecordQuery): number {
  return view
    .partitions()
    .filter((each) => partition === undefined || each.partition === partition)
    .reduce((sum, { logStartOffset, highWatermark }) => {
      return sum + Math.max(0, highWatermark - Math.max(from, logStartOffset))
    }, 0)
}

/** The last requests, each kind once, for a message. */
export function tellRequests(entries: readonly JournalEntry[]): string {
  if (entries.length === 0) return 'no request at all'
  const counts = new Map<string, number>()
  for (const { api, clientId, errors } of entries) {
    const failed = errors.length === 0 ? '' : ` (${errors.join(', ')})`
    const kind = `${api} of ${clientId}${failed}`
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return listed([...counts], ([kind, count]) => (count === 1 ? kind : `${count} × ${kind}`))
}

/** The last ones, the others counted. */
function listed<T>(all: readonly T[], tell: (one: T) => string): string {
  const last = all.slice(-MAX_TOLD).map((each) => {
    const text = tell(each)
    return text.length > MAX_TOLD_LENGTH ? `${text.slice(0, MAX_TOLD_LENGTH)}…` : text
  })
  const before = all.length - last.length
  return [...(before > 0 ? [`${before} more`] : []), ...last].join('; ')
}

function tellRecord({ topic, partition, offset, key, value }: RecordView): string {
  const named = key === null ? '' : `${key}: `
  return `${topic}-${partition}@${offset} ${named}${value}`
}

function tellOffset({ topic, partition, offset, lag }: GroupOffsetView): string {
  return `${topic}-${partition} at ${offset}, lag ${lag}`
}

function tellGroup({ state, type, members }: GroupDescription): string {
  if (state === 'Dead') return 'there is no such group'
  const told = listed(members, ({ clientId, assignment }) => {
    const owned = assignment.map(({ topic, partitions }) => `${topic}-[${partitions.join(',')}]`)
    return `${clientId} with ${owned.join(' ') || 'nothing'}`
  })
  const count = counted(members.length, 'member')
  return `a ${type} group in state ${state} with ${count}${told && `: ${told}`}`
}

const counted = (n: number, what: string): string => `${n} ${n === 1 ? what : `${what}s`}`
