import { ErrorCode } from '../../src/protocol/errors.js'
import { FindCoordinatorRequest } from '../../src/protocol/schema/find-coordinator.js'
import { OffsetFetchRequest } from '../../src/protocol/schema/offset-fetch.js'
import type { Body } from '../../test/oracle/conversation.js'
import { cpuSeconds } from '../process-stats.js'
import { ClassicMember } from './classic-member.js'
import { Connection } from './connection.js'
import { ConsumerMember } from './consumer-member.js'

export const REBALANCE_TIMEOUT_MS = 300_000
/** As often as clients do. */
const HEARTBEAT_EVERY_MS = 3000
/** Before a member that waits for others asks again. */
const PAUSE_MS = 20
const OPENED_AT_A_TIME = 32

/** What its members know of a group. */
export interface Group {
  readonly id: string
  readonly topic: string
  /** Of the topic. */
  readonly partitions: number
  /** How many members it is to have. */
  size: number
}

/** A client that is a member of a group, with a connection of its own. */
export interface GroupMember {
  /** Joins, and returns when the group is whole and stable as far as the member is concerned. */
  settle(): Promise<void>
  /** As {@link settle}, for a member of a group that another member joins or has left. */
  resettle(): Promise<void>
  /** @throws if the group isn't stable */
  heartbeat(): Promise<void>
  leave(): Promise<void>
  close(): void
}

export const pause = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS))

interface Cost {
  readonly ms: number
  /** CPU milliseconds of the broker. */
  readonly cpuMs: number
}

/** What a load of groups saw. */
export interface GroupCosts {
  /** All members come at once. */
  readonly start: Cost
  /** One member of each group leaves. */
  readonly leave: Cost
  /** It comes back. */
  readonly join: Cost
  /** CPU microseconds of the broker for one heartbeat, of so many a second. */
  readonly heartbeatCpuMicros: number
}

const protocols = { classic: ClassicMember, consumer: ConsumerMember }

/** The members of all groups, by group. */
type Members = readonly (readonly GroupMember[])[]

/**
 * Groups of `size` members come up, lose a member each, get it back, and heartbeat for a while.
 *
 * @param pid of the broker, whose CPU time is looked at
 */
export async function groupLoad(
  protocol: keyof typeof protocols,
  port: number,
  topic: string,
  pid: number,
  count: number,
  size: number,
  seconds: number,
): Promise<GroupCosts> {
  const groups = Array.from({ length: count }, (_, index) => {
    const id = `${topic}-${protocol}-${index}`
    return { id, topic, partitions: size * (size - 1), size }
  })
  await prepare(port, groups)
  const members = await open(protocol, port, groups)
  const last = members.map((each) => each.at(-1)!)
  const others = members.map((each) => each.slice(0, -1))
  const cost = (run: () => Promise<unknown>) => costOf(pid, run)

  const start = await cost(() => all(members, (member) => member.settle()))
  const leave = await cost(async () => {
    for (const group of groups) group.size--
    await each(others, async (rest, index) => {
      await last[index]!.leave()
      await Promise.all(rest.map((member) => member.resettle()))
    })
  })
  const join = await cost(async () => {
    for (const group of groups) group.size++
    await each(others, async (rest, index) => {
      await Promise.all([last[index]!.settle(), ...rest.map((member) => member.resettle())])
    })
  })
  let beats = 0
  const heartbeats = await cost(async () => {
    beats = await heartbeat(members.flat(), seconds)
  })
  await all(members, (member) => member.leave())
  await all(members, async (member) => member.close())
  return { start, leave, join, heartbeatCpuMicros: (heartbeats.cpuMs * 1000) / beats }
}

async function costOf(pid: number, run: () => Promise<unknown>): Promise<Cost> {
  const before = cpuSeconds(pid)
  const startedNs = process.hrtime.bigint()
  await run()
  const ms = Number(process.hrtime.bigint() - startedNs) / 1e6
  return { ms, cpuMs: (cpuSeconds(pid) - before) * 1000 }
}

/** Waits until the groups' coordinator can be asked, and has loaded all that it knows of them. */
async function prepare(port: number, groups: readonly Group[]): Promise<void> {
  const connection = await Connection.open(port)
  const isNone = ({ errorCode }: Body) => errorCode === ErrorCode.NONE
  const body = { keyType: 0, coordinatorKeys: groups.map(({ id }) => id) }
  for (;;) {
    const { coordinators } = await connection.ask(FindCoordinatorRequest, 4, body)
    if (coordinators.every(isNone)) break
    await pause()
  }
  const none = { groups: groups.map(({ id }) => ({ groupId: id, topics: [] })) }
  for (;;) {
    const answer = await connection.ask(OffsetFetchRequest, 8, none)
    if (answer.groups.every(isNone)) break
    await pause()
  }
  connection.close()
}

/** Opens the members' connections, a few at a time: what a listener's backlog holds is small. */
async function open(
  protocol: keyof typeof protocols,
  port: number,
  groups: readonly Group[],
): Promise<Members> {
  const wanted = groups.flatMap((group) => Array.from({ length: group.size }, () => group))
  const opened: GroupMember[] = []
  while (opened.length < wanted.length) {
    const next = wanted.slice(opened.length, opened.length + OPENED_AT_A_TIME)
    opened.push(...(await Promise.all(next.map((group) => protocols[protocol].open(port, group)))))
  }
  const [{ size }] = groups as [Group, ...Group[]]
  return groups.map((_, index) => opened.slice(index * size, (index + 1) * size))
}

const each = (members: Members, run: (of: readonly GroupMember[], index: number) => unknown) =>
  Promise.all(members.map(run))

const all = (members: Members, run: (member: GroupMember) => Promise<void>) =>
  Promise.all(members.flat().map(run))

/** Each member heartbeats as clients do, one after the other. @returns how many heartbeats */
async function heartbeat(members: readonly GroupMember[], seconds: number): Promise<number> {
  const startedMs = performance.now()
  const total = Math.floor((members.length * seconds * 1000) / HEARTBEAT_EVERY_MS)
  const answers: Promise<void>[] = []
  while (answers.length < total) {
    const dueMs = performance.now() - startedMs
    const due = Math.min(total, Math.ceil((dueMs * members.length) / HEARTBEAT_EVERY_MS))
    while (answers.length < due) {
      answers.push(members[answers.length % members.length]!.heartbeat())
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(answers)
  return total
}
