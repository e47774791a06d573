import t from 'tap'
import { MAX_PENDING_REQUESTS } from '../../../src/controller/quorum-controller.js'
import { systemClock, systemClocks } from '../../../src/env/clock.js'
import { VirtualClock } from '../../../src/env/clock-virtual.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { silentLogger } from '../../../src/env/logger.js'
import { seededRandom } from '../../../src/env/random.js'
import { decodeRecord, encodeRecord, type NewRecord } from '../../../src/metadata/record.js'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import { METADATA_DIRECTORY, openQuorum } from '../../../src/raft/quorum.js'
import { openMetadataLog } from '../../support/metadata-log.js'
import { until } from '../../support/until.js'
import { SESSION_MS, uuid } from './cluster.js'
import { FakeRaft } from './fake-raft.js'
import { World } from './world.js'

/** `metadata.max.idle.interval.ms` */
const IDLE_MS = 500

/** Leads, with everything committed at once. */
function leading(properties: Readonly<Record<string, string>> = {}): World<FakeRaft> {
  const world = new World(new FakeRaft(), properties)
  world.raft.commitsAtOnce = true
  world.raft.elect()
  return world
}

const typesIn = (batch: readonly Buffer[] | undefined): string[] =>
  (batch ?? []).map((record) => decodeRecord(record).type)

