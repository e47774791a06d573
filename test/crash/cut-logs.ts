import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningBroker, startBroker } from '../../src/index.js'
import { batchSize } from '../../src/protocol/records/index.js'
import { until } from '../support/until.js'
import { TransactionalClient, type TransactionVersion } from './transactional-client.js'
import { Caller, createTopic, findGroup, readCommittedOffset, readFrom } from './workload.js'

const TOPIC = 'cut'
const PARTITIONS = 2
const ID = 'cut'
const GROUP = 'cut'
const TIMEOUT_MS = 60_000
const CONFIG = {
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
}
const STATE = logOf('__transaction_state', 0)
const OFFSETS = logOf('__consumer_offsets', 0)
const LOGS = [STATE, OFFSETS, ...Array.from({ length: PARTITIONS }, (_, i) => logOf(TOPIC, i))]

function logOf(topic: string, partition: number): string {
  return join(`${topic}-${partition}`, '00000000000000000000.log')
}

/** How long each of {@link LOGS} is. */
type Sizes = Readonly<Record<string, number>>

/** What consumers of committed records are to be given. */
interface Seen {
  readonly values: readonly string[]
  readonly offset: number
}

/** A step of the story that was answered: the logs before and after, and what it made seen. */
interface Step {
  readonly before: Sizes
  readonly after: Sizes
  readonly seenBefore: Seen
  readonly seenAfter: Seen
}

const portOf = ({ bootstrapServers }: RunningBroker): number =>
  Number(bootstrapServers.split(':').at(-1))

const sizesIn = (directory: string): Sizes =>
  Object.fromEntries(
    LOGS.map((log) => [log, statSync(join(directory, log), { throwIfNoEntry: false })?.size ?? 0]),
  )

/** Tells the story in a directory: transactions that are committed and aborted, with offsets. */
async function tell(directory: string, version: TransactionVersion): Promise<Step[]> {
  const broker = await startBroker({ directory, config: CONFIG })
  const caller = new Caller(portOf(broker))
  const steps: Step[] = []
  let seen: Seen = { values: [], offset: -1 }
  const step = async (run: () => Promise<unknown>, seenAfter = seen) => {
    const before = sizesIn(directory)
    await run()
    steps.push({ before, after: sizesIn(directory), seenBefore: seen, seenAfter })
    seen = seenAfter
  }
  try {
    await createTopic(caller, TOPIC, PARTITIONS)
    await findGroup(caller, GROUP)
    const client = new TransactionalClient(ID, version, TIMEOUT_MS)
    await step(() => client.init(caller))
    for (const [number, commits] of [true, false, true].entries()) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        await step(() => client.produce(caller, TOPIC, partition, [`${number}`]))
      }
      await step(() => client.commitOffset(caller, GROUP, TOPIC, 0, number))
      const after = { values: [...seen.values, `${number}`], offset: number }
      await step(
        async () => {
          await client.end(caller, commits)
          await settled(caller)
        },
        commits ? after : seen,
      )
    }
    return steps
  } finally {
    caller.close()
    await broker.close()
  }
}

/** Waits until no partition has an open transaction; @returns the values of each. */
async function settled(caller: Caller): Promise<string[][]> {
  const all: string[][] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const { values } = await until(async () => {
      const read = await readFrom(caller, TOPIC, partition, 0, 'read_committed')
      return read.lastStableOffset === read.highWatermark ? read : undefined
    }, `the transaction in ${TOPIC}-${partition} to end`)
    all.push(values)
  }
  return all
}

/** A crash while a step was written: how long each log was, and what is to be seen. */
interface Cut {
  readonly sizes: Sizes
  readonly seen: Seen
}

/** Every crash there is in the writing of the coordinators' logs. */
function* cutsOf(steps: readonly Step[], state: Buffer): Generator<Cut> {
  for (const { before, after, seenBefore, seenAfter } of steps) {
    const [from, to] = [before[STATE]!, after[STATE]!]
    // The first record is the decision; what comes of it follows, and then the second.
    const decided = to > from ? from + batchSize(state, from) : from
    for (let size = from; size <= to; size++) {
      const isDecided = size >= decided
      yield {
        sizes: { ...(size > decided ? after : before), [STATE]: size },
        seen: isDecided && to > decided ? seenAfter : seenBefore,
      }
    }
    for (let size = before[OFFSETS]!; size <= after[OFFSETS]!; size++) {
      yield {
        sizes: { ...after, [STATE]: decided, [OFFSETS]: size },
        seen: to > decided ? seenAfter : seenBefore,
      }
    }
  }
}

/** @returns what is wrong after the crash, in words */
async function crash(template: string, version: TransactionVersion, cut: Cut): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-cut-'))
  cpSync(template, directory, { recursive: true })
  for (const [log, size] of Object.entries(cut.sizes)) truncateSync(join(directory, log), size)
  const broker = await startBroker({ directory, config: CONFIG })
  const caller = new Caller(portOf(broker))
  try {
    const client = new TransactionalClient(ID, version, TIMEOUT_MS)
    await client.init(caller)
    const problems = (await settled(caller)).flatMap((values, partition) => {
      if (values.join() === cut.seen.values.join()) return []
      return [`${TOPIC}-${partition} has ${values.join()}, not ${cut.seen.values.join()}`]
    })
    const offset = await readCommittedOffset(caller, GROUP, TOPIC, 0)
    if (offset !== cut.seen.offset) problems.push(`offset ${offset}, not ${cut.seen.offset}`)
    await client.produce(caller, TOPIC, 0, ['on'])
    await client.end(caller, true)
    const [values] = await settled(caller)
    if (values!.at(-1) !== 'on') problems.push(`it doesn't go on: ${values!.join()}`)
    return problems.map((problem) => `${JSON.stringify(cut.sizes)}: ${problem}`)
  } finally {
    caller.close()
    await broker.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Crashes the coordinators at one of so many bytes that they write, all of them if 1. */
export async function cutLogs(
  version: TransactionVersion,
  oneOf: number,
): Promise<{ readonly crashes: number; readonly failures: string[] }> {
  const root = mkdtempSync(join(tmpdir(), 'samsa-story-'))
  try {
    const directory = join(root, 'data')
    const steps = await tell(directory, version)
    // What a crash wouldn't leave.
    rmSync(join(directory, '.kafka_cleanshutdown'), { force: true })
    const state = readFileSync(join(directory, STATE))
    const failures: string[] = []
    let crashes = 0
    let number = 0
    for (const cut of cutsOf(steps, state)) {
      if (number++ % oneOf !== 0) continue
      crashes++
      failures.push(...(await crash(directory, version, cut)))
    }
    return { crashes, failures }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
