import { silentLogger } from '../../src/env/logger.js'
import type { Losses } from '../../src/env/losses.js'
import { seededRandom } from '../../src/env/random.js'
import type {
  CommittedBatch,
  LeaderAndEpoch,
  RaftListener,
  Snapshot,
} from '../../src/raft/client.js'
import type { RaftDriver } from '../../src/raft/driver.js'
import {
  METADATA_DIRECTORY,
  METADATA_TOPIC,
  metadataLogConfig,
  openQuorum,
} from '../../src/raft/quorum.js'
import { logConfig } from '../unit/storage/storage-fixture.js'
import type { Story } from './cuts.js'
import type { Machine } from './machine.js'

const NODE_ID = 1
const config = metadataLogConfig({ segmentBytes: 400, segmentMs: Number.MAX_SAFE_INTEGER })
/** So little that each snapshot makes the log and the snapshot before it go. */
const RETENTION = { bytes: 100, ms: Number.MAX_SAFE_INTEGER }

/** What has been promised of the metadata. */
interface MetadataPromise {
  /** Everything that was scheduled, in order; it grows as the story goes on. */
  readonly scheduled: readonly string[]
  readonly committed: number
  /** The last epoch that this node has led. */
  readonly epoch: number
}

/** The state that the log adds up to: all its records. */
class State implements RaftListener {
  records: string[] = []
  leader: LeaderAndEpoch = { leaderId: -1, epoch: 0 }
  #lastTimestamp = 0

  constructor(
    readonly driver: RaftDriver,
    private readonly changed: (state: State) => void = () => {},
  ) {
    driver.register(this)
  }

  handleLoadSnapshot(snapshot: Snapshot): void {
    this.records = [...snapshot.batches()].flat().map(String)
  }

  handleCommit({ records, appendTimestamp }: CommittedBatch): void {
    this.records.push(...records.map(String))
    this.#lastTimestamp = appendTimestamp
    this.changed(this)
  }

  handleLeaderChange(leader: LeaderAndEpoch): void {
    this.leader = leader
    this.changed(this)
  }

  append(values: readonly string[]): void {
    this.driver.scheduleAppend(
      this.leader.epoch,
      values.map((value) => Buffer.from(value)),
    )
  }

  async snapshot(machine: Machine): Promise<void> {
    const offset = this.driver.highWatermark!
    const id = { offset, epoch: this.leader.epoch }
    const writer = this.driver.createSnapshot(id, this.#lastTimestamp)!
    for (const record of this.records) writer.append([Buffer.from(record)])
    await machine.finish(writer.freeze())
  }
}

async function open(machine: Machine, changed?: (state: State) => void): Promise<State> {
  const { manager, disk, clocks } = await machine.boot(logConfig())
  const id = { topic: METADATA_TOPIC, partition: 0 }
  const log = await machine.finish(manager.openLog(id, config))
  const driver = await machine.finish(
    openQuorum({
      disk,
      log,
      directory: `/data/${METADATA_DIRECTORY}`,
      key: { id: NODE_ID, directoryId: manager.directories[0]!.directoryId },
      clocks,
      random: seededRandom(1),
      logger: silentLogger,
      configuredVoters: [`${NODE_ID}@localhost:9093`],
      retention: RETENTION,
      onFault: (error) => {
        throw error
      },
    }),
  )
  const state = new State(driver, changed)
  await machine.until(() => {
    return state.leader.leaderId === NODE_ID && driver.highWatermark === driver.logEndOffset
  })
  return state
}

async function tell(machine: Machine, promise: (promised: MetadataPromise) => void): Promise<void> {
  const scheduled: string[] = []
  promise({ scheduled, committed: 0, epoch: 0 })
  const promiseState = ({ records, leader: { epoch } }: State): void => {
    promise({ scheduled, committed: records.length, epoch })
  }
  const state = await open(machine, promiseState)
  const append = (count: number): void => {
    const values = Array.from({ length: count }, (_, i) => `record ${scheduled.length + i}`)
    scheduled.push(...values)
    state.append(values)
  }
  const committed = (): Promise<void> => {
    return machine.until(() => state.records.length === scheduled.length)
  }
  for (let round = 0; round < 3; round++) {
    append(1)
    append(3)
    await committed()
    append(2)
    append(1)
    await committed()
    await state.snapshot(machine)
  }
  append(1)
  await committed()
  append(2)
}

async function check(
  machine: Machine,
  { scheduled, committed, epoch }: MetadataPromise,
  losses: Losses,
): Promise<void> {
  let expected: readonly string[] | undefined
  let before = epoch
  for (const next of ['one more', 'another', 'the last']) {
    const state = await open(machine)
    const { records, leader } = state
    if (leader.epoch <= before) throw new Error(`epoch ${leader.epoch} was led before`)
    before = leader.epoch
    expected ??= scheduled.slice(0, records.length)
    if (records.length < committed || records.join() !== expected.join()) {
      throw new Error(`${records.join()}, not ${expected.join()}; ${committed} were committed`)
    }
    expected = [...expected, next]
    const { length } = expected
    state.append([next])
    await machine.until(() => state.records.length === length)
    machine.crash(losses)
  }
}

export const metadataStory: Story<MetadataPromise> = {
  name: 'metadata append and snapshot',
  tell,
  check,
}
