import t from 'tap'
import { VirtualClock } from '../../../src/env/clock-virtual.js'
import { SimulatedDisk } from '../../../src/env/disk-simulated.js'
import { silentLogger } from '../../../src/env/logger.js'
import { seededRandom } from '../../../src/env/random.js'
import {
  type CommittedBatch,
  type LeaderAndEpoch,
  NotLeaderError,
  type RaftListener,
  type Snapshot,
} from '../../../src/raft/client.js'
import type { RaftDriver } from '../../../src/raft/driver.js'
import { METADATA_DIRECTORY, openQuorum } from '../../../src/raft/quorum.js'
import { openMetadataLog } from '../../support/metadata-log.js'

const LOG_DIRECTORY = '/data'
const DIRECTORY = `${LOG_DIRECTORY}/${METADATA_DIRECTORY}`

/** Keeps what it is told, as one story. */
class Recorder implements RaftListener {
  readonly told: string[] = []

  handleLoadSnapshot(snapshot: Snapshot): void {
    const records = [...snapshot.batches()].flat().map(String)
    this.told.push(`snapshot ${snapshot.id.offset}: ${records}`)
  }

  handleCommit(batch: CommittedBatch): void {
    this.told.push(`${batch.baseOffset}: ${batch.records.map(String)}`)
  }

  handleLeaderChange({ leaderId, epoch }: LeaderAndEpoch): void {
    this.told.push(`leader ${leaderId} of epoch ${epoch}`)
  }
}

/** A quorum of one on a simulated machine. */
class Machine {
  readonly clock = new VirtualClock(1_700_000_000_000)
  readonly disk = new SimulatedDisk(seededRandom(1))
  readonly faults: Error[] = []

  constructor() {
    const disk = this.disk.mount(this.clock)
    disk.makeDirectory(LOG_DIRECTORY)
    disk.syncDirectory('/')
  }

  async start(retentionBytes = 1_000_000): Promise<RaftDriver> {
    const { clock } = this
    const disk = this.disk.mount(clock)
    const random = seededRandom(2)
    let driver: RaftDriver | undefined
    void openQuorum({
      disk,
      directory: DIRECTORY,
      log: openMetadataLog({ disk, clock, random, logDirectory: LOG_DIRECTORY }),
      key: { id: 1, directoryId: 'AAAAAAAAAAAAAAAAAAAAAA' },
      clocks: { logical: clock, pacing: clock },
      random,
      logger: silentLogger,
      configuredVoters: ['1@localhost:9093'],
      retention: { bytes: retentionBytes, ms: 3_600_000 },
      onFault: (error) => this.faults.push(error),
    }).then((opened) => {
      driver = opened
    })
    await this.until(() => driver !== undefined)
    return driver!
  }

