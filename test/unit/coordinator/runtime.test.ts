import t from 'tap'
import { groupTombstone, offsetTombstone } from '../../../src/coordinator/group/group-records.js'
import { CoordinatorRuntime } from '../../../src/coordinator/runtime/coordinator-runtime.js'
import { MAX_WAITING_TASKS } from '../../../src/coordinator/runtime/keyed-queues.js'
import {
  type CoordinatorRecord,
  encodeCoordinatorRecord,
} from '../../../src/coordinator/runtime/record.js'
import {
  NOTHING,
  type Outcome,
  type RecordOrigin,
  type StateMachine,
  type StateMachineContext,
} from '../../../src/coordinator/runtime/state-machine.js'
import { silentLogger } from '../../../src/env/logger.js'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import { groupRecords } from '../../../src/protocol/record-types.js'
import {
  buildBatch,
  buildEndTxnMarker,
  CompressionType,
  ControlRecordType,
} from '../../../src/protocol/records/index.js'
import type { GroupMetadataKey } from '../../../src/protocol/schema/group-records.js'
import { ManualClock } from '../storage/storage-fixture.js'
import { Asked, settle } from './asked.js'
import { MemoryCoordinatorLog } from './memory-coordinator-log.js'

const COMMIT_TIMEOUT_MS = 5000

/** A state machine that does nothing but remember, in order, what was replayed. */
class Journal implements StateMachine {
  readonly lines: string[] = []
  constructor(readonly context: StateMachineContext) {}

  replay({ key }: CoordinatorRecord, { offset, producerId }: RecordOrigin): void {
    const owner = producerId === -1 ? '' : ` of ${producerId}`
    this.lines.push(`${offset} ${(key as GroupMetadataKey).group}${owner}`)
  }

  replayEndTransaction(producerId: number, committed: boolean): void {
    this.lines.push(`${committed ? 'commit' : 'abort'} ${producerId}`)
  }

  onLoaded(): void {
    this.lines.push('loaded')
  }

  onUnloaded(error: KafkaError): void {
    this.lines.push(`unloaded ${error.message}`)
  }

  /** Writes names, and answers with how much it had seen before. */
  write(...names: string[]): Outcome<number> {
    return { records: names.map(groupTombstone), response: this.lines.length }
  }

  count(): Outcome<number> {
    return { records: [], response: this.lines.length }
  }
}

function start(log = new MemoryCoordinatorLog()) {
  const logical = new ManualClock()
  const pacing = new ManualClock()
  const runtime = new CoordinatorRuntime({
    clocks: { logical, pacing },
    logger: silentLogger,
    recordTypes: groupRecords,
    compression: CompressionType.NONE,
    loadBytes: 1_000_000,
    commitTimeoutMs: COMMIT_TIMEOUT_MS,
    create: (context) => new Journal(context),
  })
  runtime.elect(0, 1, log)
  const journal = () => [...runtime.active()][0]!.machine
  const write = (key: string, ...names: string[]) =>
    new Asked(runtime.run(0, key, (machine) => machine.write(...names)))
  return { log, logical, pacing, runtime, journal, write }
}

t.test('an operation is appended, then applied, then answered', async (t) => {
  const { log, journal, write } = start()
  log.holdsAppends = true
  log.holdsCommits = true
  const asked = write('k', 'a', 'b')
  await settle()
  t.strictSame(journal().lines, ['loaded'], 'nothing changes before the records are on the log')
  log.completeAppends()
  await settle()
  t.strictSame(journal().lines, ['loaded', '0 a', '1 b'])
  t.equal(asked.isSettled, false, 'the answer waits for the high watermark')
  log.commit()
  await settle()
  t.equal(asked.answer, 1)
})

t.test('a read answers when what it saw is committed', async (t) => {
  const { log, runtime, write } = start()
  log.holdsCommits = true
  write('k', 'a')
  const read = new Asked(runtime.run(0, 'other', (machine) => machine.count()))
  const readAll = new Asked(runtime.readAll((machine) => machine.lines.length))
  await settle()
  t.equal(read.isSettled, false)
  t.equal(readAll.isSettled, false)
  log.commit()
  await settle()
  t.equal(read.answer, 2)
  t.strictSame(readAll.answer, [2])
})

