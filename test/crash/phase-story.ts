import { join } from 'node:path'
import { partitionForKey } from '../../src/coordinator/group/java-hash.js'
import { seededRandom } from '../../src/env/random.js'
import { Samsa } from '../command/samsa.js'
import { temporaryDirectory } from '../support/teardown.js'
import { until } from '../support/until.js'
import { ClassicPair, ConsumerPair, checkOffset, SESSION_TIMEOUT_MS } from './group-members.js'
import { transactionOnDisk } from './on-disk.js'
import {
  classicPhases,
  consumerPhases,
  type Play,
  STAGE,
  STAGE_PARTITIONS,
  STAGE_STATE_PARTITION,
  stageSizes,
  transactionPhases,
} from './phases.js'
import { checkWritten, type Tap, untilGone } from './story.js'
import {
  Abandoner,
  COPIES,
  Copier,
  TRANSACTIONS,
  TRANSACTIONS_PARTITIONS,
  TransactionalWriter,
} from './transactions.js'
import {
  Caller,
  createTopic,
  PARTITIONS,
  prepare,
  readCommittedOffset,
  readFrom,
  Writer,
} from './workload.js'

const STATE_PARTITIONS = 4
const OTHER_STATE_PARTITIONS = [1, 2, 3]
/** A phase begins after as many transactions of the others, at most. */
const MAX_TRANSACTIONS = 40
const MAX_RECORDS_A_BATCH = 20
const SETTINGS = {
  'transaction.state.log.num.partitions': STATE_PARTITIONS,
  'offsets.topic.num.partitions': 3,
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': 100,
  'group.initial.rebalance.delay.ms': 0,
  'group.min.session.timeout.ms': SESSION_TIMEOUT_MS,
  'group.consumer.min.session.timeout.ms': SESSION_TIMEOUT_MS,
  'group.consumer.session.timeout.ms': SESSION_TIMEOUT_MS,
  'group.consumer.min.heartbeat.interval.ms': 100,
  'group.consumer.heartbeat.interval.ms': 100,
  'group.consumer.assignment.interval.ms': 0,
}
/** Where records come in transactions. */
const TRANSACTIONAL: readonly [topic: string, partitions: number][] = [
  [TRANSACTIONS, TRANSACTIONS_PARTITIONS],
  [STAGE, STAGE_PARTITIONS],
  [COPIES, PARTITIONS],
]

export const phases: Readonly<Record<string, (play: Play) => Promise<void>>> = Object.fromEntries([
  ...Object.entries(transactionPhases).map(([name, phase]) => [`transaction ${name}`, phase]),
  ...Object.entries(classicPhases).map(([name, phase]) => [`classic group ${name}`, phase]),
  ...Object.entries(consumerPhases).map(([name, phase]) => [`consumer group ${name}`, phase]),
])

/** The name with a number that puts it in one of these partitions of `__transaction_state`. */
function idIn(partitions: readonly number[], name: string): string {
  for (let number = 0; ; number++) {
    const id = `${name}-${number}`
    if (partitions.includes(partitionForKey(id, STATE_PARTITIONS))) return id
  }
}

