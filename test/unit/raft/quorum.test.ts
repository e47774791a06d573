import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { systemClock, systemClocks } from '../../../src/env/clock.js'
import type { Disk } from '../../../src/env/disk.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { silentLogger } from '../../../src/env/logger.js'
import { seededRandom } from '../../../src/env/random.js'
import type { CommittedBatch, LeaderAndEpoch, RaftListener } from '../../../src/raft/client.js'
import type { RaftDriver } from '../../../src/raft/driver.js'
import { formatMetadataDirectory, readBootstrapCheckpoint } from '../../../src/raft/format.js'
import {
  METADATA_DIRECTORY,
  openQuorum,
  parseQuorumVoters,
  type QuorumOptions,
} from '../../../src/raft/quorum.js'
import { openMetadataLog } from '../../support/metadata-log.js'
import { until } from '../../support/until.js'

const LOG_DIRECTORY = '/data'
const DIRECTORY = `${LOG_DIRECTORY}/${METADATA_DIRECTORY}`
const CAPACITY = 64 * 1024 * 1024
const golden = (name: string) => join(process.cwd(), 'test/golden/metadata-log', name)

/** A disk that holds what Apache Kafka left in a directory. */
function diskOf(name: string): MemoryDisk {
  const disk = new MemoryDisk(CAPACITY)
  for (const entry of readdirSync(golden(name), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const inMetadataLog = entry.parentPath.endsWith(METADATA_DIRECTORY)
    const directory = inMetadataLog ? DIRECTORY : LOG_DIRECTORY
    disk.makeDirectory(directory)
    disk.writeFile(`${directory}/${entry.name}`, readFileSync(join(entry.parentPath, entry.name)))
  }
  return disk
}

/** `directory.id` of the directory. */
function directoryIdOf(disk: Disk): string {
  const text = disk.readFile(`${LOG_DIRECTORY}/meta.properties`)?.toString('utf8') ?? ''
  return /^directory\.id=(.*)$/m.exec(text)?.[1] ?? 'ZGlyZWN0b3J5LWlkLTAwMQ'
}

/** Keeps what it is told. */
class Recorder implements RaftListener {
  readonly batches: CommittedBatch[] = []
  readonly leaders: LeaderAndEpoch[] = []
  readonly snapshots: number[] = []

  handleLoadSnapshot(snapshot: { readonly id: { readonly offset: number } }): void {
    this.snapshots.push(snapshot.id.offset)
  }

  handleCommit(batch: CommittedBatch): void {
    this.batches.push(batch)
  }

  handleLeaderChange(leader: LeaderAndEpoch): void {
    this.leaders.push(leader)
  }

  get records(): string[] {
    return this.batches.flatMap(({ records }) => records.map((record) => record.toString('latin1')))
  }
}

async function open(disk: Disk, options: Partial<QuorumOptions> = {}): Promise<RaftDriver> {
  const random = seededRandom(1)
  return openQuorum({
    disk,
    directory: DIRECTORY,
    log: openMetadataLog({ disk, clock: systemClock, random, logDirectory: LOG_DIRECTORY }),
    key: { id: 1, directoryId: directoryIdOf(disk) },
    clocks: systemClocks,
    random,
    logger: silentLogger,
    onFault: (error) => {
      throw error
    },
    ...options,
  })
}

function formatted(): MemoryDisk {
  const disk = new MemoryDisk(CAPACITY)
  disk.makeDirectory(LOG_DIRECTORY)
  formatMetadataDirectory(disk, {
    logDirectory: LOG_DIRECTORY,
    bootstrap: [Buffer.from('bootstrap')],
    standalone: {
      key: { id: 1, directoryId: directoryIdOf(disk) },
      endpoints: [{ name: 'CONTROLLER', host: 'localhost', port: 9093 }],
    },
    nowMs: 1_700_000_000_000,
  })
  return disk
}

t.test('a directory is formatted as kafka-storage does it', async (t) => {
  const theirs = diskOf('standalone-formatted')
  const ours = new MemoryDisk(CAPACITY)
  ours.makeDirectory(LOG_DIRECTORY)
  formatMetadataDirectory(ours, {
    logDirectory: LOG_DIRECTORY,
    bootstrap: readBootstrapCheckpoint(theirs, LOG_DIRECTORY)!,
    standalone: {
      key: { id: 1, directoryId: directoryIdOf(theirs) },
      endpoints: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 21021 }],
    },
    nowMs: 0,
  })
  // The times, and with them the checksums, are the only difference.
  const timeless = (bytes: Buffer, batches: readonly number[]) => {
    for (const at of batches) bytes.fill(0, at + 17, at + 21).fill(0, at + 27, at + 43)
    return bytes
  }
  const bootstrap = (disk: Disk) =>
    timeless(disk.readFile(`${LOG_DIRECTORY}/bootstrap.checkpoint`)!, [0, 83, 336])
  t.equal(bootstrap(ours).toString('hex'), bootstrap(theirs).toString('hex'))
  const first = (disk: Disk) => {
    const name = '00000000000000000000-0000000000.checkpoint'
    const bytes = timeless(disk.readFile(`${DIRECTORY}/${name}`)!, [0, 166])
    // The header's lastContainedLogTimestamp.
    return bytes.fill(0, 74, 82)
  }
  t.equal(first(ours).toString('hex'), first(theirs).toString('hex'))
})