async function codeOf(asked: Promise<unknown>): Promise<ErrorCode | undefined> {
  try {
    await asked
    return undefined
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
}

t.test('a new log begins as Apache Kafka begins it', async (t) => {
  const { raft, loader } = leading()
  t.strictSame(
    raft.appended[0]!.map((record) => decodeRecord(record)),
    [
      { type: 'BeginTransactionRecord', data: { name: 'Bootstrap records' } },
      ...[
        ['metadata.version', 30],
        ['eligible.leader.replicas.version', 1],
        ['group.version', 1],
        ['share.version', 1],
        ['streams.version', 1],
        ['transaction.version', 2],
      ].map(([name, featureLevel]) => ({
        type: 'FeatureLevelRecord',
        data: { name, featureLevel },
      })),
      {
        type: 'ConfigRecord',
        data: { resourceType: 4, resourceName: '', name: 'min.insync.replicas', value: '1' },
      },
      { type: 'EndTransactionRecord', data: {} },
    ],
  )
  t.equal(loader.image.features.get('metadata.version'), 30)
})

t.test('an answer waits until what it tells is committed and seen', async (t) => {
  const world = leading()
  await world.register('run 1')
  await world.heartbeat()
  world.raft.commitsAtOnce = false
  let answered = false
  const created = world.create('orders').then((response) => {
    answered = true
    return response
  })
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(answered, false)
  t.notOk(world.loader.image.topicsByName.has('orders'))
  world.raft.commit()
  t.equal((await created).topics[0]!.errorCode, 0)
  t.ok(world.loader.image.topicsByName.has('orders'))
})

t.test(
  'decisions see those before them, committed or not; even a refusal waits for them',
  async (t) => {
    const world = leading()
    await world.register('run 1')
    await world.heartbeat()
    world.raft.commitsAtOnce = false
    const answers: string[] = []
    const first = world.create('orders').then(() => answers.push('created'))
    const second = world.create('orders').then(({ topics }) => {
      t.equal(topics[0]!.errorCode, ErrorCode.TOPIC_ALREADY_EXISTS)
      answers.push('refused')
    })
    await new Promise((resolve) => setImmediate(resolve))
    t.strictSame(answers, [])
    world.raft.commit()
    await Promise.all([first, second])
    t.strictSame(answers, ['created', 'refused'])
  },
)

t.test('a listener of the metadata may ask from within a commit', async (t) => {
  const world = new World(new FakeRaft())
  world.raft.commitsAtOnce = true
  const answers: Promise<unknown>[] = []
  world.loader.install({
    onMetadataUpdate: ({ createdTopics }) => {
      const names = createdTopics.map(({ name }) => name)
      if (!names.includes('orders')) return
      world.raft.commitsAtOnce = false
      answers.push(world.create('more'), world.create('more'))
    },
  })
  world.raft.elect()
  await world.register('run 1')
  await world.heartbeat()
  await world.create('orders')
  world.raft.commit()
  t.match(await Promise.all(answers), [
    { topics: [{ errorCode: 0 }] },
    { topics: [{ errorCode: ErrorCode.TOPIC_ALREADY_EXISTS }] },
  ])
  const { errorCode } = (await world.create('orders')).topics[0]!
  t.equal(errorCode, ErrorCode.TOPIC_ALREADY_EXISTS)
})

t.test('who asks before there is a leader is told to ask again', async (t) => {
  const world = new World(new FakeRaft())
  t.equal(await codeOf(world.create('orders')), ErrorCode.NOT_CONTROLLER)
  t.equal(world.controller.isActive, false)
})

t.test('what is lost with the leadership was never decided', async (t) => {
  const world = leading()
  await world.register('run 1')
  await world.heartbeat()
  world.raft.commitsAtOnce = false
  const lost = codeOf(world.create('lost'))
  world.raft.lose()
  t.equal(await lost, ErrorCode.NOT_CONTROLLER)
  t.equal(await codeOf(world.create('late')), ErrorCode.NOT_CONTROLLER)

  world.raft.elect()
  world.raft.commitsAtOnce = true
  await world.register('run 1')
  t.equal((await world.create('lost')).topics[0]!.errorCode, 0, 'the name is free')
})

t.test('an append that is refused because another leads by now', async (t) => {
  const world = leading()
  await world.register('run 1')
  world.raft.stepDown()
  t.equal(await codeOf(world.register('run 1', 2)), ErrorCode.NOT_CONTROLLER)
  t.strictSame(world.faults, [])
})

t.test('a log that is not empty is taken over as it is', async (t) => {
  const world = new World(new FakeRaft())
  const record: NewRecord = {
    type: 'FeatureLevelRecord',
    version: 0,
    data: { name: 'metadata.version', featureLevel: 25 },
  }
  world.raft.replicate([encodeRecord(record)])
  world.raft.elect()
  t.strictSame(world.raft.appended, [])
  t.equal(world.controller.isActive, true)
  const { errorCode } = await world.ask('AllocateProducerIds', { brokerId: 1, brokerEpoch: 1 })
  t.equal(errorCode, ErrorCode.STALE_BROKER_EPOCH, 'nothing to wait for')
})

t.test('a metadata transaction that the last leader left is given up (KIP-868)', async (t) => {
  const world = new World(new FakeRaft())
  const begun: NewRecord[] = [
    { type: 'BeginTransactionRecord', version: 0, data: { name: 'Bootstrap records' } },
    { type: 'FeatureLevelRecord', version: 0, data: { name: 'group.version', featureLevel: 1 } },
  ]
  world.raft.replicate(begun.map(encodeRecord))
  t.ok(world.loader.inTransaction)
  world.raft.commitsAtOnce = true
  world.raft.elect()
  t.strictSame(typesIn(world.raft.appended[0]).slice(0, 3), [
    'AbortTransactionRecord',
    'BeginTransactionRecord',
    'FeatureLevelRecord',
  ])
  t.equal(world.loader.inTransaction, false)
  t.equal(world.loader.image.features.get('metadata.version'), 30)
  t.strictSame(world.faults, [])
})

t.test('a broker that is not heard of is fenced when its session ends', async (t) => {
  const world = leading({ 'metadata.max.idle.interval.ms': '0' })
  await world.register('run 1')
  await world.heartbeat()
  await world.create('orders')
  world.pass(SESSION_MS - 1)
  t.equal(world.loader.image.brokers.get(1)!.fenced, false)
  await world.heartbeat()
  world.pass(SESSION_MS - 1)
  t.equal(world.loader.image.brokers.get(1)!.fenced, false)
  world.pass(1)
  t.equal(world.loader.image.brokers.get(1)!.fenced, true)
  t.match(world.loader.image.topicsByName.get('orders')!.partitions.get(0), { leader: -1 })
  t.equal(world.clock.nextDueMs, undefined, 'nothing more to wait for')
})

t.test('a controller that slept does not hold it against the brokers', async (t) => {
  const clock = new VirtualClock(1_000_000)
  let sleptMs = 0
  const sleepy = {
    now: () => clock.now() + sleptMs,
    after: (delayMs: number, callback: () => void) => clock.after(delayMs, callback),
  }
  const properties = { 'metadata.max.idle.interval.ms': '0' }
  const world = new World(new FakeRaft(), properties, sleepy)
  world.raft.commitsAtOnce = true
  world.raft.elect()
  await world.register('run 1')
  await world.heartbeat()
  sleptMs = 3_600_000
  clock.runNext()
  t.equal(world.loader.image.brokers.get(1)!.fenced, false)
  clock.runNext()
  t.equal(world.loader.image.brokers.get(1)!.fenced, true, 'but it is told from silence')
})

t.test('the log moves when nobody asks for anything (KIP-835)', async (t) => {
  const world = leading()
  const before = world.raft.appended.length
  world.pass(3 * IDLE_MS)
  t.strictSame(world.raft.appended.slice(before).flatMap(typesIn), Array(3).fill('NoOpRecord'))
  world.raft.lose()
  world.pass(3 * IDLE_MS)
  t.equal(world.raft.appended.length, before + 3)
})

t.test("a node's own broker is let in again at once after its process died", async (t) => {
  const world = leading()
  await world.register('run 1')
  await world.heartbeat()
  const duplicate = await world.register('run 2')
  t.equal(duplicate.errorCode, ErrorCode.DUPLICATE_BROKER_REGISTRATION)
  world.raft.lose()
  world.raft.elect()
  t.equal((await world.register('run 2')).errorCode, ErrorCode.NONE)
})

t.test("a node's own broker that does not come back is fenced as any other", async (t) => {
  const world = leading({ 'metadata.max.idle.interval.ms': '0' })
  await world.register('run 1')
  await world.heartbeat()
  world.raft.lose()
  world.raft.elect()
  world.pass(SESSION_MS - 1)
  t.equal(world.loader.image.brokers.get(1)!.fenced, false)
  world.pass(1)
  t.equal(world.loader.image.brokers.get(1)!.fenced, true)
})

t.test('another broker keeps its place while a new controller has not missed it', async (t) => {
  const world = leading()
  await world.register('run 1', 2)
  await world.heartbeat(2)
  world.raft.lose()
  world.raft.elect()
  const refused = await world.register('run 2', 2)
  t.equal(refused.errorCode, ErrorCode.DUPLICATE_BROKER_REGISTRATION)
})

t.test('so many requests may wait, and no more', async (t) => {
  const world = leading()
  await world.register('run 1')
  world.raft.commitsAtOnce = false
  const heartbeats = Array.from({ length: MAX_PENDING_REQUESTS }, () =>
    codeOf(world.register('run 1')),
  )
  t.equal(await codeOf(world.register('run 1')), ErrorCode.REQUEST_TIMED_OUT)
  world.raft.commit()
  t.strictSame(await Promise.all(heartbeats), Array(MAX_PENDING_REQUESTS).fill(undefined))
})

t.test('closing tells those who wait', async (t) => {
  const world = leading()
  await world.register('run 1')
  world.raft.commitsAtOnce = false
  const waiting = codeOf(world.register('run 1'))
  world.controller.close()
  t.equal(await waiting, ErrorCode.NOT_CONTROLLER)
  t.equal(world.clock.nextDueMs, undefined)
})

t.test('more partitions than a batch holds change in several', async (t) => {
  const world = leading({ 'metadata.max.idle.interval.ms': '0' })
  await world.register('run 1')
  await world.heartbeat()
  const topic = { numPartitions: 9_990, replicationFactor: 1, assignments: [], configs: [] }
  await world.ask('CreateTopics', { topics: [{ ...topic, name: 'many' }] })
  await world.ask('CreateTopics', { topics: [{ ...topic, name: 'more' }] })
  const before = world.raft.appended.length
  world.pass(SESSION_MS)
  t.strictSame(
    world.raft.appended.slice(before).map((batch) => batch.length),
    [10_000, 9_981],
  )
  t.equal(world.loader.image.brokers.get(1)!.fenced, true)
})

t.test('over a quorum of one: what was decided is there after a restart', async (t) => {
  const disk = new MemoryDisk(64 * 1024 * 1024)
  disk.makeDirectory('/data')
  const open = () => {
    const random = seededRandom(1)
    const shared = { disk, clock: systemClock, random, logDirectory: '/data' }
    return openQuorum({
      disk,
      directory: `/data/${METADATA_DIRECTORY}`,
      log: openMetadataLog(shared),
      key: { id: 1, directoryId: uuid('directory') },
      configuredVoters: ['1@localhost:9093'],
      clocks: systemClocks,
      random,
      logger: silentLogger,
      onFault: (error) => {
        throw error
      },
    })
  }
  const first = new World(await open())
  await until(() => first.controller.isActive)
  await first.register('run 1')
  await first.heartbeat()
  const { topicId } = (await first.create('orders')).topics[0]!
  first.controller.close()
  await first.raft.close()

  const second = new World(await open())
  await until(() => second.controller.isActive)
  t.equal(second.loader.image.topicsByName.get('orders')!.id, topicId)
  t.equal((await second.register('run 2')).errorCode, ErrorCode.NONE)
  await second.heartbeat()
  t.equal((await second.create('orders')).topics[0]!.errorCode, ErrorCode.TOPIC_ALREADY_EXISTS)
  t.match(second.loader.image.topicsByName.get('orders')!.partitions.get(0), {
    leader: 1,
    isr: [1],
  })
  second.controller.close()
  await second.raft.close()
  t.strictSame([...first.faults, ...second.faults], [])
})