t.test('operations of a key take turns, those of another go on', async (t) => {
  const { log, journal, write } = start()
  log.holdsAppends = true
  const [first, second, other] = [write('k', 'a'), write('k', 'b'), write('other', 'c')]
  log.completeAppends()
  await settle()
  t.equal(first.answer, 1)
  t.equal(other.answer, 1, 'it saw neither of the others')
  t.strictSame(journal().lines, ['loaded', '0 a', '1 c'])
  t.equal(second.isSettled, false)
  log.completeAppends()
  await settle()
  t.equal(second.answer, 2, 'it saw the one before it')
  t.strictSame(journal().lines, ['loaded', '0 a', '1 c', '2 b'])
})

t.test('a refused append fails its operation alone', async (t) => {
  const { log, journal, write, runtime } = start()
  log.refusal = new KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS)
  const told: (KafkaError | null)[] = []
  const failing = new Asked(
    runtime.run(0, 'k', (machine) => ({
      ...machine.write('a'),
      completed: (error) => told.push(error),
    })),
  )
  await settle()
  t.equal(failing.errorCode, ErrorCode.NOT_ENOUGH_REPLICAS)
  t.strictSame(told, [log.refusal])
  t.strictSame(journal().lines, ['loaded'])
  log.refusal = undefined
  const next = write('k', 'b')
  await settle()
  t.equal(next.answer, 1)
  t.strictSame(journal().lines, ['loaded', '0 b'])
})

t.test('a batch larger than the topic allows is refused', async (t) => {
  const { log, write } = start()
  log.maxBatchBytes = 100
  const asked = write('k', 'a'.repeat(200))
  await settle()
  t.equal(asked.errorCode, ErrorCode.RECORD_LIST_TOO_LARGE)
  t.equal(log.logEndOffset, 0)
})

t.test('an operation that throws appends nothing', async (t) => {
  const { log, runtime } = start()
  const refused = new Asked(
    runtime.run(0, 'k', () => {
      throw new KafkaError(ErrorCode.ILLEGAL_GENERATION)
    }),
  )
  const broken = new Asked(
    runtime.run(0, 'k', () => {
      throw new TypeError('a mistake')
    }),
  )
  await settle()
  t.equal(refused.errorCode, ErrorCode.ILLEGAL_GENERATION)
  t.equal(broken.errorCode, ErrorCode.UNKNOWN_SERVER_ERROR)
  t.equal(log.logEndOffset, 0)
})

t.test('what is not committed in time is told so', async (t) => {
  const { log, pacing, write } = start()
  log.holdsCommits = true
  const asked = write('k', 'a')
  pacing.advance(COMMIT_TIMEOUT_MS - 1)
  await settle()
  t.equal(asked.isSettled, false)
  pacing.advance(1)
  await settle()
  t.equal(asked.errorCode, ErrorCode.REQUEST_TIMED_OUT)
})

t.test('a lost disk ends the coordinator', async (t) => {
  const { log, runtime, write, journal } = start()
  const machine = journal()
  log.holdsAppends = true
  const [first, waiting, other] = [write('k', 'a'), write('k', 'b'), write('other', 'c')]
  log.completeAppends(new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR))
  await settle()
  t.equal(first.errorCode, ErrorCode.KAFKA_STORAGE_ERROR)
  t.equal(waiting.errorCode, ErrorCode.NOT_COORDINATOR)
  t.equal(other.errorCode, ErrorCode.NOT_COORDINATOR)
  t.strictSame(machine.lines, ['loaded', 'unloaded NOT_COORDINATOR'])
  t.strictSame([...runtime.active()], [])
})