class Story {
  readonly #writers = Array.from({ length: PARTITIONS }, (_, partition) => new Writer(partition))
  readonly #copiers = this.#writers.map((_, partition) => {
    const id = idIn(OTHER_STATE_PARTITIONS, `copier ${partition}`)
    return new Copier(id, partition, versionOf(partition))
  })
  readonly #others = [0, 1, 2].map((index) => {
    return new TransactionalWriter(idIn(OTHER_STATE_PARTITIONS, `other ${index}`), versionOf(index))
  })
  readonly #abandoner = new Abandoner((name) => idIn(OTHER_STATE_PARTITIONS, name))
  /** Who are killed in the middle of something. */
  readonly #staged = [0, 1].map((index) => {
    const id = idIn([STAGE_STATE_PARTITION], `staged ${index}`)
    return new TransactionalWriter(id, versionOf(index), STAGE, STAGE_PARTITIONS)
  })
  readonly #stagedClassic = new ClassicPair('staged classic')
  readonly #stagedConsumers = new ConsumerPair('staged consumers')
  readonly #pairs = [new ClassicPair('other classic'), new ConsumerPair('other consumers')]

  async prepare(caller: Caller): Promise<void> {
    await prepare(caller)
    for (const [topic, partitions] of TRANSACTIONAL) {
      const errorCode = await createTopic(caller, topic, partitions)
      if (errorCode !== 0) throw new Error(`${topic}: ${errorCode}`)
    }
  }

  /** Everybody is at work, and after a while the phase comes. @returns what was left on disk */
  async untilKilled(
    samsa: Samsa,
    port: number,
    data: string,
    phase: (play: Play) => Promise<void>,
    below: (bound: number) => number,
  ): Promise<string> {
    let left = 1 + below(MAX_TRANSACTIONS)
    let begin: () => void = () => {}
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const works = [
      ...this.#writers.map((writer) => (caller: Caller) => {
        return writer.write(caller, 1 + below(MAX_RECORDS_A_BATCH))
      }),
      ...this.#copiers.map((copier) => (caller: Caller) => copier.copy(caller, below)),
      ...this.#others.map((other) => async (caller: Caller) => {
        await other.transact(caller, below)
        if (--left === 0) begin()
      }),
      ...this.#pairs.map((pair) => () => pair.settle(port)),
    ]
    const worked = Promise.all(works.map((work) => untilGone(port, work)))
    await Promise.race([begun, worked])
    const abandoning = new Caller(port)
    await this.#abandoner.abandon(abandoning)
    abandoning.close()
    const writer = this.#staged[below(this.#staged.length)]!
    const [classic, consumers] = [this.#stagedClassic, this.#stagedConsumers]
    const play = { samsa, port, data, below, writer, classic, consumers, sizes: stageSizes(data) }
    await phase(play)
    await worked
    for (const each of [...this.#others, ...this.#staged, ...this.#copiers]) each.forget()
    return leftBehind(play)
  }

  /** Committed is seen once, aborted never, and nobody has forgotten where it was. */
  async check(t: Tap, port: number, when: string): Promise<void> {
    const caller = new Caller(port)
    const writers = [...this.#others, ...this.#staged]
    for (const each of [...writers, ...this.#copiers]) await each.recover(caller)
    await checkWritten(t, caller, this.#writers, when)
    const read = new Map<string, string[][]>()
    for (const [topic, partitions] of TRANSACTIONAL) {
      const values: string[][] = []
      for (let at = 0; at < partitions; at++) values.push(await readStable(caller, topic, at))
      read.set(topic, values)
    }
    const problems: string[] = []
    for (const each of writers) {
      const offset = await readCommittedOffset(caller, each.group, each.topic, 0)
      problems.push(...each.check(read.get(each.topic)!, offset))
    }
    for (const copier of this.#copiers) {
      problems.push(...(await copier.check(caller, read.get(COPIES)![copier.partition]!)))
    }
    problems.push(...this.#abandoner.check(read.get(TRANSACTIONS)!))
    const pairs = [...this.#pairs, this.#stagedClassic, this.#stagedConsumers]
    for (const pair of pairs) problems.push(...(await checkOffset(caller, pair)))
    caller.close()
    t.strictSame(problems, [], `${when}: transactions and groups`)
    await Promise.all(pairs.map((pair) => pair.settle(port)))
  }
}

const versionOf = (index: number) => (index % 2 === 0 ? 2 : 1)

/** How far the transaction had come that was killed, in words. */
function leftBehind({ data, writer, sizes }: Play): string {
  const status = transactionOnDisk(data, writer.id, STATE_PARTITIONS)?.transactionStatus
  const marked = stageSizes(data).filter((size, i) => size > sizes[i]!)
  return `status ${status}, markers in ${marked.length} of ${STAGE_PARTITIONS} partitions`
}

/** Waits until no transaction is open in a partition, and reads what was committed. */
async function readStable(caller: Caller, topic: string, partition: number): Promise<string[]> {
  const read = await until(async () => {
    const found = await readFrom(caller, topic, partition, 0, 'read_committed')
    return found.lastStableOffset === found.highWatermark ? found : undefined
  }, `the transactions in ${topic}-${partition} to end`)
  return read.values
}

async function started(t: Tap, directory: string): Promise<{ samsa: Samsa; port: number }> {
  const settings = Object.entries(SETTINGS).flatMap(([key, value]) => ['--set', `${key}=${value}`])
  const args = ['--port', '0', '--data-dir', 'data', ...settings]
  const samsa = new Samsa(t, directory, args)
  const { port } = await samsa.ready()
  return { samsa, port }
}

/**
 * The command is killed in each of the phases given, while transactional producers and groups of both
 * kinds are at work; after each start all that was committed is seen once, what was aborted never, no
 * transaction is open longer than its timeout, and groups go on where they were.
 */
export async function killInPhases(
  t: Tap & { comment(text: string): void },
  seed: number,
  names: readonly string[],
): Promise<void> {
  const below = seededRandom(seed).int
  const directory = temporaryDirectory(t)
  const data = join(directory, 'data')
  const story = new Story()
  let last = 'the beginning'
  for (const name of names) {
    const { samsa, port } = await started(t, directory)
    if (last === 'the beginning') await story.prepare(new Caller(port))
    else await story.check(t, port, `killed, ${last}`)
    const left = await story.untilKilled(samsa, port, data, phases[name]!, below)
    t.comment(`${name}: ${left}`)
    last = name
  }
  const { samsa, port } = await started(t, directory)
  await story.check(t, port, `killed, ${last}`)
  t.equal(await samsa.kill('SIGTERM'), 143, 'a clean end')
  const again = await started(t, directory)
  await story.check(t, again.port, 'after a clean end')
  await again.samsa.kill('SIGTERM')
}
