import t from 'tap'
import { systemClock } from '../../../src/env/clock.js'
import { VirtualClock } from '../../../src/env/clock-virtual.js'
import type { Disk } from '../../../src/env/disk.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { SimulatedDisk } from '../../../src/env/disk-simulated.js'
import { seededRandom } from '../../../src/env/random.js'
import type { OffsetAndEpoch } from '../../../src/raft/client.js'
import { EpochHistory } from '../../../src/raft/core/epoch-history.js'
import { LogView } from '../../../src/raft/core/log-view.js'
import { recoverLog } from '../../../src/raft/log-recovery.js'
import { METADATA_DIRECTORY } from '../../../src/raft/quorum.js'
import { QuorumStateFile } from '../../../src/raft/quorum-state-file.js'
import { buildDataBatch } from '../../../src/raft/records.js'
import { SnapshotFiles } from '../../../src/raft/snapshot-files.js'
import { Snapshots } from '../../../src/raft/snapshots.js'
import { StorageLog } from '../../../src/raft/storage-log.js'
import { VoterSet } from '../../../src/raft/voter-set.js'
import { openMetadataLog } from '../../support/metadata-log.js'

const LOG_DIRECTORY = '/data'
const DIRECTORY = `${LOG_DIRECTORY}/${METADATA_DIRECTORY}`
const DIRECTORY_ID = 'ZGlyZWN0b3J5LWlkLTAwMQ'

function memoryDisk(): MemoryDisk {
  const disk = new MemoryDisk(16 * 1024 * 1024)
  disk.makeDirectory(DIRECTORY)
  return disk
}