t.test('with the leadership everybody who waits is answered, and nothing is left', async (t) => {
  const { log, pacing, logical, runtime, write, journal } = start()
  const machine = journal()
  log.holdsAppends = true
  const appending = write('k', 'a')
  const queued = write('k', 'b')
  machine.context.timers.set('timer', logical, 1000, 'k', () => machine.write('late') as never)
  runtime.resign(0)
  log.completeAppends()
  logical.advance(10_000)
  await settle()
  for (const asked of [appending, queued]) t.equal(asked.errorCode, ErrorCode.NOT_COORDINATOR)
  t.strictSame(machine.lines, ['loaded', 'unloaded NOT_COORDINATOR'])
  t.equal(new Asked(runtime.run(0, 'k', (m) => m.count())).isSettled, false)
  t.equal(log.listenerCount, 0)
  t.equal(pacing.pendingTimers + logical.pendingTimers, 0)
})

t.test('who goes on leading goes on coordinating; after a failure it begins anew', async (t) => {
  const { log, runtime, journal, write } = start()
  const first = journal()
  runtime.elect(0, 1, log)
  runtime.elect(0, 2, log)
  t.equal(journal(), first)
  log.holdsAppends = true
  write('k', 'lost')
  log.completeAppends(new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR))
  t.strictSame([...runtime.active()], [])
  runtime.elect(0, 2, log)
  t.strictSame([...runtime.active()], [])
  runtime.elect(0, 3, log)
  t.not(journal(), first)
})

t.test('timers', async (t) => {
  const { log, logical, journal, write } = start()
  const { timers } = journal().context
  const ran: string[] = []
  const note = (name: string) => () => {
    ran.push(name)
    return NOTHING
  }
  timers.set('a', logical, 100, 'k', note('a'))
  timers.set('b', logical, 100, 'k', note('b'))
  timers.set('a', logical, 200, 'k', note('a, set anew'))
  timers.cancel('b')
  logical.advance(199)
  t.strictSame(ran, [])
  t.equal(timers.has('a'), true)
  logical.advance(1)
  t.strictSame(ran, ['a, set anew'])
  t.equal(timers.has('a'), false)

  // One that is cancelled while its operation waits for its turn doesn't run.
  log.holdsAppends = true
  write('k', 'at work')
  timers.set('c', logical, 1, 'k', note('c'))
  logical.advance(1)
  timers.cancel('c')
  log.completeAppends()
  await settle()
  t.strictSame(ran, ['a, set anew'])
})