t.test('bootstrap.checkpoint gives its records, and says when it is damaged', async (t) => {
  const disk = formatted()
  t.strictSame(readBootstrapCheckpoint(disk, LOG_DIRECTORY), [Buffer.from('bootstrap')])
  t.equal(readBootstrapCheckpoint(disk, '/nowhere'), undefined)
  const path = `${LOG_DIRECTORY}/bootstrap.checkpoint`
  const bytes = disk.readFile(path)!
  disk.writeFile(path, bytes.subarray(0, bytes.length - 1))
  t.throws(() => readBootstrapCheckpoint(disk, LOG_DIRECTORY), /damaged at byte/)
})

t.test('a quorum of one, newly formatted, leads and commits', async (t) => {
  const disk = formatted()
  const driver = await open(disk)
  const recorder = new Recorder()
  driver.register(recorder)
  await until(() => recorder.leaders.some(({ leaderId }) => leaderId === 1), 'leadership')
  t.strictSame(driver.leaderAndEpoch, { leaderId: 1, epoch: 1 })
  t.strictSame(recorder.snapshots, [0], 'the snapshot that names the voters')
  t.equal(driver.logEndOffset, 3, 'leader change, kraft.version and voters')
  t.equal(driver.scheduleAppend(1, [Buffer.from('a'), Buffer.from('b')]), 4)
  await until(() => recorder.records.length === 2, 'the commit')
  t.strictSame(recorder.records, ['a', 'b'])
  t.match(recorder.batches[0], { baseOffset: 3, epoch: 1 })
  t.equal(driver.highWatermark, 5)
  await driver.close()
})

t.test('after a restart the log is there and the epoch is another', async (t) => {
  const disk = formatted()
  const before = await open(disk)
  await until(() => before.highWatermark === 3, 'leadership')
  before.scheduleAppend(1, [Buffer.from('kept')])
  await until(() => before.highWatermark === 4, 'the commit')
  await before.close()

  const driver = await open(disk)
  const recorder = new Recorder()
  driver.register(recorder)
  await until(() => recorder.leaders.some(({ leaderId }) => leaderId === 1), 'leadership')
  t.ok(driver.leaderAndEpoch.epoch > 1, 'an epoch is led once')
  t.strictSame(recorder.records, ['kept'])
  t.equal(driver.logEndOffset, 5, 'the voters are not written again')
  await driver.close()
})

for (const [name, snapshots, records] of [
  ['standalone-stopped', [0], 22],
  ['standalone-snapshots', [57], 1],
  ['static-stopped', [], 31],
  ['static-running', [], 28],
] as const) {
  t.test(`a directory of Apache Kafka opens: ${name}`, async (t) => {
    const disk = diskOf(name)
    const driver = await open(disk)
    const recorder = new Recorder()
    driver.register(recorder)
    await until(() => recorder.leaders.some(({ leaderId }) => leaderId === 1), 'leadership')
    t.ok(driver.leaderAndEpoch.epoch > 1)
    t.strictSame(recorder.snapshots, snapshots)
    t.equal(recorder.records.length, records)
    const state = disk.readFile(`${DIRECTORY}/quorum-state`)!.toString('utf8')
    t.match(state, name.startsWith('static') ? /"data_version":0/ : /"data_version":1/)
    await driver.close()
  })
}

t.test('a directory formatted by Apache Kafka and never started opens', async (t) => {
  const driver = await open(diskOf('standalone-formatted'))
  await until(() => driver.highWatermark === 3, 'leadership')
  t.strictSame(driver.leaderAndEpoch, { leaderId: 1, epoch: 1 })
  await driver.close()
})

t.test('configured voters decide where the log names none', async (t) => {
  const disk = new MemoryDisk(CAPACITY)
  disk.makeDirectory(LOG_DIRECTORY)
  const driver = await open(disk, { configuredVoters: ['1@localhost:9093'] })
  await until(() => driver.highWatermark === 1, 'leadership')
  await driver.close()
  const state = JSON.parse(disk.readFile(`${DIRECTORY}/quorum-state`)!.toString('utf8'))
  t.match(state, { currentVoters: [{ voterId: 1 }], data_version: 0 })
})

t.test('a quorum that this node does not make up alone is refused, with the reason', async (t) => {
  const disk = new MemoryDisk(CAPACITY)
  disk.makeDirectory(LOG_DIRECTORY)
  await t.rejects(open(disk), /nothing says who votes/)
  await t.rejects(
    open(disk, { configuredVoters: ['1@a:9093', '2@b:9093'] }),
    /voters .* are 1, 2; this node, 1-/,
  )
  const other = { id: 1, directoryId: 'b3RoZXItZGlyZWN0b3J5LQ' }
  await t.rejects(open(formatted(), { key: other }), /only voter/)
})

t.test('controller.quorum.voters is parsed', async (t) => {
  const voters = parseQuorumVoters(['1@localhost:9093', '2@[::1]:9094'])
  t.strictSame(voters.ids(), [1, 2])
  t.match(voters.get(2)?.endpoints, [{ host: '[::1]', port: 9094 }])
  t.throws(() => parseQuorumVoters(['localhost:9093']), /id@host:port/)
})