const completed = (operation: (done: (error: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => operation((error) => (error ? reject(error) : resolve())))

t.test('quorum-state, version 0: what Kafka writes with configured voters', async (t) => {
  const disk = memoryDisk()
  const file = new QuorumStateFile(disk, DIRECTORY, 0, VoterSet.ofIds([1, 2]))
  t.equal(file.read(), undefined)
  const votedKey = { id: 2, directoryId: 'AAAAAAAAAAAAAAAAAAAAAA' }
  await completed((done) => file.write({ epoch: 3, leaderId: -1, votedKey }, done))
  t.equal(
    disk.readFile(`${DIRECTORY}/quorum-state`)!.toString(),
    '{"clusterId":"","leaderId":-1,"leaderEpoch":3,"votedId":2,"appliedOffset":0,' +
      '"currentVoters":[{"voterId":1},{"voterId":2}],"data_version":0}',
  )
  t.strictSame(file.read(), { epoch: 3, leaderId: -1, votedKey })
})

t.test('quorum-state, version 1: what Kafka writes with voters in the log', async (t) => {
  const disk = memoryDisk()
  const file = new QuorumStateFile(disk, DIRECTORY, 1, VoterSet.ofIds([1]))
  const votedKey = { id: 1, directoryId: DIRECTORY_ID }
  await completed((done) => file.write({ epoch: 3, leaderId: -1, votedKey }, done))
  t.equal(
    disk.readFile(`${DIRECTORY}/quorum-state`)!.toString(),
    `{"leaderId":-1,"leaderEpoch":3,"votedId":1,"votedDirectoryId":"${DIRECTORY_ID}","data_version":1}`,
  )
  t.strictSame(file.read(), { epoch: 3, leaderId: -1, votedKey })
})

t.test('a quorum-state that makes no sense is an error, not an empty one', async (t) => {
  const disk = memoryDisk()
  const file = new QuorumStateFile(disk, DIRECTORY, 0, VoterSet.ofIds([1]))
  for (const text of ['', '{', '{"data_version":7}', '{"data_version":0,"leaderEpoch":"x"}']) {
    disk.writeFile(`${DIRECTORY}/quorum-state`, Buffer.from(text))
    t.throws(() => file.read(), /quorum-state can't be read/, text)
  }
})

t.test('the history of epochs finds where two logs part (KIP-101)', async (t) => {
  const history = new EpochHistory(
    { offset: 0, epoch: 0 },
    [
      { epoch: 1, startOffset: 0 },
      { epoch: 3, startOffset: 10 },
    ],
    15,
  )
  t.strictSame(history.endOffsetForEpoch(1), { epoch: 1, offset: 10 })
  t.strictSame(history.endOffsetForEpoch(2), { epoch: 1, offset: 10 })
  t.strictSame(history.endOffsetForEpoch(9), { epoch: 3, offset: 15 })
  t.equal(history.epochAt(9), 1)
  t.equal(history.epochAt(10), 3)
  t.throws(() => history.append(2, 16))
  history.append(4, 16)
  history.truncateTo(10)
  t.equal(history.lastEpoch, 1)
  history.advanceStart({ offset: 4, epoch: 1 })
  t.strictSame(history.starts(), [{ epoch: 1, startOffset: 4 }])
  history.resetTo({ offset: 20, epoch: 5 })
  t.strictSame([history.startOffset, history.endOffset, history.lastEpoch], [20, 20, 5])
})

t.test('an append that was cut off still completes, and counts for nothing', async (t) => {
  const log = new LogView({ epochs: [], endOffset: 0 })
  const first = log.beginAppend(1, 3)
  const second = log.beginAppend(1, 6)
  log.truncateTo(2)
  const third = log.beginAppend(2, 4)
  log.completeAppend(first)
  log.completeAppend(second)
  t.equal(log.durableEndOffset, 2)
  t.ok(log.appending)
  log.completeAppend(third)
  t.equal(log.durableEndOffset, 4)
})

t.test('a log is validated against what a follower has', async (t) => {
  const log = new LogView({
    base: { offset: 10, epoch: 2 },
    latestSnapshotId: { offset: 20, epoch: 3 },
    epochs: [
      { epoch: 2, startOffset: 10 },
      { epoch: 3, startOffset: 15 },
    ],
    endOffset: 25,
  })
  t.match(log.validate(25, 3), { kind: 'valid' })
  t.match(log.validate(15, 2), { kind: 'valid' })
  t.match(log.validate(16, 2), { kind: 'diverging', end: { offset: 15, epoch: 2 } })
  t.match(log.validate(9, 2), { kind: 'snapshot', id: { offset: 20, epoch: 3 } })
  t.match(log.validate(10, 1), { kind: 'snapshot' })
})

t.test(
  'a snapshot is seen when it is whole, and what a crash left of one is removed',
  async (t) => {
    const disk = memoryDisk()
    const files = new SnapshotFiles(disk, DIRECTORY)
    const id = { offset: 7, epoch: 2 }
    const file = files.create(id)
    file.append(Buffer.from('abc'))
    t.strictSame(files.list(), [])
    const partName = (disk.list(DIRECTORY) ?? []).map(({ name }) => name)
    t.strictSame(partName, ['00000000000000000007-0000000002-1.checkpoint.part'])
    t.strictSame(new SnapshotFiles(disk, DIRECTORY).list(), [])
    t.strictSame(disk.list(DIRECTORY), [], 'nothing is left of it')

    const again = new SnapshotFiles(disk, DIRECTORY)
    const whole = again.create(id)
    whole.append(Buffer.from('abc'))
    whole.append(Buffer.from('de'))
    await completed((done) => whole.freeze(done))
    t.strictSame(again.list(), [id])
    t.equal(again.size(id), 5)
    t.equal(again.read(id, 2, 2).toString(), 'cd')
  },
)

t.test('whoever is second to write the same snapshot leaves the first as it is', async (t) => {
  const files = new SnapshotFiles(memoryDisk(), DIRECTORY)
  const id = { offset: 7, epoch: 2 }
  const [first, second] = [files.create(id), files.create(id)]
  first.append(Buffer.from('first'))
  second.append(Buffer.from('second'))
  await completed((done) => first.freeze(done))
  await completed((done) => second.freeze(done))
  t.equal(files.read(id, 0, 100).toString(), 'first')
})

t.test('a snapshot gives back its records and when the last of them was appended', async (t) => {
  const store = new SnapshotFiles(memoryDisk(), DIRECTORY)
  const snapshots = new Snapshots(store, { bytes: 1000, ms: 1000 })
  const id = { offset: 7, epoch: 2 }
  const frozen: OffsetAndEpoch[] = []
  const writer = snapshots.create(
    id,
    99,
    undefined,
    () => 100,
    (done) => frozen.push(done),
  )
  writer.append([Buffer.from('a'), Buffer.from('b')])
  writer.append([Buffer.from('c')])
  await writer.freeze()
  t.strictSame(frozen, [id])
  const snapshot = snapshots.open(id)
  t.equal(snapshot.lastContainedLogTimestamp, 99)
  t.strictSame(
    [...snapshot.batches()].map((batch) => batch.map(String)),
    [['a', 'b'], ['c']],
  )
  t.throws(() => writer.append([Buffer.from('d')]), /complete/)
})

t.test('a piece of a snapshot that does not follow the last one is refused', async (t) => {
  const snapshots = new Snapshots(new SnapshotFiles(memoryDisk(), DIRECTORY), {
    bytes: 1000,
    ms: 1000,
  })
  const id = { offset: 7, epoch: 2 }
  snapshots.storePiece(id, 0, Buffer.from('abc'))
  t.throws(() => snapshots.storePiece(id, 5, Buffer.from('x')), /doesn't begin where/)
  snapshots.storePiece(id, 3, Buffer.from('de'))
  await completed((done) => snapshots.install(id, done))
  t.equal(snapshots.read(id, 0, 10).toString(), 'abcde')
})

async function logWith(disk: Disk, epochs: readonly number[]): Promise<StorageLog> {
  const log = new StorageLog(
    openMetadataLog({
      disk,
      clock: systemClock,
      random: seededRandom(1),
      logDirectory: LOG_DIRECTORY,
    }),
  )
  for (const epoch of epochs) {
    const place = { baseOffset: log.endOffset, epoch, timestampMs: 0 }
    await completed((done) => log.append(buildDataBatch([Buffer.from('x')], place), epoch, done))
  }
  return log
}

async function snapshotAt(disk: Disk, id: OffsetAndEpoch): Promise<SnapshotFiles> {
  const files = new SnapshotFiles(disk, DIRECTORY)
  await completed((done) => files.create(id).freeze(done))
  return files
}

t.test('the epochs of a log are read from its own', async (t) => {
  const log = await logWith(memoryDisk(), [1, 1, 3, 3])
  t.strictSame(log.epochs(), [
    { epoch: 1, startOffset: 0 },
    { epoch: 3, startOffset: 2 },
  ])
})

t.test('recovery: a snapshot beyond the log begins it anew', async (t) => {
  const disk = memoryDisk()
  const log = await logWith(disk, [1, 1])
  await recoverLog(log, await snapshotAt(disk, { offset: 5, epoch: 2 }))
  t.strictSame([log.startOffset, log.endOffset], [5, 5])
})

t.test('recovery: so does one that the log contradicts', async (t) => {
  const disk = memoryDisk()
  const log = await logWith(disk, [1, 1, 1, 1])
  await recoverLog(log, await snapshotAt(disk, { offset: 2, epoch: 2 }))
  t.strictSame([log.startOffset, log.endOffset], [2, 2])
})

t.test('recovery: a log that goes on from its snapshot is kept', async (t) => {
  const disk = memoryDisk()
  const log = await logWith(disk, [1, 1, 2])
  await recoverLog(log, await snapshotAt(disk, { offset: 2, epoch: 1 }))
  t.strictSame([log.startOffset, log.endOffset], [0, 3])
})

t.test('recovery: a log that was cut within a segment begins at its snapshot again', async (t) => {
  const disk = memoryDisk()
  const before = await logWith(disk, [1, 1, 2])
  before.updateHighWatermark(2)
  before.advanceStart(2)
  const last = buildDataBatch([Buffer.from('x')], { baseOffset: 3, epoch: 2, timestampMs: 0 })
  await completed((done) => before.append(last, 2, done))
  const snapshots = await snapshotAt(disk, { offset: 2, epoch: 1 })
  const log = await logWith(disk, [])
  t.strictSame([log.startOffset, log.endOffset], [0, 4])
  t.strictSame(log.epochs(), [], 'what it was cut by knows nothing of its beginning')
  await recoverLog(log, snapshots)
  t.strictSame([log.startOffset, log.endOffset], [2, 4])
  t.strictSame(log.epochs(), [{ epoch: 2, startOffset: 2 }])
})

t.test('recovery: without the snapshot such a log is refused', async (t) => {
  const disk = memoryDisk()
  const log = await logWith(disk, [1])
  await completed((done) => log.truncateFullyAndStartAt(5, done))
  await t.rejects(recoverLog(log, new SnapshotFiles(disk, DIRECTORY)), /begins at 5/)
})

t.test('the simulated disk loses what was not synced, and nothing else', async (t) => {
  let lost = 0
  for (let seed = 1; seed <= 50; seed++) {
    const clock = new VirtualClock(0)
    const machine = new SimulatedDisk(seededRandom(seed))
    const disk = machine.mount(clock)
    disk.makeDirectory('/d')
    disk.syncDirectory('/')
    const file = disk.open('/d/f', { create: true })
    disk.syncDirectory('/d')
    let synced = false
    file.write([Buffer.from('kept')], 0, () => {})
    file.sync(() => {
      synced = true
    })
    while (!synced) clock.runNext()
    file.write([Buffer.from('may be lost')], 4, () => t.fail('completed after the crash'))
    disk.open('/d/g', { create: true })
    machine.crash()
    const after = machine.mount(clock)
    const content = after.readFile('/d/f')!.toString()
    t.ok(content.startsWith('kept'))
    if (content !== 'keptmay be lost') lost++
    while (clock.runNext()) {
      // Nothing of the crashed process happens any more.
    }
    t.throws(() => disk.open('/d/f'), /process has ended/)
  }
  t.ok(lost > 5 && lost < 50, `lost in ${lost} of 50`)
})
