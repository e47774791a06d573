import t from 'tap'
import { VirtualClock } from '../../../src/env/clock-virtual.js'
import { silentLogger } from '../../../src/env/logger.js'
import { ConfigResourceType } from '../../../src/metadata/config/resource.js'
import { imageDifference } from '../../../src/metadata/image-difference.js'
import { decodeRecord, encodeRecord } from '../../../src/metadata/record.js'
import { SnapshotGenerator } from '../../../src/metadata/snapshot-generator.js'
import { snapshotRecords } from '../../../src/metadata/snapshot-records.js'
import {
  abort,
  begin,
  change,
  config,
  contents,
  feature,
  load,
  ORDERS,
  PAYMENTS,
  partition,
  removeTopic,
  stateOf,
  topic,
  world,
} from './records.js'

t.test('a snapshot makes the image that it was made from', async (t) => {
  const image = stateOf(...world)
  const again = stateOf(...snapshotRecords(image))
  t.strictSame(contents(again), contents(image))
  t.match(again.topicsByName.get('orders')!.partitions.get(0), { elr: [1], lastKnownElr: [1] })
  t.equal(again.brokers.get(1)!.fenced, false)
  t.equal(again.nextProducerId, 2000)
  t.equal(again.security.acls.size, 1)
  t.equal(again.security.clientQuotas.size, 1)
  t.strictSame([...snapshotRecords(image)][0]!.data, { name: 'metadata.version', featureLevel: 30 })
})

t.test('a snapshot that is loaded tells what changed by it', async (t) => {
  const { commit, loader, deltas } = load()
  commit(...world)
  const newer = stateOf(
    ...world,
    removeTopic(ORDERS),
    topic('payments', PAYMENTS),
    partition(PAYMENTS, 0),
    feature('group.version', 0),
  )
  loader.handleLoadSnapshot({
    id: { offset: 50, epoch: 3 },
    lastContainedLogTimestamp: 99,
    batches: () => [[...snapshotRecords(newer)].map(encodeRecord)],
  })
  t.strictSame(loader.image.provenance, { offset: 49, epoch: 3, timestampMs: 99 })
  const delta = deltas[1]!
  t.strictSame(
    delta.createdTopics.map(({ name }) => name),
    ['payments'],
  )
  t.strictSame(
    delta.deletedTopics.map(({ name }) => name),
    ['orders'],
  )
  t.strictSame(
    delta.partitions.map(({ topicName, partition: id, after }) => [topicName, id, after?.leader]),
    [
      ['orders', 0, undefined],
      ['orders', 1, undefined],
      ['payments', 0, 1],
    ],
  )
  t.strictSame(delta.configs, [{ type: ConfigResourceType.TOPIC, name: 'orders' }])
  t.equal(delta.featuresChanged, true)
  t.equal(delta.brokers.size, 0)
})

t.test('the difference of two images is what they differ in', async (t) => {
  const before = stateOf(...world)
  const nothing = imageDifference(before, stateOf(...world))
  t.match(nothing, {
    createdTopics: [],
    deletedTopics: [],
    partitions: [],
    configs: [],
    featuresChanged: false,
  })
  t.equal(nothing.brokers.size, 0)
  const after = stateOf(...world, change(ORDERS, 1, { leader: 2 }), {
    type: 'UnregisterBrokerRecord',
    version: 0,
    data: { brokerId: 2, brokerEpoch: 7 },
  })
  const { partitions, brokers } = imageDifference(before, after)
  t.strictSame(
    partitions.map(({ partition: id, before: b, after: a }) => [id, b?.leader, a?.leader]),
    [[1, 1, 2]],
  )
  t.strictSame([...brokers], [2])
})

t.test('a snapshot is written when enough was written, or enough time has passed', async (t) => {
  const clock = new VirtualClock(0)
  const { commit, loader, raft } = load()
  const generator = new SnapshotGenerator({
    raft,
    clock,
    logger: silentLogger,
    maxRecordBytes: 500,
    maxIntervalMs: 3_600_000,
  })
  loader.install(generator)
  commit(feature('metadata.version', 30))
  t.equal(raft.snapshots.length, 0)
  commit(
    ...world.slice(1),
    ...Array.from({ length: 100 }, (_, i) => config('retention.ms', `${i}`)),
  )
  await generator.close()
  t.strictSame(
    raft.snapshots.map(({ id }) => id),
    [{ offset: world.length + 100, epoch: 0 }],
  )
  const [snapshot] = raft.snapshots
  const restored = stateOf()
  for (const record of snapshot!.batches.flat()) restored.replay(decodeRecord(record))
  t.strictSame(contents(restored), contents(loader.image))

  const timed = new SnapshotGenerator({
    raft,
    clock,
    logger: silentLogger,
    maxRecordBytes: 1_000_000,
    maxIntervalMs: 1000,
  })
  loader.install(timed)
  commit(begin, config('retention.ms', '7'))
  clock.runNext()
  clock.runNext()
  commit(abort)
  while (raft.snapshots.length < 2 && clock.now() < 10_000) {
    clock.runNext()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await timed.close()
  t.equal(raft.snapshots[1]!.id.offset, raft.logEndOffset, 'none ends within a transaction')
})