t.test('too many who wait are sent away', async (t) => {
  const { log, runtime } = start()
  log.holdsAppends = true
  const waiting: Asked<number>[] = []
  for (let i = 0; i < MAX_WAITING_TASKS + 1; i++) {
    waiting.push(new Asked(runtime.run(0, 'k', (machine) => machine.write('a'))))
  }
  const refused = new Asked(runtime.run(0, 'k', (machine) => machine.write('a')))
  await settle()
  t.equal(refused.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  t.equal(waiting.at(-1)!.isSettled, false)
  runtime.close()
  await settle()
  t.equal(waiting.at(-1)!.errorCode, ErrorCode.NOT_COORDINATOR)
})

t.test('however many clients wait, no timer is lost', async (t) => {
  const { log, logical, runtime, journal, write } = start()
  log.holdsAppends = true
  write('k', 'at work')
  const count = () => new Asked(runtime.run(0, 'k', (machine) => machine.count()))
  for (let i = 0; i < MAX_WAITING_TASKS; i++) count()
  let hasRun = false
  journal().context.timers.set('timer', logical, 100, 'k', () => {
    hasRun = true
    return NOTHING
  })
  logical.advance(100)
  const refused = count()
  await settle()
  t.strictSame([refused.errorCode, hasRun], [ErrorCode.COORDINATOR_NOT_AVAILABLE, false])
  log.completeAppends()
  await settle()
  t.equal(hasRun, true)
})

t.test('a log is loaded slice by slice', async (t) => {
  const log = new MemoryCoordinatorLog()
  const names = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(10_000, '.'))
  for (const name of names) log.add(batchOf(groupTombstone(name)))
  const { pacing, runtime, journal } = start(log)
  const early = new Asked(runtime.run(0, 'k', (machine) => machine.count()))
  await settle()
  t.equal(early.errorCode, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  t.equal(runtime.isLoading(0), true)
  while (runtime.isLoading(0)) {
    pacing.advance(1)
    await settle()
  }
  t.ok(log.reads > 3)
  t.equal(journal().lines.length, names.length + 1)
  t.equal(journal().lines.at(-1), 'loaded')
})

t.test('logs are loaded one after the other', async (t) => {
  const logs = [0, 1, 2].map((index) => {
    const log = new MemoryCoordinatorLog()
    for (let i = 0; i < 20; i++) log.add(batchOf(groupTombstone(`${index}`.padEnd(10_000, '.'))))
    return log
  })
  const { pacing, runtime } = start(logs[0])
  runtime.elect(1, 1, logs[1]!)
  runtime.elect(2, 1, logs[2]!)
  runtime.elect(3, 1, new MemoryCoordinatorLog())
  t.equal(runtime.isLoading(3), false, 'nothing needs no turn')
  runtime.resign(1)
  const order: string[] = []
  for (let turn = 0; order.length < 2; turn++) {
    if (turn > 20) throw new Error('the loading does not end')
    await settle()
    for (const partition of [0, 2]) {
      if (!runtime.isLoading(partition) && !order.includes(`${partition}`)) {
        order.push(`${partition}`)
      }
    }
    pacing.advance(1)
  }
  t.strictSame(order, ['0', '2'])
  t.equal(logs[1]!.reads, 0)
})

t.test('whoever resigns while it loads stops loading', async (t) => {
  const log = new MemoryCoordinatorLog()
  for (let i = 0; i < 40; i++) log.add(batchOf(groupTombstone(`${i}`.padEnd(10_000, '.'))))
  const { pacing, runtime } = start(log)
  const { reads } = log
  t.ok(runtime.isLoading(0))
  runtime.resign(0)
  pacing.advance(1)
  await settle()
  t.equal(log.reads, reads)
  t.equal(pacing.pendingTimers, 0)
})

t.test('a log has transactions in it, and records from the future', async (t) => {
  const log = new MemoryCoordinatorLog()
  log.add(batchOf(offsetTombstone('plain', 't', 0)))
  const transactional = { producerId: 7, producerEpoch: 0, baseSequence: 0, transactional: true }
  log.add(buildBatch({ ...transactional, records: [bytesOf(offsetTombstone('inside', 't', 0))] }))
  log.add(
    buildEndTxnMarker({
      type: ControlRecordType.COMMIT,
      producerId: 7,
      producerEpoch: 0,
      coordinatorEpoch: 0,
      timestamp: 0,
    }),
  )
  log.add(buildBatch({ records: [{ key: Buffer.from([0x7f, 0xff]), value: Buffer.alloc(9) }] }))
  log.add(batchOf(groupTombstone('last')))
  const { journal } = start(log)
  await settle()
  t.strictSame(journal().lines, ['0 plain', '1 inside of 7', 'commit 7', '4 last', 'loaded'])
})

t.test('a log that cannot be read leaves its groups without a coordinator', async (t) => {
  const log = new MemoryCoordinatorLog()
  // A group's value of a version to come.
  const { key } = bytesOf(groupTombstone('g'))
  log.add(buildBatch({ records: [{ key, value: Buffer.from([0, 99]) }] }))
  const { runtime } = start(log)
  await settle()
  const asked = new Asked(runtime.run(0, 'k', (machine) => machine.count()))
  await settle()
  t.equal(asked.errorCode, ErrorCode.NOT_COORDINATOR)
})

const bytesOf = (record: CoordinatorRecord) => encodeCoordinatorRecord(groupRecords, record)

function batchOf(record: CoordinatorRecord): Buffer {
  return buildBatch({ records: [bytesOf(record)] })
}