  /** Lets things happen until the condition holds. */
  async until(condition: () => boolean): Promise<void> {
    for (let events = 0; !condition(); events++) {
      if (events > 10_000) throw new Error('it never came to that')
      this.clock.runNext()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async started(retentionBytes?: number): Promise<RaftDriver> {
    const driver = await this.start(retentionBytes)
    await this.until(() => driver.highWatermark === driver.logEndOffset)
    return driver
  }
}

const bytes = (...texts: string[]) => texts.map((text) => Buffer.from(text))

t.test('a record is committed when it is on the disk, not before', async (t) => {
  const machine = new Machine()
  const driver = await machine.started()
  const recorder = new Recorder()
  driver.register(recorder)
  t.equal(driver.scheduleAppend(1, bytes('a')), 1)
  t.strictSame(recorder.told, ['leader 1 of epoch 1'])
  await machine.until(() => recorder.told.length === 2)
  t.strictSame(recorder.told, ['leader 1 of epoch 1', '1: a'])

  driver.stop()
  const again = await machine.started()
  const late = new Recorder()
  again.register(late)
  await machine.until(() => late.told.length === 2)
  t.strictSame(late.told, ['1: a', `leader 1 of epoch ${again.leaderAndEpoch.epoch}`])
})

t.test(
  'a leader is told that it leads only when it has seen everything before its epoch',
  async (t) => {
    const machine = new Machine()
    const first = await machine.started()
    first.scheduleAppend(1, bytes('a'))
    await machine.until(() => first.highWatermark === 2)
    first.stop()
    const driver = await machine.start()
    const recorder = new Recorder()
    driver.register(recorder)
    await machine.until(() => recorder.told.some((line) => line.startsWith('leader 1')))
    t.ok(
      recorder.told.indexOf('1: a') <
        recorder.told.findIndex((line) => line.startsWith('leader 1')),
    )
  },
)

t.test('batches come whole and in the order in which they were appended', async (t) => {
  const machine = new Machine()
  const driver = await machine.started()
  const recorder = new Recorder()
  driver.register(recorder)
  driver.scheduleAppend(1, bytes('a', 'b'))
  driver.scheduleAppend(1, bytes('c'))
  await machine.until(() => driver.highWatermark === 4)
  t.strictSame(recorder.told.slice(1), ['1: a,b', '3: c'])
  driver.unregister(recorder)
  driver.scheduleAppend(1, bytes('d'))
  await machine.until(() => driver.highWatermark === 5)
  t.equal(recorder.told.length, 3, 'who has left is told nothing')
})

t.test('a listener may append from within a call', async (t) => {
  const machine = new Machine()
  const driver = await machine.started()
  const recorder = new Recorder()
  driver.register({
    handleLoadSnapshot: () => {},
    handleLeaderChange: () => {},
    handleCommit: ({ baseOffset }) => {
      if (baseOffset < 3) driver.scheduleAppend(1, bytes(`after ${baseOffset}`))
    },
  })
  driver.register(recorder)
  driver.scheduleAppend(1, bytes('a'))
  await machine.until(() => driver.highWatermark === 4)
  t.strictSame(recorder.told.slice(1), ['1: a', '2: after 1', '3: after 2'])
})

t.test('what may not be appended is refused', async (t) => {
  const driver = await new Machine().started()
  t.throws(() => driver.scheduleAppend(0, bytes('a')), NotLeaderError)
  t.throws(() => driver.scheduleAppend(1, []), RangeError)
  t.throws(() => driver.scheduleAppend(1, [Buffer.alloc(9 * 1024 * 1024)]), RangeError)
})

t.test('a voter alone that resigns leads again, in another epoch', async (t) => {
  const machine = new Machine()
  const driver = await machine.started()
  driver.resign(1)
  t.equal(driver.leaderAndEpoch.leaderId, -1)
  await machine.until(() => driver.leaderAndEpoch.leaderId === 1)
  t.ok(driver.leaderAndEpoch.epoch > 1)
})

t.test('a snapshot takes the place of the log before it', async (t) => {
  const machine = new Machine()
  const driver = await machine.started(10)
  driver.scheduleAppend(1, bytes('a', 'b'))
  await machine.until(() => driver.highWatermark === 3)
  for (const [offset, text] of [
    [2, 'a'],
    [3, 'a+b'],
  ] as const) {
    const writer = driver.createSnapshot({ offset, epoch: 1 }, 5)!
    writer.append(bytes(text))
    let frozen = false
    void writer.freeze().then(() => {
      frozen = true
    })
    await machine.until(() => frozen)
  }
  t.strictSame(driver.latestSnapshotId, { offset: 3, epoch: 1 })
  t.equal(driver.core.log.startOffset, 3, 'there is more than may be kept')
  t.equal(driver.createSnapshot({ offset: 3, epoch: 1 }, 5), undefined)
  t.throws(() => driver.createSnapshot({ offset: 9, epoch: 1 }, 5), RangeError)

  driver.stop()
  const again = await machine.started()
  const recorder = new Recorder()
  again.register(recorder)
  t.equal(recorder.told[0], 'snapshot 3: a+b')
})

t.test('a disk that fails ends the replica, and says so once', async (t) => {
  const machine = new Machine()
  const driver = await machine.started()
  machine.disk.behaviour = { slowestMs: 1, failure: 1 }
  driver.scheduleAppend(1, bytes('a'))
  await machine.until(() => machine.faults.length > 0)
  t.equal(machine.faults.length, 1)
  t.match(machine.faults[0]!.message, /simulated disk failed/)
  t.equal(driver.highWatermark, 1)
})

t.test('a quorum-state that cannot be read stops the start', async (t) => {
  const machine = new Machine()
  const disk = machine.disk.mount(machine.clock)
  disk.makeDirectory(DIRECTORY)
  disk.writeFile(`${DIRECTORY}/quorum-state`, Buffer.from('{'))
  const random = seededRandom(2)
  const opening = openQuorum({
    disk,
    directory: DIRECTORY,
    log: openMetadataLog({ disk, clock: machine.clock, random, logDirectory: LOG_DIRECTORY }),
    key: { id: 1, directoryId: 'AAAAAAAAAAAAAAAAAAAAAA' },
    clocks: { logical: machine.clock, pacing: machine.clock },
    random,
    logger: silentLogger,
    configuredVoters: ['1@localhost:9093'],
    onFault: () => {},
  })
  await t.rejects(opening, /quorum-state can't be read/)
})
